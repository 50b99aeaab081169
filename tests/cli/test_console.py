"""What a command prints at its end."""

from zwicky.cli.console import print_table2


def test_a_method_that_was_tested_on_one_halo_has_no_error(capsys):
    row = {"median": 0.01, "scatter": 0.123, "scatter_error": None, "n": 3}
    nothing = {"median": None, "scatter": None, "scatter_error": None, "n": 0}
    print_table2({"table2": {"m_sigma_pure": row, "sdm_1d": nothing}})
    lines = capsys.readouterr().out.splitlines()
    words = [" ".join(line.split()) for line in lines]
    assert words[0] == "m_sigma_pure median +0.010 scatter 0.123 +- - dex (3 clusters)"
    assert words[1] == "sdm_1d median - scatter - +- - dex (0 clusters)"
