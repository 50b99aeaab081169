"""Repeat observations become one galaxy; galaxies that differ stay, and memory grows with the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.io.observed import SkyList
from zwicky.survey.repeats import merge_repeats

ARCSEC = 1.0 / 3600.0


def sky(ra, dec, z, **more):
    return SkyList(np.array(ra, dtype=float), np.array(dec, dtype=float), np.array(z, dtype=float), **more)


def test_repeats_are_one_galaxy_with_the_mean_of_all():
    found = merge_repeats(
        sky([10, 50, 10 + 0.3 * ARCSEC, 10], [5, 5, 5, 5 + 0.4 * ARCSEC], [0.05, 0.06, 0.0501, 0.0502])
    )
    assert found.z.tolist() == [pytest.approx(0.0501), 0.06]
    np.testing.assert_allclose(found.ra, [10 + 0.1 * ARCSEC, 50], rtol=0, atol=1e-12)
    assert found.notes == ("galaxies: merged 3 rows into 1 galaxy within 1 arcsec (--merge-arcsec)",)


def test_across_the_seam_of_right_ascension_and_at_the_pole():
    found = merge_repeats(sky([359.99999, 0.00001, 0, 180], [0, 0, 90, 90], [0.05] * 4))
    assert len(found.z) == 2
    assert abs((found.ra[0] + 180) % 360 - 180) < 1e-9


@pytest.mark.parametrize(
    ("change", "n"),
    [({}, 1), ({"z": [0.05, 0.055]}, 2), ({"ra": [10, 10 + 3 * ARCSEC]}, 2), ({"z": [0.05, np.nan]}, 2)],
)
def test_only_what_is_at_one_place_and_agrees_is_merged(change, n):
    found = merge_repeats(sky(**({"ra": [10, 10], "dec": [5, 5], "z": [0.05, 0.0501]} | change)))
    assert len(found.z) == n
    assert ("both stay" in " ".join(found.notes)) == (change.get("z") == [0.05, 0.055])


def test_two_clusters_keep_their_own_and_nothing_is_merged_at_zero():
    galaxies = sky([10, 10], [5, 5], [0.05, 0.05], cluster_id=np.array(["A", "B"]))
    assert len(merge_repeats(galaxies).z) == 2
    again = sky([10, 10], [5, 5], [0.05, 0.05])
    assert merge_repeats(again, 0.0) is again
    assert len(merge_repeats(again).z) == 1
    with pytest.raises(ZwickyError, match="not between 0 and 60"):
        merge_repeats(again, -1.0)


@given(copies=st.lists(st.integers(1, 5), min_size=1, max_size=20), seed=st.integers(0, 1000))
def test_as_many_galaxies_as_there_are_in_any_order(copies, seed):
    rng = np.random.default_rng(seed)
    n = len(copies)
    which = rng.permutation(np.repeat(np.arange(n), copies))
    jitter = rng.uniform(-0.2, 0.2, (2, len(which))) * ARCSEC
    z = 0.05 + 0.001 * np.arange(n)
    found = merge_repeats(sky(100 + 0.01 * which + jitter[0], 0.01 * which + jitter[1], z[which]))
    np.testing.assert_allclose(np.sort(found.z), z, rtol=0, atol=1e-12)


def test_a_hundred_thousand_rows_at_one_place_cost_no_pairs():
    n = 100_000
    rng = np.random.default_rng(0)
    found = merge_repeats(sky(10 + rng.uniform(0, 0.5, n) * ARCSEC, np.full(n, 5), np.full(n, 0.05)))
    assert len(found.z) == 1
