import numpy as np
import pytest
import scipy.fft

from zwicky.errors import ZwickyError
from zwicky.tables import Snapshot
from zwicky.theory import linear_power
from zwicky.universe import find_halos, friends_of_friends
from zwicky.universe.constrained import peak_halo, peak_of
from zwicky.universe.evolve import evolve, start
from zwicky.universe.initial import initial_conditions, linear_modes
from zwicky.universe.settings import UniverseSettings

N = 32
PLAIN = UniverseSettings(n_side=N, box_size_mpc_h=125.0, transfer="eisenstein98", seed=4)
PEAK = PLAIN.replace(peak_log10_m200c_h=15.0)
SEEDS = range(60)


def wave_numbers(settings):
    k = 2 * np.pi / settings.box_size_mpc * np.fft.fftfreq(settings.n_side, 1 / settings.n_side)
    return k[:, None, None], k[None, :, None], np.abs(k[: settings.n_side // 2 + 1])[None, None, :]


def sphere_window(settings):
    x = np.sqrt(sum(k**2 for k in wave_numbers(settings))) * settings.peak_radius_mpc
    x[0, 0, 0] = 1.0
    window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
    window[0, 0, 0] = 1.0
    return window


def in_particles_frame(modes, settings):
    """A field of modes in real space, moved so that the centre of the box is the grid point in the middle."""
    n = settings.n_side
    shift = np.exp(-0.5j * np.arange(n // 2 + 1) * 2 * np.pi / n)
    full = np.exp(-0.5j * np.fft.fftfreq(n, 1 / n) * 2 * np.pi / n)
    phase = full[:, None, None] * full[:, None] * shift
    return scipy.fft.irfftn(modes * phase, s=(n,) * 3, norm="forward")


def expected_fields():
    """Mean of the constrained field, and the variance about it of the field smoothed with the sphere."""
    k = wave_numbers(PEAK)
    size = np.sqrt(sum(component**2 for component in k))
    size[0, 0, 0] = 1.0
    power = linear_power(size.ravel(), PEAK.flrw(), PEAK.sigma8, PEAK.n_s, "eisenstein98").reshape(size.shape)
    power /= PEAK.box_size_mpc**3
    power[0, 0, 0] = power[N // 2] = 0.0
    power[:, N // 2] = power[:, :, N // 2] = 0.0
    window = sphere_window(PEAK)

    def centred(modes):
        return np.roll(scipy.fft.irfftn(modes, s=(N,) * 3, norm="forward"), (N // 2,) * 3, (0, 1, 2))

    correlation = centred(power * window**2)
    variance = correlation[N // 2, N // 2, N // 2]
    mean = peak_of(PEAK).height * centred(power * window) / variance
    residual = np.full((N,) * 3, variance) - correlation**2 / variance
    for axis in range(3):
        slope = centred(1j * k[axis] * power * window**2)
        slope_variance = centred(k[axis] ** 2 * power * window**2)[N // 2, N // 2, N // 2]
        residual -= slope**2 / slope_variance
    return mean, residual


@pytest.fixture(scope="module")
def ensemble():
    fields = []
    for seed in SEEDS:
        modes = linear_modes(PEAK.replace(seed=seed))
        fields.append(
            (in_particles_frame(modes, PEAK), in_particles_frame(modes * sphere_window(PEAK), PEAK))
        )
    return tuple(np.array(x) for x in zip(*fields, strict=True))


def test_constraints_are_met_where_the_particles_centre_is(ensemble):
    middle = N // 2
    _, smooth = ensemble
    assert np.allclose(smooth[:, middle, middle, middle], peak_of(PEAK).height, rtol=1e-4)
    k = wave_numbers(PEAK)
    modes = linear_modes(PEAK) * sphere_window(PEAK)
    free = linear_modes(PLAIN) * sphere_window(PEAK)
    for axis in range(3):
        slope = in_particles_frame(1j * k[axis] * modes, PEAK)[middle, middle, middle]
        usual = in_particles_frame(1j * k[axis] * free, PEAK).std()
        assert abs(slope) < 1e-4 * usual


def test_mean_field_is_the_response_to_the_constraint(ensemble):
    field, _ = ensemble
    mean, _ = expected_fields()
    pull = (field.mean(axis=0) - mean) / (field.std(axis=0, ddof=1) / np.sqrt(len(field)))
    # Neighbouring points are nearly independent in the unsmoothed field; so are 32^3 pulls.
    assert abs(pull.mean()) < 0.1
    assert pull.std() == pytest.approx(1.0, abs=0.1)
    middle = slice(N // 2 - 2, N // 2 + 3)
    assert np.abs(pull[middle, middle, middle]).max() < 5
    assert mean.max() > 5 * field.std(axis=0).mean() / np.sqrt(len(field))


def test_scatter_about_the_mean_is_that_of_theory(ensemble):
    _, smooth = ensemble
    _, residual = expected_fields()
    usual = residual.max()
    offset = np.arange(N) - N // 2
    radius = np.sqrt(offset[:, None, None] ** 2 + offset[:, None] ** 2 + offset**2)
    radius *= PEAK.box_size_mpc / N / PEAK.peak_radius_mpc
    found = smooth.var(axis=0, ddof=1)
    for low, high, tolerance in [(0.0, 0.5, 0.15), (0.5, 1.0, 0.12), (1.0, 2.0, 0.1), (2.0, 4.0, 0.1)]:
        shell = (radius >= low) & (radius < high)
        assert found[shell].mean() == pytest.approx(residual[shell].mean(), rel=tolerance)
    # It is small at the peak and the field's own far from it: otherwise the bins above say nothing.
    assert residual[radius < 0.5].mean() < 0.2 * usual
    assert residual[radius > 3].mean() > 0.95 * usual


def test_the_peak_changes_the_response_alone():
    # What is added is as smooth as the sphere: the waves far shorter than it stay as they were.
    change = linear_modes(PEAK) - linear_modes(PLAIN)
    k = np.sqrt(sum(component**2 for component in wave_numbers(PEAK)))
    high = k * PEAK.peak_radius_mpc > 8
    assert np.abs(change[high]).max() < 0.02 * np.abs(change).max()
    assert change[0, 0, 0] == 0
    assert np.all(change[N // 2] == 0)


def test_particles_gather_about_the_centre_of_the_box():
    position, _ = initial_conditions(PEAK)
    flat, _ = initial_conditions(PLAIN)
    centre = 0.5 * PEAK.box_size_mpc

    def inside(x):
        return np.sum(((x - centre) ** 2).sum(axis=1) < PEAK.peak_radius_mpc**2)

    # A contrast of about 2 today is 0.2 at z = 12.
    assert inside(position) > 1.1 * inside(flat)


def test_a_halo_of_the_wanted_mass_forms():
    ratios = []
    for seed in (1, 2):
        settings = UniverseSettings(
            n_side=32, box_size_mpc_h=80.0, n_steps=24, n_substeps=2, softening_mpc_h=0.1,
            transfer="eisenstein98", redshifts=(0.117,), seed=seed, peak_log10_m200c_h=14.8,
        )  # fmt: skip
        *_, (particles, z) = evolve(start(settings), settings)
        box, mass = settings.box_size_mpc, settings.particle_mass_msun
        group = friends_of_friends(particles.position, box, 0.2 * box / 32)
        snapshot = Snapshot("peak", z, box, settings.flrw())
        halos, member_of = find_halos(
            snapshot, particles.position, particles.velocity, group, mass, settings.softening_mpc
        )
        row = peak_halo(settings, particles.particle_id, member_of)
        away = np.linalg.norm(halos.position[row] - 0.5 * box)
        assert away < settings.peak_radius_mpc
        ratios.append(np.log10(halos.m200c[row] * settings.flrw().h) - 14.8)
    assert np.abs(ratios).max() < 0.45
    assert abs(np.mean(ratios)) < 0.3


@pytest.mark.parametrize("mass", [12.0, 16.5, float("nan")])
def test_peaks_that_do_not_fit_are_refused(mass):
    with pytest.raises(ZwickyError, match=r"peak_log10_m200c_h = .*allow 14\.71 to 16\.04"):
        PLAIN.replace(peak_log10_m200c_h=mass)


def test_no_peak_no_constraint():
    with pytest.raises(ZwickyError, match="not set"):
        peak_of(PLAIN)
