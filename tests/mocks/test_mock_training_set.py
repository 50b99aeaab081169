import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.mocks import MockSettings
from zwicky.mocks.directions import orthogonal_lines
from zwicky.mocks.training_set import bin_quota, flat_training_lines, lines_in_test_range

VOLUME = 500.0**3


def halo_masses(seed=0, n=6000):
    """A steep mass function from 13.5 to about 14.9 in log10 of Msun/h."""
    return 13.5 + np.random.default_rng(seed).exponential(0.17, n)


def rich(lines):
    return np.full(len(lines), 50)


def choose(mass, richness=rich, seed=1, **changes):
    settings = MockSettings(**changes)
    candidates = orthogonal_lines(np.arange(len(mass)))
    return flat_training_lines(candidates, mass, richness, settings, VOLUME, seed), settings


def per_bin(mass, lines, settings):
    edges = 13.5 + settings.mass_bin_dex * np.arange(200)
    return np.histogram(mass[lines.halo], edges)[0]


def test_the_mass_function_is_flat():
    """15.8 rows a bin in (500 Mpc/h)^3, wherever there is a halo to look at."""
    mass = halo_masses()
    lines, settings = choose(mass)
    counts = per_bin(mass, lines, settings)
    occupied = np.histogram(mass, 13.5 + 0.02 * np.arange(200))[0] > 0
    assert occupied.sum() > 40
    assert set(counts[occupied]) == {15, 16}
    assert counts[~occupied].sum() == 0
    density = counts[occupied].mean() / VOLUME / settings.mass_bin_dex
    assert density == pytest.approx(10**-5.2, rel=0.01)


def test_the_share_of_a_gigaparsec():
    assert set(bin_quota(60, MockSettings(), 1000.0**3)) == {126, 127}


@given(st.floats(1e-9, 1e-3), st.integers(0, 100))
@settings(deadline=None)
def test_quotas_add_up(density, n_bins):
    quota = bin_quota(n_bins, MockSettings(flat_density=density), 1e6)
    assert abs(quota.sum() - density * 0.02 * 1e6 * n_bins) <= 0.5 + 1e-6
    assert np.all(quota >= 0)


def test_scarce_bins_take_new_lines_evenly():
    mass = halo_masses()
    lines, _ = choose(mass)
    scarce = np.flatnonzero(np.histogram(mass, 13.5 + 0.02 * np.arange(200))[0] == 2)
    scarce = scarce[scarce * 0.02 + 13.5 > 14.0]
    assert len(scarce) > 0
    for b in scarce:
        in_bin = lines[np.floor((mass[lines.halo] - 13.5) / 0.02).astype(int) == b]
        halos, counts = np.unique(in_bin.halo, return_counts=True)
        assert len(halos) == 2
        assert np.ptp(counts) <= 1
        for halo in halos:
            own = in_bin[in_bin.halo == halo]
            assert sorted(own.number) == list(range(len(own)))
            cosines = (own.direction[own.number >= 3] @ own.direction[own.number >= 3].T)[
                np.triu_indices(len(own) - 3, 1)
            ]
            assert cosines.max() < 0.9


def test_no_new_lines_below_the_threshold():
    mass = halo_masses(n=400)
    lines, _ = choose(mass, flat_density=1e-4, upsample_above_log10_m200c_h=14.3)
    assert np.all(lines.number[mass[lines.halo] < 14.3] < 3)
    assert np.any(lines.number[mass[lines.halo] > 14.32] >= 3)
    # What there is below the threshold is all taken.
    assert np.sum(mass[lines.halo] < 14.3) == 3 * np.sum(mass < 14.3)


def test_poor_lines_are_replaced():
    """A line of sight below n_min does not count towards the share."""

    def one_in_three(lines):
        return np.where(lines.direction[:, 2] > 1 / 3, 50, 5)

    mass = halo_masses()
    lines, settings = choose(mass, one_in_three)
    extra = lines[lines.number >= 3]
    assert np.all(one_in_three(extra) >= settings.n_min)
    occupied = np.histogram(mass, 13.5 + 0.02 * np.arange(200))[0] > 0
    assert set(per_bin(mass, lines, settings)[occupied]) == {15, 16}


def test_lines_of_one_halo_are_capped():
    lines, _ = choose(np.array([14.5]), max_lines_of_sight=7, flat_density=1e-4)
    assert sorted(lines.number) == list(range(7))
    never, _ = choose(np.array([14.5]), lambda x: np.zeros(len(x)), max_lines_of_sight=7, flat_density=1e-4)
    assert sorted(never.number) == [0, 1, 2]


def test_choices_follow_the_seed_alone():
    mass = halo_masses()
    one, again, other = (choose(mass, seed=s)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(one.direction, again.direction)
    np.testing.assert_array_equal(one.halo, again.halo)
    assert not np.array_equal(one.halo, other.halo)


def test_thinning_favours_no_mass_and_no_axis():
    mass = halo_masses(n=20000)
    lines, _ = choose(mass)
    thinned = lines[mass[lines.halo] < 13.8]
    counts = np.bincount(thinned.number, minlength=3)
    assert np.all(np.abs(counts - len(thinned) / 3) < 4 * np.sqrt(len(thinned) * 2 / 9))


def test_the_test_set_keeps_the_mass_function():
    mass = np.array([13.9, 14.0, 14.5, 15.0, 15.1])
    lines = lines_in_test_range(orthogonal_lines(np.arange(5)), mass, MockSettings())
    assert lines.halo.tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
