"""The posterior on mock clusters that nothing was trained on: lean, scatter, coverage, and what counts add.

Also galaxies and surveys beyond the ranges that it was trained on, one thing at a time.

Run ``python -m validation.posterior MODEL OUT.json VIEWS.npz PAGE.md`` with views of
`zwicky.mocks.deep_universes`, flat in mass at every redshift, kept by `save_views`. Every number is from
survey conditions drawn anew; the tables of the page are written too.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from pathlib import Path

import numpy as np

from validation.looks import even_weights, look_at
from validation.memberships import galaxy_by_galaxy
from validation.pages import replace_part, table
from validation.score_test import score_test, table_of_scores
from zwicky.cosmology import paper_cosmology
from zwicky.estimators import Estimator, load_model
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.deep import PARTICLE_COLUMNS, VIEW_COLUMNS, DeepViews
from zwicky.survey.priors import mass_function_prior
from zwicky.tables import ClusterSample

__all__ = ["evaluate", "load_views", "save_views", "table_with_density_known", "with_density_known"]

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
#: Up to this log10 M200c [Msun/h] the views that are looked at are even in mass at every redshift: what is
#: told of all clusters is of lighter ones, weighed under a flat prior that ends there.
EVEN_BELOW = 14.8
#: What galaxies or a survey may be that training never was: the range trained on stands in `SurveySettings`.
BEYOND = {
    "nothing": {},
    "velocity bias 0.85": {"velocity_bias": 0.85},
    "velocity bias 1.15": {"velocity_bias": 1.15},
    "a fifth of the concentration of matter": {"concentration": 0.2},
    "twice the concentration of matter": {"concentration": 2.0},
    "interlopers x 0.4": {"interlopers": 0.4},
    "interlopers x 2": {"interlopers": 2.0},
    "bright galaxies 25 % colder, all bright": {"bright_share": 1.0, "bright_factor": 0.75},
    "10 % of redshifts wrong": {"catastrophic": 0.10},
    "centre wrong by 0.6 Mpc/h": {"centre_x_mpc_h": 0.6},
    "no galaxy left in the core": {"core_loss": 1.0},
    "redshift errors of 600 km/s, told": {"redshift_error_kms": 600.0},
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
    """Clusters weighed: truth, and (median, standard deviation, cumulative at the truth) of each posterior.

    `weight` is what makes masses even under all conditions (`zwicky.estimators.posterior.evenness`).
    `posteriors` are by kinematics alone, with the density known, and under flat priors that end at
    `EVEN_BELOW` or go from 10^14 to 10^15, as the samples do; `points` the other methods' single numbers.
    """

    halo: np.ndarray
    weight: np.ndarray
    mass: np.ndarray
    redshift: np.ndarray
    n: np.ndarray
    aperture: np.ndarray
    tracer: np.ndarray
    log10_density: np.ndarray
    posteriors: dict[str, tuple[np.ndarray, ...]]
    points: dict[str, np.ndarray]


def weigh(
    model: Posterior,
    views: DeepViews,
    looks: int,
    *,
    seed: int = 1,
    others: dict[str, Estimator] | None = None,
    **fixed: float,
) -> _Looks:
    """Look at views and weigh what is seen.

    As many views are drawn as in training, `looks` times, each mass at each output as often as the others, so
    that the clusters are those of the posterior's own prior.
    """
    parts, known = [], []
    for i in range(looks):
        looked = look_at(model, views, rng=np.random.default_rng([seed, i]), **fixed)
        sample = looked.sample
        joint = model.joint(sample)
        kinds = {
            "marginal": joint,
            "known": joint.given_density(looked.log10_density, 0.0)[1],
            "to 10^14.8": dataclasses.replace(joint, high=EVEN_BELOW),
            "10^14-10^15": dataclasses.replace(joint, low=14.0, high=15.0),
        }
        kinds["known, 10^14-10^15"] = dataclasses.replace(kinds["known"], low=14.0, high=15.0)
        truth = sample.log10_m200c
        posteriors = {}
        for kind, mixture in kinds.items():
            # A range that the mass is not in may hold nothing of a posterior.
            own = (sample.log10_m200c_h >= mixture.low) & (sample.log10_m200c_h <= mixture.high)
            found = np.full((3, len(sample)), np.nan)
            p = model.mass_posterior(mixture[own], sample[own])
            found[:, own] = p.median - truth[own], p.std, p.cdf(truth[own])
            posteriors[kind] = tuple(found)
        points = {
            name: _weighed_by(other, without_conditions(sample)) - truth
            for name, other in (others or {}).items()
        }
        known.append(model.conditions(sample))
        columns = (
            looked.halo,
            sample.log10_m200c_h,
            sample.redshift,
            sample.n_galaxies,
            looked.drawn.aperture_mpc_h[looked.look],
            looked.drawn.tracer[looked.look],
            looked.log10_density,
        )
        parts.append((columns, posteriors, points))
    halos, mass, *others_of = (np.concatenate(x) for x in zip(*(p[0] for p in parts), strict=True))
    return _Looks(
        halos,
        even_weights(model, np.concatenate(known), mass),
        mass,
        *others_of,
        {
            kind: tuple(np.concatenate(x) for x in zip(*(p[1][kind] for p in parts), strict=True))
            for kind in parts[0][1]
        },
        {name: np.concatenate([p[2][name] for p in parts]) for name in parts[0][2]},
    )


def _weighed_by(other: Estimator, sample: ClusterSample) -> np.ndarray:
    """Masses by another method, NaN for the clusters that it cannot weigh."""
    found = np.full(len(sample), np.nan)
    sound = np.setdiff1d(np.arange(len(sample)), list(other.faults(sample)))
    found[sound] = other.predict(sample[sound]).log10_m200c
    return found


def without_conditions(sample: ClusterSample) -> ClusterSample:
    """The sample for methods that know of no redshift errors."""
    return dataclasses.replace(sample, redshift_error_kms=np.full(len(sample), np.nan))


def effective(halo: np.ndarray, weight: np.ndarray) -> float:
    """How many halos count: one over the sum of their squared shares."""
    share = np.bincount(np.unique(halo, return_inverse=True)[1], weight)
    return float(share.sum() ** 2 / np.sum(share**2))


def scatter(error: np.ndarray, halos: float, weight: np.ndarray | None = None) -> dict[str, float]:
    """Lean and scatter of residuals of so many halos; those without a mass are left out."""
    weight = np.ones(len(error)) if weight is None else weight
    sound = np.isfinite(error)
    error, weight = error[sound], weight[sound] / weight[sound].sum()
    std = float(np.sqrt(np.sum(weight * error**2) - np.sum(weight * error) ** 2))
    return {
        "median": _weighted_median(error, weight),
        "median_error": float(1.2533 * std / np.sqrt(halos)),
        "scatter": std,
        "scatter_error": float(std / np.sqrt(2.0 * halos)),
    }


def inside(rank: np.ndarray, share: np.ndarray) -> dict[str, float]:
    """Share of the truths inside the central intervals of `LEVELS`, by their ranks in the posteriors."""
    return {f"inside_{100 * x:.0f}": float(np.sum(share * (np.abs(rank - 0.5) < 0.5 * x))) for x in LEVELS}


def statistics(looks: _Looks, chosen: np.ndarray, which: str = "marginal") -> dict[str, float]:
    """Lean, scatter and coverage of some looks; errors count halos."""
    error, std, cdf = (x[chosen] for x in looks.posteriors[which])
    halo, weight = looks.halo[chosen], looks.weight[chosen]
    out: dict[str, float] = {"n": int(chosen.sum()), "halos": len(np.unique(halo))}
    if out["n"] < 20:
        return out
    out["effective_halos"] = effective(halo, weight)
    out |= scatter(error, out["effective_halos"], weight)
    share = weight / weight.sum()
    pull = np.sqrt(np.sum(share * (error / std) ** 2) - np.sum(share * error / std) ** 2)
    out |= {"pull": float(pull), "mean_std": float(np.sum(share * std))}
    return out | inside(cdf, share)


def evaluate(model: Posterior, views: DeepViews, looks: int = 4) -> dict:
    """Everything that is told of the posterior on mocks."""
    every = weigh(model, views, 2 * looks)
    even = every.mass < EVEN_BELOW
    high = (every.mass >= 14.0) & (every.mass <= 15.0)
    out: dict = {"all": statistics(every, even, "to 10^14.8")}
    out["10^14-10^15"] = statistics(every, high, "10^14-10^15")
    ranks = every.posteriors["to 10^14.8"][2][even]
    pit, _ = np.histogram(ranks, np.linspace(0.0, 1.0, 21), weights=every.weight[even])
    out["pit"] = pit.round(1).tolist()

    def by(name: str, values: np.ndarray, edges: list[float]) -> None:
        out[name] = {
            f"{a:g} to {b:g}": statistics(every, even & (values >= a) & (values < b), "to 10^14.8")
            for a, b in itertools.pairwise(edges)
        }

    by("by galaxies", every.n, [4, 8, 16, 32, 64, 128, 256, 600])
    by("by mass", every.mass, [12.8, 13.2, 13.6, 14.0, 14.4, 14.8])
    out["by mass"]["14.8 to 15.2"] = statistics(every, (every.mass >= 14.8) & (every.mass < 15.2))
    by("by redshift", every.redshift, [0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.7])
    by("by aperture", every.aperture, [0.3, 0.6, 1.0, 1.59, 1.61])
    by("by tracer", every.tracer, [0, 1, 2, 3])
    # At fixed numbers of galaxies, near: with everything that surveys do, and in the prototype's conditions,
    # recentred, the whole aperture, all galaxies and no faults of the survey; there other methods beside.
    others = {name: load_model(name) for name in ("cnn_2d", "cnn_1d", "m_sigma")}
    for name, fixed in (("at N", {}), ("at N, clean", CLEAN)):
        out[name] = {}
        for n in (20, 40, 80, 160):
            beside = others if fixed else {}
            one = weigh(model, views, looks, seed=n, n_wanted=float(n), others=beside, **fixed)
            near = (one.mass >= 14.0) & (one.mass <= 15.0) & (one.redshift < 0.4)
            halos = effective(one.halo[near], one.weight[near])
            out[name][str(n)] = {kind: statistics(one, near, kind) for kind in ("marginal", "10^14-10^15")}
            out[name][str(n)] |= {
                other: scatter(x[near], halos, one.weight[near]) for other, x in one.points.items()
            }
    out["density known"] = with_density_known(model, views, looks)
    return out


def with_density_known(model: Posterior, views: DeepViews, looks: int = 4) -> dict[str, dict]:
    """Clusters of one density of tracers, by their typical number of galaxies; 10^14 to 10^15, z < 0.4."""
    out: dict[str, dict] = {}
    one = weigh(model, views, 3 * looks, seed=7, **CLEAN)
    near = (one.mass >= 14.0) & (one.mass <= 15.0) & (one.redshift < 0.4)
    for n in (26, 53, 104, 263):
        # One density for all: clusters then have the numbers of galaxies that their masses make.
        typical = near & (np.abs(np.log(one.n / n)) < 0.15) & (np.abs(one.mass - 14.5) < 0.1)
        density = float(np.median(one.log10_density[typical]))
        same = near & (np.abs(one.log10_density - density) < 0.1)
        out[str(n)] = {
            "log10_density": density,
            "marginal": statistics(one, same, "10^14-10^15"),
            "known": statistics(one, same, "known, 10^14-10^15"),
        }
    return out


def coverage_of_both(model: Posterior, views: DeepViews, *, seed: int = 3, draws: int = 400) -> list[float]:
    """Expected coverage of mass and density together by TARP (Lemos et al. 2023), at levels 0.05 to 0.95.

    About a random point the share of a posterior's draws that lie nearer than the truth is even between 0 and
    1 if and only if the posterior is right.
    """
    rng = np.random.default_rng(seed)
    looked = look_at(model, views, rng=rng)
    joint = model.joint(looked.sample)
    truth = np.stack([looked.sample.log10_m200c_h, looked.log10_density], axis=1)
    scale = truth.std(axis=0)
    about = truth.mean(axis=0) + scale * rng.uniform(-2.0, 2.0, truth.shape)
    points = joint.sample(draws, rng=rng)
    near = (((points - about[:, None]) / scale) ** 2).sum(axis=2)
    share = (near < (((truth - about) / scale) ** 2).sum(axis=1)[:, None]).mean(axis=1)
    weight = even_weights(model, model.conditions(looked.sample), truth[:, 0])
    return [float(np.average(share < level, weights=weight)) for level in np.arange(0.05, 0.96, 0.05)]


def under_the_mass_function(
    model: Posterior, views: DeepViews, looks: int = 12
) -> dict[str, dict[str, float]]:
    """Clusters drawn from the mass function, weighed with it as the prior, in bins of *predicted* mass.

    Looks even in mass count with the weight that the mass function gives their true masses.
    """
    parts = []
    for i in range(looks):
        looked = look_at(model, views, rng=np.random.default_rng([17, i]))
        sample = looked.sample
        prior, flat = mass_function_prior(sample), model.predict(sample)
        told, truth = flat.with_prior(prior), sample.log10_m200c
        weight = np.exp(
            [np.interp(m, prior.grid, row) for m, row in zip(truth, prior.log_density, strict=True)]
        ) * even_weights(model, model.conditions(sample), sample.log10_m200c_h)
        parts.append(
            (looked.halo, weight, told.median, told.median - truth, told.cdf(truth), flat.median - truth)
        )
    halo, weight, predicted, error, rank, flat_error = (np.concatenate(x) for x in zip(*parts, strict=True))
    predicted = predicted + np.log10(paper_cosmology().h)
    out = {}
    for low, high in itertools.pairwise((12.9, 13.3, 13.7, 14.1, 14.5, 15.0)):
        here = (predicted >= low) & (predicted < high)
        w = weight[here] / weight[here].sum()
        count = effective(halo[here], w)
        out[f"{low:g} to {high:g}"] = {
            "n": int(here.sum()),
            "effective_halos": count,
            **scatter(error[here], count, w),
            "median_flat_prior": _weighted_median(flat_error[here], w),
            **inside(rank[here], w),
        }
    return out


def _weighted_median(values: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(values)
    return float(np.interp(0.5, np.cumsum(weight[order]), values[order]))


def stress(model: Posterior, views: DeepViews, looks: int = 2) -> dict[str, dict[str, float]]:
    """Clusters of 60 galaxies beyond the training's ranges; masses 10^14 to 10^15, z < 0.7."""
    out = {}
    for name, fixed in BEYOND.items():
        one = weigh(model, views, looks, seed=60, n_wanted=60.0, **({"recentred": 1.0, "tracer": 0} | fixed))
        out[name] = statistics(one, (one.mass >= 14.0) & (one.mass <= 15.0) & (one.redshift < 0.7))
    return out


