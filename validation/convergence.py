"""How the universe changes with softening, time step, mesh split and particle mass.

Every variant starts from the same phases, so halos are compared one by one with those of a reference run.

    python -m validation.convergence [OUT.json]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from zwicky.io.files import read_json, write_json
from zwicky.tables import HaloTable, Snapshot
from zwicky.universe import UniverseSettings, find_halos, friends_of_friends
from zwicky.universe.evolve import evolve, start
from zwicky.universe.measure import power_spectrum

BASE = UniverseSettings(n_side=128, box_size_mpc_h=250.0)
#: One pair step for all particles: what each of these settings does is clearest there.
ONE = {"n_levels": 1, "softening_mpc_h": 0.04}

#: Name -> changed settings. The first of each group is what the others are held against.
GROUPS = {
    "time step and softening": {
        "reference: 160 x 6 steps, 0.02 Mpc/h": {
            "n_levels": 1,
            "n_steps": 160,
            "n_substeps": 6,
            "softening_mpc_h": 0.02,
        },
        "default: 80 x 4 steps of 3 levels, 0.02 Mpc/h": {},
        "one level: 80 x 4 steps, 0.04 Mpc/h": ONE,
        "40 mesh steps": ONE | {"n_steps": 40},
        "2 pair steps": ONE | {"n_substeps": 2},
        "8 pair steps": ONE | {"n_substeps": 8},
        "softening 0.02 Mpc/h": ONE | {"softening_mpc_h": 0.02},
        "softening 0.08 Mpc/h": ONE | {"softening_mpc_h": 0.08},
        "split 1.25 mesh cells": ONE | {"split_mesh_cells": 1.25},
        "start at z = 24": ONE | {"z_initial": 24.0},
    },
    "particle mass": {
        "192^3, 1.9e11 Msun/h": ONE | {"n_side": 192, "noise_side": 192},
        "128^3, 6.3e11 Msun/h (default)": ONE | {"noise_side": 192},
        "96^3, 1.5e12 Msun/h": ONE | {"n_side": 96, "noise_side": 192},
    },
}


def run(settings: UniverseSettings) -> tuple[HaloTable, np.ndarray, np.ndarray, float]:
    """Halos, k in h/Mpc, power in (Mpc/h)^3 and wall time of one universe."""
    begin = time.perf_counter()
    *_, (particles, _) = evolve(start(settings), settings)
    box, h = settings.box_size_mpc, settings.flrw().h
    # Particles start at the centres of their grid's cells: put universes of different grids over each other.
    origin = np.float32(0.5 * box / settings.n_side)
    particles.position = np.mod(particles.position - origin, np.float32(box))
    snapshot = Snapshot("variant", settings.redshifts[0], box, settings.flrw())
    group = friends_of_friends(particles.position, box, 0.2 * box / settings.n_side)
    halos, _ = find_halos(
        snapshot,
        particles.position,
        particles.velocity,
        group,
        settings.particle_mass_msun,
        settings.softening_mpc,
    )
    k, power = power_spectrum(particles.position, box, 256)
    return halos, k / h, power * h**3, time.perf_counter() - begin


def compare(halos: HaloTable, reference: HaloTable, low: float, high: float) -> dict[str, float]:
    """Counts and, for the same halos of the reference, median ratios of mass and dispersion."""
    h = reference.snapshot.cosmology.h
    log10_mass = np.log10(reference.m200c * h)
    rows = np.flatnonzero((log10_mass >= low) & (log10_mass < high))
    tree = cKDTree(halos.position, boxsize=halos.snapshot.box_size)
    distance, match = tree.query(reference.position[rows])
    same = distance < 0.5 * reference.r200c[rows]
    mass = halos.m200c[match[same]] / reference.m200c[rows[same]]
    sigma = halos.sigma_1d[match[same]] / reference.sigma_1d[rows[same]]
    mine = np.log10(halos.m200c * h)
    return {
        "halos": int(np.sum((mine >= low) & (mine < high))),
        "reference_halos": len(rows),
        "matched": float(same.mean()),
        "mass_ratio": float(np.median(mass)),
        "sigma_ratio": float(np.median(sigma)),
        "error": float(1.25 * np.std(sigma) / np.sqrt(len(sigma))),
    }


def main(out: Path) -> dict:
    """Run what is not in `out` yet, and return everything."""
    found = read_json(out) if out.exists() else {}
    for group, variants in GROUPS.items():
        reference = None
        for name, changes in variants.items():
            if name in found and reference is not None:
                continue
            halos, k, power, seconds = run(BASE.replace(**changes))
            if reference is None:
                reference, reference_power = halos, power
            low_k = {f"{x:g}": int(np.argmin(np.abs(k - x))) for x in (0.3, 1.0, 1.5)}
            found[name] = {
                "group": group,
                "seconds": seconds,
                "13.5-14": compare(halos, reference, 13.5, 14.0),
                "14-15.5": compare(halos, reference, 14.0, 15.5),
                "power_ratio": {x: float(power[i] / reference_power[i]) for x, i in low_k.items()},
            }
            write_json(out, found)
            print(name, found[name], flush=True)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/validation/convergence.json"))
