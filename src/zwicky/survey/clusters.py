"""From an observer's list to clusters: radii comoving, velocities in the rest frame, one row a cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc
from zwicky.errors import ZwickyError
from zwicky.io.observed import Centres, PhaseSpaceList
from zwicky.survey.origin import Origin
from zwicky.survey.quality import Problem
from zwicky.survey.segments import segment_medians
from zwicky.tables import ClusterSample
from zwicky.units import mpc

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

    from zwicky.survey.find_centre import Field

__all__ = ["ObservedClusters", "clusters_from_phase_space", "clusters_from_sample", "observed_sample"]


@dataclass(frozen=True, eq=False)
class ObservedClusters:
    """Clusters as observed, before the cylinder is cut.

    Parameters
    ----------
    sample
        One row a cluster with every galaxy that was given for it, or found around it.
    label : shape (n,), any type
        The observer's names of the clusters.
    from_sky
        Radii were computed from positions; radii from a file may be in a wrong unit.
    recentred_kms : float64, shape (n,), optional
        By how much the velocities were shifted, `zwicky.survey.recentre`.
    units
        Units that ``r_proj`` and ``v_los`` were given with; what was given without is not there.
    problems
        What is known already to forbid weighing a cluster, by its row.
    notes
        What was taken for what and left out of all clusters, one line each.
    proposed
        The field in which the centre was found, where it was not given.
    origin
        Names and positions of the galaxies, where the observer gave them.
    """

    sample: ClusterSample
    label: np.ndarray
    from_sky: bool
    recentred_kms: np.ndarray | None = field(default=None, repr=False)
    units: Mapping[str, str] = field(default_factory=dict, repr=False)
    problems: Mapping[int, Problem] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    proposed: Field | None = field(default=None, repr=False)
    origin: Origin = field(default_factory=Origin, repr=False)

    def __len__(self) -> int:
        return len(self.sample)

    def __getitem__(self, rows: slice) -> ObservedClusters:
        """A run of the clusters, with their galaxies."""
        first, stop, _ = rows.indices(len(self))
        galaxies = slice(self.sample.offsets[first], self.sample.offsets[stop])
        return dataclasses.replace(
            self,
            sample=self.sample[rows],
            label=self.label[rows],
            recentred_kms=None if self.recentred_kms is None else self.recentred_kms[rows],
            problems={i - first: what for i, what in self.problems.items() if first <= i < stop},
            origin=self.origin.some(galaxies, rows),
        )


def observed_sample(
    cosmology: FLRW,
    redshift: np.ndarray,
    offsets: np.ndarray,
    r_proj_comoving: np.ndarray,
    v_los: np.ndarray,
    source: str,
    told: Mapping[str, np.ndarray] | None = None,
) -> ClusterSample:
    """A `ClusterSample` of clusters whose true mass, halo and members nobody knows.

    Parameters
    ----------
    cosmology
        The observer's.
    redshift : shape (n,)
        Of the clusters.
    offsets : shape (n + 1,)
        Galaxies of cluster i are ``offsets[i]:offsets[i + 1]``.
    r_proj_comoving, v_los : shape (n_galaxies,)
        Comoving Mpc, and km/s in the cluster's rest frame.
    source
        Where they came from.
    told
        Columns of `zwicky.io.centres.CONDITIONS`, each of shape (n,): how clusters were observed.

    Returns
    -------
    ClusterSample

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> one = observed_sample(paper_cosmology(), [0.1], [0, 2], [0.5, 2.0], [-300.0, 700.0], "by hand")
    >>> one.n_galaxies, one.log10_m200c
    (array([2]), array([nan]))
    """
    told = dict(told or {})
    if "aperture_mpc_h" in told:
        told["aperture_mpc"] = mpc(told.pop("aperture_mpc_h"), cosmology.h)
    n = len(redshift)
    return ClusterSample(
        cosmology=cosmology,
        cluster_id=np.arange(n),
        halo_id=np.full(n, -1),
        direction=np.full((n, 3), np.nan),
        redshift=redshift,
        log10_m200c=np.full(n, np.nan),
        n_true=np.full(n, -1),
        fold=np.full(n, -1),
        offsets=offsets,
        r_proj_comoving=r_proj_comoving,
        v_los=v_los,
        is_member=np.zeros(len(r_proj_comoving), dtype=bool),
        meta={"source": source},
        **told,
    )


def clusters_from_sample(sample: ClusterSample) -> ObservedClusters:
    """Clusters that Zwicky itself wrote, under their numbers.

    Parameters
    ----------
    sample
        From `zwicky.read_sample`.

    Returns
    -------
    ObservedClusters
    """
    return ObservedClusters(sample=sample, label=sample.cluster_id, from_sky=True)


def clusters_from_phase_space(
    galaxies: PhaseSpaceList, centres: Centres | None, *, cosmology: FLRW
) -> ObservedClusters:
    """Clusters in the order of their first galaxies; a cluster's redshift is the median of its rows'.

    Galaxies without a measured velocity are left out, and counted in `notes`. Proper radii are multiplied by
    1 + z and angles by the comoving transverse distance, because the aperture is comoving.
    `centres`, if given, lend their redshifts by `cluster_id`; of many clusters one that is not among them has
    a problem.

    Parameters
    ----------
    galaxies
        As `zwicky.io.observed.read_observed` read them.
    centres
        For their redshifts.
    cosmology
        The observer's.

    Returns
    -------
    ObservedClusters

    Raises
    ------
    ZwickyError
        If centres are given and no cluster is among them.
    """
    label, cluster = group(galaxies.cluster_id)
    unmeasured = np.zeros(len(cluster), dtype=bool) if galaxies.unmeasured is None else galaxies.unmeasured
    measured = np.flatnonzero(~unmeasured)
    order = measured[np.argsort(cluster[measured], kind="stable")]
    counts = np.bincount(cluster[measured], minlength=len(label))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    problems, told = {}, {}
    if centres is None:
        redshift = segment_medians(galaxies.redshift[order], offsets)
    else:
        row = match(label, centres.cluster_id, galaxies.source, centres.source, allow_absent=len(label) > 1)
        redshift = np.where(row >= 0, centres.z[row], np.nan)
        told = {
            name: np.where(row >= 0, values[row], -1 if name == "tracer" else np.nan)
            for name, values in centres.told.items()
        }
        advice = f"add its cluster_id to {centres.source}"
        problems = {int(i): Problem("not among the centres", advice) for i in np.flatnonzero(row < 0)}
        fix = f"fix its row in {centres.source}"
        problems |= {
            i: Problem(centres.faults[int(r)], fix) for i, r in enumerate(row) if int(r) in centres.faults
        }
    scale = _comoving_scale(redshift, galaxies.frame, cosmology)
    return ObservedClusters(
        sample=observed_sample(
            cosmology,
            redshift,
            offsets,
            galaxies.r_proj[order] * np.repeat(scale, counts),
            galaxies.v_los[order],
            "observed radii and velocities",
            told,
        ),
        label=label,
        from_sky=galaxies.frame == "angle",
        origin=Origin(
            **{
                name: values[order]
                for name in ("galaxy_id", "ra", "dec")
                if (values := getattr(galaxies, name)) is not None
            }
        ),
        units=galaxies.units,
        problems=problems,
        notes=(
            *galaxies.notes,
            *left_out(
                galaxies.source,
                {"without cluster_id": galaxies.n_without_id, "without a velocity": int(unmeasured.sum())},
            ),
        ),
    )


def group(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different values in the order in which they first appear, and the number of each row's.

    >>> group(np.array(["b", "a", "b"]))
    (array(['b', 'a'], dtype='<U1'), array([0, 1, 0]))
    """
    unique, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return unique[order], rank[inverse]


