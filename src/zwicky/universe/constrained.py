r"""Initial conditions that hold a cluster: a Gaussian field with a peak at the centre of the box.

Hoffman & Ribak (1991): of all fields with a power spectrum, those in which some linear functionals c_i take
given values are had by adding to any one of them the mean field of what it lacks,

.. math:: \delta(\mathbf{k}) \to \delta(\mathbf{k}) + P(k) \sum_{ij} H_i^*(\mathbf{k})\,
          \xi_{ij}^{-1}\,(c_j - c_j[\delta]), \qquad \xi_{ij} = \langle c_i c_j \rangle .

Here they are the density contrast in a sphere about the centre, of the radius that holds the wanted mass at
mean density, and the three components of its gradient, which vanish at a peak. Height and components are
independent of each other, so that xi is diagonal. Waves longer than the sphere come out as they do around
clusters, no more: halos about the peak, its motion and its profile are the residual field's and differ from
seed to seed, and so does the mass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.theory import linear_power
from zwicky.universe.growth import Growth
from zwicky.universe.settings import UniverseSettings

__all__ = ["Peak", "constrain", "peak_halo", "peak_of"]

#: Linear contrast, grown to the output, at which a lone sphere collapses.
_COLLAPSE = 1.686
#: What the sphere needs more, fitted to simulations. For each unit of its rms contrast: the less it stands
#: out, the more shear and substructure tear at it. For each unit of 1 - Omega_m(z): 200 times critical leaves
#: out outskirts that the mean density counts.
_SCATTERED, _DILUTED = 0.4, 0.33


@dataclass(frozen=True)
class Peak:
    """What the linear density contrast is to be at one point.

    Parameters
    ----------
    radius_mpc
        Radius of the sphere, comoving Mpc.
    height
        Linear density contrast at z = 0 in the sphere about the point.
    place_mpc
        Each coordinate of the point, in the modes' frame.
    """

    radius_mpc: float
    height: float
    place_mpc: float


def peak_of(settings: UniverseSettings) -> Peak:
    """The peak that makes a halo of ``settings.peak_log10_m200c_h`` by the last output.

    Raises
    ------
    ZwickyError
        If the settings ask for no peak.
    """
    if settings.peak_log10_m200c_h is None:
        raise ZwickyError("peak_log10_m200c_h is not set; give the log10 M200c [Msun/h] of the halo wanted")
    cosmology, z = settings.flrw(), min(settings.redshifts)
    growth = float(Growth(cosmology).first(1.0 / (1.0 + z)))
    radius = settings.peak_radius_mpc
    k = np.geomspace(1e-4, 30.0 / radius, 4000)
    power = linear_power(k, cosmology, settings.sigma8, settings.n_s, settings.transfer)
    variance = np.trapezoid(power * _top_hat(k * radius) ** 2 * k**3 / (2.0 * np.pi**2), np.log(k))
    scattered, diluted = _SCATTERED * growth * np.sqrt(variance), _DILUTED * (1.0 - float(cosmology.Om(z)))
    # Particles start at the centres of their grid's cells, half a cell from the modes.
    place = 0.5 * settings.box_size_mpc * (1.0 - 1.0 / settings.n_side)
    return Peak(radius, float((_COLLAPSE + scattered + diluted) / growth), place)


def constrain(modes: np.ndarray, box_size_mpc: float, ln_k: np.ndarray, ln_power: np.ndarray, peak: Peak):
    """Put a peak into a Gaussian field, in place.

    Parameters
    ----------
    modes : complex64, shape (n, n, n // 2 + 1)
        Of ``scipy.fft.rfftn(..., norm="forward")``; the mean and the Nyquist planes zero, and so they stay.
    box_size_mpc
        Side of the periodic cube.
    ln_k, ln_power : float64, shape (m,)
        Logarithms of wave numbers in 1/Mpc and of the power spectrum in Mpc^3 that the field was drawn from.
    peak
        Its height and where.
    """
    n = len(modes)
    k = 2.0 * np.pi / box_size_mpc * np.fft.fftfreq(n, 1.0 / n)
    half = np.abs(k[: n // 2 + 1])
    phase = np.exp(1j * k * peak.place_mpc)
    inside = np.arange(n) != n // 2
    # The half-complex transform holds each mode off the plane l = 0 once for twice.
    weight = inside[:, None] * np.where(np.arange(n // 2 + 1) == 0, 1.0, 2.0) * inside[: n // 2 + 1]

    def responses(i):
        """Waves of a plane at the point, power times window, and the window."""
        k2 = k[i] ** 2 + k[:, None] ** 2 + half**2
        k2[k2 == 0] = 1.0
        window = _top_hat(np.sqrt(k2) * peak.radius_mpc)
        power = np.exp(np.interp(0.5 * np.log(k2), ln_k, ln_power)) / box_size_mpc**3
        if i == 0:
            power[0, 0] = 0.0
        wave = phase[i] * phase[:, None] * phase[: n // 2 + 1]
        return wave, power * window, window

    found, variance = np.zeros(4), np.zeros(4)
    planes = np.flatnonzero(inside)
    for i in planes:
        wave, response, window = responses(i)
        field = modes[i] * wave * (weight * window)
        power = weight * response * window
        for axis, wave_number in enumerate((k[i], k[:, None], half)):
            found[axis] -= np.sum(wave_number * field.imag)
            variance[axis] += np.sum(wave_number**2 * power)
        found[3] += np.sum(field.real)
        variance[3] += np.sum(power)
    lack = (np.array([0.0, 0.0, 0.0, peak.height]) - found) / variance
    for i in planes:
        wave, response, _ = responses(i)
        slope = lack[0] * k[i] + lack[1] * k[:, None] + lack[2] * half
        modes[i] += (weight > 0) * response * wave.conj() * (lack[3] - 1j * slope)


def _top_hat(x: np.ndarray) -> np.ndarray:
    """Fourier transform of a sphere, one at x = 0."""
    small = x < 1e-2
    x = np.where(small, 1.0, x)
    return np.where(small, 1.0, 3.0 * (np.sin(x) - x * np.cos(x)) / x**3)


def peak_halo(settings: UniverseSettings, particle_id: np.ndarray, member_of: np.ndarray) -> int:
    """Row of the halo that holds most of the particles of the peak's sphere, -1 if none holds any.

    Parameters
    ----------
    settings
        Of a universe with a peak.
    particle_id : uint32, shape (n,)
        Grid point that each particle started from.
    member_of : int32, shape (n,)
        Row of the halo of each particle, -1 if none, from `zwicky.universe.find_halos`.
    """
    n = settings.n_side
    offset = (np.arange(n) + 0.5) / n - 0.5
    distance2 = offset[:, None, None] ** 2 + offset[:, None] ** 2 + offset**2
    inside = (distance2 < (settings.peak_radius_mpc / settings.box_size_mpc) ** 2).ravel()
    rows = member_of[inside[particle_id]]
    counts = np.bincount(rows[rows >= 0])
    return int(counts.argmax()) if len(counts) else -1
