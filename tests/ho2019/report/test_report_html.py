"""The report as a file: complete, self-contained, and true to `metrics.json`."""

import base64
import dataclasses
import re
from html.parser import HTMLParser

import pytest
from matplotlib.image import imread

from zwicky.ho2019.report import CHAPTERS, FIGURES, headline, render_html
from zwicky.ho2019.report.formats import duration, number, significant

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """Tags, their attributes, table cells and text of a page; complains where tags do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.rows, self.text = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)
        if self.rows and ("td" in self.open or "th" in self.open):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def page(report):
    return Page(report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pictures(report):
    """The one picture of each figure that a browser is given."""
    beside = report.parent / "figures"
    files = {path.stem: path for path in (*beside.glob("*.png"), *beside.glob("*.svg"))}
    return {name: path.read_bytes() for name, path in files.items()}


def test_one_file_that_needs_no_network(page, report):
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe", "object"})
    for _, attributes in page.tags:
        for key in ("src", "href"):
            allowed = ("#", "data:image/png;base64,", "data:image/svg+xml;base64,")
            assert attributes.get(key, "#").startswith(allowed)
    html = report.read_text(encoding="utf-8")
    assert "http" not in html
    assert "url(" not in html


def test_links_lead_somewhere(page, run):
    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert len(links) >= len(CHAPTERS)
    assert len(anchors) == len([True for _, attributes in page.tags if "id" in attributes])  # each once
    assert all(link.removeprefix("#") in anchors for link in links)


def test_every_figure_is_inside_and_beside(page, pictures, report):
    shown = {}
    for tag, attributes in page.tags:
        if tag == "figure":
            name = attributes["id"]
        if tag == "img":
            shown[name] = attributes
    assert set(shown) == set(pictures) == set(FIGURES)
    text = "".join(page.text)
    for number_, (name, image) in enumerate(shown.items(), start=1):
        assert base64.b64decode(image["src"].partition(",")[2]) == pictures[name]
        assert f"Figure {number_}. {image['alt']}" in text
        if name == "architectures":
            assert (image["width"], image["height"]) == ("739", "480")
            continue
        pdf = report.parent / "figures" / f"{name}.pdf"
        assert pdf.read_bytes().startswith(b"%PDF")
        pixels = imread(report.parent / "figures" / f"{name}.png")
        assert pixels[..., :3].std() > 0.05, f"{name} is blank"
        assert int(image["width"]) == pytest.approx(pixels.shape[1] * 96 / 150, abs=1)
    assert not list((report.parent / "figures").glob(".*"))  # no half-written file left


def test_table_2_is_that_of_the_metrics_beside_the_papers(page, run):
    rows = [[cell.strip() for cell in row] for row in page.rows]
    ours = next(row for row in rows if row[0] == "CNN2D" and len(row) == 12)
    paper = rows[rows.index(ours) + 1]
    metrics = run.metrics["table2"]["cnn_2d"]
    assert ours[1] == str(metrics["n"])
    assert ours[6:8] == [f"{metrics['scatter']:.3f}", f"± {metrics['scatter_error']:.3f}"]
    assert ours[2].replace("−", "-") == f"{metrics['median']:+.3f}"
    # Table 2 of Ho et al. (2019), CNN_2D: -0.003 +0.119 -0.125, 0.132, 0.221, 1.600
    assert [paper[i] for i in (2, 4, 5, 6, 8, 10)] == [
        "−0.003",
        "+0.119",
        "−0.125",
        "0.132",
        "+0.221",
        "+1.600",
    ]


def test_tables_1_and_comparisons(page, run):
    rows = [[cell.strip() for cell in row] for row in page.rows]
    assert ["pure", "this run", "1075", "0.338", "0.051"] in rows
    assert ["", "paper", "1078", "0.345", "0.056"] in rows
    # 1082.9 km/s at h(z) M, times E(0.117)^0.3361 = 1.0587^0.3361 at M
    assert ["σ1D at M200c = 1015 M⊙/h", "1079 km/s", "1104 km/s"] in rows
    best = run.metrics["comparisons"][0]
    less = 100 * (1 - best["ratio"])
    row = next(r for r in rows if r[0] == f"CNN2D scatters {less:.1f}\xa0% less than M–σ, contaminated")
    low, high = 100 * (1 - best["high"]), 100 * (1 - best["low"])
    assert row[1:] == [f"{low:.1f} to {high:.1f}\xa0%", f"{best['ratio']:.3f}", "58\xa0% less"]


def test_it_says_what_the_universe_is_not(page):
    text = " ".join("".join(page.text).split())
    for phrase in (
        "not MDPL2",
        "no velocity bias",
        "no segregation by luminosity",
        "not comparable line by line",
    ):
        assert phrase in text
    assert "420 times MDPL2" not in text  # the made-up box has lighter particles
    assert re.search(r"27 times MDPL2's, so that a halo of 1014 M⊙/h has 2\W?46\d of them", text)


def test_no_number_is_missing_silently(page):
    assert not re.search(r"\b(nan|None|inf|Undefined)\b", "".join(page.text))


def test_it_says_how_to_make_it_again(page, run):
    text = "".join(page.text)
    assert f"zwicky reproduce --config {run.directory.name}/run.toml" in text
    assert run.settings_text.strip() in text


def test_progress_counts_up_to_the_end(report, pictures, steps):
    assert {step[0] for step in steps} == {"report"}
    done = [step[1] for step in steps]
    assert done == list(range(len(pictures) + 2))
    assert {step[2] for step in steps} == {len(pictures) + 1}


def test_settings_cannot_break_the_page(run, pictures):
    spoilt = dataclasses.replace(run, settings_text='name = "</pre><script>alert(1)</script>"')
    page = Page(render_html(spoilt, pictures))
    assert "script" not in {tag for tag, _ in page.tags}


def test_methods_without_results_are_dashes(run, pictures):
    metrics = {**run.metrics, "table2": {**run.metrics["table2"]}}
    metrics["table2"]["m_sigma_pure"] = dict.fromkeys(metrics["table2"]["cnn_2d"]) | {"n": 0}
    del metrics["table2"]["cnn_1d"]
    metrics["comparisons"] = []
    page = Page(render_html(dataclasses.replace(run, metrics=metrics), pictures))
    rows = [[cell.strip() for cell in row] for row in page.rows]
    pure = next(row for row in rows if row[0] == "M–σ, pure" and len(row) == 12)
    assert (pure[1], pure[6]) == ("0", "–")
    assert "None" not in "".join(page.text)
    assert "CNN1D was not run here" in "".join(page.text)


def test_headline_praises_no_method_that_no_observer_has(run):
    table = {name: {**row} for name, row in run.metrics["table2"].items()}
    table["m_sigma_pure"]["scatter"] = 0.01
    text = headline({**run.metrics, "table2": table})
    assert text.startswith("CNN<sub>2D</sub> weighs")
    assert f"{run.metrics['comparisons'][0]['ratio']:.2f}" in text


def test_headline_of_an_empty_test_set(run):
    nothing = {name: {**row, "scatter": None} for name, row in run.metrics["table2"].items()}
    assert "larger box" in headline({**run.metrics, "table2": nothing})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(44e-6, "44 µs"), (0.0123, "12.3 ms"), (59.96, "1 min"), (119.7, "2 min"), (7199, "2 h"), (None, "–")],
)
def test_durations_carry_over(seconds, words):
    assert duration(seconds) == words


def test_numbers_never_show_minus_zero():
    assert number(-0.0001, 3, signed=True) == "+0.000"
    assert significant(-2.0e-7, 2) == "−2.0 × 10<sup>−7</sup>"


def test_headline_tells_what_scatters_less_than_the_papers_methods(run):
    table = {name: {**row} for name, row in run.metrics["table2"].items()}
    table["counts_inner"] = {**table["cnn_2d"], "scatter": 0.01}
    text = headline({**run.metrics, "table2": table})
    assert text.startswith("CNN<sub>2D</sub> weighs")
    assert "scatters less" in text
    assert "0.010" in text
    assert "scatters less" not in headline(run.metrics)
