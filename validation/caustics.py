"""Caustic masses by causticsnupy (Kang et al. 2024; Diaferio 1999; Serra et al. 2011).

It is no dependency: ``pip install --no-deps causticsnupy==1.0.4 && pip install scikit-image``. It asks numpy
for ``trapz``, which numpy 2 has no more: a stand-in is lent to it while it works, and the sum over kernels in
compiled code, to the last digits the same and fifty times faster. Its density of galaxies, its threshold and
its amplitude are used as they are, with its own defaults (q = 25, F_beta = 0.7). Its binary tree takes
positions on the sky, which a table of radii does not have: the size and the dispersion of the cluster, which
set the threshold, are those of galaxies within three dispersions of the mean velocity.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator

import numpy as np

from validation.classical import clipped
from zwicky.errors import ZwickyError
from zwicky.kernels import kernel
from zwicky.tables import ClusterSample

__all__ = ["caustic_mass", "density_at"]

#: Rescaling of velocities against radii, filling factor, steepest slope of the amplitude: the package's own.
Q, F_BETA, GRADIENT = 25.0, 0.7, 2.0
#: Cells of phase space along each axis.
CELLS = 100
#: Galaxies within so many dispersions set the threshold.
N_SIGMA = 3.0


@contextlib.contextmanager
def _causticsnupy() -> Iterator:
    """Its module, with numpy as it expects it and without what it prints."""
    try:
        from causticsnupy import caustics, kde
    except ImportError as error:
        raise ZwickyError(
            f"caustic masses need causticsnupy and scikit-image ({error}); "
            "pip install --no-deps causticsnupy==1.0.4 && pip install scikit-image"
        ) from error
    lacks, own = not hasattr(np, "trapz"), kde.fq
    if lacks:
        setattr(np, "trapz", np.trapezoid)  # noqa: B010
    kde.fq = density_at
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield caustics
    finally:
        kde.fq = own
        if lacks:
            delattr(np, "trapz")


def density_at(x, y, x_data: np.ndarray, y_data: np.ndarray, K, h) -> np.ndarray:
    """What its function ``fq`` gives: the density of galaxies, mirrored at x = 0, by triweight kernels.

    `K` is not asked: the package knows no other kernel.
    """
    x, y = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    width = np.broadcast_to(np.asarray(h, dtype=float), len(x_data)).copy()
    found = np.empty(x.size)
    _triweights(x.ravel(), y.ravel(), x_data, y_data, width, found)
    return found.reshape(x.shape)[()]


@kernel
def _triweights(x, y, x_data, y_data, h, out):
    n = len(x_data)
    for k in range(len(x)):
        total = 0.0
        for i in range(n):
            one = 1.0 / (h[i] * h[i])
            up = (y[k] - y_data[i]) ** 2
            for side in (-1.0, 1.0):
                t = ((x[k] - side * x_data[i]) ** 2 + up) * one
                if t < 1.0:
                    total += (1.0 - t) ** 3 * one
        out[k] = 4.0 / np.pi * total / (2 * n)


def caustic_mass(sample: ClusterSample, cells: int = CELLS) -> np.ndarray:
    """log10 of the caustic M200c in Msun/h of every row, shape (n,); NaN where no caustic is found.

    The mass within the radius that holds 200 times the critical density; where the caustics reach no such
    radius, the enclosed mass is taken to go on rising like the radius.
    """
    inner = clipped(sample, N_SIGMA)
    z = sample.redshift
    density = 200.0 * 2.77537e11 * sample.cosmology.efunc(z) ** 2  # Msun/h in (proper Mpc/h)^3
    with _causticsnupy() as package:
        return np.array([_mass(package, sample[i], inner[i], density[i], cells) for i in range(len(sample))])


def _mass(package, row: ClusterSample, inner: ClusterSample, density: float, cells: int) -> float:
    scale = row.cosmology.h / (1.0 + row.redshift[0])
    r, v = row.r_proj_comoving.astype(float) * scale, row.v_los.astype(float)
    if len(v) < 3:
        return np.nan
    # H0 = 100 and lengths in Mpc/h: masses are in Msun/h.
    r_grid = np.linspace(0.0, float(row.aperture_mpc[0]) * scale, cells)
    v_grid = np.linspace(-float(row.v_cut_kms[0]), float(row.v_cut_kms[0]), cells)
    x, y = np.meshgrid(r_grid * 100.0, v_grid / Q)
    size, variance = inner.r_proj_comoving.mean() * scale, float(np.mean(inner.v_los.astype(float) ** 2))
    try:
        at = package.density_estimation(r * 100.0, v / Q, cells, cells, 1.0, None)
        found = at(x, y) * 100.0 / Q * 2.0
        kappa = package.find_kappa(r_grid, v_grid, cells, found, size, variance, GRADIENT)
        amplitude, error = package.calculate_A(kappa, found, r_grid, v_grid, GRADIENT)
        mass = package.calculate_M(r_grid, amplitude, error, F_BETA)[0]
    except Exception:  # it has no error of its own for clusters in which it finds no caustic
        return np.nan
    return _log10_m200(r_grid, mass, density)


def _log10_m200(radius: np.ndarray, mass: np.ndarray, density: float) -> float:
    """log10 of the mass within the radius whose mean density is `density`; NaN where there is no mass."""
    mean = mass[1:] / (4.0 / 3.0 * np.pi * radius[1:] ** 3) / density
    within = np.flatnonzero(mean >= 1.0)
    if not len(within):
        return np.nan
    last = within[-1]
    if last + 1 == len(mean):
        # Beyond the caustics M rises like r: M200 = M (mean density / density)^(1/2).
        return float(np.log10(mass[-1] * np.sqrt(mean[-1])))
    share = np.log(mean[last]) / np.log(mean[last] / mean[last + 1])
    return float(np.log10(mass[last + 1] ** (1.0 - share) * mass[last + 2] ** share))
