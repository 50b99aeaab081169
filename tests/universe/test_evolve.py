import numpy as np
import pytest
import scipy.fft
from scipy.special import k1

from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.evolve import evolve, start, step_edges
from zwicky.universe.growth import Growth
from zwicky.universe.initial import linear_modes
from zwicky.universe.mesh import density_contrast
from zwicky.universe.settings import UniverseSettings


def contrast_modes(position, box, n):
    order, starts = cell_sort(position, box, n // 4)
    contrast = density_contrast(reorder(position, order), starts, n // 4, box, n)
    modes = scipy.fft.rfftn(contrast, norm="forward")
    window = np.sinc(np.fft.fftfreq(n)) ** 2
    return modes / (window[:, None, None] * window[:, None] * window[: n // 2 + 1])


def run(settings):
    for particles, redshift in evolve(start(settings), settings):
        if redshift is not None:
            yield particles, redshift


def test_long_waves_grow_linearly():
    # Waves of 500 Mpc/h and more in a box of 2 Gpc/h: non-linear terms are below a per cent.
    settings = UniverseSettings(
        n_side=48, box_size_mpc_h=2000.0, n_steps=30, n_substeps=1, redshifts=(1.0, 0.117)
    )
    linear = linear_modes(settings)
    growth = Growth(settings.flrw())
    f = np.fft.fftfreq(48, 1 / 48)
    radius = np.sqrt(f[:, None, None] ** 2 + f[:, None] ** 2 + np.arange(25) ** 2)
    long = (radius > 0) & (radius <= 4)
    # Particles begin at cell centres, half a grid cell from the mesh points of the modes.
    phase = np.exp(-1j * np.pi / 48 * (f[:, None, None] + f[:, None] + np.arange(25)))
    ratios = {}
    for particles, redshift in run(settings):
        modes = contrast_modes(particles.position, settings.box_size_mpc, 48)[long]
        expected = (linear * phase)[long] * growth.first(1 / (1 + redshift))
        ratios[redshift] = np.sum((modes * expected.conj()).real) / np.sum(np.abs(expected) ** 2)
    assert ratios[1.0] == pytest.approx(1.0, abs=0.01)
    assert ratios[0.117] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("n_levels", "share"), [(1, 2e-5), (3, 2e-4)])
def test_momentum_stays_zero_and_ids_complete(n_levels, share):
    # A pair of particles of different levels pull each other at different times: momentum is conserved to the
    # order of the integration, not to rounding.
    settings = UniverseSettings(n_side=32, box_size_mpc_h=62.5, n_steps=16, n_substeps=2, n_levels=n_levels)
    for particles, _ in run(settings):
        total = np.abs(particles.momentum.astype(float).sum(axis=0))
        assert np.all(total < share * np.abs(particles.momentum).sum(axis=0))
        assert np.array_equal(np.sort(particles.particle_id), np.arange(32**3))
        assert particles.a == particles.a_long == pytest.approx(1 / 1.117)
        assert np.all(particles.a_short == particles.a)
        assert particles.level.max() == n_levels - 1


def test_layzer_irvine():
    # The cosmic energy equation d(a (T + W)) / da = -T holds for exact integration; here to a few per cent of
    # the potential energy. It would show a wrong kick or drift factor at once.
    settings = UniverseSettings(
        n_side=32,
        box_size_mpc_h=62.5,
        n_steps=60,
        n_substeps=3,
        softening_mpc_h=0.3,
        redshifts=(3.0, 2.4, 1.9, 1.5, 1.2, 0.95, 0.7, 0.5),
    )
    a, kinetic, potential = [], [], []
    for particles, _ in run(settings):
        a.append(particles.a)
        kinetic.append(0.5 * (particles.velocity.astype(float) ** 2).sum(axis=1).mean())
        potential.append(potential_energy(particles, settings))
    a, t, w = np.array(a), np.array(kinetic), np.array(potential)
    total = a * (t + w)
    work = np.concatenate([[0], np.cumsum(np.diff(a) * 0.5 * (t[1:] + t[:-1]))])
    drift = (total + work) - (total + work)[0]
    assert np.all(np.abs(drift) < 0.03 * np.abs(a * w)[-1])


def potential_energy(particles, settings):
    """Peculiar potential energy a particle in (km/s)^2, from a fine mesh: resolution of the softening."""
    box, n = settings.box_size_mpc, 256
    order, starts = cell_sort(particles.position, box, n // 4)
    contrast = density_contrast(reorder(particles.position, order), starts, n // 4, box, n)
    modes = scipy.fft.rfftn(contrast, norm="forward")
    f = 2 * np.pi / box * np.fft.fftfreq(n, 1 / n)
    k2 = f[:, None, None] ** 2 + f[:, None] ** 2 + f[: n // 2 + 1] ** 2
    k2[0, 0, 0] = np.inf
    # The potential of a Plummer sphere is k eps K_1(k eps) times that of a point.
    k_eps = np.minimum(np.sqrt(k2) * settings.softening_mpc, 500.0)
    softened = k_eps * k1(k_eps)
    weight = np.where((np.arange(n // 2 + 1) == 0) | (np.arange(n // 2 + 1) == n // 2), 1.0, 2.0)
    window = np.sinc(np.fft.fftfreq(n)) ** 4
    power = np.abs(modes) ** 2 / (window[:, None, None] * window[:, None] * window[: n // 2 + 1])
    shot = 1.0 / len(particles.position)
    cosmology = settings.flrw()
    # W = -(4 pi G rho a^2 / 2) <delta phi>, with 4 pi G rho a^2 = 1.5 Om H0^2 / a.
    strength = 1.5 * cosmology.Om0 * cosmology.H0.value**2 / particles.a
    return -0.5 * strength * float((weight * (power - shot) * softened / k2).sum())


def test_steps_end_on_the_outputs():
    settings = UniverseSettings(n_side=32, redshifts=(0.117, 2.0, 0.5), n_steps=20)
    edges, outputs = step_edges(settings)
    assert list(outputs.values()) == [2.0, 0.5, 0.117]
    for step, z in outputs.items():
        assert edges[step] == pytest.approx(1 / (1 + z))
    assert np.all(np.diff(np.sqrt(edges)) > 0)
    assert len(edges) - 1 == pytest.approx(20, abs=2)
