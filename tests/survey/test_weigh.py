"""Weighing: the bad do not harm the good, and the numbers are the observer's."""

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clusters import galaxies_of, sample_of, virial_model

from zwicky.cosmology import paper_cosmology
from zwicky.survey import COLUMNS
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.figure import draw_cluster, write_figure
from zwicky.survey.masses import weigh
from zwicky.survey.recentre import recentre


def observed(clusters, cosmology=None, redshift=0.1):
    sample = sample_of(clusters, cosmology or paper_cosmology(), redshift)
    return ObservedClusters(sample, np.array([f"c{i}" for i in range(len(clusters))]), from_sky=False)


def some(n=4, seed=1):
    rng = np.random.default_rng(seed)
    return [galaxies_of(rng, 60, sigma) for sigma in np.linspace(500, 1000, n)]


def test_the_table_has_what_was_promised():
    table = weigh(observed(some()), virial_model(), virial_model())
    assert table.colnames == list(COLUMNS)[:-1]
    assert table["cluster_id"].tolist() == ["c0", "c1", "c2", "c3"]
    assert set(table["flag"]) == {"ok"}
    assert table["n_galaxies"].tolist() == [60] * 4
    for row, (_, v) in zip(table, some(), strict=True):
        sigma = np.std(np.float32(v), ddof=1, dtype=float)
        assert row["sigma_v_kms"].value == pytest.approx(sigma, rel=1e-6)
        assert row["log10_m200c"] == pytest.approx(
            14.8 - np.log10(0.678) + 3 * np.log10(sigma / 900), rel=1e-6
        )
    assert np.all((table["log10_m200c_err"] > 0.1) & (table["log10_m200c_err"] < 0.4))


@settings(max_examples=20, deadline=None)
@given(bad=st.sets(st.integers(0, 5)), how=st.sampled_from(["nan", "few", "negative", "same"]))
def test_bad_clusters_are_flagged_and_the_others_weighed(bad, how):
    clusters = some(6)
    alone = weigh(observed(clusters), virial_model(), virial_model())
    for i in bad:
        r, v = clusters[i]
        spoilt = {
            "nan": (r, np.where(np.arange(60) == 1, np.nan, v)),
            "few": (r[:5], v[:5]),
            "negative": (-r, v),
            "same": (r, np.full(60, 100.0)),
        }
        clusters[i] = spoilt[how]
    table = weigh(observed(clusters), virial_model(), virial_model())
    for i, row in enumerate(table):
        assert np.isnan(row["log10_m200c"]) == (i in bad)
        assert (row["flag"] == "ok") == (i not in bad)
        if i not in bad:
            assert row["log10_m200c"] == alone["log10_m200c"][i]
    assert len(table) == 6


def test_galaxies_outside_the_cylinder_do_not_count():
    r, v = some(1)[0]
    more_r = np.concatenate([r, [2.37, 9.0, 1.0, 1.0]])
    more_v = np.concatenate([v, [0.0, 0.0, 2201.0, -3000.0]])
    with_more = weigh(observed([(more_r, more_v)]), virial_model(), virial_model())
    assert (
        with_more["log10_m200c"][0]
        == weigh(observed([(r, v)]), virial_model(), virial_model())["log10_m200c"][0]
    )
    assert with_more["n_galaxies"][0] == 60


def test_the_observers_hubble_constant_cancels_in_mpc_per_h():
    # The same cluster measured by someone who believes h = 1: every length and mass smaller by 0.678.
    r, v = some(1)[0]
    r, v = np.append(r, 2.35), np.append(v, 10.0)  # the last galaxy is just inside 1.6 Mpc/h
    other = observed([(r * 0.678, v)], FlatLambdaCDM(H0=100.0, Om0=0.307))
    ours = weigh(observed([(r, v)]), virial_model(), virial_model())
    theirs = weigh(other, virial_model(), virial_model())
    assert ours["n_galaxies"][0] == theirs["n_galaxies"][0] == 61
    for name in ("log10_m200c", "log10_m200c_msigma"):
        assert theirs[name][0] == pytest.approx(ours[name][0] + np.log10(0.678), rel=1e-9)


def test_recentring_is_reported():
    r, v = some(1)[0]
    moved = recentre(observed([(r, v + 500)]), virial_model().cylinder)
    table = weigh(moved, virial_model(), virial_model())
    assert table["recentred_kms"][0].value == pytest.approx(500, abs=150)
    assert "--recentre" in weigh(observed([(r, v + 500)]), virial_model(), virial_model())["flag"][0]


def test_nobody_can_be_weighed():
    clusters = [(r[:5], v[:5]) for r, v in some(2)]
    table = weigh(observed(clusters), virial_model(), virial_model())
    assert np.isnan(table["log10_m200c"]).all()
    assert table["n_galaxies"].tolist() == [5, 5]


def test_a_model_without_an_error_table_gives_no_error():
    model = virial_model(errors=None)
    assert np.isnan(weigh(observed(some(1)), model, model)["log10_m200c_err"][0])


def test_figure_shows_each_cluster(tmp_path):
    clusters, cylinder = [*some(3), (np.full(4, 0.5), np.full(4, 10.0))], virial_model().cylinder
    found = observed(clusters)
    write_figure(tmp_path / "c.png", found, weigh(found, virial_model(), virial_model()), cylinder)
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    drawn = draw_cluster(ax, found.sample[0], cylinder, log10_m200c=14.5, error=0.15, title="c0")
    assert "[M_\\odot] = 14.50 \\pm 0.15" in drawn.get_title()
    assert "/h]" not in drawn.get_title()
    points = next(line for line in drawn.lines if line.get_label() == "60 in the cylinder")
    np.testing.assert_allclose(points.get_xdata(), found.sample[0].r_proj_comoving * 0.678, rtol=1e-6)
    both = {"log10_m200c": 14.5, "error": 0.15, "title": "c0", "msun_h": True}
    assert "14.33" in draw_cluster(ax, found.sample[0], cylinder, **both).get_title()
