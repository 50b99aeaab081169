"""Many centres on the sky: the same clusters however many centres are looked at together."""

import numpy as np

from zwicky.cosmology import paper_cosmology
from zwicky.io.observed import Centres, SkyList
from zwicky.survey import blocks
from zwicky.survey.sky import blocks_from_sky, clusters_from_sky
from zwicky.tables import Cylinder, concatenate


def test_centres_are_taken_some_at_a_time_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(2)
    n = 57
    centres = Centres(np.arange(n), rng.uniform(0, 40, n), rng.uniform(-5, 5, n), rng.uniform(0.02, 0.1, n))
    centres.ra[[3, 30]] = np.nan
    k = rng.integers(0, n, 4000)
    galaxies = SkyList(
        np.nan_to_num(centres.ra[k], nan=5.0) + rng.normal(0, 0.3, 4000),
        centres.dec[k] + rng.normal(0, 0.3, 4000),
        np.where(rng.random(4000) < 0.1, np.nan, centres.z[k] + rng.normal(0, 0.003, 4000)),
    )
    galaxies = SkyList(galaxies.ra % 360, galaxies.dec, galaxies.z)
    where = {"cosmology": paper_cosmology(), "cylinder": Cylinder.in_mpc_h(1.6, 2200.0, 0.678)}
    whole = clusters_from_sky(galaxies, centres, **where)
    assert whole.sample.offsets[-1] > 2000
    monkeypatch.setattr(blocks, "BLOCK", 7)
    parts = list(blocks_from_sky(galaxies, centres, **where))
    assert [len(part) for part in parts] == [7] * 8 + [1]
    together = concatenate([part.sample for part in parts])
    assert np.array_equal(together.offsets, whole.sample.offsets)
    assert np.array_equal(together.r_proj_comoving, whole.sample.r_proj_comoving)
    assert np.array_equal(together.v_los, whole.sample.v_los)
    assert np.array_equal(np.concatenate([part.label for part in parts]), whole.label)
    assert parts[4].problems == {2: whole.problems[30]}
    assert parts[0].notes == whole.notes
    assert "without a redshift near a centre" in whole.notes[0]