def match(
    wanted: np.ndarray,
    known: np.ndarray,
    source: str = "the galaxies",
    centres: str = "the centres",
    *,
    allow_absent: bool = False,
) -> np.ndarray:
    """Where each label of `wanted` is in `known`; 7 and "7" are the same label.

    `source` and `centres` name the two files in messages. With `allow_absent` what is not there is at -1.

    Raises
    ------
    ZwickyError
        If one is not there, or with `allow_absent` if none is.
    """
    place = {str(label): i for i, label in enumerate(known)}
    absent = [str(label) for label in wanted if str(label) not in place]
    if absent and (len(absent) == len(wanted) or not allow_absent):
        raise ZwickyError(
            f"{source}: cluster_id {absent[0]!r} of the galaxies is not among the {len(known)} of {centres}; "
            "add it there"
        )
    return np.array([place.get(str(label), -1) for label in wanted], dtype=np.int64)


def left_out(source: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    """A line that says how many galaxies of a file are in no cluster, and why; none if all are in one.

    >>> left_out("g.csv", {"without cluster_id": 2, "at no position": 0})
    ('g.csv: left out 2 galaxies without cluster_id',)
    """
    said = [f"{n} {'galaxy' if n == 1 else 'galaxies'} {why}" for why, n in counts.items() if n]
    return (f"{source}: left out {', '.join(said)}",) if said else ()


def _comoving_scale(redshift: np.ndarray, frame: str, cosmology: FLRW) -> np.ndarray:
    if frame == "angle":
        return comoving_transverse_mpc(redshift, cosmology)
    return np.ones(len(redshift)) if frame == "comoving" else 1.0 + redshift
