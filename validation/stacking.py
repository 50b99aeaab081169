"""``zwicky stack`` on mocks: the mean mass and the scatter of 100 clusters of 5 to 15 galaxies.

Populations are Gaussian in log10 M200c, drawn from deep views of halos that no network learned from; how many
galaxies each cluster has is independent of its mass, and everything else is drawn as surveys do it. What is
off in the mean of many stacks is told apart from what is off from one stack to the next. All stacks of a
population share the halos there are, so that what is off in the mean is known no better than by their number,
which is given beside it.

Four kinds of stacks:

- *100 clusters*, each with galaxies of its own kind, as the networks learned;
- *calibrated*: the same posteriors, and true masses drawn from them, so that they are calibrated by
  construction. What is off here is no fault of the posteriors but what so few galaxies can tell;
- *500 clusters* at z < 0.4: what more clusters tell where training had halos of all masses;
- *one kind*: surveys whose clusters all have galaxies of one kind, for what masses are off by together.

Run ``python -m validation.stacking MODEL OUT.json PAGE.md VIEWS.npz...``; the page's table is written too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from validation.pages import replace_part, table
from validation.posterior import load_views
from zwicky.cosmology import paper_cosmology
from zwicky.estimators import MassPosterior, load_model
from zwicky.estimators.posterior import Posterior
from zwicky.estimators.posterior.looks import balanced_rows
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import DeepViews, concatenate_views, halo_numbers
from zwicky.survey import stack
from zwicky.survey.kinds import GalaxyKind, draw_kinds

__all__ = ["evaluate", "main"]

#: Means in log10 M200c [Msun/h] and scatters in dex of the populations.
MEANS, SCATTERS = (13.8, 14.2, 14.6), (0.1, 0.2)
GALAXIES, CLUSTERS, MANY = (5, 15), 100, 500
#: Where there are halos up to the end of the prior: 10^15.4 Msun/h.
NEAR = 0.4
#: Stacks of each population, of 100 and of 500 clusters; kinds of galaxies.
STACKS, LARGE, KINDS = 20, 3, 12
#: Looks in all, and clusters that each kind's mean is measured on.
LOOKS, EACH = 24_000, 400
#: Steps of the expectation maximisation by which a mean is made flat.
_ITERATIONS = 200


@dataclass(frozen=True, eq=False)
class Bank:
    """Clusters that were weighed, even in mass: to draw populations from."""

    posterior: MassPosterior
    mass: np.ndarray
    halo: np.ndarray
    redshift: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Bank:
        return Bank(self.posterior[rows], self.mass[rows], self.halo[rows], self.redshift[rows])

    def weight(self, mean: float, scatter: float) -> np.ndarray:
        """Chance of each to be drawn into a population, shape (n,)."""
        bins = np.floor(10.0 * self.mass).astype(int)
        _, inverse, counts = np.unique(bins, return_inverse=True, return_counts=True)
        weight = np.exp(-0.5 * ((self.mass - mean) / scatter) ** 2) / counts[inverse]
        return weight / weight.sum()

    def calibrated(self, rng: np.random.Generator) -> Bank:
        """The same posteriors with true masses drawn from them.

        They are drawn as often as makes their mean flat, like the prior that they were weighed under.
        """
        density = self.posterior.density / self.posterior.density.sum(axis=1, keepdims=True)
        known = density[:, (density > 0).any(axis=0)]
        often = np.full(len(known), 1.0 / len(known))
        for _ in range(_ITERATIONS):
            often *= known @ (1.0 / (often @ known)) / known.shape[1]
        drawn = self[rng.choice(len(often), len(often), p=often / often.sum())]
        below = np.cumsum(drawn.posterior.density, axis=1)
        place = (below < rng.random((len(below), 1)) * below[:, -1:]).sum(axis=1)
        step = np.diff(self.posterior.grid)[0]
        mass = self.posterior.grid[place] + step * (rng.random(len(place)) - 0.5)
        return dataclasses.replace(drawn, mass=mass)


def bank_of(model: Posterior, views: DeepViews, n: int, kind: GalaxyKind | None, *, seed: int) -> Bank:
    """About `n` looks at views, with 5 to 15 galaxies each, all of one kind if one is given."""
    settings, rng = model.settings.survey, np.random.default_rng(seed)
    even = [balanced_rows(views, model.settings, rng=rng) for _ in range(-(-n // len(views)))]
    rows = np.concatenate(even)[:n]
    fixed = {} if kind is None else kind.conditions(views.log10_m200c_h[rows])
    drawn = draw_conditions(views, rows, settings, rng=rng, **fixed)
    few, many = GALAXIES
    wanted = np.exp(rng.uniform(np.log(few - 1.0), np.log(many + 2.0), len(rows)))
    drawn = dataclasses.replace(drawn, n_wanted=wanted)
    seen = observe(views, rows, drawn, settings, seed=int(rng.integers(2**62)))
    sample = sample_of(views, drawn, seen, paper_cosmology())
    counts = sample.n_galaxies
    sound = np.setdiff1d(np.flatnonzero((counts >= few) & (counts <= many)), list(model.faults(sample)))
    halo = halo_numbers(views)[seen.row]
    sample = sample[sound]
    return Bank(model.predict(sample), sample.log10_m200c, halo[sound], sample.redshift)


def stacked(
    bank: Bank, mean: float, scatter: float, n: int, stacks: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows of (mean found - true, its own error, with what is shared, scatter: 16th, 50th, 84th percentile).

    The true mean is that of the clusters in the stack.
    """
    weight, out = bank.weight(mean, scatter), []
    for _ in range(stacks):
        some = rng.choice(len(weight), n, replace=False, p=weight)
        found = stack(bank.posterior[some])
        alone, scatters = found.quantiles(together=False)
        wide = found.quantiles()[0]
        errors = (0.5 * (alone[2] - alone[0]), 0.5 * (wide[2] - wide[0]))
        out.append([alone[1] - bank.mass[some].mean(), *errors, *scatters])
    return np.array(out)


