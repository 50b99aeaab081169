"""A universe against what others wrote: halos by mass, power of matter, speeds of particles in halos.

    python -m validation.universe_tables docs/validation.md "standard universe" run/universe

Writes the three tables of the page that stand under that name.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from validation.pages import replace_part, table
from zwicky.tables import HaloTable, take
from zwicky.universe import fit_dispersion, read_halos, read_identity
from zwicky.universe.directory import snapshot_file

__all__ = ["main"]

MASSES = (13.4, 14.8)
WAVES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.6)
DISPERSIONS = ((14.0, 14.25), (14.25, 14.5), (14.5, 15.5), (14.0, 15.5))


def by_mass(found: dict[str, np.ndarray], volume: float) -> str:
    """Halos by mass over Tinker et al. (2008), with Poisson's errors; two of the kept bins in one."""
    edges, counts, theory = found["mass_bin_edges"], found["mass_counts"], found["mass_function_tinker"]
    expected = theory * np.diff(edges) * volume
    rows = []
    for low in np.arange(*MASSES, 0.2):
        here = (edges[:-1] > low - 0.01) & (edges[1:] < low + 0.21)
        n, ratio = counts[here].sum(), counts[here].sum() / expected[here].sum()
        rows.append([f"{low:.1f}–{low + 0.2:.1f}", f"{n}", f"{ratio:.3f} ± {ratio / np.sqrt(n):.3f}"])
    return table(["log10 M200c, Msun/h", "halos", "over Tinker et al. (2008)"], rows)


def by_wave(found: dict[str, np.ndarray]) -> str:
    """Power over that of theory, averaged over modes."""
    k, ratio = found["k_mpc_h"], found["power"] / found["power_nonlinear"]
    rows = []
    for low, high in itertools.pairwise(WAVES):
        here = (k >= low) & (k < high)
        if here.any():
            rows.append([f"{low:g}–{high:g}", f"{np.average(ratio[here], weights=k[here] ** 2):.3f}"])
    return table(["k, h/Mpc", "P / HMcode-2020 (Mead et al. 2021)"], rows)


def by_dispersion(halos: HaloTable) -> str:
    """Dispersions over Evrard et al. (2008)."""
    mass = np.log10(halos.m200c * halos.snapshot.cosmology.h)
    rows = []
    for low, high in DISPERSIONS:
        here = (mass >= low) & (mass < high) & np.isfinite(halos.sigma_1d)
        found = fit_dispersion(take(halos, here), low)
        error = found.over_evrard * found.scatter_ln / np.sqrt(found.n_halos)
        row = [f"{low:g}–{high:g}", f"{found.n_halos}", f"{found.over_evrard:.3f} ± {error:.4f}"]
        rows.append([*row, f"{found.scatter_ln:.3f}"])
    heads = ["log10 M200c, Msun/h", "halos", "sigma over Evrard et al. (2008)", "scatter of ln sigma"]
    return table(heads, rows)


def main() -> None:
    """Write the tables of one universe."""
    page, name, directory = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    redshift = read_identity(directory)[1][0]
    halos = read_halos(directory, redshift)
    with np.load(snapshot_file(directory, "diagnostics", redshift)) as kept:
        found = dict(kept)
    parts = [by_mass(found, halos.snapshot.volume_mpc_h3), by_wave(found), by_dispersion(halos)]
    replace_part(page, name, "\n\n".join(parts))


if __name__ == "__main__":
    main()
