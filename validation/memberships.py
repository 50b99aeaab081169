"""What a posterior says of single galaxies, and of clusters that should not be: memberships and p_unlike.

Part of `validation.posterior`, on the same views.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from validation.looks import look_at
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.deep import DeepViews
from zwicky.tables import TRACERS, ClusterSample

__all__ = ["galaxy_by_galaxy"]


def galaxy_by_galaxy(model: Posterior, views: DeepViews) -> dict:
    """Whether memberships are what they say, and p of clusters as they are and as they must not be."""
    rng = np.random.default_rng(29)
    sample = look_at(model, views, rng=rng).sample
    p = model.membership(sample)
    edges = np.linspace(0.0, 1.0, 11)
    place = np.clip(np.digitize(p, edges) - 1, 0, 9)
    members = [
        {"told": float(p[place == k].mean()), "true": float(sample.is_member[place == k].mean())}
        for k in range(10)
    ]
    rich = sample[(sample.n_galaxies >= 30) & (sample.log10_m200c_h > 14.0)]
    exact, reach = np.zeros(len(rich)), np.repeat(rich.aperture_mpc, rich.n_galaxies)
    odd = {
        "as they are": sample,
        **{f"as they are, {name}": sample[chosen] for name, chosen in _sorts(sample).items()},
        "rich, as they are": rich,
        "two clusters 1500 km/s apart taken for one": _blends(rich, 1500.0),
        "velocities off by 800 km/s, centre said to be exact": dataclasses.replace(
            rich, v_los=rich.v_los + np.float32(800.0), centre_error_kms=exact
        ).select_galaxies(np.abs(rich.v_los + 800.0) <= model.settings.survey.v_cut_kms),
        "centre 0.7 Mpc/h beside the cluster": _beside(rich, 0.7, rng),
        "nothing seen inside a third of the aperture": rich.select_galaxies(
            rich.r_proj_comoving > reach / 3.0
        ),
        "only galaxies that recede": rich.select_galaxies(rich.v_los > 0.0),
        "velocities multiplied by 1 + z twice, z > 0.4": _stretched(rich[rich.redshift > 0.4]),
        "no cluster, galaxies strewn evenly": dataclasses.replace(
            rich,
            r_proj_comoving=reach * np.sqrt(rng.random(len(reach))),
            v_los=rng.uniform(-2200.0, 2200.0, len(rich.v_los)).astype(np.float32),
        ),
    }
    shares = {}
    for name, clusters in odd.items():
        clusters = clusters[clusters.n_galaxies >= 4]
        clusters = clusters[np.setdiff1d(np.arange(len(clusters)), list(model.faults(clusters)))]
        chance = model.p_unlike(clusters)
        shares[name] = {"n": len(chance)} | {
            f"p < {x:g}": float(np.mean(chance < x)) for x in (0.5, 0.05, 0.01)
        }
    return {"membership": members, "p_unlike": shares}


def _sorts(sample: ClusterSample) -> dict[str, np.ndarray]:
    """Clusters by how they were observed."""
    few, reach, error = (
        sample.n_galaxies,
        sample.aperture_mpc * sample.cosmology.h,
        sample.centre_error_kms,
    )
    return {
        "fewer than 15 galaxies": few < 15,
        "15 to 60 galaxies": (few >= 15) & (few < 60),
        "60 galaxies and more": few >= 60,
        "seen to 0.8 Mpc/h": reach < 0.8,
        "seen to 0.8-1.2 Mpc/h": (reach >= 0.8) & (reach < 1.2),
        "seen to 1.2 Mpc/h and more": reach >= 1.2,
        "z < 0.3": sample.redshift < 0.3,
        "z from 0.3 to 0.7": (sample.redshift >= 0.3) & (sample.redshift < 0.7),
        "z > 0.7": sample.redshift >= 0.7,
        **{
            f"told as {TRACERS[kind]}": sample.tracer == kind
            for kind in np.unique(sample.tracer)
            if kind >= 0
        },
        "kind not told": sample.tracer < 0,
        "redshift of the centre known to 100 km/s": error < 100.0,
        "its error larger": error >= 100.0,
        "velocities put on their median": ~np.isfinite(error),
    }


def _stretched(sample: ClusterSample) -> ClusterSample:
    v = sample.v_los * np.repeat((1.0 + sample.redshift) ** 2, sample.n_galaxies)
    inside = np.abs(v) <= 2200.0
    return dataclasses.replace(sample, v_los=v.astype(np.float32)).select_galaxies(inside)


def _beside(sample: ClusterSample, mpc_h: float, rng: np.random.Generator) -> ClusterSample:
    """Seen about a point so far from the centre; galaxies stand at random angles."""
    angle = rng.uniform(0.0, 2.0 * np.pi, len(sample.r_proj_comoving))
    far = mpc_h / sample.cosmology.h
    r = np.hypot(sample.r_proj_comoving * np.cos(angle) + far, sample.r_proj_comoving * np.sin(angle))
    moved = dataclasses.replace(sample, r_proj_comoving=r)
    return moved.select_galaxies(r <= np.repeat(sample.aperture_mpc, sample.n_galaxies))


def _blends(sample: ClusterSample, apart_kms: float) -> ClusterSample:
    """The first half of the clusters, each with the galaxies of one of the second half on top."""
    n = len(sample) // 2
    order = np.stack([np.arange(n), n + np.arange(n)], axis=1).reshape(-1)
    both = sample[order]
    shift = np.where(np.arange(2 * n) % 2 == 0, -0.5, 0.5) * apart_kms
    v = both.v_los + np.repeat(shift, both.n_galaxies).astype(np.float32)
    one = sample[np.arange(n)]
    joined = dataclasses.replace(
        one,
        offsets=both.offsets[::2],
        r_proj_comoving=both.r_proj_comoving,
        v_los=v,
        is_member=both.is_member,
    )
    reach = np.repeat(one.aperture_mpc, joined.n_galaxies)
    return joined.select_galaxies((np.abs(v) <= 2200.0) & (joined.r_proj_comoving <= reach))
