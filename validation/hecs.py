"""Galaxy velocities against Sunyaev-Zel'dovich and weak-lensing masses: HeCS and HeCS-SZ.

Redshifts of Rines et al. (2013, 2016), about 100 a cluster, against Planck PSZ2 masses (SZ, 0.05-0.1 dex of
scatter; 10-30 % low by hydrostatic bias) and LoCuSS weak lensing (Mulroy et al. 2019). What was decided
before the masses were looked at: centres are X-ray positions (MCXC) within 5 arcmin and 0.01 in z of the SZ
source, else the source's own; redshifts are heliocentric throughout; 20 galaxies and more in the cylinder;
velocities on the median of the inner galaxies; redshift errors of 36 km/s and red tracers, as the survey's
papers say. M500 becomes M200c with the concentrations of Diemer & Joyce (2019).

Run ``python -m validation.hecs OUT.json PAGE.md [MODEL...]``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from validation.data import catalogue
from validation.mcxc_2mpp import COSMOLOGY
from validation.pages import replace_part, table
from zwicky.estimators import Estimator, load_model
from zwicky.io.observed import Centres, SkyList
from zwicky.io.tabular import read_any
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.observe import clusters_of
from zwicky.survey.recentre import recentre
from zwicky.survey.search import angular_separation, unit_vectors
from zwicky.survey.told import Told, observed_with
from zwicky.survey.weigh import cylinder_of, weigh_clusters
from zwicky.theory import m200c_from_m500c

__all__ = ["compare", "hecs_clusters", "main", "read_hecs", "read_lensing", "read_planck"]

MIN_GALAXIES = 20
#: Other kinds of tracer that were told once the masses had been looked at: a lead, not a result.
AFTERWARDS = (None, "all")
#: Levels of `p_unlike` that are counted: were the galaxies the mocks', such shares would lie below.
UNLIKE = (0.5, 0.05, 0.01)
#: Scatter of the other masses at fixed true mass, dex, allowed for in the pulls.
OTHER_SCATTER = {"PSZ2": 0.10, "LoCuSS": 0.10}


def read_hecs() -> SkyList:
    """HeCS galaxies: degrees and heliocentric redshifts."""
    data = np.loadtxt(catalogue("hecs", "hecs_half.csv"), delimiter=",", skiprows=1)
    return SkyList(ra=data[:, 0], dec=data[:, 1], z=data[:, 2])


def read_planck() -> tuple[Centres, np.ndarray]:
    """PSZ2 clusters at X-ray centres where there is one, and log10 M200c [Msun]."""
    table = read_any(catalogue("cluster_masses", "HFI_PCCS_SZ-union_R2.08.fits"))
    z, m500 = np.asarray(table["REDSHIFT"], float), np.asarray(table["MSZ"], float)
    good = (z > 0.02) & (m500 > 0)
    ra, dec = np.asarray(table["RA"], float)[good], np.asarray(table["DEC"], float)[good]
    z, m500 = z[good], m500[good]
    names = np.char.strip(np.asarray(table["NAME"]).astype(str))[good]
    xray = read_any(catalogue("cluster_masses", "mcxc.fits"))
    x_ra, x_dec = np.asarray(xray["RAdeg"], float), np.asarray(xray["DEdeg"], float)
    x_z = np.asarray(xray["z"], float)
    towards = unit_vectors(x_ra, x_dec)
    for i, here in enumerate(unit_vectors(ra, dec)):
        apart = angular_separation(towards, here)
        apart = np.where(np.abs(x_z - z[i]) < 0.01, apart, np.inf)
        nearest = int(np.argmin(apart))
        if apart[nearest] < np.deg2rad(5.0 / 60.0):
            ra[i], dec[i], z[i] = x_ra[nearest], x_dec[nearest], x_z[nearest]
    mass = m200c_from_m500c(1e14 * m500, z, COSMOLOGY, sigma8=0.81, n_s=0.965)
    return Centres(cluster_id=names, ra=ra, dec=dec, z=z), np.log10(mass)


def read_lensing() -> tuple[Centres, np.ndarray]:
    """LoCuSS clusters and log10 M200c [Msun] by weak lensing."""
    ra, dec, z, m500 = np.loadtxt(catalogue("hecs", "locuss_half.csv"), delimiter=",", skiprows=1).T
    mass = m200c_from_m500c(1e14 * m500, z, COSMOLOGY, sigma8=0.81, n_s=0.965)
    names = np.array([f"LoCuSS {i + 1}" for i in range(len(z))])
    return Centres(cluster_id=names, ra=ra, dec=dec, z=z), np.log10(mass)


def hecs_clusters(model: Estimator, centres: Centres, tracer: str | None = "red") -> ObservedClusters:
    """HeCS galaxies around centres, recentred, told as red tracers with redshift errors of 36 km/s."""
    clusters = clusters_of(read_hecs(), centres, cosmology=COSMOLOGY, model=model)
    return observed_with(recentre(clusters, cylinder_of(model)), Told(redshift_error_kms=36.0, tracer=tracer))


def compare(
    model: Estimator,
    m_sigma: Estimator,
    centres: Centres,
    other: np.ndarray,
    scatter: float,
    tracer: str | None = "red",
) -> dict[str, float]:
    """Residuals log10(M / M_other) of a model: their median, scatter and pull, with bootstrap errors."""
    clusters = hecs_clusters(model, centres, tracer)
    found = weigh_clusters(clusters, model, m_sigma)
    mass = found.posterior.log10_m200c
    used = (found.n_galaxies >= MIN_GALAXIES) & np.isfinite(mass)
    residual, error = (mass - other)[used], found.posterior.std[used]
    draws = residual[np.random.default_rng(0).integers(0, len(residual), (4000, len(residual)))]
    robust = 1.4826 * np.median(np.abs(residual - np.median(residual)))
    return {
        "n": int(used.sum()),
        "n_galaxies": float(np.median(found.n_galaxies[used])),
        "median": float(np.median(residual)),
        "median_error": float(np.std(np.median(draws, axis=1))),
        "scatter": float(np.std(residual, ddof=1)),
        "scatter_error": float(np.std(np.std(draws, axis=1, ddof=1))),
        "scatter_robust": float(robust),
        "pull": float(np.std(residual / error, ddof=1)),
        "pull_with_their_scatter": float(np.std(residual / np.hypot(error, scatter), ddof=1)),
        "mean_error": float(np.mean(error)),
        **{
            f"p_unlike < {x:g}": float(np.mean(found.p_unlike[used] < x))
            for x in UNLIKE
            if unlike_told(found)
        },
    }


def unlike_told(found) -> bool:
    """Whether the model says how unlike its training clusters are."""
    return bool(np.isfinite(found.p_unlike).any())


def main(models: tuple[str, ...] = ("posterior", "cnn_2d", "cnn_1d", "m_sigma")) -> dict[str, dict]:
    """Print the comparison of each model with both sets of masses; returns it."""
    m_sigma = load_model("m_sigma")
    results: dict[str, dict] = {}
    for name, tracer in [(name, "red") for name in models] + [("posterior", x) for x in AFTERWARDS]:
        model = load_model(name)
        if tracer != "red":
            name = f"{name}, {'told as all galaxies' if tracer else 'kind not told'}"
        for survey, (centres, other) in (("PSZ2", read_planck()), ("LoCuSS", read_lensing())):
            found = compare(model, m_sigma, centres, other, OTHER_SCATTER[survey], tracer)
            results[f"{name} {survey}"] = found
            print(
                f"{name:32} {survey:7} {found['n']:3d} clusters, "
                f"median {found['median']:+.3f} +/- {found['median_error']:.3f}, "
                f"scatter {found['scatter']:.3f} +/- {found['scatter_error']:.3f} "
                f"(robust {found['scatter_robust']:.3f}), pull {found['pull']:.2f}, "
                f"with their scatter {found['pull_with_their_scatter']:.2f}"
            )
    return results


def write_page(page: Path, results: dict[str, dict]) -> None:
    """Put the table into the page of the documentation."""
    rows = []
    for name, s in results.items():
        model, survey = name.rsplit(" ", 1)
        median, scatter = (
            f"{s[k]:{f}} ± {s[k + '_error']:.3f}" for k, f in (("median", "+.3f"), ("scatter", ".3f"))
        )
        pulls = f"{s['pull']:.2f} ({s['pull_with_their_scatter']:.2f})"
        odd = " / ".join(f"{100 * s[k]:.0f}" for k in (f"p_unlike < {x:g}" for x in UNLIKE) if k in s)
        spread = f"{scatter} ({s['scatter_robust']:.3f})"
        rows.append([model, survey, str(s["n"]), median, spread, pulls, odd])
    heads = [
        "model",
        "against",
        "clusters",
        "median",
        "scatter, dex (robust)",
        "pull width (with 0.1 dex of theirs)",
        f"% with p_unlike < {' / '.join(f'{x:g}' for x in UNLIKE)}",
    ]
    replace_part(page, "hecs", table(heads, rows))


if __name__ == "__main__":
    found = main(tuple(sys.argv[3:]) or ("posterior", "cnn_2d", "cnn_1d", "m_sigma"))
    Path(sys.argv[1]).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(Path(sys.argv[2]), found)
