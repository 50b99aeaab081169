"""Virial, projected and caustic masses of `validation` against what they must give."""

import dataclasses
import importlib.util

import numpy as np
import pytest
from validation.classical import G, Line, clipped, projected_mass, virial_mass

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.tables import ClusterSample


def has_causticsnupy():
    return all(importlib.util.find_spec(name) for name in ("causticsnupy", "skimage"))


def clusters(radius, v, n_each, redshift=0.0):
    """Clusters of n_each galaxies with radii in proper Mpc/h."""
    cosmology = paper_cosmology()
    n = len(v) // n_each
    return ClusterSample(
        cosmology=cosmology,
        cluster_id=np.arange(n),
        halo_id=np.arange(n),
        direction=np.zeros((n, 3)),
        redshift=np.full(n, redshift),
        log10_m200c=np.full(n, np.nan),
        n_true=np.full(n, -1),
        fold=np.full(n, -1),
        offsets=n_each * np.arange(n + 1),
        r_proj_comoving=np.asarray(radius) * (1.0 + redshift) / cosmology.h,
        v_los=v,
        is_member=np.zeros(len(v), dtype=bool),
        aperture_mpc=np.full(n, 1.6 / cosmology.h),
        v_cut_kms=np.full(n, 2200.0),
    )


def isothermal(n, n_each, sigma=800.0, r_max=1.6, seed=1):
    """Galaxies of a truncated isothermal sphere, whose mass rises as 2 sigma^2 r / G, seen on the sky."""
    rng = np.random.default_rng(seed)
    r = r_max * rng.random(n * n_each)
    across = np.sqrt(1.0 - rng.uniform(-1.0, 1.0, n * n_each) ** 2)
    return r * across, sigma * rng.standard_normal(n * n_each)


def test_projected_mass_of_a_sphere_that_is_cut_off():
    # <v^2 R> = sigma^2 (pi / 4) (r_max / 2), and 32 / (pi G) of it is 4 sigma^2 r_max / G, twice the mass.
    # The formula takes the pressure at the edge for the pull of more mass.
    radius, v = isothermal(400, 100)
    found = projected_mass(clusters(radius, v, 100))
    assert 10 ** np.median(found) == pytest.approx(4.0 * 800.0**2 * 1.6 / G, rel=0.02)


def test_virial_mass_of_rings_is_that_of_points_with_angles():
    rng = np.random.default_rng(3)
    radius, v = isothermal(300, 80, seed=4)
    found = 10 ** virial_mass(clusters(radius, v, 80))
    angle = rng.uniform(0.0, 2.0 * np.pi, len(radius))
    place = (radius * np.exp(1j * angle)).reshape(300, 80)
    i, j = np.triu_indices(80, 1)
    inverse = np.mean(1.0 / np.abs(place[:, i] - place[:, j]), axis=1)
    by_points = 3.0 * np.pi / G * np.var(v.reshape(300, 80), axis=1, ddof=1) / inverse
    assert np.median(found / by_points) == pytest.approx(1.0, abs=0.05)


def test_masses_are_of_proper_radii():
    radius, v = isothermal(50, 30)
    for mass in (virial_mass, projected_mass):
        near, far = mass(clusters(radius, v, 30)), mass(clusters(radius, v, 30, redshift=0.5))
        assert far == pytest.approx(near, abs=1e-5)


def test_clipping_takes_what_is_far_away_and_nothing_twice():
    radius, v = isothermal(20, 50, sigma=300.0)
    v[::50] = 2000.0
    sample = clusters(radius, v, 50)
    left = clipped(sample)
    assert np.all(np.abs(left.v_los) < 1500.0)
    assert left.n_galaxies.min() >= 47
    again = clipped(left)
    assert np.array_equal(again.v_los, left.v_los)


def test_few_galaxies_have_no_mass_and_no_error():
    one = clusters(np.array([0.3]), np.array([100.0]), 1)
    assert np.isnan(virial_mass(one)).all()
    two = clusters(np.array([0.3, 0.5]), np.array([100.0, -100.0]), 2)
    assert np.isfinite(virial_mass(two)).all()
    assert np.isnan(projected_mass(two)).all()
    assert len(clipped(one).v_los) == 1


def test_a_line_gives_back_what_it_was_fitted_to():
    mass = np.linspace(13.6, 15.0, 40)
    sample = clusters(np.full(80, 0.5), np.zeros(80), 2)
    sample = dataclasses.replace(sample, log10_m200c=mass - np.log10(sample.cosmology.h))
    line = Line(lambda s: 2.9 + 0.4 * (s.log10_m200c_h - 14.5)).fit(sample, rng=np.random.default_rng(1))
    assert (line.intercept, line.slope) == pytest.approx((2.9, 0.4))
    assert line.points(sample) == pytest.approx(mass)


def test_caustics_weigh_or_say_what_they_need():
    from validation.caustics import caustic_mass

    radius, v = isothermal(2, 60)
    sample = clusters(radius, v, 60, redshift=0.1)
    if not has_causticsnupy():
        with pytest.raises(ZwickyError, match="need causticsnupy"):
            caustic_mass(sample)
        return
    had = hasattr(np, "trapz")
    found = caustic_mass(sample, cells=32)
    assert np.all((found > 13.5) & (found < 16.0))
    assert hasattr(np, "trapz") == had


@pytest.mark.skipif(not has_causticsnupy(), reason="causticsnupy is not installed")
def test_the_compiled_sum_is_that_of_the_package():
    from causticsnupy.kde import fq, triweight
    from validation.caustics import density_at

    rng = np.random.default_rng(2)
    x, y = np.abs(rng.standard_normal((2, 40)))
    h = rng.uniform(0.3, 1.0, 40)
    at = np.meshgrid(np.linspace(0.0, 2.0, 9), np.linspace(-1.0, 2.0, 7))
    for width in (h, 0.5):
        ours, theirs = (density(*at, x, y, triweight, width) for density in (density_at, fq))
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-15)
    assert density_at(0.1, 0.2, x, y, triweight, h) == pytest.approx(fq(0.1, 0.2, x, y, triweight, h))
