"""Coma, the cluster Zwicky weighed in 1933, from 1,743 SDSS galaxies around it.

The list has a projected distance in Mpc and a velocity in the rest frame of z = 0.0235. Its distances
are presumably for H0 = 70 km/s/Mpc and Omega_m = 0.3, and we take them as proper, angle times
angular-diameter distance, as in the caustic codes they were made for. Were they comoving, radii would
be 2.3 % smaller than we make them; `weigh_coma` can say what that does. Cosmology comes in once: with
h = 0.7 the aperture of 1.6 Mpc/h is 2.29 comoving Mpc, and masses are compared in Msun/h.

The number beside ours is log10 M200c = 15.10 +/- 0.15 Msun/h, from another network and another sample
of members (arXiv:2206.14834, within 1.78 comoving Mpc/h); caustics give M200 = 1.29e15 Msun, which is
14.96 in Msun/h (Sohn et al. 2017).

Run ``python -m validation.coma``.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from validation.data import catalogue
from zwicky.estimators import Estimator, load_model
from zwicky.io.columns import parse_columns
from zwicky.io.observed import read_observed
from zwicky.survey.masses import weigh
from zwicky.survey.observe import clusters_of
from zwicky.survey.recentre import recentre
from zwicky.survey.weigh import cylinder_of
from zwicky.units import log10_msun_h

__all__ = ["PUBLISHED_LOG10_M200C_H", "SDSS_COSMOLOGY", "main", "weigh_coma"]

PUBLISHED_LOG10_M200C_H = (15.10, 0.15)
CAUSTIC_LOG10_M200C_H = float(np.log10(1.29e15 * 0.7))
VARIANTS = {
    "": {},
    ", recentred": {"centred": True},
    ", if comoving": {"comoving": True},
}
#: Random tenths of the galaxies that are weighed: Coma is sampled far better than most clusters.
THINNINGS = 30

SDSS_COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3, name="H0 = 70, Om0 = 0.3")


def weigh_coma(
    model: Estimator,
    m_sigma: Estimator,
    *,
    centred: bool = False,
    comoving: bool = False,
    keep: float = 1.0,
    seed: int = 0,
) -> dict:
    """What `model` and `m_sigma` give for Coma, log10 of Msun/h.

    Parameters
    ----------
    model, m_sigma
        As for `zwicky.survey.weigh`.
    centred
        Put the velocities on the median of the inner galaxies first.
    comoving
        Take the distances of the list as comoving.
    keep, seed
        Fraction of the galaxies to keep, drawn at random: Coma is sampled far better than most clusters.
    """
    galaxies, _ = read_observed(
        catalogue("coma_sdss_dr20", "coma_sample.txt"),
        h=SDSS_COSMOLOGY.h,
        columns=parse_columns("cluster_id=CID,r_proj=dproj,v_los=vlos,redshift=zclus"),
        comoving=comoving,
    )
    clusters = clusters_of(galaxies, None, cosmology=SDSS_COSMOLOGY, model=model)
    if keep < 1.0:
        kept = np.random.default_rng(seed).random(len(clusters.sample.r_proj_comoving)) < keep
        clusters = dataclasses.replace(clusters, sample=clusters.sample.select_galaxies(kept))
    if centred:
        clusters = recentre(clusters, cylinder_of(model))
    row = weigh(clusters, model, m_sigma)[0]
    return {
        "n_galaxies": int(row["n_galaxies"]),
        "log10_m200c_h": float(log10_msun_h(row["log10_m200c"], SDSS_COSMOLOGY.h)),
        "error": float(row["log10_m200c_err"]),
        "log10_m200c_h_msigma": float(log10_msun_h(row["log10_m200c_msigma"], SDSS_COSMOLOGY.h)),
        "sigma_v_kms": float(row["sigma_v_kms"].value),
        "recentred_kms": float(row["recentred_kms"].value) if centred else 0.0,
        "flag": str(row["flag"]),
    }


MODELS = ("cnn_2d", "cnn_1d", "posterior")


def main(models: tuple[str, ...] = MODELS, m_sigma: str = "m_sigma") -> dict[str, dict]:
    """Print what each model gives for Coma, as it is and in `VARIANTS`; returns the same."""
    by_sigma = load_model(m_sigma)
    results = {}
    print(f"{'':24} {'galaxies':>8} {'log10 M200c [Msun/h]':>21} {'sigma_v':>8}  flag")
    for name in models:
        model = load_model(name)
        for what, options in VARIANTS.items():
            found = results[name + what] = weigh_coma(model, by_sigma, **options)
            mass = f"{found['log10_m200c_h']:.2f} +/- {found['error']:.2f}"
            counts = f"{found['n_galaxies']:8d} {mass:>21} {found['sigma_v_kms']:8.0f}"
            print(f"{name + what:24} {counts}  {found['flag']}")
        thinned = [weigh_coma(model, by_sigma, keep=0.1, seed=seed) for seed in range(THINNINGS)]
        masses = np.array([found["log10_m200c_h"] for found in thinned])
        results[name + ", a tenth of it"] = {"mean": float(masses.mean()), "std": float(masses.std(ddof=1))}
        mass = f"{masses.mean():.2f}, std {masses.std(ddof=1):.2f}"
        counts = f"{np.mean([found['n_galaxies'] for found in thinned]):8.0f} {mass:>21}"
        sigma = np.mean([found["sigma_v_kms"] for found in thinned])
        print(f"{name + ', random tenths':24} {counts} {sigma:8.0f}  mean of {THINNINGS}")
    mass_msigma = results[models[0]]["log10_m200c_h_msigma"]
    print(f"{'M-sigma':24} {results[models[0]]['n_galaxies']:8d} {mass_msigma:>21.2f}")
    print(f"{'caustics':24} {'':8} {CAUSTIC_LOG10_M200C_H:>21.2f}")
    value, error = PUBLISHED_LOG10_M200C_H
    print(f"{'arXiv:2206.14834':24} {'':8} {f'{value:.2f} +/- {error:.2f}':>21}")
    return results


if __name__ == "__main__":
    main()
