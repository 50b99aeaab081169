"""Tables show the metrics that they are given, beside what the paper prints."""

import dataclasses

import pytest
from markupsafe import Markup

from zwicky.ho2019.report import TABLES, render_html
from zwicky.ho2019.report.formats import between, share, spread
from zwicky.ho2019.report.tables.run import typeset

MINUS = "\N{MINUS SIGN}"


def rows(name, run):
    """Text of the cells, tags taken out and every space a plain one; every row is as wide as the head."""
    grid = TABLES[name].make(run)
    width = sum(cell.span for cell in grid.head)
    assert all(sum(cell.span for cell in row.cells) == width for row in grid.rows)
    return [[Markup(cell.text).replace("<br>", " ").striptags() for cell in row.cells] for row in grid.rows]


class _AnyPicture(dict):
    """A picture of nothing for every name."""

    def __missing__(self, name):
        return b'<svg width="1pt" height="1pt"/>'


def spoken(run):
    """The text of a run's report, every space a plain one."""
    html = render_html(run, _AnyPicture())
    return " ".join(Markup(html).striptags().replace("\N{NO-BREAK SPACE}", " ").split())


def with_metrics(run, **changes):
    return dataclasses.replace(run, metrics={**run.metrics, **changes})


def test_counts_hold_the_papers_percentages(run):
    """Sec. 5.2 of Ho et al. (2019), slope 2: 5.0, 1.7, 2.0, 23, 17.8, 3.8 per cent, in Table 2's order."""
    found = [row for row in rows("counts", run) if row[0] == "paper"]
    terms = [float(row[6].removesuffix(" %").replace(MINUS, "-")) for row in found]
    assert [abs(term) for term in terms] == pytest.approx([5.0, 1.7, 2.0, 23, 17.8, 3.8], abs=0.65)
    assert [row[8] for row in found] == ["5.0 %", "1.7 %", "2.0 %", "23 %", "17.8 %", "3.8 %"]


def test_counts_are_those_of_the_metrics(run):
    row = next(row for row in rows("counts", run) if row[0] == "CNN2D")
    numbers = run.metrics["table2"]["cnn_2d"]
    assert row[4:6] == [f"× {numbers['lognormal_factor']:.3f}", f"± {numbers['lognormal_factor_error']:.3f}"]
    assert row[6].replace(MINUS, "-") == f"{100 * numbers['edgeworth_term']:+.1f} %"
    assert not TABLES["counts"].needs(with_metrics(run, table2={"cnn_2d": {"n": 3, "scatter": 0.1}}))


def test_table_3_has_posterior_bootstrap_and_paper(run):
    found = rows("table3", run)
    at = next(i for i, row in enumerate(found) if row[0] == "CNN2D")
    ours, halos, paper = found[at : at + 3]
    assert ours[1:5] == [f"{MINUS}0.012", f"+0.003 {MINUS}0.003", "0.104", f"+0.004 {MINUS}0.004"]
    assert ours[9] == "62 %"
    assert halos[0] == "over halos"
    assert halos[1:5] == ["± 0.006"] * 4
    # Table 3 of Ho et al. (2019), CNN_2D: 0.03 +0.03 -0.02, 0.11, 0.05, 1.00; 47 % in the text of Sec. 5.3
    assert paper[1:4] == ["+0.03", f"+0.03 {MINUS}0.02", "0.11"]
    assert (paper[5], paper[7], paper[9]) == ("0.05", "1.00", "47 %")
    text = spoken(run)
    assert "not converged: CNN1D." in text
    assert "is 44 % for CNN1D and 44 % for CNN2D here" in text
    assert "1014.21 M⊙/h and median richness 38 (paper: 1014.17 and 40)" in text


def test_table_4_gives_both_readings_of_equation_14(run):
    found = rows("table4", run)
    at = next(i for i, row in enumerate(found) if row[0] == "M–σ, pure")
    mean, one, paper = found[at : at + 3]
    assert (mean[1], one[1]) == ("mean of 10", "one draw")
    assert (mean[5], mean[6]) == (f"{0.75 * 0.19:.3f}", "± 0.004")
    assert one[5] == f"{2 * 0.19:.3f}"
    # Table 4 of Ho et al. (2019), pure M-sigma: 0.005 +0.077 -0.102, width 0.179
    assert paper[3:6] == ["+0.005", f"+0.077 {MINUS}0.102", "0.179"]


