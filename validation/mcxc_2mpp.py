"""Galaxy velocities against X-rays: 2M++ redshifts around MCXC clusters at z < 0.06.

MCXC (Piffaretti et al. 2011) gives M500 from X-ray luminosities, in Msun for h = 0.7; the scatter of
that relation alone is about 0.1 dex, and the normalisations of such catalogues differ by 10-30 %. M200c
follows with the concentrations of Diemer & Joyce (2019). 2M++ (Lavaux & Hudson 2011) is limited in
flux: its sampling falls with redshift. Its redshifts are in the frame of the microwave background;
those of MCXC, heliocentric, are put into it. Velocities are recentred: a cluster's redshift is often
that of one galaxy.

Run ``python -m validation.mcxc_2mpp``.
"""

from __future__ import annotations

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.cosmology import FlatLambdaCDM

from validation.data import catalogue
from zwicky.cosmology import relative_velocity
from zwicky.estimators import Estimator, load_model
from zwicky.io.observed import Centres, SkyList
from zwicky.io.tabular import read_any
from zwicky.survey.masses import weigh
from zwicky.survey.observe import clusters_of
from zwicky.survey.recentre import recentre
from zwicky.survey.search import angular_separation, unit_vectors
from zwicky.survey.weigh import cylinder_of
from zwicky.theory import m200c_from_m500c
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["COSMOLOGY", "compare", "main", "microwave_frame", "read_2mpp", "read_mcxc"]

#: The catalogues' own: MCXC masses are for h = 0.7. The baryons matter to the concentrations only.
COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3, Ob0=0.0459, name="H0 = 70, Om0 = 0.3")

#: The Sun's motion through the microwave background (Planck 2018 I, Sec. 3): km/s, Galactic l and b.
SUN = (369.82, 264.021, 48.253)

MIN_REDSHIFT, MAX_REDSHIFT = 0.01, 0.06

#: Fewest galaxies in the cylinder. Each is reported: asking for many galaxies of a flux-limited survey
#: selects rich lines of sight, superpositions among them.
MIN_MEMBERS = (10, 20, 30)


