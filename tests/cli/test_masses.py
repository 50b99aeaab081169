"""The printed table fits a terminal of 80 columns, is readable, and of many clusters shows the ends."""

import numpy as np
import pytest

from zwicky.cli.masses import ROWS_SHOWN, print_masses
from zwicky.survey import COLUMNS


def masses(n, recentred=False, name="RM J140102.1+025242.5"):
    columns = {}
    values = {
        "cluster_id": np.array([f"{name} {i}" for i in range(n)]),
        "log10_m200c": np.full(n, 14.974),
        "log10_m200c_err": np.full(n, 0.13),
        "sigma_v_kms": np.full(n, 1048.0),
        "log10_m200c_msigma": np.full(n, 14.93),
        "flag": np.array(["galaxies end at 0.81 of the aperture: is [kpc] right?"] * n),
    }
    for column in COLUMNS:
        if column in values:
            columns[column] = values[column]
        elif column.startswith("n_"):
            columns[column] = np.full(n, 136)
    if recentred:
        columns["recentred_kms"] = np.full(n, -312.0)
    return columns, {"model": "cnn_2d", "cosmo": "ho2019", "prior": "flat"}


@pytest.mark.parametrize("h", [None, 0.678])
@pytest.mark.parametrize("recentred", [False, True])
def test_the_table_fits_80_columns_and_no_number_is_cut(capsys, monkeypatch, h, recentred):
    monkeypatch.setenv("COLUMNS", "80")
    print_masses(*masses(3, recentred), h)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for number in (
        "136",
        "14.97",
        "0.13",
        "1048",
        "14.93",
        *(["14.81"] if h else []),
        *(["-312"] * recentred),
    ):
        assert text.count(number) >= 3
    assert "…" not in text
    assert "3 of 3 clusters weighed" in text


def test_of_many_clusters_the_ends_are_printed_and_counted(capsys):
    print_masses(*masses(200, name="A"), None)
    text = capsys.readouterr().out
    assert "... 150 more" in text
    shown = [i for i in range(200) if f"A {i} " in text]
    assert shown == [*range(ROWS_SHOWN // 2), *range(200 - ROWS_SHOWN // 2, 200)]
    assert "200 of 200 clusters weighed" in text


def test_markup_in_a_name_is_a_name(capsys):
    print_masses(*masses(1, name="[red]A85[/red]"), None)
    assert "[red]A85[/red]" in capsys.readouterr().out.replace("\n", "")