def test_a_comparison_that_settles_nothing_says_so(run):
    equal = {**run.metrics["comparisons"][0], "ratio": 1.004, "low": 0.99, "high": 1.02, "paper": 0.8}
    worse = {**equal, "ratio": 1.25, "low": 1.2, "high": 1.3}
    nothing = {**equal, "ratio": None, "low": None, "high": None}
    first, second = rows("comparisons", with_metrics(run, comparisons=[equal, worse, nothing]))
    assert first[0].startswith("CNN2D scatters 0.4 % more than M–σ, contaminated (no difference")
    assert first[1] == f"{MINUS}1.0 to 2.0 %"
    assert second[0] == "CNN2D scatters 25.0 % more than M–σ, contaminated"
    assert second[1] == "20.0 to 30.0 %"
    assert second[3] == "20 % less"


def test_leakage_is_named_only_where_it_is_seen(run):
    one, two = rows("leakage", run)
    assert one == ["CNN1D", "0.1700", "0.1706", "1.004", "0.980 to 1.020", "no leak seen"]
    assert two[-1] == "5.0 % worse without neighbours"
    better = {"cnn_2d": {**run.metrics["leakage"]["cnn_2d"], "ratio": 0.96, "low": 0.95, "high": 0.97}}
    assert rows("leakage", with_metrics(run, leakage=better))[0][-1] == "4.0 % better without neighbours"


def test_claims_carry_numbers_errors_and_a_verdict(run):
    first, second, third = rows("claims-table", run)
    assert first[0] == "1"
    assert first[1] == "CNN2D reduces the scatter of CNN1D The size is not the paper's: M–σ <is> not asked."
    assert first[2:] == ["24.1 %", "29.4 ± 1.2 %", "stronger, 4.4 σ apart"]
    assert second[0] == ""  # the same conclusion
    assert second[2:] == ["", f"{MINUS}1.2 ± 0.4 %", "agrees"]
    assert third[2:] == ["410.0 µs", "4.1 µs", "agrees"]
    assert (
        "2 agree, 1 have the sign but not the size, stronger or weaker, and 0 have the opposite sign"
        in spoken(run)
    )
    far = [{**run.metrics["claims"][0], "sigma": 812.0}]
    assert rows("claims-table", with_metrics(run, claims=far))[0][-1] == "stronger, > 30 σ apart"


def test_claims_cannot_bring_tags():
    assert typeset("<script> CNN_2D") == "&lt;script&gt; CNN<sub>2D</sub>"


def test_times_stand_beside_the_papers(run):
    """Secs. 3.3, 4.2 and 5.5 of Ho et al. (2019): 10 minutes, 6 hours, 1 minute; 73 and 410 and 44 us."""
    found = {(row[0]): row[1:] for row in rows("times-table", run) if len(row) > 1}
    assert found["SDM1D"] == ["10 min 12 s", "~6 h", "35 ×"]
    assert found["density map of velocity"] == ["0.73 µs", "73 µs", "100 ×"]
    assert found["density map of phase space"] == ["4.1 µs", "410 µs", "100 ×"]
    assert found["galaxies to mass, M–σ"] == ["0.11 µs", "", ""]
    assert found["universe"] == ["1 min 38 s", "", ""]
    groups = [row[0] for row in rows("times-table", run) if len(row) == 1]
    assert groups == [
        "Training and weighing, ten folds",
        "Training one fold",
        "One cluster",
        "Everything else",
    ]
    twice = [row for row in rows("times-table", run) if row[0] == "CNN2D"]
    assert [row[1:] for row in twice] == [
        ["30 s", "~10 min", "20 ×"],
        ["6 s", "~1 min", "10 ×"],
        ["11 µs", "44 µs", "4.0 ×"],
    ]


def test_a_simulation_that_tells_less_has_fewer_rows(run):
    little = {"box_size_mpc_h": 62.5, "redshift": 0.0, "sigma15_kms": None}
    assert rows("simulation", with_metrics(run, universe=little)) == [
        ["Side of the box", "62 Mpc/h", ""],
        ["Redshift", "0.000", ""],
    ]


def test_formats_of_nothing():
    assert spread(None, None, 3) == ""
    assert between(None, 1.0, 2) == "\N{EN DASH}"
    assert share(float("nan")) == "\N{EN DASH}"
