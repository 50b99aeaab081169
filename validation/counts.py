"""What the number of galaxies adds to their motions, once a survey's own clusters have told their density.

Mock surveys are drawn from deep views that nothing was trained on: clusters of 10^14 to 10^15 Msun/h, flat in
the logarithm, recentred, observed out to 1.6 comoving Mpc/h, with tracers of one density, of a density that
differs from field to field, or that falls with redshift. Each is calibrated as ``zwicky calibrate`` does it
and weighed as ``zwicky predict`` does, alone, with the density known, and with the density inferred.

Real surveys, with rules that were fixed before anything was looked at:

* HeCS: PSZ2 clusters with 20 galaxies or more in the cylinder, as in `validation.hecs` (a cluster with fewer
  stands at the edge of another's field); told, cut and recentred as there; no trend, since it was observed
  to no one flux. One prior from these serves PSZ2 and LoCuSS masses.
* 2M++: every MCXC cluster of `validation.mcxc_2mpp` that can be weighed, with a trend, since the survey is
  limited in flux; recentred; redshift errors and kind of tracer not told, which the catalogue does not say.
  Masses are compared at 20 galaxies or more and an X-ray mass above 10^14 Msun, as there.
* Whatever the verdict, masses with and without counts are both told; `counts_help` is what the command says.

Run ``python -m validation.counts MODEL OUT.json PAGE.md [VIEWS.npz...]``; without views, real surveys alone.
The tables of the page are written too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from validation.hecs import MIN_GALAXIES, OTHER_SCATTER, hecs_clusters, read_lensing, read_planck
from validation.mcxc_2mpp import COSMOLOGY, read_2mpp, read_mcxc
from validation.pages import replace_part, table
from validation.posterior import CLEAN, scatter
from validation.stacking import load_all
from zwicky.cosmology import paper_cosmology
from zwicky.estimators import Estimator, load_model
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.at_density import observe_at_density
from zwicky.mocks.conditions import sample_of
from zwicky.mocks.deep import DeepViews, halo_numbers
from zwicky.survey import DensityPrior, fit_density
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.observe import clusters_of
from zwicky.survey.recentre import recentre
from zwicky.survey.weigh import cylinder_of, joint_of, weigh_clusters
from zwicky.tables import ClusterSample

__all__ = ["draw_survey", "evaluate", "main", "on_the_sky"]

#: Galaxies of a cluster of 10^14.5 Msun/h, which set a survey's density; redshifts of its clusters.
TYPICAL = (26, 53, 104, 263)
REDSHIFTS = {"z 0.05-0.3": (0.0, 0.35), "z 0.5": (0.4, 0.6), "z 0.8-1.2": (0.7, 1.3)}
#: log10 M200c [Msun/h] of the clusters, as in the prototype.
MASSES = (14.0, 15.0)
CLUSTERS, SURVEYS = 200, 4
LN10 = np.log(10.0)


@dataclasses.dataclass(frozen=True, eq=False)
class MockSurvey:
    """Clusters of a mock survey that can be weighed, and what is true of them."""

    sample: ClusterSample
    halo: np.ndarray
    log10_density: np.ndarray


def draw_survey(
    model: Posterior,
    views: DeepViews,
    rows: np.ndarray,
    log10_density: Callable[[np.ndarray], np.ndarray],
    *,
    rng: np.random.Generator,
    **fixed: float,
) -> MockSurvey:
    """Observe views with tracers of given densities; what cannot be weighed is left out."""
    settings = model.settings.survey
    drawn, seen = observe_at_density(views, rows, log10_density, settings, rng=rng, **fixed)
    sample = dataclasses.replace(
        sample_of(views, drawn, seen, paper_cosmology()), tracer_density=np.full(len(seen), np.nan)
    )
    sound = np.setdiff1d(np.arange(len(sample)), list(model.faults(sample)))
    halo = halo_numbers(views)[seen.row]
    return MockSurvey(sample[sound], halo[sound], seen.log10_density[sound])


def flat_rows(views: DeepViews, redshifts: tuple[float, float], n: int, rng: np.random.Generator):
    """n rows of views, flat in the logarithm of the mass."""
    mass, z = views.log10_m200c_h, views.redshift
    inside = np.flatnonzero(
        (mass >= MASSES[0]) & (mass < MASSES[1]) & (z > redshifts[0]) & (z < redshifts[1])
    )
    bins = np.floor(10.0 * (mass[inside] - MASSES[0]) + 1e-9).astype(int)
    weight = 1.0 / np.bincount(bins)[bins]
    return rng.choice(inside, n, p=weight / weight.sum())


def density_of(model: Posterior, views: DeepViews, redshifts: tuple[float, float], n_typical: float) -> float:
    """log10 density at which clusters of 10^14.5 Msun/h have so many galaxies."""
    rng = np.random.default_rng(2)
    rows = flat_rows(views, redshifts, 1000, rng)
    seen = draw_survey(model, views, rows, lambda z: np.full(len(z), -2.0), rng=rng, **CLEAN)
    near = np.abs(seen.sample.log10_m200c_h - 14.5) < 0.15
    return -2.0 + float(np.log10(n_typical / np.median(seen.sample.n_galaxies[near])))


def one_setting(
    model: Posterior,
    views: DeepViews,
    redshifts: tuple[float, float],
    log10_density: float,
    *,
    field_scatter: float = 0.0,
    trend: float = 0.0,
    with_trend: bool = False,
    seed: int = 1,
    **fixed: float,
) -> dict:
    """Several surveys of one kind: what is inferred of the density, and masses in three states of knowledge.

    `field_scatter` is in dex; `trend` is of log10 density with log10 (1 + z).
    """
    priors, errors, spread = [], [], []
    kinds: dict[str, list] = {"marginal": [], "known": [], "inferred": []}
    halo, counts, alone = [], [], []
    for number in range(SURVEYS):
        rng = np.random.default_rng([seed, number])
        rows = flat_rows(views, redshifts, CLUSTERS, rng)
        away = field_scatter * rng.standard_normal(len(rows))

        def density(z, away=away):
            return log10_density + trend * (np.log10(1.0 + z) - np.log10(1.0 + np.mean(redshifts))) + away

        survey = draw_survey(model, views, rows, density, rng=rng, **(CLEAN | fixed))
        joint = model.joint(survey.sample)
        z = survey.sample.redshift
        prior = fit_density(joint, z, rng=rng, with_trend=with_trend)
        mixtures = {
            "marginal": joint,
            "known": joint.given_density(survey.log10_density, 0.0)[1],
            "inferred": joint.given_density(*prior.at(z))[1],
        }
        truth = survey.sample.log10_m200c
        for kind, mixture in mixtures.items():
            p = model.mass_posterior(mixture, survey.sample)
            kinds[kind].append((p.median - truth, p.std, p.cdf(truth)))
        priors.append(prior)
        offset = survey.log10_density - trend * (np.log10(1.0 + z) - np.log10(1.0 + np.mean(redshifts)))
        spread.append(np.std(offset) * LN10)
        errors.append(prior.at(np.median(z))[0] - np.median(survey.log10_density))
        alone.append(joint.density_moments()[0] - survey.log10_density)
        halo.append(survey.halo)
        counts.append(survey.sample.n_galaxies)
    halos, of_halo = np.unique(np.concatenate(halo), return_inverse=True)
    each = np.bincount(of_halo, np.concatenate(alone)) / np.bincount(of_halo)
    halos = len(halos)
    ratio = np.abs(10.0 ** np.array(errors) - 1.0)
    out: dict = {
        "log10_density": log10_density,
        "n": int(sum(len(h) for h in halo)),
        "halos": halos,
        "n_galaxies": float(np.median(np.concatenate(counts))),
        "density_over_truth": [float(10.0**e) for e in errors],
        "density_off_median": float(np.median(ratio)),
        "density_off_mean": float(10.0 ** np.mean(errors) - 1.0),
        "density_off_error_by_halos": float(LN10 * np.std(each) / np.sqrt(halos)),
        "density_error": float(np.median([np.sqrt(p.covariance[0]) for p in priors]) * LN10),
        "scatter_inferred_ln": float(np.mean([p.scatter_dex for p in priors]) * LN10),
        # Of those that were observed: the densest and the emptiest fields have too many or too few galaxies.
        "scatter_true_ln": float(np.mean(spread)),
        "log_evidence_gain": float(np.median([p.log_evidence_gain for p in priors])),
        "counts_help": float(np.mean([p.counts_help for p in priors])),
    }
    if with_trend:
        out |= {"trend": trend, "trend_inferred": float(np.mean([p.trend for p in priors]))}
    for kind, parts in kinds.items():
        error, std, cdf = (np.concatenate(x) for x in zip(*parts, strict=True))
        out[kind] = scatter(error, halos) | {"pull": float(np.std(error / std))}
        out[kind] |= {
            f"inside_{level}": float(np.mean(np.abs(cdf - 0.5) < level / 200)) for level in (68, 90)
        }
    return out


def evaluate(model: Posterior, views: DeepViews, keep: Callable[[dict], None]) -> None:
    """Surveys of one density by number of galaxies and redshift, uneven ones, and one limited in flux.

    `keep` is given all that is known after every setting.
    """
    near = REDSHIFTS["z 0.05-0.3"]
    typical = density_of(model, views, near, 104)
    settings = [
        (f"{name}, {n} galaxies", redshifts, density_of(model, views, redshifts, n), {})
        for name, redshifts in REDSHIFTS.items()
        for n in TYPICAL
    ]
    uneven = {
        "fields differ by 0.40 in ln n": {"field_scatter": 0.40 / LN10},
        "fields differ by 1.00 in ln n": {"field_scatter": 1.00 / LN10},
        "flux limit, trend told": {"trend": -6.0, "with_trend": True, "field_scatter": 0.10 / LN10},
        "flux limit, trend not told": {"trend": -6.0, "field_scatter": 0.10 / LN10},
    }
    settings[4:4] = [(name, near, typical, kind) for name, kind in uneven.items()]
    out = {}
    for name, redshifts, density, kind in settings:
        out[name] = one_setting(model, views, redshifts, density, **kind)
        tell(name, out[name])
        keep(out)


def tell(name: str, found: dict) -> None:
    """A line about a setting."""
    scatters = " / ".join(f"{found[k]['scatter']:.3f}" for k in ("marginal", "known", "inferred"))
    print(
        f"{name}: {found['n']} of {found['halos']} halos, scatter alone / known / inferred {scatters}, "
        f"median {found['inferred']['median']:+.3f}, pull {found['inferred']['pull']:.2f}, density off "
        f"{100 * found['density_off_mean']:+.1f} % (typically {100 * found['density_off_median']:.1f} %), "
        f"ln scatter {found['scatter_inferred_ln']:.2f} for {found['scatter_true_ln']:.2f}, counts help in "
        f"{100 * found['counts_help']:.0f} %",
        flush=True,
    )


def calibrated(
    clusters: ObservedClusters, model: Estimator, *, least: int = 0, with_trend: bool = False
) -> DensityPrior:
    """As ``zwicky calibrate`` does it, with its default seed, of clusters with at least so many galaxies."""
    mixture, rows = joint_of(clusters, model)
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    rich = inside.n_galaxies[rows] >= least
    z = inside.redshift[rows][rich]
    return fit_density(mixture[rich], z, rng=np.random.default_rng(1), with_trend=with_trend)


def against(
    clusters: ObservedClusters,
    other: np.ndarray,
    model: Estimator,
    prior: DensityPrior | None,
    *,
    their_scatter: float,
) -> dict[str, float]:
    """Residuals log10 (M / M_other) at 20 galaxies or more; NaN in `other` is left out."""
    found = weigh_clusters(clusters, model, load_model("m_sigma"), density=prior)
    mass = found.posterior.log10_m200c
    used = (found.n_galaxies >= MIN_GALAXIES) & np.isfinite(mass) & np.isfinite(other)
    residual, error = (mass - other)[used], found.posterior.std[used]
    draws = residual[np.random.default_rng(0).integers(0, len(residual), (4000, len(residual)))]
    return {
        "n": int(used.sum()),
        "median": float(np.median(residual)),
        "median_error": float(np.std(np.median(draws, axis=1))),
        "scatter": float(np.std(residual, ddof=1)),
        "scatter_error": float(np.std(np.std(draws, axis=1, ddof=1))),
        "scatter_robust": float(1.4826 * np.median(np.abs(residual - np.median(residual)))),
        "mean_error": float(np.mean(error)),
        "pull_with_their_scatter": float(np.std(residual / np.hypot(error, their_scatter), ddof=1)),
    }


def on_the_sky(model: Estimator) -> dict:
    """HeCS and 2M++, by the rules above."""
    out = {}
    (planck, by_sz), (lensed, by_lensing) = read_planck(), read_lensing()
    clusters = hecs_clusters(model, planck)
    hecs = calibrated(clusters, model, least=MIN_GALAXIES)
    lensing = hecs_clusters(model, lensed)
    xray, by_xray = read_mcxc()
    near = clusters_of(read_2mpp(), xray, cosmology=COSMOLOGY, model=model)
    near = recentre(near, cylinder_of(model))
    flux = calibrated(near, model, with_trend=True)
    for name, prior in (("HeCS", hecs), ("2M++", flux)):
        print(f"{name}: {prior.verdict()}", flush=True)
        out[f"{name} density"] = dataclasses.asdict(prior)
    pairs = {
        "HeCS PSZ2": (clusters, by_sz, hecs, OTHER_SCATTER["PSZ2"]),
        "HeCS LoCuSS": (lensing, by_lensing, hecs, OTHER_SCATTER["LoCuSS"]),
        "2M++ MCXC": (near, np.where(by_xray > 14.0, by_xray, np.nan), flux, 0.10),
    }
    for name, (one, other, prior, theirs) in pairs.items():
        out[name] = {
            "without counts": against(one, other, model, None, their_scatter=theirs),
            "with counts": against(one, other, model, prior, their_scatter=theirs),
            "with one density": against(
                one, other, model, dataclasses.replace(prior, scatter_dex=0.01), their_scatter=theirs
            ),
        }
        for how, found in out[name].items():
            print(
                f"{name}, {how}: {found['n']} clusters, median {found['median']:+.3f} +- "
                f"{found['median_error']:.3f}, scatter {found['scatter']:.3f} +- "
                f"{found['scatter_error']:.3f} (robust {found['scatter_robust']:.3f}), pull "
                f"{found['pull_with_their_scatter']:.2f}",
                flush=True,
            )
    return out


def write_page(page: Path, found: dict) -> None:
    """The tables of what `main` found."""
    three = ("marginal", "known", "inferred")
    rows = [
        [
            name,
            f"{s['n']} of {s['halos']}",
            " / ".join(f"{s[kind]['scatter']:.3f}" for kind in three),
            f"{s['inferred']['scatter_error']:.3f}",
            f"{s['inferred']['median']:+.3f} ± {s['inferred']['median_error']:.3f}",
            f"{s['inferred']['pull']:.2f}",
            f"{100 * s['density_off_mean']:+.1f} ± {100 * s['density_off_error_by_halos']:.1f}",
            f"{s['scatter_inferred_ln']:.2f} ({s['scatter_true_ln']:.2f})",
            f"{100 * s['counts_help']:.0f}",
        ]
        for name, s in found.get("mocks", {}).items()
    ]
    heads = [
        "survey",
        "clusters of halos",
        "scatter alone / density known / inferred, dex",
        "±",
        "median, inferred",
        "pull",
        "density off ± by halos, %",
        "scatter of ln n inferred (true)",
        "counts help, %",
    ]
    if rows:
        replace_part(page, "counts on mocks", table(heads, rows))
    sky, rows = found["on the sky"], []
    for name, ways in sky.items():
        rows += [
            [
                name,
                how,
                str(one["n"]),
                f"{one['median']:+.3f} ± {one['median_error']:.3f}",
                f"{one['scatter']:.3f} ± {one['scatter_error']:.3f} ({one['scatter_robust']:.3f})",
                f"{one['pull_with_their_scatter']:.2f}",
            ]
            for how, one in ways.items()
            if not name.endswith("density")
        ]
    heads = ["masses", "", "clusters", "median", "scatter, dex (robust)", "pull with 0.1 dex of theirs"]
    verdicts = "\n".join(
        f"- {name.removesuffix(' density')}: {DensityPrior(**prior).verdict()}."
        for name, prior in sky.items()
        if name.endswith("density")
    )
    replace_part(page, "counts on the sky", f"{verdicts}\n\n{table(heads, rows)}")


def main() -> None:
    """Write what is found."""
    model, out, page = load_model(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    found: dict = {}

    def keep(name: str, some: dict) -> None:
        found[name] = some
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    keep("on the sky", on_the_sky(model))
    if len(sys.argv) > 4:
        evaluate(model, load_all(sys.argv[4:]), partial(keep, "mocks"))
    write_page(page, found)


if __name__ == "__main__":
    main()
