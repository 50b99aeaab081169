import numpy as np
import pytest

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.tables import HaloTable, Snapshot, take
from zwicky.universe import fit_dispersion
from zwicky.universe.measure import power_spectrum, projected_slab


def halos_on_a_relation(n, scatter):
    cosmology, rng = paper_cosmology(), np.random.default_rng(1)
    log10_mass_h = rng.uniform(13.5, 15.2, n)
    e = cosmology.efunc(0.117)
    sigma = 1082.9 * (e * 10 ** (log10_mass_h - 15)) ** 0.3361 * np.exp(scatter * rng.standard_normal(n))
    zeros = np.zeros(n)
    return HaloTable(
        Snapshot("made", 0.117, 500.0, cosmology), np.arange(n), np.zeros((n, 3)), np.zeros((n, 3)),
        10**log10_mass_h / cosmology.h, zeros, sigma, np.arange(n),
    )  # fmt: skip


def test_evrard_in_evrard_out():
    relation = fit_dispersion(halos_on_a_relation(4000, 0.0426))
    e = paper_cosmology().efunc(0.117)
    assert relation.slope == pytest.approx(0.3361, abs=0.006)
    assert relation.sigma15_kms == pytest.approx(1082.9 * e**0.3361, rel=0.01)
    assert relation.scatter_ln == pytest.approx(0.0426, rel=0.05)
    assert relation.over_evrard == pytest.approx(1.0, abs=0.005)


def test_too_few_halos():
    with pytest.raises(ZwickyError, match="needs 3"):
        fit_dispersion(take(halos_on_a_relation(10, 0.0), slice(0, 0)))


def test_power_of_poisson_points_is_zero_after_subtraction():
    position = np.random.default_rng(2).random((200_000, 3), dtype=np.float32) * 100
    k, power = power_spectrum(position, 100.0, 64)
    shot = 100.0**3 / 200_000
    modes = 4 * np.pi * (k * 100 / (2 * np.pi)) ** 2
    assert np.abs(np.mean(power[4:] / shot * np.sqrt(modes[4:] / 2))) < 1.5
    assert np.abs(power[8:].mean()) < 0.03 * shot


def test_power_of_one_wave():
    n, box, m = 64, 100.0, 3
    grid = (np.indices((n,) * 3).reshape(3, -1).T + 0.5) * (box / n)
    amplitude = 0.02
    wave = 2 * np.pi * m / box
    position = grid.copy()
    position[:, 0] += amplitude / wave * np.sin(wave * grid[:, 0])  # delta = -amplitude cos to first order
    _, power = power_spectrum((position % box).astype(np.float32), box, n)
    shot = box**3 / n**3
    f = np.fft.fftfreq(n, 1 / n)
    shell = np.rint(np.sqrt(f[:, None, None] ** 2 + f[:, None] ** 2 + f**2)).astype(int)
    in_shell = np.sum(shell == m)
    assert (power[m - 1] + shot) * in_shell / box**3 == pytest.approx(2 * (amplitude / 2) ** 2, rel=0.01)


def test_slab_holds_its_particles():
    position = np.random.default_rng(0).random((5000, 3), dtype=np.float32) * 50
    image = projected_slab(position, 50.0, 10.0, 32)
    assert image.sum() == np.sum(position[:, 2] < 10)
    assert image.shape == (32, 32)


def test_slab_counts_as_numpy_does():
    # Coordinates on the pixels' edges and a hair beside them, where a product's rounding would show.
    box, n = 47.3, 29
    edges = np.linspace(0.0, box, n + 1)[:-1]
    near = np.concatenate([edges, np.nextafter(edges[1:], 0), np.nextafter(edges, box)])
    x, y = (a.ravel() for a in np.meshgrid(near, near))
    position = np.stack([x, y, np.zeros_like(x)], axis=1)
    wanted = np.histogram2d(x, y, bins=np.linspace(0.0, box, n + 1))[0]
    assert np.array_equal(projected_slab(position, box, 1.0, n), wanted)


@pytest.mark.parametrize("cores", [1, 2, 7])
def test_number_of_threads_changes_nothing(monkeypatch, cores):
    position = (np.random.default_rng(4).random((20_000, 3)) ** 3 * 50).astype(np.float32)
    before = [*power_spectrum(position, 50.0, 100), projected_slab(position, 50.0, 20.0, 64)]
    for module in (
        "zwicky.universe.measure",
        "zwicky.universe.mesh",
        "zwicky.universe.cells",
        "zwicky.parallel",
    ):
        monkeypatch.setattr(f"{module}.available_cores", lambda: cores)
    after = [*power_spectrum(position, 50.0, 100), projected_slab(position, 50.0, 20.0, 64)]
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one, other)
