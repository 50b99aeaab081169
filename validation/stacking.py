"""``zwicky stack`` on mocks: the mean mass and the scatter of 100 clusters of 5 to 15 galaxies.

Populations are Gaussian in log10 M200c, drawn from deep views of halos that nothing was trained on; how many
galaxies each has is independent of its mass, and everything else is drawn as surveys do it. Each realisation
is stacked as the command does it. Realisations share the halos there are, so that their mean is known no
better than by the number of halos, which is given beside it.

Run ``python -m validation.stacking MODEL OUT.json PAGE.md VIEWS.npz``; the table of the page is written too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np

from validation.pages import replace_part, table
from validation.posterior import load_views
from zwicky.cosmology import paper_cosmology
from zwicky.estimators import load_model
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import DeepViews
from zwicky.survey import stack

__all__ = ["evaluate", "main"]

#: Means in log10 M200c [Msun/h] and scatters in dex of the populations.
MEANS, SCATTERS = (13.8, 14.2, 14.6), (0.1, 0.2)
GALAXIES, CLUSTERS, REALISATIONS, LOOKS = (5, 15), 100, 20, 2500


def population(views: DeepViews, mean: float, scatter: float, n: int, rng) -> np.ndarray:
    """Rows of n views whose masses are a Gaussian in the logarithm."""
    mass = views.log10_m200c_h
    bins = np.floor(10.0 * mass).astype(int)
    there = np.unique(bins, return_inverse=True, return_counts=True)
    weight = np.exp(-0.5 * ((mass - mean) / scatter) ** 2) / there[2][there[1]]
    return rng.choice(len(views), n, p=weight / weight.sum())


def evaluate(model: Posterior, views: DeepViews) -> dict:
    """Means and scatters recovered, by population."""
    out = {}
    for mean in MEANS:
        for scatter in SCATTERS:
            rng = np.random.default_rng([int(100 * mean), int(100 * scatter)])
            rows = population(views, mean, scatter, LOOKS, rng)
            few, many = GALAXIES
            wanted = np.exp(rng.uniform(np.log(few - 1.0), np.log(many + 2.0), LOOKS))
            drawn = draw_conditions(views, rows, model.settings.survey, rng=rng)
            drawn = dataclasses.replace(drawn, n_wanted=wanted)
            seen = observe(views, rows, drawn, model.settings.survey, seed=int(rng.integers(2**62)))
            sample = sample_of(views, drawn, seen, paper_cosmology())
            counts = sample.n_galaxies
            sound = np.setdiff1d(
                np.flatnonzero((counts >= few) & (counts <= many)), list(model.faults(sample))
            )
            sample = sample[sound]
            posterior = model.predict(sample)
            halo = (views.universe[seen.row] * 10**9 + views.halo_id[seen.row])[sound]
            true = sample.log10_m200c
            found, inside = [], []
            for _ in range(REALISATIONS):
                some = rng.choice(len(sample), CLUSTERS, replace=False)
                means, scatters = stack(posterior[some]).quantiles()
                here = true[some]
                found.append([means[1] - here.mean(), scatters[1] - here.std(), 0.5 * (means[2] - means[0])])
                inside.append([means[0] < here.mean() < means[2], scatters[0] < here.std() < scatters[2]])
            off, wide = np.array(found), np.mean(inside, axis=0)
            by_halo = np.bincount(np.unique(halo, return_inverse=True)[1])
            halos = by_halo.sum() ** 2 / (by_halo**2).sum()
            each = np.std(posterior.median - true) / np.sqrt(halos)
            one = {
                "looks": len(sample),
                "halos": float(halos),
                "median_galaxies": float(np.median(sample.n_galaxies)),
                "scatter_of_masses": float(np.std(posterior.median - true)),
                "true_mean_log10_msun": float(true.mean()),
                "true_scatter": float(true.std()),
                "mean_off_dex": float(off[:, 0].mean()),
                "mean_off_percent": float(100.0 * (10.0 ** off[:, 0].mean() - 1.0)),
                "mean_off_error_by_halos": float(each),
                "mean_off_scatter": float(off[:, 0].std()),
                "mean_error_said": float(off[:, 2].mean()),
                "mean_inside_68": float(wide[0]),
                "scatter_off": float(off[:, 1].mean()),
                "scatter_off_scatter": float(off[:, 1].std()),
                "scatter_inside_68": float(wide[1]),
            }
            out[f"mean {mean:g}, scatter {scatter:g}"] = one
            print(
                f"mean {mean:g} scatter {scatter:g}: off {one['mean_off_percent']:+.1f} % "
                f"({one['mean_off_dex']:+.3f} +- {each:.3f} by {halos:.0f} halos), from one to the next "
                f"{one['mean_off_scatter']:.3f}, error said {one['mean_error_said']:.3f}, inside "
                f"{100 * one['mean_inside_68']:.0f} %; scatter "
                f"{one['true_scatter'] + one['scatter_off']:.3f} for {one['true_scatter']:.3f}",
                flush=True,
            )
    return out


def write_page(page: Path, found: dict) -> None:
    """The table of what `evaluate` found."""
    rows = [
        [
            f"{s['true_mean_log10_msun']:.2f}",
            f"{s['halos']:.0f}",
            f"{s['mean_off_percent']:+.1f}",
            f"{s['mean_off_dex']:+.3f} ± {s['mean_off_error_by_halos']:.3f}",
            f"{s['mean_off_scatter']:.3f}",
            f"{s['mean_error_said']:.3f}",
            f"{100 * s['mean_inside_68']:.0f}",
            f"{s['true_scatter']:.3f}",
            f"{s['true_scatter'] + s['scatter_off']:.3f}",
            f"{s['scatter_off_scatter']:.3f}",
        ]
        for s in found.values()
    ]
    heads = [
        "mean log10 M, Msun",
        "halos",
        "mean mass off, %",
        "dex ± by halos",
        "from one stack to the next, dex",
        "error said, dex",
        "inside 68 %, %",
        "scatter of masses, dex",
        "found, dex",
        "±",
    ]
    replace_part(page, "stacks", table(heads, rows))


def main() -> None:
    """Write what is found."""
    found = evaluate(load_model(sys.argv[1]), load_views(Path(sys.argv[4])))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(Path(sys.argv[3]), found)


if __name__ == "__main__":
    main()
