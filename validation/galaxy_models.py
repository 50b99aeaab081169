"""Methods trained on galaxies of one kind and tested on galaxies of another.

The model that is trained on is the simplest: galaxies are matter, as many as the tracers' one density makes
them, with redshift errors of 30 km/s and centres known. One thing at a time is then different in the clusters
that are weighed: the scatter of richness, the galaxies' concentration or speed, redshift errors, centres.
Beside it the same method trained on that other model: what is lost for good, and what only by training
elsewhere. The posterior that ships has averaged over such models; it is told the redshift errors, as an
observer would, and nothing else. The rest is as in part ``survey`` of `validation.methods`, with 104 galaxies
at 10^14.5 Msun/h.

Run ``python -m validation.galaxy_models OUT.json PAGE.md TRAIN.npz TEST.npz``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from validation.methods import COUNTING, METHODS, posterior_rows, score
from validation.mock_clusters import DENSITY, MASSES, PRIOR, survey_of
from validation.pages import replace_part, table
from validation.posterior import load_views, without_conditions
from zwicky.estimators import load_model
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.deep import DeepViews
from zwicky.tables import ClusterSample

__all__ = ["MODELS", "evaluate", "main"]

#: Galaxies that are matter.
MATTER = {
    "velocity_bias": 1.0,
    "bright_share": 0.0,
    "bright_factor": 1.0,
    "concentration": 1.0,
    "interlopers": 1.0,
}
#: What is different, one thing at a time; ``richness`` is a scatter of ln N at given mass and galaxies.
MODELS: dict[str, dict[str, float]] = {
    "the same": {},
    "richness scatter 0.2 in ln N": {"richness": 0.2},
    "richness scatter 0.4 in ln N": {"richness": 0.4},
    "half the concentration of matter": {"concentration": 0.5},
    "velocity bias 0.9": {"velocity_bias": 0.9},
    "velocity bias 1.1": {"velocity_bias": 1.1},
    "redshift errors 150 km/s": {"redshift_error_kms": 150.0},
    "redshift errors 300 km/s": {"redshift_error_kms": 300.0},
    "centres off by 0.1 Mpc/h": {"centre_x_mpc_h": 0.1},
    "centres off by 0.2 Mpc/h": {"centre_x_mpc_h": 0.2},
    "centres off by 0.4 Mpc/h": {"centre_x_mpc_h": 0.4},
}
TYPICAL = 104
CLUSTERS, LOOKS = 3000, 500
NAMES = ("M-sigma", "CNN_2D", "SDM_2D", *COUNTING)


def clusters_with(
    views: DeepViews, n: int, masses: tuple[float, float], changes: dict[str, float], *, seed: int
) -> ClusterSample:
    """Clusters whose galaxies are matter but for some changes; ``richness`` in ln N."""
    rng = np.random.default_rng(seed)
    changes = dict(changes)
    spread = changes.pop("richness", 0.0) / np.log(10.0)

    def density(z: np.ndarray) -> np.ndarray:
        return DENSITY[TYPICAL] + spread * np.random.default_rng(seed + 1).standard_normal(len(z))

    return survey_of(views, density, n, masses, rng=rng, **(MATTER | changes))


def evaluate(model: Posterior, train: DeepViews, views: DeepViews) -> dict:
    """Scores by galaxy model, method and where it was trained: ``elsewhere`` or ``there``."""
    makers = {name: (METHODS | COUNTING)[name] for name in NAMES}
    elsewhere: dict = {}
    out = {}
    for name, changes in MODELS.items():
        school = clusters_with(train, CLUSTERS, PRIOR, changes, seed=11)
        there = {k: make().fit(school, rng=np.random.default_rng(3)) for k, make in makers.items()}
        elsewhere = elsewhere or there
        told = clusters_with(views, LOOKS, MASSES, changes, seed=21)
        sample = without_conditions(told)
        found: dict = {}
        for k in NAMES:
            found[k] = {
                where: score(methods[k].points(sample) - sample.log10_m200c_h, sample.halo_id, None)
                for where, methods in (("elsewhere", elsewhere), ("there", there))
            }
        joint = model.joint(told)
        # Of one cluster nobody knows how much richer it is than others of its mass: the mean is told.
        known = joint.given_density(np.full(len(told), DENSITY[TYPICAL]), 0.0)[1]
        rows = posterior_rows(model, {"posterior": joint, "posterior, density known": known}, told)
        for k, (error, inside) in rows.items():
            found[k] = {"elsewhere": score(error, told.halo_id, inside)}
        out[name] = found
        print(name, {k: round(v["elsewhere"]["scatter"], 3) for k, v in found.items()}, flush=True)
    return out


def write_page(page: Path, found: dict) -> None:
    """A table of medians and one of scatters."""
    methods = list(next(iter(found.values())))
    for what, sign in (("median", "+"), ("scatter", "")):
        rows = []
        for name, by_method in found.items():
            cells = [name]
            for one in by_method.values():
                s = one["elsewhere"]
                cell = f"{s[what]:{sign}.3f} ± {s[what + '_error']:.3f}"
                if what == "scatter" and "there" in one and name != "the same":
                    cell += f" ({one['there'][what]:.3f})"
                if what == "scatter" and "inside_68" in s:
                    cell += f"; {100 * s['inside_68']:.0f} %"
                cells.append(cell)
            rows.append(cells)
        replace_part(page, f"galaxy models, {what}", table(["tested on", *methods], rows))


def main() -> None:
    """Write what `evaluate` finds."""
    out, page = Path(sys.argv[1]), Path(sys.argv[2])
    train, views = load_views(Path(sys.argv[3])), load_views(Path(sys.argv[4]))
    found = evaluate(load_model("posterior"), train, views)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(page, found)


if __name__ == "__main__":
    main()
