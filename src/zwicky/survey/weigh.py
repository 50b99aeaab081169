"""Weigh observed clusters: cut the cylinder, flag what is wrong, predict, tabulate."""

from __future__ import annotations

import dataclasses

import astropy.units as u
import numpy as np
from astropy.table import QTable

from zwicky.diagnostics.error_model import predicted_error
from zwicky.images import ImageSettings, image_faults, member_moments
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.models import Model
from zwicky.survey.quality import Problem, find_problem, remarks_on_data, remarks_on_mass
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun_h

__all__ = ["COLUMNS", "problems_of", "weigh"]

#: Columns of the table that `weigh` gives, and what they are.
COLUMNS = {
    "cluster_id": "the observer's name of the cluster",
    "n_members": "galaxies in the cylinder",
    "log10_m200c": "log10 of M200c in Msun",
    "log10_m200c_err": "RMS error in dex of such masses in cross-validation, flat prior in log10 M",
    "sigma_v_kms": "standard deviation of the line-of-sight velocities in the cylinder",
    "log10_m200c_msigma": "log10 of M200c in Msun from the M-sigma relation",
    "flag": "ok, or what to be careful about; without a mass, why there is none",
    "recentred_kms": "velocity of the median of the inner galaxies, which the velocities were put on",
}


def weigh(clusters: ObservedClusters, model: Model, m_sigma: Model) -> QTable:
    """Masses of observed clusters, one row each in their order.

    A cluster that cannot be weighed has NaN for a mass and its `zwicky.survey.quality.Problem` for a
    flag; the others are not affected.

    Parameters
    ----------
    clusters
        As observed, recentred or not; the cylinder of `model` is cut here.
    model, m_sigma
        Models that give `log10_m200c` and `log10_m200c_msigma`.

    Returns
    -------
    QTable
        The columns of `COLUMNS`; `recentred_kms` only if the clusters were recentred.
    """
    problems = problems_of(clusters, model)
    sample = in_cylinder(clusters.sample, model)
    rows = np.flatnonzero([problem is None for problem in problems])
    sound = sample[rows]
    cosmology = sample.cosmology

    n = len(clusters)
    mass, error, sigma, mass_msigma = (np.full(n, np.nan) for _ in range(4))
    flags = ["" if problem is None else problem.what for problem in problems]
    if len(rows):
        sigma[rows] = member_moments(sound).v_sigma
        mass[rows] = model.estimator.predict(sound).log10_m200c
        mass_msigma[rows] = m_sigma.estimator.predict(sound).log10_m200c
        mass_h, mass_msigma_h = (log10_msun_h(m[rows], cosmology.h) for m in (mass, mass_msigma))
        if model.error_table:
            error[rows] = predicted_error(model.error_table, mass_h, sound.n_galaxies)
        for i, row in enumerate(rows):
            members = slice(*sound.offsets[i : i + 2])
            remarks = remarks_on_data(
                sound.r_proj[members],
                sound.v_los[members],
                float(sound.redshift[i]),
                sigma_v_kms=float(sigma[row]),
                aperture_mpc=model.aperture_mpc(cosmology.h),
                cosmology=cosmology,
                training=model.training,
                from_sky=clusters.from_sky,
                units=clusters.units,
            )
            remarks += remarks_on_mass(float(mass_h[i]), float(mass_msigma_h[i]), model.training)
            flags[row] = "; ".join(remarks) or "ok"

    table = QTable()
    table["cluster_id"] = clusters.label
    table["n_members"] = sample.n_galaxies
    table["log10_m200c"] = mass
    table["log10_m200c_err"] = error
    table["sigma_v_kms"] = sigma * u.km / u.s
    table["log10_m200c_msigma"] = mass_msigma
    table["flag"] = np.array(flags)
    if clusters.recentred_kms is not None:
        table["recentred_kms"] = clusters.recentred_kms * u.km / u.s
    for name in table.colnames:
        table[name].info.description = COLUMNS[name]
    return table


def problems_of(clusters: ObservedClusters, model: Model) -> list[Problem | None]:
    """What forbids weighing each cluster with `model`, None where nothing does."""
    sample = clusters.sample
    aperture = model.aperture_mpc(sample.cosmology.h)
    cuts = zip(sample.offsets[:-1], sample.offsets[1:], sample.redshift, strict=True)
    problems = [
        find_problem(
            sample.r_proj[a:b],
            sample.v_los[a:b],
            float(redshift),
            aperture_mpc=aperture,
            v_cut_kms=model.v_cut_kms,
            from_sky=clusters.from_sky,
            units=clusters.units,
        )
        for a, b, redshift in cuts
    ]
    for row, problem in clusters.problems.items():
        problems[row] = problem
    rows = np.flatnonzero([problem is None for problem in problems])
    images = ImageSettings(aperture, model.v_cut_kms)
    for i, fault in image_faults(in_cylinder(sample, model)[rows], images).items():
        problems[rows[i]] = Problem(fault.removeprefix("has "), "give the galaxies' own values")
    return problems


def in_cylinder(sample: ClusterSample, model: Model) -> ClusterSample:
    """Galaxies inside the model's aperture and velocity cut, which the metadata then say."""
    aperture = model.aperture_mpc(sample.cosmology.h)
    near = (sample.r_proj >= 0) & (sample.r_proj <= np.float32(aperture))
    cut = sample.select_galaxies(near & (np.abs(sample.v_los) <= np.float32(model.v_cut_kms)))
    return dataclasses.replace(cut, meta={**cut.meta, "aperture_mpc": aperture, "v_cut_kms": model.v_cut_kms})
