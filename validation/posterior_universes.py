"""The universes that the shipped posterior learned from; all particles are tracers.

    python -m validation.posterior_universes --out universes
    python -m validation.posterior_universes --out calibrating --for calibration
    python -m validation.posterior_universes --out unseen --for tests

Boxes for the mass function, boxes of lighter particles for groups, and boxes with a constrained peak each for
clusters too massive to be found by chance; three cosmologies. About five hours on two cores, or minutes with
``--device cuda``. The others have seeds of their own; nothing is trained or chosen by them. Finished
universes are left alone, unfinished ones are gone on with.
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
#: Time steps and softening at which dispersions have converged to a per cent, without levels.
CONVERGED = {"n_steps": 90, "n_substeps": 5, "softening_mpc_h": 0.025, "n_levels": 1}
#: The paper's cosmology, and two others about it.
COSMOLOGIES = {
    "a": {},
    "b": {"h": 0.7, "omega_m": 0.27, "omega_b": 0.046, "sigma8": 0.85, "n_s": 0.97},
    "c": {"h": 0.7, "omega_m": 0.28, "omega_b": 0.046, "sigma8": 0.83, "n_s": 0.965},
}


def settings_of(
    n_side: int, box: float, seed: int, cosmology: str, peak: float | None = None, last: float = REDSHIFTS[-1]
) -> UniverseSettings:
    """A universe all of whose particles are tracers; its peak is a cluster by its `last` output."""
    return UniverseSettings(
        n_side=n_side,
        box_size_mpc_h=box,
        redshifts=REDSHIFTS[: REDSHIFTS.index(last) + 1],
        seed=seed,
        peak_log10_m200c_h=peak,
        tracer_density_h3_mpc3=n_side**3 / box**3,
        **CONVERGED,
        **COSMOLOGIES[cosmology],
    )


def universes() -> dict[str, UniverseSettings]:
    """Every universe by name, the most useful first."""
    found = {
        "small": settings_of(160, 156.25, 2001, "b"),
        "small_2": settings_of(128, 125.0, 2002, "a"),
    }
    peaks = [*np.linspace(14.6, 15.6, 16), *np.linspace(15.55, 14.65, 12), *np.linspace(14.45, 15.5, 20)]
    for i, peak in enumerate(peaks):
        cosmology = "ab"[i % 2] if i < 28 else "cab"[i % 3]
        found[f"peak_{i:02d}"] = settings_of(80, 125.0, 3001 + i, cosmology, round(float(peak), 3))
    wide = settings_of(256, 500.0, 101, "c")
    found["wide"] = wide.replace(
        n_steps=100, n_substeps=6, softening_mpc_h=0.03, tracer_density_h3_mpc3=0.1342
    )
    # Peaks above 10^15.5 are the massive clusters of high redshift; later they grow beyond the range.
    for i, peak in enumerate(_spread(14.5, 15.95, 60)):
        found[f"peak_{48 + i}"] = settings_of(80, 125.0, 3101 + i, "bca"[i % 3], peak)
    return found | _early(108, 3201, 48)


def _early(first: int, seed: int, n: int) -> dict[str, UniverseSettings]:
    """Massive clusters of high redshift; these universes end there."""
    return {
        f"peak_{first + i}": settings_of(80, 125.0, seed + i, "cab"[i % 3], peak, (1.2, 0.8)[i % 2])
        for i, peak in enumerate(_spread(14.55, 15.35, n))
    }


def _spread(low: float, high: float, n: int) -> list[float]:
    """`n` masses such that the first k of them, for any k, are spread evenly (golden ratio)."""
    return [round(low + (high - low) * ((i + 1) * 0.6180339887 % 1.0), 3) for i in range(n)]


def calibrating() -> dict[str, UniverseSettings]:
    """Universes that its widths are calibrated on, beside the halos held out of training."""
    found = {
        "wide_1": settings_of(128, 250.0, 9001, "a"),
        "small": settings_of(128, 125.0, 9002, "b"),
        "wide_2": settings_of(128, 250.0, 9003, "c"),
    }
    for i, peak in enumerate((15.2, 14.8, 15.0, 15.3, 14.9, 15.1, 14.7, 15.4)):
        found[f"peak_{i}"] = settings_of(80, 125.0, 9101 + i, "bca"[i % 3], peak)
    return found


def unseen() -> dict[str, UniverseSettings]:
    """Universes that the posterior is tested on, the most useful first."""
    found = {
        "small_1": settings_of(128, 125.0, 9005, "a"),
        "wide_1": settings_of(128, 250.0, 9004, "b"),
        "small_2": settings_of(128, 125.0, 9007, "c"),
        "wide_2": settings_of(128, 250.0, 9006, "a"),
    }
    for i, peak in enumerate(_spread(14.4, 15.8, 29)):
        found[f"peak_{i:02d}"] = settings_of(80, 125.0, 9201 + i, "cab"[i % 3], peak)
    return found | _early(29, 9301, 20)


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
    parser.add_argument("--only", nargs="*", help="names; by default all")
    kinds = {"training": universes, "calibration": calibrating, "tests": unseen}
    parser.add_argument(
        "--for", dest="kind", choices=list(kinds), default="training", help="what they are for"
    )
    options = parser.parse_args()
    every = kinds[options.kind]()
    wanted = {k: v for k, v in every.items() if not options.only or k in options.only}
    jobs = [(name, settings, options.out, options.device) for name, settings in wanted.items()]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for name in pool.map(make, jobs):
            print(name, flush=True)


if __name__ == "__main__":
    main()
