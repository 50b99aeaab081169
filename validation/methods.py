"""Every method on the same clusters: mocks with a number of galaxies given, mocks of a survey, the sky.

What learns, learns from views of the universes that the posterior learned from (`validation.views`), under
the survey conditions that the test clusters have: recentred, redshift errors of 30 km/s, the whole aperture,
z < 0.35, and galaxies as unlike matter as `zwicky.mocks.survey_settings` draws them. Masses are flat from
10^13.5 to 10^15.3 Msun/h, and the posterior is given that prior. Of the training halos three tenths are kept
back for the errors of methods that give a number only (`zwicky.estimators.ErrorTable`). Tested are halos of
universes that nothing learned from, 10^14 to 10^15 Msun/h, flat; errors are of a bootstrap over halos.

* ``number``: N galaxies whatever the mass, learned at all N at once, so that N itself says nothing.
* ``survey``: tracers of one density, so that N says as much of the mass as it can; what learns anything of
  numbers learns at this density. Counting, and the posterior with counts, are told or infer the density.
* ``sky``: the models of ``number`` on HeCS and 2M++ by the rules of `validation.hecs` and
  `validation.mcxc_2mpp`, which were fixed before any mass was looked at, and so were these: every method
  weighs the clusters that those rules leave, recentred; shipped networks stand beside those trained here;
  the posterior is told what `validation.counts` tells it. Counting has no density to be trained at there:
  its row is a straight line in log N through the other masses themselves, each cluster left out in turn,
  and that of the prior is their own mean, left out likewise: what any method must beat.

Run ``python -m validation.methods OUT.json PAGE.md TRAIN.npz TEST.npz [PART...]``; parts are those above, all
by default, and a part replaces its own numbers. Caustics need a package of their own: `validation.caustics`.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from validation.caustics import caustic_mass
from validation.classical import Factor, Line, clipped, projected_mass, virial_mass
from validation.mock_clusters import DENSITY, MASSES, PRIOR, learning, numbers, survey_of, whole
from validation.pages import replace_part, table
from validation.posterior import load_views
from zwicky.diagnostics.residuals import compare_scatter, residual_statistics
from zwicky.estimators import ErrorTable, build_estimator, load_model
from zwicky.estimators.posterior import Posterior
from zwicky.images import galaxy_moments
from zwicky.mocks.deep import DeepViews
from zwicky.survey import fit_density
from zwicky.tables import ClusterSample

__all__ = ["Judged", "judge", "learned", "main", "posterior_rows", "score"]

NUMBERS = (20, 40, 80, 160)
#: Training clusters, looks at each test view, and clusters of methods that are slow.
CLUSTERS, LOOKS, SLOW_TRAINING, SLOW_TESTS = 5000, 3, 200, 100
SDM = {"max_training_clusters": 1200, "tuning_clusters": 800, "landmarks": 500}
KEPT_BACK = 0.3


def _dispersion(sample: ClusterSample) -> np.ndarray:
    return np.log10(galaxy_moments(sample).v_sigma)


def _of_clipped(measure: Callable[[ClusterSample], np.ndarray]) -> Callable[[ClusterSample], np.ndarray]:
    return lambda sample: measure(clipped(sample))


#: Methods by their names in the tables: how to make one that has learned nothing yet.
METHODS: dict[str, Callable] = {
    "M-sigma": partial(build_estimator, "m_sigma", {"min_log10_m200c_h": MASSES[0]}),
    "M-sigma, clipped": lambda: Line(_of_clipped(_dispersion)),
    "virial mass": lambda: Factor(_of_clipped(virial_mass)),
    "projected mass": lambda: Factor(_of_clipped(projected_mass)),
    "caustics": lambda: Factor(partial(caustic_mass, cells=50)),
    "CNN_1D": partial(build_estimator, "cnn_1d", {"device": "cpu"}),
    "CNN_2D": partial(build_estimator, "cnn_2d", {"device": "cpu"}),
    "SDM_1D": partial(build_estimator, "sdm_1d", SDM),
    "SDM_2D": partial(build_estimator, "sdm_2d", SDM),
}
COUNTING: dict[str, Callable] = {
    "counting": partial(build_estimator, "counts"),
    "counting, inner too": partial(build_estimator, "counts_inner"),
}
#: Methods that numbers of galaxies mean nothing to: in ``survey`` they are those of ``number``.
CLASSICAL = ("M-sigma", "M-sigma, clipped", "virial mass", "projected mass")
SLOW = ("caustics",)  # and not in ``survey``


class Judged:
    """A method that has learned, with the errors of its numbers."""

    def __init__(self, method, errors: ErrorTable):
        self.method, self.errors = method, errors

    def weigh(self, sample: ClusterSample) -> tuple[np.ndarray, np.ndarray]:
        """log10 M200c [Msun/h] and its error in dex, shape (n,) each."""
        point = self.method.points(sample)
        return point, self.errors.error_of(point, sample.n_galaxies)


def judge(make: Callable, sample: ClusterSample, *, seed: int = 1) -> Judged:
    """Learn from part of the halos of a sample, and take errors from the others."""
    rng = np.random.default_rng(seed)
    halos = np.unique(sample.halo_id)
    back = np.isin(sample.halo_id, rng.permutation(halos)[: int(KEPT_BACK * len(halos))])
    method = make().fit(sample[~back], rng=rng)
    apart = sample[back]
    point = method.points(apart)
    return Judged(
        method, ErrorTable.from_residuals(point, apart.log10_m200c_h, apart.n_galaxies, apart.halo_id)
    )


def learned(methods: dict[str, Callable], sample: ClusterSample) -> dict[str, Judged]:
    """Each method, learned from a sample of known masses."""
    out = {}
    for name, make in methods.items():
        mine = sample[:SLOW_TRAINING] if name in SLOW else sample
        out[name] = judge(make, mine)
        print(f"learned {name}", flush=True)
    return out


def score(
    error: np.ndarray, halo: np.ndarray, inside: np.ndarray | None, reference: np.ndarray | None = None
) -> dict[str, float]:
    """Median, scatter and coverage of residuals, with errors of a bootstrap over halos.

    ``ratio`` is of the scatter to that of `reference` on the same clusters.
    """
    found = residual_statistics(error, halo, rng=np.random.default_rng(1), n_resamples=400)
    out: dict[str, float] = {"n": found.n, "halos": found.n_halos, "failed": int((~np.isfinite(error)).sum())}
    for name in ("median", "scatter"):
        out |= {name: getattr(found, name), f"{name}_error": getattr(found, f"{name}_error")}
    out["scatter_robust"] = 0.5 * (found.p84 - found.p16)
    if inside is not None:
        out["inside_68"] = float(np.mean(inside[np.isfinite(error)]))
    if reference is not None:
        ratio = compare_scatter(error, reference, halo, rng=np.random.default_rng(2), n_resamples=400)
        out |= {"ratio": ratio.ratio, "ratio_error": ratio.error}
    return out


def posterior_rows(
    model: Posterior, mixtures: dict, sample: ClusterSample, prior: tuple[float, float] = PRIOR
) -> dict[str, tuple]:
    """Residual and whether the 68 % interval holds the truth, by name of a joint density; flat in `prior`."""
    out = {}
    for name, joint in mixtures.items():
        found = model.mass_posterior(dataclasses.replace(joint, low=prior[0], high=prior[1]), sample)
        truth = sample.log10_m200c
        out[name] = found.median - truth, np.abs(found.cdf(truth) - 0.5) < 0.34
    return out


def _scores(rows: dict[str, tuple], sample: ClusterSample, reference: str) -> dict[str, dict]:
    """Scores of rows of residuals; of methods that are slow some clusters only."""
    out = {}
    for name, (error, inside) in rows.items():
        n = len(error)
        beside = None if name == reference else rows[reference][0][:n]
        out[name] = score(error, sample.halo_id[:n], inside, beside)
    return out


def _by_numbers(methods: dict[str, Judged], sample: ClusterSample) -> dict[str, tuple]:
    """Residuals of methods that give a number and its error."""
    rows = {}
    for name, one in methods.items():
        mine = sample[:SLOW_TESTS] if name in SLOW else sample
        point, error = one.weigh(mine)
        away = point - mine.log10_m200c_h
        rows[name] = away, np.abs(away) < error
    middle = np.mean(PRIOR)
    away = middle - sample.log10_m200c_h
    rows["the prior alone"] = away, np.abs(away) < 0.34 * (PRIOR[1] - PRIOR[0])
    return rows


def at_numbers(models: dict[str, Judged], model: Posterior, views: DeepViews) -> dict:
    """Part ``number``."""
    out = {}
    for n in NUMBERS:
        sample = whole(numbers(views, n, looks=LOOKS, rng=np.random.default_rng(n)))
        rows = _by_numbers(models, sample)
        joint = model.joint(sample)
        rows |= posterior_rows(model, {"posterior": joint}, sample)
        rows |= posterior_rows(model, {"posterior, prior of the test": joint}, sample, MASSES)
        out[str(n)] = _scores(rows, sample, "posterior")
        print(n, {k: round(v["scatter"], 3) for k, v in out[str(n)].items()}, flush=True)
    return out


def at_density(models: dict[str, Judged], model: Posterior, train: DeepViews, views: DeepViews) -> dict:
    """Part ``survey``."""
    out = {}
    for typical, log10_density in DENSITY.items():
        rng = np.random.default_rng(typical)
        school = survey_of(train, log10_density, CLUSTERS, PRIOR, rng=rng)
        own = {k: v for k, v in METHODS.items() if k not in (*CLASSICAL, *SLOW)} | COUNTING
        mine = {k: models[k] for k in CLASSICAL} | learned(own, school)
        sample = survey_of(views, log10_density, LOOKS * 200, MASSES, rng=rng)
        rows = _by_numbers(mine, sample)
        joint = model.joint(sample)
        inferred = fit_density(joint, sample.redshift, rng=rng)
        true = np.log10(sample.tracer_density / sample.cosmology.h**3)
        mixtures = {
            "posterior": joint,
            "posterior, density inferred": joint.given_density(*inferred.at(sample.redshift))[1],
            "posterior, density known": joint.given_density(true, 0.0)[1],
        }
        rows |= posterior_rows(model, mixtures, sample)
        out[str(typical)] = _scores(rows, sample, "posterior")
        out[str(typical)]["galaxies"] = {"median": float(np.median(sample.n_galaxies))}
        print(typical, {k: round(v.get("scatter", 0), 3) for k, v in out[str(typical)].items()}, flush=True)
    return out


def _number(s: dict[str, float], name: str, sign: str = "") -> str:
    return f"{s[name]:{sign}.3f} ± {s[name + '_error']:.3f}"


def _cell(s: dict[str, float]) -> str:
    return f"{_number(s, 'median', '+')}; {_number(s, 'scatter')} ({s['scatter_robust']:.2f})"


def write_page(page: Path, found: dict) -> None:
    """The tables of what `main` found."""
    for part in ("number", "survey"):
        columns = found.get(part, {})
        names = dict.fromkeys(k for column in columns.values() for k in column if k != "galaxies")
        rows = []
        for name in names:
            cells = [name]
            for column in columns.values():
                s = column[name]
                held = f"; {100 * s['inside_68']:.0f} %" if "inside_68" in s else ""
                cells.append(f"{_cell(s)}{held}")
            ratios = [f"{c[name]['ratio']:.2f} ± {c[name]['ratio_error']:.2f}" for c in columns.values()
                      if "ratio" in c[name]]  # fmt: skip
            rows.append([*cells, " / ".join(ratios)])
        if rows:
            heads = ["", *(f"{n} galaxies" for n in columns), "scatter over the posterior's"]
            replace_part(page, part, table(heads, rows))
    sky, rows = found.get("sky", {}), []
    for name in dict.fromkeys(k for one in sky.values() for k in one):
        cells = [name]
        for one in sky.values():
            s = one.get(name)
            cells.append("" if s is None else _cell(s))
        rows.append(cells)
    if rows:
        heads = ["", *(f"{name}, {one['posterior']['n']} clusters" for name, one in sky.items())]
        replace_part(page, "sky", table(heads, rows))


def main() -> None:
    """Write what is found, part by part."""
    out, page = Path(sys.argv[1]), Path(sys.argv[2])
    train, views = load_views(Path(sys.argv[3])), load_views(Path(sys.argv[4]))
    parts = sys.argv[5:] or ["number", "survey", "sky"]
    model = load_model("posterior")
    rng = np.random.default_rng(5)
    school = learning(train, CLUSTERS, rng=rng)
    models = learned({k: v for k, v in METHODS.items() if parts != ["survey"] or k in CLASSICAL}, school)
    for part in parts:
        if part == "number":
            new = at_numbers(models, model, views)
        elif part == "survey":
            new = at_density(models, model, train, views)
        else:
            from validation.methods_sky import on_the_sky

            new = on_the_sky(models, model)
        found = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        found[part] = new
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        write_page(page, found)


if __name__ == "__main__":
    main()