def microwave_frame(z_heliocentric: np.ndarray, ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """Redshifts in the frame of the microwave background, in which the Sun moves at 370 km/s."""
    speed, longitude, latitude = SUN
    apex = SkyCoord(longitude, latitude, unit="deg", frame="galactic")
    towards = SkyCoord(ra_deg, dec_deg, unit="deg").separation(apex)
    return (1.0 + z_heliocentric) * (1.0 + speed / SPEED_OF_LIGHT_KMS * np.cos(towards.rad)) - 1.0


def read_2mpp() -> SkyList:
    """2M++ galaxies: positions in degrees, redshifts in the microwave frame."""
    data = np.loadtxt(catalogue("2mpp", "2MPP.txt.gz"), usecols=(1, 2, 3))
    return SkyList(ra=np.rad2deg(data[:, 0]), dec=np.rad2deg(data[:, 1]), z=data[:, 2])


def read_mcxc() -> tuple[Centres, np.ndarray]:
    """MCXC clusters in 2M++'s range, most massive first, and their log10 M200c in Msun.

    A cluster inside the cylinder of a more massive one is left out: its galaxies are the other's.
    """
    table = read_any(catalogue("cluster_masses", "mcxc.fits"))
    table = table[np.argsort(-np.asarray(table["M500"]))]
    ra, dec = np.asarray(table["RAdeg"], float), np.asarray(table["DEdeg"], float)
    z = microwave_frame(np.asarray(table["z"], float), ra, dec)
    near = np.flatnonzero((z > MIN_REDSHIFT) & (z < MAX_REDSHIFT))
    towards = unit_vectors(ra, dec)
    distance = COSMOLOGY.comoving_distance(z[near]).to_value(u.Mpc)
    alone = []
    for i, d in zip(near, distance, strict=True):
        r_proj = angular_separation(towards[alone], towards[i]) * d
        apart = np.abs(relative_velocity(z[alone], z[i]))
        if not np.any((r_proj < 1.6 / COSMOLOGY.h) & (apart < 2200.0)):
            alone.append(int(i))
    m500 = 1e14 * np.asarray(table["M500"], float)[alone]
    m200c = m200c_from_m500c(m500, z[alone], COSMOLOGY, sigma8=0.81, n_s=0.965)
    names = np.char.strip(np.asarray(table["MCXC"]).astype(str))[alone]
    return Centres(cluster_id=names, ra=ra[alone], dec=dec[alone], z=z[alone]), np.log10(m200c)


def compare(
    model: Estimator,
    m_sigma: Estimator,
    *,
    min_galaxies: int = 20,
    min_log10_m200c: float = 14.0,
    seed: int = 0,
) -> dict:
    """Residuals log10(M / M_X) of `model` and `m_sigma` for clusters of enough galaxies and X-ray mass.

    Returns
    -------
    dict
        Arrays over clusters (``cluster_id``, ``n_galaxies``, ``log10_m200c_xray``, ``residual``,
        ``residual_msigma``), for both estimators ``offset``, ``scatter``, their bootstrap errors and
        ``scatter_robust`` (from the median absolute deviation), the chance that M-sigma scatters less
        than `model` (paired bootstrap), how many are ``flagged`` and how many ``candidates`` had the
        X-ray mass.
    """
    centres, log10_xray = read_mcxc()
    clusters = clusters_of(read_2mpp(), centres, cosmology=COSMOLOGY, model=model)
    clusters = recentre(clusters, cylinder_of(model))
    table = weigh(clusters, model, m_sigma)
    mass, by_sigma = np.asarray(table["log10_m200c"]), np.asarray(table["log10_m200c_msigma"])
    chosen = (table["n_galaxies"] >= min_galaxies) & np.isfinite(mass) & (log10_xray > min_log10_m200c)
    residuals = np.stack([mass - log10_xray, by_sigma - log10_xray])[:, chosen]
    n = residuals.shape[1]
    draws = residuals[:, np.random.default_rng(seed).integers(0, n, (4000, n))]
    medians, scatters = np.median(draws, axis=2), np.std(draws, axis=2, ddof=1)
    names = ("model", "m_sigma")
    spread = np.median(np.abs(residuals - np.median(residuals, axis=1, keepdims=True)), axis=1)
    return {
        "n": n,
        "candidates": int(np.sum(log10_xray > min_log10_m200c)),
        "scatter_robust": dict(zip(names, (1.4826 * spread).tolist(), strict=True)),
        "cluster_id": clusters.label[chosen],
        "n_galaxies": np.asarray(table["n_galaxies"])[chosen],
        "log10_m200c_xray": log10_xray[chosen],
        "residual": residuals[0],
        "residual_msigma": residuals[1],
        "flagged": int(np.sum(np.asarray(table["flag"])[chosen] != "ok")),
        "offset": dict(zip(names, np.median(residuals, axis=1).tolist(), strict=True)),
        "offset_error": dict(zip(names, np.std(medians, axis=1).tolist(), strict=True)),
        "scatter": dict(zip(names, np.std(residuals, axis=1, ddof=1).tolist(), strict=True)),
        "scatter_error": dict(zip(names, np.std(scatters, axis=1).tolist(), strict=True)),
        "chance_m_sigma_scatters_less": float(np.mean(scatters[1] < scatters[0])),
    }


MODELS = ("cnn_2d", "cnn_1d", "posterior")


def main(models: tuple[str, ...] = MODELS, m_sigma: str = "m_sigma") -> dict[str, dict]:
    """Print offset and scatter of each model and of M-sigma against X-ray masses, at each of `MIN_MEMBERS`.

    Returns what `compare` gives for each model at 20 galaxies and more.
    """
    by_sigma = load_model(m_sigma)
    opened = {name: load_model(name) for name in models}
    print(
        f"{'':10} {'N from':>6} {'clusters':>8} {'median log10 M/M_X':>20} {'scatter, dex':>16} {'robust':>7}"
    )
    results = {}
    for least in MIN_MEMBERS:
        found = {name: compare(model, by_sigma, min_galaxies=least) for name, model in opened.items()}
        rows = [(name, result, "model") for name, result in found.items()]
        for name, result, which in [*rows, ("M-sigma", found[models[0]], "m_sigma")]:
            offset = f"{result['offset'][which]:+.3f} +/- {result['offset_error'][which]:.3f}"
            scatter = f"{result['scatter'][which]:.3f} +/- {result['scatter_error'][which]:.3f}"
            robust = result["scatter_robust"][which]
            print(f"{name:10} {least:6d} {result['n']:8d} {offset:>20} {scatter:>16} {robust:7.3f}")
        if least == 20:
            results = found
    first = results[models[0]]
    print(
        f"{first['candidates']} clusters have the X-ray mass; of {first['n']}, {first['flagged']} are flagged"
    )
    for name, result in results.items():
        chance = result["chance_m_sigma_scatters_less"]
        print(f"chance that M-sigma scatters less than {name}, N from 20: {chance:.2f}")
    return results


if __name__ == "__main__":
    main()
