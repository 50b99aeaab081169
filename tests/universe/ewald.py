"""Exact periodic gravity by Ewald summation, the oracle for the P3M force. Float64 and slow on purpose."""

import itertools

import numpy as np
from scipy.special import erfc


def ewald_acceleration(targets, sources, box_size, n_real=3, n_fourier=6):
    """Sum over sources and all their images of G m r / r^3 with G m = 1, neutralised by the mean density.

    Parameters are positions of shape (n, 3) and (m, 3) in [0, box_size). A source at a target adds nothing.
    """
    alpha = 2.0 / box_size
    out = np.zeros((len(targets), 3))
    shifts = [np.array(s) * box_size for s in itertools.product(range(-n_real, n_real + 1), repeat=3)]
    waves = np.array(
        [w for w in itertools.product(range(-n_fourier, n_fourier + 1), repeat=3) if any(w)], dtype=float
    )
    k = 2.0 * np.pi / box_size * waves
    k2 = (k**2).sum(axis=1)
    amplitude = (4.0 * np.pi / box_size**3) * np.exp(-k2 / (4.0 * alpha**2)) / k2
    for i, target in enumerate(targets):
        d = sources - target
        d -= box_size * np.round(d / box_size)
        phase = d @ k.T
        out[i] += (np.sin(phase) * amplitude) @ k @ np.array(np.eye(3)) if phase.ndim == 1 else (
            (np.sin(phase) * amplitude).sum(axis=0) @ k
        )
        for shift in shifts:
            r = d + shift
            r2 = (r**2).sum(axis=1)
            ok = r2 > 0
            r1 = np.sqrt(r2[ok])
            kernel = erfc(alpha * r1) / r1**3 + 2 * alpha / np.sqrt(np.pi) * np.exp(-(alpha * r1) ** 2) / r2[ok]
            out[i] += (r[ok] * kernel[:, None]).sum(axis=0)
    return out
