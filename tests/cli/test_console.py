"""What a command prints at its end."""

from zwicky.cli.console import print_sample_cluster, print_table2


def test_a_method_that_was_tested_on_one_halo_has_no_error(capsys):
    row = {"median": 0.01, "scatter": 0.123, "scatter_error": None, "n": 3}
    nothing = {"median": None, "scatter": None, "scatter_error": None, "n": 0}
    print_table2({"table2": {"m_sigma_pure": row, "sdm_1d": nothing}})
    lines = capsys.readouterr().out.splitlines()
    words = [" ".join(line.split()) for line in lines]
    assert words[0] == "m_sigma_pure median +0.010 scatter 0.123 +- - dex (3 clusters)"
    assert words[1] == "sdm_1d median - scatter - +- - dex (0 clusters)"


def test_the_sample_cluster_is_told_by_every_method_that_weighed_it(capsys):
    low_high = {"p16": 14.27, "p84": 14.68}
    rows = [
        {"method": "posterior", "prior": "flat", "median": 14.45, **low_high},
        {"method": "sdm_1d", "prior": "training", "median": None, "p16": None, "p84": None},
        {"method": "cnn_2d", "prior": "training", "median": 14.39, "p16": None, "p84": None},
    ]
    print_sample_cluster(
        {"calibration": {"cluster": {"n_galaxies": 112, "log10_m200c_h": 14.497, "rows": rows}}}
    )
    words = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert words[1:] == ["posterior (flat) 14.45 14.27 to 14.68", "cnn_2d 14.39", "truth 14.50"]
    print_sample_cluster({"table2": {}})
    assert capsys.readouterr().out == ""
