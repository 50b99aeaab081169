"""Priors that an observer may want: the mass function at each cluster's redshift, or a table of one's own."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from zwicky.cosmology import CosmologyKey
from zwicky.errors import ZwickyError
from zwicky.estimators import Prior, mass_grid
from zwicky.mass_function import log_mass_function
from zwicky.tables import ClusterSample

__all__ = ["mass_function_prior", "prior_named", "read_prior"]

#: Redshifts are rounded to this: the mass function of nearer ones differs by less than a per cent.
_STEP = 0.002


def mass_function_prior(sample: ClusterSample, grid: np.ndarray | None = None) -> Prior:
    """The halo mass function of Tinker et al. (2008) at each cluster's redshift, in its cosmology.

    A cluster without a sensible redshift gets that of z = 0; it has no mass anyway.

    Parameters
    ----------
    sample
        Its redshifts and its cosmology count.
    grid : float64, shape (g,), optional
        Rising log10 M200c [Msun]; `mass_grid` by default.

    Returns
    -------
    Prior
        One row a cluster.

    Examples
    --------
    >>> prior = mass_function_prior(sample[:2])
    >>> prior.name
    'hmf'
    """
    grid = mass_grid() if grid is None else grid
    z = np.where((sample.redshift > 0) & (sample.redshift < 5), sample.redshift, 0.0)
    steps, row = np.unique(np.rint(z / _STEP).astype(int), return_inverse=True)
    key, masses = CosmologyKey(sample.cosmology), grid.tobytes()
    values = [_mass_function(key, masses, int(step)) for step in steps]
    return Prior("hmf", grid, np.array(values).reshape(len(steps), len(grid))[row])


@functools.lru_cache(maxsize=4096)
def _mass_function(key: CosmologyKey, log10_m200c: bytes, step: int) -> np.ndarray:
    return log_mass_function(np.frombuffer(log10_m200c), _STEP * step, key.cosmology)


def prior_named(name: str) -> Prior | str:
    """``flat`` and ``hmf`` as they are; of anything else the table in that file.

    Parameters
    ----------
    name
        As ``zwicky predict --prior`` takes it.

    Returns
    -------
    str or Prior

    Raises
    ------
    ZwickyError
        As `read_prior`.

    Examples
    --------
    >>> prior_named("hmf")
    'hmf'
    """
    return name if name in ("flat", "hmf") else read_prior(name)


def read_prior(path: Path | str) -> Prior:
    """A prior from a table with ``log10_m200c`` (Msun) and ``density`` (per dex, up to a factor).

    Between its masses the logarithm of the density is linear; beyond them it is zero.

    Parameters
    ----------
    path
        Of the table, in any of the formats of ``--out``.

    Returns
    -------
    Prior
        On `mass_grid`.

    Raises
    ------
    ZwickyError
        If the file cannot be read, a column is missing, masses do not rise or a density is negative.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = "log10_m200c,density" + chr(10) + "14.0,1.0" + chr(10) + "15.0,0.1" + chr(10)
    >>> _ = Path("prior.csv").write_text(text)
    >>> read_prior("prior.csv").name
    'prior.csv'
    """
    from zwicky.io.tabular import read_any

    if not Path(path).exists():
        raise ZwickyError(f"--prior {path}: is no file; use flat, hmf, or a table of log10_m200c and density")
    table = read_any(path, ["log10_m200c", "density"])
    mass, density = (
        np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan) for name in ("log10_m200c", "density")
    )
    if len(mass) < 2 or not np.all(np.diff(mass) > 0):
        raise ZwickyError(f"{path}: log10_m200c does not rise; sort the rows, and give two or more")
    if not np.all(density >= 0) or not density.any() or not np.isfinite(density).all():
        raise ZwickyError(f"{path}: a density is negative or not a number; give one of at least 0 a mass")
    with np.errstate(divide="ignore"):
        values = np.log(density / density.max())
    grid = mass_grid()
    inside = (grid >= mass[0] - 1e-9) & (grid <= mass[-1] + 1e-9)
    if inside.sum() < 2:
        raise ZwickyError(f"{path}: no mass lies in log10 M200c [Msun] {grid[0]:g} to {grid[-1]:g}")
    log_density = np.full(len(grid), -np.inf)
    log_density[inside] = Prior(Path(path).name, mass, values).on(np.clip(grid[inside], mass[0], mass[-1]))
    return Prior(Path(path).name, grid, log_density)
