import numpy as np
import pytest

from zwicky.theory import linear_power
from zwicky.universe.growth import Growth
from zwicky.universe.initial import initial_conditions, linear_modes
from zwicky.universe.measure import power_spectrum
from zwicky.universe.settings import UniverseSettings

SETTINGS = UniverseSettings(n_side=64, box_size_mpc_h=200.0, seed=5)


def shells(n_side):
    f = np.fft.fftfreq(n_side, 1 / n_side)
    radius = np.sqrt(f[:, None, None] ** 2 + f[:, None] ** 2 + np.arange(n_side // 2 + 1) ** 2)
    weight = np.broadcast_to(np.where(np.arange(n_side // 2 + 1) == 0, 1.0, 2.0), radius.shape)
    return np.rint(radius).astype(int).ravel(), weight.ravel()


def test_modes_have_the_linear_power_spectrum():
    box = SETTINGS.box_size_mpc
    modes = linear_modes(SETTINGS)
    shell, weight = shells(64)
    count = np.bincount(shell, weights=weight)
    power = np.bincount(shell, weights=weight * np.abs(modes.ravel()) ** 2) / count * box**3
    use = slice(3, 30)
    k = 2 * np.pi / box * np.arange(len(power))[use]
    theory = linear_power(k, SETTINGS.flrw(), SETTINGS.sigma8, SETTINGS.n_s)
    # The power of a shell of n modes scatters by 1 / sqrt(n / 2).
    pull = (power[use] / theory - 1) * np.sqrt(count[use] / 2)
    assert np.abs(pull.mean()) < 4 / np.sqrt(len(pull))
    assert 0.6 < pull.std() < 1.6


def test_displaced_particles_have_the_grown_linear_power():
    position, _ = initial_conditions(SETTINGS)
    box = SETTINGS.box_size_mpc
    growth = float(Growth(SETTINGS.flrw()).first(1 / 13))
    shell, weight = shells(64)
    modes = linear_modes(SETTINGS)
    count = np.bincount(shell, weights=weight)
    linear = np.bincount(shell, weights=weight * np.abs(modes.ravel()) ** 2) / count * box**3
    _, power = power_spectrum(position, box, 128)
    shot = box**3 / 64**3
    ratio = (power[:10] + shot) / (growth**2 * linear[1:11])  # a grid has no shot noise yet
    assert np.allclose(ratio, 1.0, atol=0.02)


def test_particles_move_along_the_growing_mode():
    early, late = SETTINGS.replace(z_initial=60.0), SETTINGS.replace(z_initial=59.5)
    x0, p0 = initial_conditions(early)
    x1, p1 = initial_conditions(late)
    a0, a1 = 1 / 61.0, 1 / 60.5
    box = np.float32(SETTINGS.box_size_mpc)
    moved = (x1 - x0 + box / 2) % box - box / 2
    cosmology = SETTINGS.flrw()
    a = 0.5 * (a0 + a1)
    hubble = cosmology.H0.value * cosmology.efunc(1 / a - 1)
    expected = 0.5 * (p0 + p1) * (a1 - a0) / (a**3 * hubble)
    assert np.sqrt(((moved - expected) ** 2).mean()) < 0.01 * moved.std()


def test_seeds():
    modes = linear_modes(SETTINGS)
    assert np.array_equal(modes, linear_modes(SETTINGS))
    assert not np.array_equal(modes, linear_modes(SETTINGS.replace(seed=6)))


def test_resolutions_share_their_long_waves():
    coarse = SETTINGS.replace(n_side=32, noise_side=64)
    assert np.allclose(linear_modes(coarse)[:15, :15, :15], linear_modes(SETTINGS)[:15, :15, :15], rtol=1e-4)


def test_mean_displacement_is_zero():
    position, momentum = initial_conditions(SETTINGS)
    grid = (np.indices((64,) * 3).reshape(3, -1).T + 0.5) * SETTINGS.box_size_mpc / 64
    box = SETTINGS.box_size_mpc
    moved = (position - grid + box / 2) % box - box / 2
    assert np.all(np.abs(moved.mean(axis=0)) < 1e-3 * moved.std())
    assert np.all(np.abs(momentum.mean(axis=0)) < 1e-3 * momentum.std())
    assert position.min() >= 0
    assert position.max() < box


@pytest.mark.parametrize("transfer", ["camb", "eisenstein98"])
def test_sigma8(transfer):
    cosmology = SETTINGS.flrw()
    k = np.geomspace(1e-4, 50, 4000)
    power = linear_power(k, cosmology, 0.8228, 0.96, transfer)
    x = k * 8 / cosmology.h
    window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
    variance = np.trapezoid(power * (window * k) ** 2 * k / (2 * np.pi**2), np.log(k))
    assert np.sqrt(variance) == pytest.approx(0.8228, rel=3e-3)
