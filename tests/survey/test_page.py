"""The page of clusters: what it says is what was found, and nothing in it runs but its own script."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from made_clusters import galaxies_of, sample_of, training_range, virial_model

from sky_field import CENTRE, field
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator
from zwicky.estimators.conditional import Reading
from zwicky.io.observed import SkyList
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.masses import masses_columns, masses_table
from zwicky.survey.observe import clusters_of as clusters_of_list
from zwicky.survey.origin import Origin
from zwicky.survey.page import write_page
from zwicky.survey.page.panels import MAX_GALAXIES
from zwicky.survey.weigh import weigh_clusters
from zwicky.tables import r200c_at

COSMOLOGY = paper_cosmology()
NASTY = "</script><script>alert(1)</script>\"'& <img src=x onerror=alert(2)>"


class Seen(HTMLParser):
    """Elements with their attributes, and the text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self._in_script = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_data(self, data):
        if self._in_script:
            self.scripts[-1] += data

    def handle_endtag(self, tag):
        self._in_script = False


def clusters_of(n=4, few=1, names=None, n_galaxies=80):
    rng = np.random.default_rng(3)
    made = [galaxies_of(rng, 6 if i == few else n_galaxies, 500.0 + 150.0 * i) for i in range(n)]
    sample = sample_of(made, COSMOLOGY, 0.1)
    total = len(sample.v_los)
    origin = Origin(
        galaxy_id=np.array([f"g{i}" for i in range(total)]),
        ra=359.9 + rng.normal(0, 0.1, total),
        dec=rng.normal(0, 0.1, total),
        centre_ra=np.full(n, 0.02),
        centre_dec=np.zeros(n),
    )
    label = np.array([f"c{i}" for i in range(n)] if names is None else names)
    return ObservedClusters(sample, label, from_sky=True, origin=origin, notes=(f"file {NASTY}: noted",))


def page_of(path, clusters, model=None, **more):
    model = model or virial_model()
    weighed = weigh_clusters(clusters, model, virial_model())
    table = masses_table(masses_columns(clusters, weighed))
    write_page(path, clusters, weighed, table, model, virial_model(), **more)
    text = path.read_text(encoding="utf-8")
    return text, json.loads(Seen(text).scripts[0]), table, weighed


def test_panels_hold_what_was_found(tmp_path):
    clusters = clusters_of()
    text, data, table, _ = page_of(tmp_path / "p.html", clusters)
    assert len(data["panels"]) == len(table) == 4
    for row in (0, 2, 3):
        panel, sample = data["panels"][row], clusters.sample[row]
        galaxies, mass = panel["galaxies"], panel["mass"]
        assert galaxies["inside"] == table["n_galaxies"][row]
        place = {f"g{i}": i - clusters.sample.offsets[row] for i in range(len(clusters.sample.v_los))}
        rows = [place[name] for name in galaxies["id"]]
        np.testing.assert_allclose(galaxies["r"], sample.r_proj_comoving[rows], atol=6e-4)
        np.testing.assert_allclose(galaxies["v"], sample.v_los[rows], atol=0.51)
        here = clusters.origin.ra[clusters.sample.offsets[row] + np.array(rows)]
        np.testing.assert_allclose(galaxies["sky"]["x"], (here - 360.02) * 60.0, atol=0.01)
        assert galaxies["sky"]["centre"] == [0.02, 0.0]
        np.testing.assert_allclose(
            galaxies["sky"]["arcmin"], COSMOLOGY.arcsec_per_kpc_comoving(0.1).value * 1e3 / 60, rtol=1e-4
        )
        x, density = np.array(mass["x"]), np.array(mass["density"])
        assert np.trapezoid(density, x) == pytest.approx(1.0, abs=0.01)
        assert np.trapezoid(density * x, x) == pytest.approx(table["log10_m200c"][row], abs=0.01)
        assert mass["interval"] == pytest.approx(
            [table["log10_m200c_p16"][row], table["log10_m200c_p84"][row]], abs=6e-4
        )
        assert np.trapezoid(mass["prior"], x) == pytest.approx(1.0, abs=0.02)
        assert mass["msigma"][0] == pytest.approx(table["log10_m200c_msigma"][row], abs=6e-4)
        # The mass function's posterior lies below the flat one.
        assert np.trapezoid(mass["hmf"] * x, x) < table["log10_m200c"][row] - 0.05
        radius = r200c_at(10 ** table["log10_m200c"][row], 0.1, COSMOLOGY)
        assert panel["r200"] == pytest.approx(radius, abs=6e-4)
        assert f"<b>{table['log10_m200c'][row]:.2f}</b>" in text
    assert "virial does not tell which galaxies are members" in text