def _number(s: dict[str, float], name: str, sign: str = "") -> str:
    return f"{s[name]:{sign}.3f} ± {s[name + '_error']:.3f}"


def _inside(s: dict[str, float]) -> str:
    return " / ".join(f"{100 * s[f'inside_{100 * level:.0f}']:.0f}" for level in LEVELS)


def _row(name: str, s: dict[str, float]) -> list[str]:
    if "median" not in s:
        return [name, f"{s['n']}", f"{s['halos']}", "too few", "", ""]
    count = [f"{s['n']:,}", f"{s['halos']}"]
    return [name, *count, _number(s, "median", "+"), _number(s, "scatter"), _inside(s)]


def table_with_density_known(found: dict[str, dict]) -> str:
    """The table of `with_density_known`."""
    rows = [
        [n, _number(s["marginal"], "scatter"), _number(s["known"], "scatter"), _inside(s["known"])]
        for n, s in found.items()
    ]
    return table(["galaxies", "kinematics alone, dex", "density known, dex", "inside 68 / 90 / 95 %"], rows)


def write_page(page: Path, found: dict) -> None:
    """Put the tables into the page of the documentation."""
    heads = ["", "looks", "halos", "median", "scatter, dex", "inside 68 / 90 / 95 %"]
    rows = [_row(name, found[name]) for name in ("all", "10^14-10^15")]
    for kind in ("galaxies", "mass", "redshift", "aperture"):
        unit = {"mass": "log10 M ", "redshift": "z ", "aperture": "Mpc/h "}.get(kind, "")
        after = " galaxies" if kind == "galaxies" else ""
        rows += [_row(f"{unit}{k}{after}", s) for k, s in found[f"by {kind}"].items()]
    for kind, s in zip(("all", "red", "blue"), found["by tracer"].values(), strict=True):
        rows.append(_row(f"tracers: {kind}", s))
    replace_part(page, "mocks", table(heads, rows))
    clean = found["at N, clean"]
    methods = ["cnn_2d", "cnn_1d", "m_sigma"]
    rows = [
        [
            n,
            *(
                f"{_number(s[k], 'median', '+')}; {_number(s[k], 'scatter')}"
                for k in ("10^14-10^15", "marginal")
            ),
            *(f"{s[k]['median']:+.2f}; {s[k]['scatter']:.3f}" for k in methods),
        ]
        for n, s in clean.items()
    ]
    heads = [
        "galaxies",
        "posterior, prior 10^14-10^15",
        "posterior, its whole prior",
        "CNN_2D",
        "CNN_1D",
        "M-sigma",
    ]
    replace_part(page, "at N", table(heads, rows))
    replace_part(page, "score", table_of_scores(found["score"]))
    replace_part(page, "density", table_with_density_known(found["density known"]))
    rows = [
        [
            name,
            f"{s['effective_halos']:.0f}",
            _number(s, "median", "+"),
            f"{s['median_flat_prior']:+.2f}",
            _inside(s),
        ]
        for name, s in found["mass function"].items()
    ]
    heads = ["predicted log10 M", "halos that count", "median", "flat prior's", "inside 68 / 90 / 95 %"]
    replace_part(page, "mass function", table(heads, rows))
    rows = [
        [name, f"{s['median']:+.3f}", f"{s['scatter']:.3f}", f"{s['mean_std']:.3f}", _inside(s)]
        for name, s in found["beyond training"].items()
    ]
    heads = ["", "median", "scatter, dex", "mean width, dex", "inside 68 / 90 / 95 %"]
    replace_part(page, "beyond", table(heads, rows))
    rows = [[f"{100 * m['told']:.0f} %", f"{100 * m['true']:.0f} %"] for m in found["galaxies"]["membership"]]
    replace_part(page, "members", table(["members are told with", "members are"], rows))
    rows = [
        [name, f"{s['n']}", *(f"{100 * s[f'p < {x:g}']:.0f} %" for x in (0.5, 0.05, 0.01))]
        for name, s in found["galaxies"]["p_unlike"].items()
    ]
    replace_part(page, "unlike", table(["", "clusters", "p < 0.5", "p < 0.05", "p < 0.01"], rows))


def main() -> None:
    """Write what `evaluate` finds."""
    model = load_model(sys.argv[1])
    out, views, page = Path(sys.argv[2]), load_views(Path(sys.argv[3])), Path(sys.argv[4])
    found = evaluate(model, views) | {
        "mass function": under_the_mass_function(model, views),
        "beyond training": stress(model, views),
        "tarp": coverage_of_both(model, views),
        "score": score_test(model, views),
        "galaxies": galaxy_by_galaxy(model, views),
    }
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(page, found)


if __name__ == "__main__":
    main()
