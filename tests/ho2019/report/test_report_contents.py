"""What a report holds: everything that the paper shows, less what a run has no results for."""

import dataclasses
import shutil

import pytest
from markupsafe import Markup

from fake_run import LATER
from zwicky.ho2019.report import FIGURES, PAPER_ITEMS, TABLES, paper_index, read_run, render_html
from zwicky.io.files import read_json, write_json
from zwicky.plots import report_style

#: What the chapter on calibration shows.
CALIBRATED = {"intervals", "pit", "coverage", "sample-cluster"}


def names(run):
    return {name for name, item in {**FIGURES, **TABLES}.items() if item.needs(run)}


def written(run, tmp_path):
    """A report of this run, with an empty picture for every figure."""
    from matplotlib.figure import Figure

    Figure().savefig(tmp_path / "empty.png")
    png = (tmp_path / "empty.png").read_bytes()
    return render_html(run, dict.fromkeys(names(run) & set(FIGURES), png))


def spoken(run, tmp_path):
    return " ".join(Markup(written(run, tmp_path)).striptags().split())


@pytest.fixture
def copy(run_directory, tmp_path):
    return shutil.copytree(run_directory, tmp_path / "copy")


@pytest.fixture
def imported(copy):
    """The run as if its universe were somebody else's: used where it stands, no particles, another name."""
    elsewhere = copy.parent / "elsewhere"
    (copy / "universe").rename(elsewhere)
    (elsewhere / "universe.toml").rename(elsewhere / "import.toml")
    (elsewhere / "diagnostics_z0.117.npz").unlink()
    with open(copy / "run.toml", "a") as file:
        file.write(f'\n[existing]\ndirectory = "{elsewhere}"\n')
    metrics = read_json(copy / "metrics.json")
    told = {"imported": True, "warnings": ["halos are few."], "members": "galaxies inside <r200c>"}
    metrics["universe"] = {"box_size_mpc_h": 100.0, "redshift": 0.117} | told
    write_json(copy / "metrics.json", metrics)
    run = read_run(copy)
    snapshot = dataclasses.replace(run.halos.snapshot, simulation="Alien-1")
    return dataclasses.replace(run, halos=dataclasses.replace(run.halos, snapshot=snapshot))


def test_a_complete_run_has_all_that_the_paper_shows(run):
    index = paper_index(run)
    assert [name for name, anchors in index.items() if not anchors] == []
    for number in range(1, 11):
        assert f"Fig. {number}" in PAPER_ITEMS
    for number in range(1, 5):
        assert f"Table {number}" in PAPER_ITEMS
    where = {name: anchors[0] for name, anchors in index.items()}
    assert (where["Fig. 4"], where["Fig. 9"], where["Fig. 10"]) == ("architectures", "shapes", "sampling")
    assert (where["Table 3"], where["Sec. 6"]) == ("table3", "claims-table")


def test_every_item_of_the_paper_is_one_that_it_has(run):
    papers = {item.paper for item in (*FIGURES.values(), *TABLES.values()) if item.paper}
    assert papers == set(PAPER_ITEMS)


def test_a_run_that_measured_less_leaves_chapters_out(run, tmp_path):
    metrics = {name: value for name, value in run.metrics.items() if name not in LATER}
    early = dataclasses.replace(run, metrics=metrics, posteriors={})
    gone = names(run) - names(early)
    assert gone == {"table3", "table4", "leakage", "claims-table", "corner", "sampling"} | CALIBRATED
    html = written(early, tmp_path)
    for anchor in ("dependence", "robustness", "neighbours", "calibration", "conclusions"):
        assert f'id="{anchor}"' in written(run, tmp_path)
        assert f'id="{anchor}"' not in html
    text = spoken(early, tmp_path)
    assert "Fig. 10 deviation with sampling rate: not in this run" in text
    assert "statements in the paper's conclusions" not in text


def test_the_headline_counts_the_conclusions(run, tmp_path):
    assert "Of 3 statements in the paper's conclusions 2 agree here." in spoken(run, tmp_path)


def test_two_methods_without_the_networks_are_still_a_report(run, tmp_path):
    some = {"m_sigma_pure", "m_sigma_contaminated"}
    predictions = dataclasses.replace(
        run.predictions,
        log10_predicted_h={n: v for n, v in run.predictions.log10_predicted_h.items() if n in some},
    )
    metrics = {**run.metrics, "table2": {n: v for n, v in run.metrics["table2"].items() if n in some}}
    metrics |= {"comparisons": []} | dict.fromkeys(LATER)
    samples = {"m_sigma_pure": run.posteriors["cnn_2d"]}
    bare = dataclasses.replace(run, predictions=predictions, metrics=metrics, losses={}, posteriors=samples)
    assert {"corner", "architectures", "losses", "predicted_true", "comparisons"}.isdisjoint(names(bare))
    for name in ("residuals", "shapes", "scatter"):
        assert FIGURES[name].needs(bare)
        assert FIGURES[name].make(bare).axes
    assert "CNN1D, CNN2D, SDM1D and SDM2D were not run here" in spoken(bare, tmp_path)


def test_an_imported_universe_is_not_called_ours(imported, tmp_path):
    assert imported.is_imported
    assert imported.universe.name == "elsewhere"
    assert {"slice", "mass_function", "power_spectrum"}.isdisjoint(names(imported))
    assert {"cluster_views", "samples", "sigma_mass", "simulation"} <= names(imported)
    text = spoken(imported, tmp_path)
    assert "on clusters of Alien-1" in text
    assert "The simulation is Alien-1, not ours" in text
    assert "The import warned: halos are few.The survey" in text
    assert "Members are galaxies inside <r200c>." in text
    for ours in ("our own", "Its galaxies are matter particles", "Big Bang", "Particles"):
        assert ours not in text


def test_an_imported_universe_is_drawn_from_where_it_stands(imported):
    """One cluster in three views takes the galaxies, the samples a mass function that nobody has here."""
    with report_style():
        assert len(FIGURES["cluster_views"].make(imported).axes) == 3
        (axes,) = FIGURES["samples"].make(imported).axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "training: flat by design" in labels
    assert not any("Tinker" in label for label in labels)


def test_what_an_import_measured_is_shown(imported):
    seen = dataclasses.replace(
        imported, diagnostics={"slice_map": 1, "mass_counts": 1, "mass_function_tinker": 1}
    )
    assert {"slice", "mass_function"} <= names(seen)
    assert "power_spectrum" not in names(seen)
