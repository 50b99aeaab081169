r"""Initial conditions by second-order Lagrangian perturbation theory (Scoccimarro 1998).

Particles start on a grid q and stand at

.. math:: \mathbf{x} = \mathbf{q} - D \nabla\phi_1 + D_2 \nabla\phi_2, \quad
          \nabla^2\phi_1 = \delta, \quad
          \nabla^2\phi_2 = \sum_{i<j} \left(\phi_{1,ii}\phi_{1,jj} - \phi_{1,ij}^2\right)

with delta the linear density contrast at z = 0 and D(z = 0) = 1. The grid points q stand at the centres of
the cells whose corners the Fourier modes are of: a universe stands half a grid cell from its modes.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from zwicky.parallel import available_cores
from zwicky.theory import linear_power
from zwicky.universe.constrained import constrain, peak_of
from zwicky.universe.growth import Growth
from zwicky.universe.settings import UniverseSettings

__all__ = ["initial_conditions", "linear_modes"]


def linear_modes(settings: UniverseSettings) -> np.ndarray:
    """Fourier modes of a Gaussian density contrast with the linear power spectrum at z = 0.

    The noise is drawn plane by plane in real space, so a seed and a size fix it on any machine.

    Returns
    -------
    complex64, shape (n_side, n_side, n_side // 2 + 1)
        Modes in the convention of ``scipy.fft.rfftn(..., norm="forward")``; the mean and the Nyquist
        planes are zero.
    """
    n = settings.n_side
    noise_side = settings.noise_side or n
    rng = np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(0,)))
    white = np.empty((noise_side,) * 3, dtype=np.float32)
    for plane in white:
        rng.standard_normal(dtype=np.float32, out=plane)
    modes = scipy.fft.rfftn(white, workers=available_cores(), norm="forward")
    del white
    if noise_side > n:
        keep = np.r_[0 : n // 2, noise_side - n // 2 : noise_side]
        modes = np.ascontiguousarray(modes[keep][:, keep][:, :, : n // 2 + 1])
    # White noise of unit variance on N^3 points has power V / N^3, so that its modes carry 1 / N^3.
    box = settings.box_size_mpc
    k1 = 2.0 * np.pi / box * np.fft.fftfreq(n, 1.0 / n)
    table = np.geomspace(0.5 * 2.0 * np.pi / box, 2.0 * n * np.pi / box, 2000)
    power = linear_power(table, settings.flrw(), settings.sigma8, settings.n_s, settings.transfer)
    ln_k, ln_amplitude = np.log(table), 0.5 * np.log(power * noise_side**3 / box**3)
    half = k1[: n // 2 + 1]
    for i in range(n):
        k2 = k1[i] ** 2 + k1[:, None] ** 2 + half[None, :] ** 2
        k2[k2 == 0] = 1.0
        modes[i] *= np.exp(np.interp(0.5 * np.log(k2), ln_k, ln_amplitude)).astype(np.float32)
    modes[0, 0, 0] = 0.0
    # The Nyquist planes have no well-defined gradient; they go, a negligible part of the power.
    modes[n // 2] = 0.0
    modes[:, n // 2] = 0.0
    modes[:, :, n // 2] = 0.0
    if settings.peak_log10_m200c_h is not None:
        constrain(modes, box, ln_k, np.log(power), peak_of(settings))
    return modes


def initial_conditions(settings: UniverseSettings) -> tuple[np.ndarray, np.ndarray]:
    """Positions and momenta at `z_initial`.

    Returns
    -------
    position : float32, shape (n_side**3, 3)
        Comoving Mpc in [0, box_size_mpc); row (i * n + j) * n + k belongs to grid point (i, j, k).
    momentum : float32, shape (n_side**3, 3)
        a^2 dx/dt = a v_peculiar in km/s.
    """
    n, box = settings.n_side, settings.box_size_mpc
    cosmology = settings.flrw()
    growth = Growth(cosmology)
    a = 1.0 / (1.0 + settings.z_initial)
    hubble = cosmology.H0.value * float(cosmology.efunc(settings.z_initial))
    first, second = float(growth.first(a)), float(growth.second(a))
    first_velocity = a**2 * hubble * float(growth.first_rate(a))
    second_velocity = a**2 * hubble * float(growth.second_rate(a))

    potential_1 = _inverse_laplacian(linear_modes(settings), box)
    potential_2 = _inverse_laplacian(_second_order_source(potential_1, box), box)
    position = np.empty((n, n, n, 3), dtype=np.float32)
    momentum = np.empty((n, n, n, 3), dtype=np.float32)
    grid = (np.arange(n) + 0.5) * (box / n)
    for axis in range(3):
        shape = [1, 1, 1]
        shape[axis] = n
        gradient_1 = _to_grid(_derivative(potential_1, box, axis), n)
        gradient_2 = _to_grid(_derivative(potential_2, box, axis), n)
        displaced = grid.reshape(shape) - first * gradient_1 + second * gradient_2
        position[..., axis] = np.mod(displaced, box)
        momentum[..., axis] = -first_velocity * gradient_1 + second_velocity * gradient_2
    position[position >= np.float32(box)] = 0.0
    return position.reshape(-1, 3), momentum.reshape(-1, 3)


def _wave_numbers(n: int, box: float) -> list[np.ndarray]:
    k = (2.0 * np.pi / box * np.fft.fftfreq(n, 1.0 / n)).astype(np.float32)
    return [k[:, None, None], k[None, :, None], np.abs(k[: n // 2 + 1])[None, None, :]]


def _inverse_laplacian(modes: np.ndarray, box: float) -> np.ndarray:
    """Modes of phi with del^2 phi = the field of `modes`, in place."""
    kx, ky, kz = _wave_numbers(modes.shape[0], box)
    for i in range(modes.shape[0]):
        k2 = kx[i] ** 2 + ky[0] ** 2 + kz[0] ** 2
        k2[k2 == 0] = np.inf
        modes[i] /= -k2
    return modes


def _derivative(modes: np.ndarray, box: float, *axes: int) -> np.ndarray:
    k = _wave_numbers(modes.shape[0], box)
    out = modes * np.complex64(1j ** len(axes))
    for axis in axes:
        out *= k[axis]
    return out


def _to_grid(modes: np.ndarray, n: int) -> np.ndarray:
    return scipy.fft.irfftn(modes, s=(n, n, n), norm="forward", workers=available_cores(), overwrite_x=True)


def _second_order_source(potential: np.ndarray, box: float) -> np.ndarray:
    """Modes of the sum over i < j of phi_ii phi_jj - phi_ij^2."""
    n = potential.shape[0]
    diagonal = [_to_grid(_derivative(potential, box, axis, axis), n) for axis in range(3)]
    source = diagonal[0] * diagonal[1] + diagonal[2] * (diagonal[0] + diagonal[1])
    del diagonal
    for i, j in ((0, 1), (0, 2), (1, 2)):
        source -= _to_grid(_derivative(potential, box, i, j), n) ** 2
    return scipy.fft.rfftn(source, workers=available_cores(), norm="forward")
