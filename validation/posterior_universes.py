"""The universes that the shipped posterior learned from and was tested on; all particles are tracers.

    python -m validation.posterior_universes --out universes --device cuda --jobs 8

Boxes of 400 Mpc/h for the mass function, boxes of 250 Mpc/h of lighter particles for groups, and boxes with a
constrained peak each for clusters too massive to be found by chance; two cosmologies. Finished universes
are left alone, so that the command can be given again after it was stopped.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from zwicky.universe import UniverseSettings, make_universe

#: Earlier outputs say when particles fell in, later ones are looked at.
REDSHIFTS = (2.0, 1.2, 0.8, 0.5, 0.3, 0.15, 0.05)
#: Time steps and softening at which dispersions have converged to a per cent.
CONVERGED = {"n_steps": 90, "n_substeps": 5, "softening_mpc_h": 0.025}
#: The paper's cosmology, and one with less matter that is lumpier.
COSMOLOGIES = {
    "a": {},
    "b": {"h": 0.7, "omega_m": 0.27, "omega_b": 0.046, "sigma8": 0.85, "n_s": 0.97},
}


def settings_of(n_side: int, box: float, seed: int, cosmology: str, peak: float | None) -> UniverseSettings:
    """A universe all of whose particles are tracers."""
    return UniverseSettings(
        n_side=n_side,
        box_size_mpc_h=box,
        redshifts=REDSHIFTS,
        seed=seed,
        peak_log10_m200c_h=peak,
        tracer_density_h3_mpc3=n_side**3 / box**3,
        **CONVERGED,
        **COSMOLOGIES[cosmology],
    )


def universes(n_peaks: int, large: int, small: int) -> dict[str, UniverseSettings]:
    """Training universes, and those named ``test_...`` that nothing is trained on."""
    found = {}
    for i in range(large):
        found[f"large_{i}"] = settings_of(256, 400.0, 1001 + i, "ab"[i % 2], None)
    for i in range(small):
        found[f"small_{i}"] = settings_of(256, 250.0, 2001 + i, "ab"[i % 2], None)
    for i, peak in enumerate(np.linspace(14.6, 15.6, n_peaks)):
        found[f"peak_{i:02d}"] = settings_of(96, 150.0, 3001 + i, "ab"[i % 2], round(float(peak), 3))
    for i, peak in enumerate(np.linspace(14.7, 15.5, max(1, n_peaks // 8))):
        found[f"test_peak_{i:02d}"] = settings_of(96, 150.0, 4001 + i, "ab"[i % 2], round(float(peak), 3))
    return found


def make(job: tuple[str, UniverseSettings, Path, str]) -> str:
    """Make one universe; returns its name and how long it took."""
    name, settings, out, device = job
    make_universe(settings, out / name, checkpoint_seconds=600.0, device=device)
    return name


def main() -> None:
    """Make them all, several side by side on a card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--peaks", type=int, default=32)
    parser.add_argument("--large", type=int, default=4)
    parser.add_argument("--small", type=int, default=2)
    options = parser.parse_args()
    jobs = [
        (name, settings, options.out, options.device)
        for name, settings in universes(options.peaks, options.large, options.small).items()
    ]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for name in pool.map(make, jobs):
            print(name, flush=True)


if __name__ == "__main__":
    main()