def in_short(found: np.ndarray, scatter: float) -> dict[str, float]:
    """What is off in the mean of some stacks, and from one to the next."""
    off, error, _, low, middle, high = found.T
    return {
        "mean_off_dex": float(off.mean()),
        "mean_off_percent": float(100.0 * (10.0 ** off.mean() - 1.0)),
        "mean_off_scatter": float(off.std(ddof=1)),
        "mean_error_said": float(error.mean()),
        "pull": float(np.std(off / error, ddof=1)),
        "scatter_found": float(middle.mean()),
        "scatter_p16": float(low.mean()),
        "scatter_p84": float(high.mean()),
        "scatter_inside_68": float(np.mean((low < scatter) & (scatter < high))),
    }


def evaluate(model: Posterior, views: DeepViews) -> dict:
    """Means and scatters recovered, by population."""
    bank = bank_of(model, views, LOOKS, None, seed=1)
    ideal = bank.calibrated(np.random.default_rng(2))
    near = bank[bank.redshift < NEAR]
    drawn = draw_kinds(KINDS, rng=np.random.default_rng(3))
    kinds = [bank_of(model, views, LOOKS // 10, kind, seed=4) for kind in drawn]
    print(f"{len(bank.mass)} looks, {len(kinds)} kinds", flush=True)
    out: dict = {}
    h = np.log10(paper_cosmology().h)
    for mean in np.array(MEANS) - h:
        for scatter in SCATTERS:
            rng = np.random.default_rng([int(100 * mean), int(100 * scatter)])
            weight = bank.weight(mean, scatter)
            _, number = np.unique(bank.halo, return_inverse=True)
            halos = 1.0 / np.sum(np.bincount(number, weight) ** 2)
            each = np.average((bank.posterior.median - bank.mass) ** 2, weights=weight) ** 0.5
            one: dict = {"mean_log10_msun": float(mean), "scatter": scatter, "halos": float(halos)}
            one["mean_off_error_by_halos"] = float(each / np.sqrt(halos))
            one["100"] = in_short(stacked(bank, mean, scatter, CLUSTERS, STACKS, rng), scatter)
            one["calibrated"] = in_short(stacked(ideal, mean, scatter, CLUSTERS, STACKS, rng), scatter)
            one["500"] = in_short(stacked(near, mean, scatter, MANY, LARGE, rng), scatter)
            whole = np.array([stacked(k, mean, scatter, EACH, 1, np.random.default_rng(5))[0] for k in kinds])
            some = np.array([stacked(k, mean, scatter, CLUSTERS, 1, rng)[0] for k in kinds])
            noise = np.mean(whole[:, 1] ** 2)
            one["one kind"] = {
                "off_together_dex": float(np.std(whole[:, 0], ddof=1)),
                "off_together_noise_dex": float(np.sqrt(noise)),
                "pull_alone": float(np.std(some[:, 0] / some[:, 1], ddof=1)),
                "pull": float(np.std(some[:, 0] / some[:, 2], ddof=1)),
                "error_said": float(some[:, 2].mean()),
            }
            out[f"mean {mean:.2f}, scatter {scatter:g}"] = one
            print(json.dumps(one), flush=True)
    every = list(out.values())
    together = np.array([s["one kind"]["off_together_dex"] for s in every])
    out["all"] = {
        "mean_off_percent": float(np.mean([s["100"]["mean_off_percent"] for s in every])),
        "off_together_dex": float(np.sqrt(np.mean(together**2))),
        "pull": float(np.sqrt(np.mean([s["one kind"]["pull"] ** 2 for s in every]))),
    }
    print(json.dumps(out["all"]), flush=True)
    return out


def write_page(page: Path, found: dict) -> None:
    """The table of what `evaluate` found."""
    rows = [
        [
            f"{s['mean_log10_msun']:.2f} ± {s['scatter']:g}",
            f"{s['halos']:.0f}",
            f"{s['100']['mean_off_percent']:+.1f}",
            f"{s['100']['mean_off_dex']:+.3f} ± {s['mean_off_error_by_halos']:.3f}",
            f"{s['100']['mean_off_scatter']:.3f} ({s['100']['mean_error_said']:.3f})",
            f"{s['one kind']['off_together_dex']:.3f}",
            f"{s['one kind']['pull_alone']:.2f} -> {s['one kind']['pull']:.2f}",
            _scatter(s["100"]),
            _scatter(s["calibrated"]),
            _scatter(s["500"]),
        ]
        for s in found.values()
        if "halos" in s
    ]
    heads = [
        "log10 M, Msun",
        "halos",
        "mean mass off, %",
        "dex ± by halos",
        "from one stack to the next (said), dex",
        "off together, one kind, dex",
        "pull of one kind's stacks alone -> with what is shared",
        "scatter found, 100 clusters",
        "were posteriors perfect",
        "500 clusters, z < 0.4",
    ]
    replace_part(page, "stacks", table(heads, rows))


def _scatter(s: dict[str, float]) -> str:
    return f"{s['scatter_found']:.2f} ({s['scatter_p16']:.2f}-{s['scatter_p84']:.2f})"


def load_all(paths: list[str]) -> DeepViews:
    """Views of several files, their universes told apart."""
    views = [load_views(Path(path)) for path in paths]
    apart = [dataclasses.replace(v, universe=v.universe + 1000 * i) for i, v in enumerate(views)]
    return concatenate_views(apart)


def main() -> None:
    """Write what is found."""
    found = evaluate(load_model(sys.argv[1]), load_all(sys.argv[4:]))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(Path(sys.argv[3]), found)


if __name__ == "__main__":
    main()