def test_a_cluster_without_a_mass_says_why_and_what_to_do(tmp_path):
    text, data, _, _ = page_of(tmp_path / "p.html", clusters_of())
    (remark, meaning, advice), panel = data["panels"][1]["flags"][0], data["panels"][1]
    assert "6 galaxies in the cylinder" in remark
    assert meaning == "The cluster was not weighed."
    assert advice.startswith("Give more within")
    assert panel["mass"] is None
    assert panel["r200"] is None
    assert "3 of 4 clusters weighed, 1 with a flag" in text


def test_nothing_of_the_users_text_is_markup(tmp_path):
    clusters = clusters_of(3, names=[NASTY, "<b>bold</b>", "plain"])
    clusters.origin.galaxy_id[:3] = [NASTY[:60], "<svg/onload=1>", "\u2028"]
    text, data, _, _ = page_of(tmp_path / "p.html", clusters, source=NASTY)
    seen = Seen(text)
    assert [tag for tag, _ in seen.elements].count("script") == 2
    assert not {tag for tag, _ in seen.elements} & {"img", "b>bold", "svg", "iframe", "object", "link"}
    assert not [key for _, attributes in seen.elements for key in attributes if key.startswith("on")]
    assert "<" not in seen.scripts[0]
    assert set(clusters.origin.galaxy_id[:3]) <= set(data["panels"][0]["galaxies"]["id"])
    assert "&lt;b&gt;bold&lt;/b&gt;" in text


