"""Exact periodic gravity by Ewald summation, the oracle for the P3M force. Float64 and slow on purpose."""

import itertools

import numpy as np
from scipy.special import erfc


def ewald_acceleration(targets, sources, box_size, n_images=2, n_waves=6):
    """Pull of all sources and their images on the targets, with G m = 1, in a neutralised periodic cube.

    Positions have shape (n, 3) and (m, 3); a source at a target adds nothing.
    """
    alpha = 2.0 / box_size
    shifts = box_size * np.array(list(itertools.product(range(-n_images, n_images + 1), repeat=3)))
    waves = [w for w in itertools.product(range(-n_waves, n_waves + 1), repeat=3) if any(w)]
    k = 2.0 * np.pi / box_size * np.array(waves, dtype=float)
    k2 = (k**2).sum(axis=1)
    amplitude = 4.0 * np.pi / box_size**3 * np.exp(-k2 / (4.0 * alpha**2)) / k2
    # Of all sources together: sum_j sin(k (s_j - t)) is the imaginary part of exp(-i k t) sum_j exp(i k s_j).
    structure = np.zeros(len(k), dtype=complex)
    for some in np.array_split(sources, max(1, len(sources) // 500)):
        structure += np.exp(1j * (some @ k.T)).sum(axis=0)
    out = np.zeros((len(targets), 3))
    for i, target in enumerate(targets):
        nearest = sources - target
        nearest -= box_size * np.round(nearest / box_size)
        out[i] = ((np.exp(-1j * (k @ target)) * structure).imag * amplitude) @ k
        for shift in shifts:
            r = nearest + shift
            r2 = (r**2).sum(axis=1)
            r, r2 = r[r2 > 0], r2[r2 > 0]
            r1 = np.sqrt(r2)
            tail = erfc(alpha * r1) / r1 + 2.0 * alpha / np.sqrt(np.pi) * np.exp(-(alpha**2) * r2)
            out[i] += (r * (tail / r2)[:, None]).sum(axis=0)
    return out
