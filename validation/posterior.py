"""The posterior on mock clusters that nothing was trained on: lean, scatter, coverage, and what counts add.

Run ``python -m validation.posterior MODEL OUT.json VIEWS.npz`` with views of `zwicky.mocks.deep_universes`,
flat in mass at every redshift, kept by `save_views`. Every number is from survey conditions drawn anew.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from pathlib import Path

import numpy as np

from zwicky.cosmology import paper_cosmology
from zwicky.estimators import load_model
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import PARTICLE_COLUMNS, VIEW_COLUMNS, DeepViews

__all__ = ["evaluate", "load_views", "save_views"]

LEVELS = (0.68, 0.90, 0.95)
#: A good survey's conditions: what galaxies are stays as unknown as ever.
CLEAN = {
    "recentred": 1.0,
    "aperture_mpc_h": 1.6,
    "tracer": 0,
    "redshift_error_kms": 30.0,
    "catastrophic": 0.0,
    "core_loss": 0.0,
    "centre_x_mpc_h": 0.0,
    "centre_y_mpc_h": 0.0,
}


def save_views(path: Path, views: DeepViews) -> None:
    """Keep views as arrays, positions and velocities in half precision."""
    columns = {name: getattr(views, name) for name in (*VIEW_COLUMNS, *PARTICLE_COLUMNS, "offsets")}
    columns |= {name: columns[name].astype(np.float16) for name in ("x", "y", "v_los")}
    np.savez_compressed(path, **columns)


def load_views(path: Path) -> DeepViews:
    """The views that `save_views` kept."""
    with np.load(path) as found:
        columns = {name: found[name] for name in found.files}
    columns |= {name: columns[name].astype(np.float32) for name in ("x", "y", "v_los")}
    return DeepViews(**columns)


@dataclasses.dataclass(frozen=True, eq=False)
class _Looks:
    """Clusters weighed: truth, kinematics alone, with the density known; one entry a look."""

    halo: np.ndarray
    mass: np.ndarray
    redshift: np.ndarray
    n: np.ndarray
    aperture: np.ndarray
    tracer: np.ndarray
    log10_density: np.ndarray
    marginal: tuple[np.ndarray, ...]
    known: tuple[np.ndarray, ...]


def weigh(model: Posterior, views: DeepViews, looks: int, *, seed: int = 1, **fixed) -> _Looks:
    """Look at every view `looks` times and weigh what is seen."""
    cosmology = paper_cosmology()
    parts = []
    for i in range(looks):
        rng = np.random.default_rng([seed, i])
        rows = np.arange(len(views))
        drawn = draw_conditions(views, rows, model.settings.survey, rng=rng, **fixed)
        seen = observe(views, rows, drawn, model.settings.survey, seed=int(rng.integers(2**62)))
        sample = sample_of(views, drawn, seen, cosmology)
        sound = np.setdiff1d(np.arange(len(sample)), list(model.faults(sample)))
        sample = sample[sound]
        joint = model.joint(sample)
        _, told = joint.given_density(seen.log10_density[sound], 0.0)
        truth = sample.log10_m200c
        measured = [
            (p.median, p.std, p.cdf(truth)) for p in (model.mass_posterior(m, sample) for m in (joint, told))
        ]
        look = seen.look[sound]
        columns = (
            views.universe[seen.row[sound]] * 10**7 + sample.halo_id,
            sample.log10_m200c_h,
            sample.redshift,
            sample.n_galaxies,
            drawn.aperture_mpc_h[look],
            drawn.tracer[look],
            seen.log10_density[sound],
        )
        parts.append((*columns, *measured[0], *measured[1]))
    joined = [np.concatenate(x) for x in zip(*parts, strict=True)]
    h = cosmology.h
    for i in (7, 10):
        joined[i] = joined[i] + np.log10(h)
    return _Looks(*joined[:7], tuple(joined[7:10]), tuple(joined[10:13]))


def statistics(looks: _Looks, chosen: np.ndarray, which: str = "marginal") -> dict[str, float]:
    """Lean, scatter and coverage of some looks; errors count halos."""
    median, std, cdf = (x[chosen] for x in getattr(looks, which))
    error = median - looks.mass[chosen]
    halos = len(np.unique(looks.halo[chosen]))
    out = {"n": int(chosen.sum()), "halos": halos}
    if out["n"] < 20:
        return out
    out |= {
        "median": float(np.median(error)),
        "median_error": float(1.2533 * np.std(error) / np.sqrt(halos)),
        "scatter": float(np.std(error)),
        "scatter_error": float(np.std(error) / np.sqrt(2.0 * halos)),
        "pull": float(np.std(error / std)),
        "mean_std": float(np.mean(std)),
    }
    for level in LEVELS:
        out[f"inside_{100 * level:.0f}"] = float(np.mean(np.abs(cdf - 0.5) < 0.5 * level))
    return out


def evaluate(model: Posterior, views: DeepViews, looks: int = 4) -> dict:
    """Everything that is told of the posterior on mocks."""
    every = weigh(model, views, looks)
    flat = (every.mass > 13.2) & (every.mass < 15.2)
    high = (every.mass >= 14.0) & (every.mass <= 15.0)
    out: dict = {"all": statistics(every, flat), "10^14-10^15": statistics(every, high)}

    def by(name: str, values: np.ndarray, edges: list[float], within: np.ndarray) -> None:
        out[name] = {
            f"{a:g} to {b:g}": statistics(every, within & (values >= a) & (values < b))
            for a, b in itertools.pairwise(edges)
        }

    by("by galaxies", every.n, [4, 8, 16, 32, 64, 128, 256, 600], flat)
    by("by mass", every.mass, [12.8, 13.2, 13.6, 14.0, 14.4, 14.8, 15.2], np.ones(len(flat), dtype=bool))
    by("by redshift", every.redshift, [0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.7], flat)
    by("by aperture", every.aperture, [0.3, 0.6, 1.0, 1.59, 1.61], flat)
    by("by tracer", every.tracer, [0, 1, 2, 3], flat)
    # At fixed numbers of galaxies, near: with everything that surveys do, and in the prototype's conditions,
    # recentred, the whole aperture, all galaxies and no faults of the survey.
    out["at N"], out["at N, clean"], out["density known"] = {}, {}, {}
    for name, fixed in (("at N", {}), ("at N, clean", CLEAN)):
        for n in (20, 40, 80, 160):
            one = weigh(model, views, looks, seed=n, n_wanted=float(n), **fixed)
            near = (one.mass >= 14.0) & (one.mass <= 15.0) & (one.redshift < 0.4)
            out[name][str(n)] = statistics(one, near)
    one = weigh(model, views, 3 * looks, seed=7, **CLEAN)
    near = (one.mass >= 14.0) & (one.mass <= 15.0) & (one.redshift < 0.4)
    for n in (26, 53, 104, 263):
        # One density for all: clusters then have the numbers of galaxies that their masses make.
        typical = near & (np.abs(np.log(one.n / n)) < 0.15) & (np.abs(one.mass - 14.5) < 0.1)
        density = float(np.median(one.log10_density[typical]))
        same = near & (np.abs(one.log10_density - density) < 0.1)
        out["density known"][str(n)] = {
            "log10_density": density,
            "marginal": statistics(one, same),
            "known": statistics(one, same, "known"),
        }
    return out


def main() -> None:
    """Write what `evaluate` finds."""
    model_name, out = sys.argv[1], Path(sys.argv[2])
    model = load_model(model_name)
    found = {Path(path).stem: evaluate(model, load_views(Path(path))) for path in sys.argv[3:]}
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