def test_only_its_own_script_may_run_and_nothing_is_fetched(tmp_path):
    text, *_ = page_of(tmp_path / "p.html", clusters_of())
    seen = Seen(text)
    policy = next(
        a["content"] for tag, a in seen.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(seen.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    addresses = [a[k] for _, a in seen.elements for k in ("src", "href") if k in a]
    assert all(address.startswith("#c") for address in addresses)
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}


def test_thousands_of_clusters_make_a_page_of_bounded_size_that_says_so(tmp_path):
    clusters = clusters_of(30, n_galaxies=40)
    text, data, _, _ = page_of(tmp_path / "p.html", clusters, max_rows=20, max_bytes=30_000)
    n = len(data["panels"])
    assert 2 < n < 20
    assert sum(len(json.dumps(panel, separators=(",", ":"))) for panel in data["panels"]) <= 30_000
    assert "The first 20 of 30 clusters are listed here" in text
    assert f"The first {n} of 20 clusters have a panel" in text
    assert text.count("<article") == text.count('<th scope="row"><a href="#c') == n
    assert text.count("<tr data-row") == 20


def test_of_a_rich_cluster_some_galaxies_are_drawn_evenly(tmp_path):
    clusters = clusters_of(1, few=None, n_galaxies=3 * MAX_GALAXIES)
    _, data, table, _ = page_of(tmp_path / "p.html", clusters)
    galaxies = data["panels"][0]["galaxies"]
    assert galaxies["inside"] == MAX_GALAXIES < table["n_galaxies"][0]
    assert galaxies["n"] > len(galaxies["r"])
    assert np.std(galaxies["v"][:MAX_GALAXIES]) == pytest.approx(table["sigma_v_kms"][0].value, rel=0.02)


class Told(type(virial_model()), ConditionalEstimator):
    """A model that tells memberships: one over the number of galaxies times the place among them."""

    range_log10_m200c_h = (13.0, 15.5)
    survey = SurveySettings()
    fit_views = calibrate_views = None

    def membership(self, sample):
        return np.concatenate([np.arange(n) / n for n in sample.n_galaxies])

    def read(self, sample):
        return Reading(None, np.full(len(sample), 0.5))

    def mass_posterior(self, mixture, sample):
        return self.predict(sample)


def test_memberships_are_the_models_and_galaxies_outside_have_none(tmp_path):
    like, clusters = virial_model(), clusters_of()
    model = Told()
    model.cylinder, model.training, model.errors = like.cylinder, like.training, like.errors
    text, data, _, _ = page_of(tmp_path / "p.html", clusters, model)
    inside = clusters.sample.in_cylinder(model.cylinder)
    expected = np.split(model.membership(inside[[0, 2, 3]]), np.cumsum(inside.n_galaxies[[0, 2]]))
    for row, chance in zip((0, 2, 3), expected, strict=True):
        galaxies = data["panels"][row]["galaxies"]
        n = galaxies["inside"]
        assert galaxies["p"][:n] == [round(100 * p) for p in chance]
        assert set(galaxies["p"][n:]) <= {-1}
    assert "p" not in data["panels"][1]["galaxies"]
    assert "does not tell which galaxies are members" not in text


def test_a_flagged_cluster_is_explained(tmp_path):
    model = virial_model(training=training_range(sigma_v_kms=(10.0, 400.0)))
    text, data, _, weighed = page_of(tmp_path / "p.html", clusters_of(), model)
    assert weighed.flags[0] == "velocity dispersion outside training"
    remark, meaning, advice = data["panels"][0]["flags"][0]
    assert remark == weighed.flags[0]
    assert "move faster, or slower" in meaning
    assert advice
    assert '<tr data-row="0" class="flagged">' in text


def test_a_centre_that_was_proposed_is_marked(tmp_path):
    ra, dec, z = field(120)
    observed = SkyList(ra=ra, dec=dec, z=z)
    clusters = clusters_of_list(observed, None, cosmology=COSMOLOGY, model=virial_model())
    text, data, _, _ = page_of(tmp_path / "p.html", clusters)
    sky = data["panels"][0]["galaxies"]["sky"]
    assert sky["proposed"] is True
    assert sky["centre"] == pytest.approx([CENTRE[0], CENTRE[1]], abs=0.1)
    assert "proposed centre" in text
    _, given, _, _ = page_of(tmp_path / "p.html", clusters_of())
    assert given["panels"][0]["galaxies"]["sky"]["proposed"] is False


def test_names_that_are_no_page_are_refused(tmp_path):
    clusters = clusters_of()
    with pytest.raises(ZwickyError, match=r"use a suffix of \.html"):
        page_of(tmp_path / "p.pdf", clusters)
    (tmp_path / "d.html").mkdir()
    with pytest.raises(ZwickyError, match="is a directory"):
        page_of(tmp_path / "d.html", clusters)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to open the page with")
def test_a_browser_draws_every_figure(tmp_path):
    clusters = clusters_of(3, names=[NASTY, "b", "c"])
    page_of(tmp_path / "p.html", clusters)
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,4000"]
    command += ["--virtual-time-budget=5000", "--dump-dom", f"file://{tmp_path / 'p.html'}"]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    articles = dom.split("<article")[1:]
    labels = ["Phase space", "Positions on the sky", "Density of the mass"]
    assert [[label in article for label in labels] for article in articles] == [
        [True, True, True],
        [True, True, False],
        [True, True, True],
    ]
    assert "NaN" not in dom.split("<script")[0]
    assert 'data-row="0" data-drawn="yes"' in dom
