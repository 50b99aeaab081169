"""A part of a survey: the same bits whatever is beside it, in the schema that every part has."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from made_clusters import virial_model

from zwicky.cosmology import comoving_transverse_mpc, paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import load_model
from zwicky.io.centres import Centres
from zwicky.io.lists import SkyList
from zwicky.survey import Observing, weigh_partition
from zwicky.survey.masses import weigh
from zwicky.survey.observe import clusters_of
from zwicky.survey.recentre import recentre
from zwicky.tables import TRACERS


def made_sky(n=60, seed=4):
    """Frames of galaxies and of centres, a pole and the seam of right ascension among them."""
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    ra[:3], dec[:3] = (0.01, 359.98, 200.0), (0.0, 40.0, 89.9)
    z = rng.uniform(0.02, 0.2, n)
    k = np.repeat(np.arange(n), rng.integers(0, 60, n))
    angle = 2.4 * rng.random(len(k)) / comoving_transverse_mpc(z[k], paper_cosmology())
    turn = rng.uniform(0, 2 * np.pi, len(k))
    # Exactly on the sphere, so that the pole is a place like another.
    here, there = np.radians(dec[k]), np.cos(angle)
    sin_dec = np.sin(here) * there + np.cos(here) * np.sin(angle) * np.cos(turn)
    east = np.arctan2(np.sin(turn) * np.sin(angle) * np.cos(here), there - np.sin(here) * sin_dec)
    galaxies = pd.DataFrame(
        {
            "ra": (ra[k] + np.degrees(east)) % 360,
            "dec": np.degrees(np.arcsin(sin_dec)),
            "z": z[k] + (1 + z[k]) * rng.normal(0, 600 / 299792.458, len(k)),
        }
    )
    # A few galaxies twice, and targets without a redshift.
    galaxies = pd.concat([galaxies, galaxies[:40]], ignore_index=True)
    galaxies.loc[rng.integers(0, len(galaxies), 30), "z"] = np.nan
    return galaxies, pd.DataFrame({"cluster_id": np.arange(n), "ra": ra, "dec": dec, "z": z})


@pytest.mark.parametrize("name", ["virial", "cnn_1d", "cnn_2d", "posterior"])
def test_the_same_bits_in_any_part_and_any_order(name):
    model = virial_model() if name == "virial" else load_model(name)
    galaxies, centres = made_sky()
    observing = Observing(recentre=name != "cnn_1d")
    whole = weigh_partition(galaxies, centres, model, observing=observing)
    assert np.isfinite(whole.log10_m200c).sum() > 30
    assert len(set(whole.flag)) > 2
    rng = np.random.default_rng(1)
    parts = []
    for rows in np.array_split(rng.permutation(len(centres)), 4):
        shuffled = galaxies.sample(frac=1.0, random_state=int(rows[0]))
        parts.append(weigh_partition(shuffled, centres.iloc[rows], model, observing=observing))
    together = pd.concat(parts).sort_values("cluster_id", ignore_index=True)
    pd.testing.assert_frame_equal(together, whole, check_exact=True)


def test_no_cluster_and_no_galaxy_have_the_schema_of_all():
    galaxies, centres = made_sky(12)
    model = load_model("posterior")
    whole = weigh_partition(galaxies, centres, model)
    empty = weigh_partition(galaxies, centres[:0], model)
    assert len(empty) == 0
    assert list(empty.dtypes.items()) == list(whole.dtypes.items())
    alone = weigh_partition(galaxies[:0], centres, model)
    assert list(alone.dtypes.items()) == list(whole.dtypes.items())
    assert set(alone.flag) == {"no galaxies"}


def test_it_is_what_predict_computes():
    galaxies, centres = made_sky(12)
    galaxies = galaxies[np.isfinite(galaxies.z)]
    model = virial_model()
    lists = (
        SkyList(*(galaxies[name].to_numpy() for name in ("ra", "dec", "z"))),
        Centres(*(centres[name].to_numpy() for name in ("cluster_id", "ra", "dec", "z"))),
    )
    clusters = clusters_of(*lists, cosmology=paper_cosmology(), model=model)
    table = weigh(recentre(clusters, model.cylinder), model, load_model("m_sigma"))
    frame = weigh_partition(galaxies, centres, model, observing=Observing(recentre=True))
    for name in table.colnames:
        ours = np.asarray(getattr(table[name], "value", table[name]))
        assert np.array_equal(ours, frame[name].to_numpy(), equal_nan=ours.dtype.kind == "f"), name


def test_what_a_row_says_of_its_observation_counts():
    galaxies, centres = made_sky(20)
    model = load_model("posterior")
    plain = weigh_partition(galaxies, centres, model)
    said = centres.assign(
        redshift_error_kms=np.where(centres.index % 2, 300.0, np.nan),
        tracer=np.where(centres.index % 2, TRACERS.index("red"), -1),
    )
    told = weigh_partition(galaxies, said, model)
    known = np.isfinite(plain.log10_m200c)
    differs = plain.log10_m200c != told.log10_m200c
    assert differs[known & (centres.index % 2 == 1)].all()
    assert not differs[known & (centres.index % 2 == 0)].any()
    everywhere = Observing(redshift_error_kms=300.0, tracer="red")
    odd = said[said.index % 2 == 1]
    one = weigh_partition(galaxies, odd, model)
    other = weigh_partition(galaxies, centres.loc[odd.index], model, observing=everywhere)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    with pytest.raises(ZwickyError, match="has a column redshift_error_kms; leave out --redshift-error"):
        weigh_partition(galaxies, said, model, observing=dataclasses.replace(everywhere, tracer=None))


def test_a_missing_column_is_named():
    galaxies, centres = made_sky(3)
    with pytest.raises(ZwickyError, match="centres: no column z; there are cluster_id, ra, dec"):
        weigh_partition(galaxies, centres.drop(columns="z"), virial_model())
