"""sigma_8 from the counts of clusters that galaxies' motions weigh: a worked example of ``zwicky export``.

A mock survey is drawn from the mass function of a known sigma_8 (Tinker et al. 2008, which the tests compare
with colossus): clusters at their masses and redshifts, each a deep view of a halo, observed and weighed as
the survey would. What its galaxies are (velocity bias, concentration, interlopers, bright ones) is drawn once
a survey and told to nobody; the ranges are covered evenly by the surveys. The relation between true and
predicted mass is measured on halos of one half of the views and surveys are made of the other, then the
halves are exchanged. The likelihood is that of Poisson numbers in bins of predicted mass and redshift,

    N = area x sum over z, M of dV/dz dn/dM (sigma_8) P(M_pred in the bin | M + delta, z),

on a grid of sigma_8 and of delta, by which all masses are off together: a Gaussian of the table's
``shared_error`` and, twice, ``mean_error``, for the survey's halos are as few as the table's.

Thousands of halos are needed, for the counts of low masses are steep: views as the model is trained on
(`zwicky.mocks.deep_universes`, kept by `validation.posterior.save_views`) do, as long as table and survey
have other halos of the same kind. Of halos that a network never saw the table is a little wider.

Run ``python -m validation.sigma8 MODEL OUT.json PAGE.md VIEWS.npz``; the table of the page is written too.
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
from zwicky.mass_function import log_mass_function
from zwicky.mocks.deep import DeepViews, halo_numbers
from zwicky.survey import DensityPrior, MassRelation
from zwicky.survey.kinds import GalaxyKind, draw_kinds, mock_kinds
from zwicky.survey.looks import mock_looks
from zwicky.survey.mass_relation import measure_relation, relation_grids
from zwicky.survey.told import Told
from zwicky.survey.weigh import conditional

__all__ = ["Counts", "expected_counts", "infer_sigma8", "main"]

SIGMA8, N_S = 0.80, 0.96
AREA_DEG2, REDSHIFTS, LEAST_MASS = 300.0, (0.05, 0.30), 13.5
#: Bins of log10 M_pred [Msun] and of redshift. One bin of mass: interlopers change not only the mean of the
#: relation but its tails, which the slope of counts with mass would be taken to tell of delta.
MASS_EDGES = np.array([14.3, 16.0])
REDSHIFT_EDGES = np.array([0.05, 0.15, 0.23, 0.30])
#: Surveys, half of them made of either half of the halos.
SURVEYS = 24
DENSITY = DensityPrior(-2.0, 0.05)
TOLD = Told(redshift_error_kms=30.0, tracer="all")


@dataclasses.dataclass(frozen=True, eq=False)
class Counts:
    """Halos per square degree: `numbers`, shape (s, z, m), in cells of redshift and log10 M200c [Msun].

    One entry a value of `sigma8`; `redshift` and `log10_m200c` are the cells' middles.
    """

    sigma8: np.ndarray
    redshift: np.ndarray
    log10_m200c: np.ndarray
    numbers: np.ndarray

    @staticmethod
    def of(sigma8: np.ndarray, cosmology=None, step_z: float = 0.01, step_m: float = 0.05) -> Counts:
        """By the mass function of Tinker et al. (2008) in a cosmology, default that of Ho et al. (2019)."""
        cosmology = paper_cosmology() if cosmology is None else cosmology
        z = np.arange(REDSHIFTS[0] + 0.5 * step_z, REDSHIFTS[1], step_z)
        mass = np.arange(LEAST_MASS + 0.5 * step_m, 15.8, step_m)
        volume = cosmology.differential_comoving_volume(z).to_value("Mpc3 / deg2") * step_z
        numbers = [
            [np.exp(log_mass_function(mass, float(one), cosmology, float(s), N_S)) * step_m for one in z]
            for s in np.atleast_1d(sigma8)
        ]
        return Counts(np.atleast_1d(sigma8), z, mass, np.array(numbers) * volume[:, None])


def expected_counts(counts: Counts, relation: MassRelation, delta: float = 0.0) -> np.ndarray:
    """Clusters per square degree in bins of redshift and predicted mass, shape (s, a, b)."""
    z, mass = np.meshgrid(counts.redshift, counts.log10_m200c, indexing="ij")
    chance = relation.probability(mass.ravel(), z.ravel(), MASS_EDGES - delta)
    chance = chance.reshape(*z.shape, len(MASS_EDGES) - 1)
    by_z = np.einsum("szm,zmb->szb", counts.numbers, chance)
    place = np.digitize(counts.redshift, REDSHIFT_EDGES) - 1
    return np.stack([by_z[:, place == a].sum(axis=1) for a in range(len(REDSHIFT_EDGES) - 1)], axis=1)


def infer_sigma8(
    observed: np.ndarray, counts: Counts, relation: MassRelation, *, area_deg2: float, delta_std: float
) -> dict[str, float]:
    """Mean and standard deviation of sigma_8 under a flat prior on the grid of `counts`, and of delta.

    Parameters
    ----------
    observed : shape (a, b)
        Clusters in bins of redshift and predicted mass.
    delta_std
        Standard deviation of what all predicted masses are off by together, dex; 0 is none.
    """
    deltas = np.linspace(-3.0, 3.0, 25) * delta_std if delta_std else np.zeros(1)
    log_p = np.empty((len(counts.sigma8), len(deltas)))
    for j, delta in enumerate(deltas):
        mean = area_deg2 * np.maximum(expected_counts(counts, relation, delta), 1e-12)
        log_p[:, j] = (observed * np.log(mean) - mean).sum(axis=(1, 2))
        log_p[:, j] -= 0.5 * (delta / delta_std) ** 2 if delta_std else 0.0
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    of_sigma8, of_delta = p.sum(axis=1), p.sum(axis=0)
    mean = float(of_sigma8 @ counts.sigma8)
    return {
        "sigma8": mean,
        "error": float(np.sqrt(of_sigma8 @ (counts.sigma8 - mean) ** 2)),
        "delta": float(of_delta @ deltas),
    }


def draw_survey(
    model, views: DeepViews, halves: np.ndarray, truth: Counts, kind: GalaxyKind | None, *, rng
) -> np.ndarray:
    """Clusters of one mock survey in bins of redshift and predicted mass, shape (a, b).

    `halves` are the rows of the views that it may be made of; all of its clusters have galaxies of the
    `kind`, or each one of its own.
    """
    numbers = rng.poisson(AREA_DEG2 * truth.numbers[0])
    i, j = (np.repeat(x.ravel(), numbers.ravel()) for x in np.indices(numbers.shape))
    step_z, step_m = np.diff(truth.redshift)[0], np.diff(truth.log10_m200c)[0]
    z = truth.redshift[i] + step_z * (rng.random(len(i)) - 0.5)
    mass = truth.log10_m200c[j] + step_m * (rng.random(len(j)) - 0.5)
    rows = similar_views(views, halves, z, mass + np.log10(paper_cosmology().h), rng)
    one = {} if kind is None else kind.conditions(views.log10_m200c_h[rows])
    looks = mock_looks(model, views, rows, DENSITY, TOLD, paper_cosmology(), rng=rng, redshift=z, **one)
    return np.histogram2d(looks.redshift, looks.predicted, [REDSHIFT_EDGES, MASS_EDGES])[0]


def similar_views(views: DeepViews, halves: np.ndarray, z, mass_h, rng) -> np.ndarray:
    """For each cluster one of the four views nearest in mass, of the output nearest in redshift."""
    outputs = np.unique(views.redshift[halves])
    output = np.argmin(np.abs(np.log1p(z)[:, None] - np.log1p(outputs)), axis=1)
    rows = np.empty(len(z), dtype=np.int64)
    for k in np.unique(output):
        here = output == k
        some = halves[views.redshift[halves] == outputs[k]]
        some = some[np.argsort(views.log10_m200c_h[some])]
        near = np.searchsorted(views.log10_m200c_h[some], mass_h[here]) + rng.integers(-2, 2, here.sum())
        rows[here] = some[np.clip(near, 0, len(some) - 1)]
    return rows


def at_face_value(relation: MassRelation) -> MassRelation:
    """As if predicted masses were true ones."""
    exact = np.zeros(relation.p_pred.shape)
    nearest = np.argmin(np.abs(relation.log10_m_pred - relation.log10_m200c[:, None]), axis=1)
    exact[np.arange(len(nearest)), :, nearest] = 1.0 / np.diff(relation.log10_m_pred)[0]
    return dataclasses.replace(relation, p_pred=exact, completeness=np.ones(relation.completeness.shape))


def evaluate(model, views: DeepViews) -> dict:
    """Several surveys, each with galaxies of its own kind."""
    number = halo_numbers(views)
    side = np.random.default_rng(8).random(number.max() + 1) < 0.5
    halves = [np.flatnonzero((views.redshift < 0.6) & (side[number] == one)) for one in (False, True)]
    tables = [table_of(model, views, half) for half in halves]
    grid = Counts.of(np.arange(0.50, 1.101, 0.01))
    truth = Counts.of(np.array([SIGMA8]), step_z=0.01, step_m=0.05)
    at = np.abs(tables[0].log10_m200c - MASS_EDGES[0]) < 0.11
    few, shared, std, correlation = (
        float(np.mean([getattr(one, name)[at].mean() for one in tables]))
        for name in ("mean_error", "shared_error", "std_pred", "correlation")
    )
    out: dict = {
        "sigma8": SIGMA8,
        "area_deg2": AREA_DEG2,
        "shared_error_dex": shared,
        "mean_error_dex": few,
        "std_pred_dex": std,
        "correlation": correlation,
    }
    print(out, flush=True)
    delta_std = float(np.sqrt(shared**2 + 2.0 * few**2))
    exact = [at_face_value(one) for one in tables]
    ways = {
        "galaxies of each cluster drawn, the table": (False, tables, np.sqrt(2.0) * few),
        "galaxies of each survey drawn, the table and shared_error": (True, tables, delta_std),
        "the same without shared_error": (True, tables, np.sqrt(2.0) * few),
        "predicted masses taken for true ones": (True, exact, 0.0),
    }
    kinds = draw_kinds(SURVEYS, rng=np.random.default_rng(9))
    seen: dict[bool, list] = {False: [], True: []}
    for k, kind in enumerate(kinds):
        for one in seen:
            rng = np.random.default_rng([6, k])
            half = halves[1 - k % 2]
            seen[one].append(draw_survey(model, views, half, truth, kind if one else None, rng=rng))
        print(k, kind.interlopers, *(int(seen[one][-1].sum()) for one in seen), flush=True)
    for name, (one, by, std) in ways.items():
        each = [
            infer_sigma8(n, grid, by[k % 2], area_deg2=AREA_DEG2, delta_std=std)
            for k, n in enumerate(seen[one])
        ]
        found = np.array([[s["sigma8"], s["error"]] for s in each])
        pull = (found[:, 0] - SIGMA8) / found[:, 1]
        out[name] = {
            "clusters": float(np.mean([n.sum() for n in seen[one]])),
            "sigma8": found[:, 0].tolist(),
            "mean": float(found[:, 0].mean()),
            "scatter": float(found[:, 0].std(ddof=1)),
            "error": float(found[:, 1].mean()),
            "mean_pull": float(pull.mean()),
            "pull": float(np.sqrt(np.mean(pull**2))),
            "inside_1": float(np.mean(np.abs(pull) < 1)),
            "inside_2": float(np.mean(np.abs(pull) < 2)),
        }
        print(name, out[name], flush=True)
    return out


def table_of(model, views: DeepViews, rows: np.ndarray) -> MassRelation:
    """The relation that ``zwicky export`` would measure on some of the views."""
    rng, cosmology = np.random.default_rng(5), paper_cosmology()
    looks = mock_looks(model, views, np.repeat(rows, 2), DENSITY, TOLD, cosmology, rng=rng)
    kinds = mock_kinds(model, views, DENSITY, TOLD, cosmology, rng=rng, rows=rows)
    grids = relation_grids(looks, np.array([0.05, 0.1, 0.2, 0.3]))
    return measure_relation(looks, kinds, cosmology=cosmology, **grids)


def write_page(page: Path, found: dict) -> None:
    """The table of what `evaluate` found."""
    rows = [
        [
            name,
            f"{one['clusters']:.0f}",
            f"{one['mean']:.3f}",
            f"{one['scatter']:.3f}",
            f"{one['error']:.3f}",
            f"{one['mean_pull']:+.1f}, {one['pull']:.2f}",
            f"{100 * one['inside_1']:.0f} / {100 * one['inside_2']:.0f}",
        ]
        for name, one in found.items()
        if isinstance(one, dict)
    ]
    heads = [
        "survey and likelihood",
        "clusters",
        f"mean sigma_8 ({found['sigma8']:.2f} is true)",
        "scatter from survey to survey",
        "error said",
        "mean pull, its size (1 is right)",
        "inside 1 / 2 errors, %",
    ]
    replace_part(page, "sigma8", table(heads, rows))


def main() -> None:
    """Write what is found."""
    found = evaluate(conditional(load_model(sys.argv[1])), load_views(Path(sys.argv[4])))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(Path(sys.argv[3]), found)


if __name__ == "__main__":
    main()
