"""The chapter on calibration: what was found, whose prior it is, and one cluster by every method."""

import dataclasses
import re

from markupsafe import Markup

from zwicky.ho2019.report import FIGURES, TABLES
from zwicky.plots import report_style


def cells(table):
    return [[Markup(cell.text).striptags() for cell in row.cells] for row in table.rows]


def with_calibration(run, **changes):
    return dataclasses.replace(
        run, metrics=run.metrics | {"calibration": run.metrics["calibration"] | changes}
    )


def test_every_method_has_its_intervals_and_their_prior(run):
    first, second, network = cells(TABLES["intervals"].make(run))
    assert first[:3] == ["Posterior", "flat", "300"]
    assert second[1] == "sample's masses"
    assert network[:2] == ["CNN2D", "training sample"]
    assert [first[i] for i in (3, 5, 7)] == ["+0.042", "0.171", "0.182"]
    assert [first[i] for i in (8, 10, 12)] == ["74", "91", "95"]
    assert first[9] == "± 3"
    assert first[13] == ""  # an error that is not known


def test_one_cluster_by_every_method_with_the_truth_last(run):
    rows = cells(TABLES["sample-cluster"].make(run))
    assert rows[0] == ["Posterior", "flat", "14.49", "14.29 to 14.69", "14.09 to 14.89", "−0.01"]
    assert rows[-1][0] == "Truth"
    assert rows[-1][2] == "14.50"


def test_what_a_prior_means_is_said(report):
    page = report.read_text(encoding="utf-8")
    chapter = page[page.index('id="calibration"') :]
    text = " ".join(Markup(chapter).striptags().split())
    assert "not trained in this universe" in text
    assert "every log mass was as probable as another" in text
    assert re.search(r"112 galaxies at redshift 0\.117", text)


def test_a_run_without_a_shipped_posterior_speaks_of_none(run):
    from zwicky.ho2019.report.render import CHAPTERS, _environment, _facts, _Page

    own = [row for row in run.metrics["calibration"]["rows"] if row["method"] == "cnn_2d"]
    bare = with_calibration(run, rows=own, models={})
    page = _Page(bare, dict.fromkeys(FIGURES, b'<svg width="10pt" height="10pt"'))
    template = _environment().get_template("chapters/calibration.html.j2")
    assert "calibration" in CHAPTERS
    assert "ships with Zwicky" not in template.render(**page.names(), **_facts(bare))


def test_its_figures_show_every_row(run):
    rows = run.metrics["calibration"]["rows"]
    with report_style():
        pit, binned = (FIGURES[name].make(run) for name in ("pit", "coverage"))
    titles = [axes.get_title() for axes in pit.axes]
    assert len(titles) == len(rows)
    assert titles[0].endswith("flat")
    top = max(max(row["pit"]) for row in rows) * 10
    assert all(axes.get_ylim()[1] > top for axes in pit.axes)
    (legend,) = binned.legends
    assert len(legend.get_texts()) == len(rows)


def test_too_few_clusters_for_bins_leave_the_figure_out(run):
    rows = [row | {"by_richness": [], "by_mass": []} for row in run.metrics["calibration"]["rows"]]
    assert not FIGURES["coverage"].needs(with_calibration(run, rows=rows))
    assert FIGURES["pit"].needs(with_calibration(run, rows=rows))
