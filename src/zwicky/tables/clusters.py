"""`ClusterSample`: the one table everything meets in.

A row is a cluster seen along one line of sight, with what it was observed with. The galaxies of its cylinder,
members or not, are flat arrays cut by `offsets`: ragged, never padded, never a list of arrays. Simulated or
observed, nothing downstream knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables.columns import checked, column, columns_of, ragged_rows
from zwicky.tables.cylinder import Cylinder
from zwicky.units import log10_msun_h

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["GALAXY_COLUMNS", "TRACERS", "ClusterSample", "concatenate"]

#: Kinds of galaxies that clusters are seen by; a row's `tracer` is the number of one.
TRACERS = ("all", "red", "blue", "satellites")

#: Arrays of a `ClusterSample` with an entry a galaxy: dtype, unit and meaning.
GALAXY_COLUMNS = {
    "r_proj_comoving": (np.dtype("f4"), "Mpc", "projected distance from the centre, comoving"),
    "v_los": (np.dtype("f4"), "km/s", "line-of-sight velocity in the cluster's rest frame"),
    "is_member": (np.dtype("?"), "", "true member; False also where it is not known"),
}


@dataclass(frozen=True, eq=False)
class ClusterSample:
    """Clusters with their galaxies in projected phase space.

    Parameters
    ----------
    cosmology
        The cosmology that the distances and masses are in.
    cluster_id, halo_id, direction, redshift, log10_m200c, n_true, fold
        One entry a row; see the fields.
    aperture_mpc, v_cut_kms, redshift_error_kms, centre_error_kms, tracer_density, completeness, tracer
        What the row was observed with, one entry a row; NaN (-1 for `tracer`) where it is not known, and in
        every row if left out.
    offsets : int64, shape (n + 1,)
        Galaxies of row i are ``offsets[i]:offsets[i + 1]`` of the galaxy arrays.
    r_proj_comoving : float32, shape (n_galaxies,)
        Projected distance from the centre in comoving Mpc.
    v_los : float32, shape (n_galaxies,)
        Line-of-sight velocity in km/s, the cluster's rest frame.
    is_member : bool, shape (n_galaxies,)
        True members where the truth is known, else False.
    meta
        Where the sample came from, plain values only; nothing is computed from them.

    Raises
    ------
    ZwickyError
        If columns do not have a row a cluster, or galaxies and `offsets` do not agree.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> sample = ClusterSample(
    ...     cosmology=paper_cosmology(), cluster_id=[7, 8], halo_id=[-1, -1], direction=np.zeros((2, 3)),
    ...     redshift=[0.05, 0.1], log10_m200c=[np.nan, np.nan], n_true=[-1, -1], fold=[-1, -1],
    ...     offsets=[0, 2, 5], r_proj_comoving=[0.1, 0.7, 0.2, 0.4, 1.5],
    ...     v_los=[250.0, -410.0, 90.0, -620.0, 300.0], is_member=[False] * 5,
    ... )
    >>> sample.n_galaxies
    array([2, 3])
    >>> sample[1].v_los
    array([  90., -620.,  300.], dtype=float32)
    """

    cosmology: FLRW = field(repr=False)
    cluster_id: np.ndarray = column("i8", "unique number of the row")
    halo_id: np.ndarray = column("i8", "halo behind the row, -1 if observed")
    direction: np.ndarray = column("f8", "unit vector from observer to cluster", "", ("nx", "ny", "nz"))
    redshift: np.ndarray = column("f8", "redshift of the cluster")
    log10_m200c: np.ndarray = column("f8", "log10 of the true M200c in Msun, NaN if not known")
    n_true: np.ndarray = column("i4", "galaxies inside r200c, -1 if not known")
    fold: np.ndarray = column("i2", "cross-validation fold, -1 if none")
    offsets: np.ndarray = field(repr=False)
    r_proj_comoving: np.ndarray = field(repr=False)
    v_los: np.ndarray = field(repr=False)
    is_member: np.ndarray = field(repr=False)
    aperture_mpc: np.ndarray = column(
        "f8", "radius out to which galaxies were observed, comoving", "Mpc", missing=np.nan
    )
    v_cut_kms: np.ndarray = column(
        "f8", "largest line-of-sight velocity kept, either way", "km/s", missing=np.nan
    )
    redshift_error_kms: np.ndarray = column(
        "f8", "error of a galaxy's redshift, rest frame", "km/s", missing=np.nan
    )
    centre_error_kms: np.ndarray = column(
        "f8", "error of the cluster's redshift, rest frame", "km/s", missing=np.nan
    )
    tracer_density: np.ndarray = column(
        "f8", "such galaxies in the universe, comoving", "Mpc-3", missing=np.nan
    )
    completeness: np.ndarray = column(
        "f8", "share of the tracers in the cylinder with a redshift", "", missing=np.nan
    )
    tracer: np.ndarray = column("i1", "kind of galaxy, a row of TRACERS; -1 if not known", "", missing=-1)
    meta: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self):
        n = checked(self)
        offsets = np.ascontiguousarray(self.offsets, dtype=np.int64)
        if len(offsets) != n + 1 or offsets[0] != 0 or np.any(np.diff(offsets) < 0):
            raise ZwickyError(
                f"offsets must rise from 0 in {n + 1} steps; got {len(offsets)} from {offsets[:1]}"
            )
        object.__setattr__(self, "offsets", offsets)
        for name, (dtype, _, _) in GALAXY_COLUMNS.items():
            values = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            if values.shape != (offsets[-1],):
                raise ZwickyError(f"{name} has shape {values.shape}; offsets end at {offsets[-1]}")
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.cluster_id)

    @property
    def n_galaxies(self) -> np.ndarray:
        """Galaxies in each row, shape (n,)."""
        return np.diff(self.offsets)

    @property
    def cylinder(self) -> Cylinder:
        """The one cylinder that all rows were cut with.

        Raises
        ------
        ZwickyError
            If a row does not say its cylinder, or if they differ.
        """
        sizes = np.stack([self.aperture_mpc, self.v_cut_kms], axis=1)
        unknown = ~np.isfinite(sizes).all(axis=1)
        if not len(sizes) or unknown.any():
            raise ZwickyError(
                f"{int(unknown.sum())} of {len(self)} clusters do not say their aperture_mpc and v_cut_kms; "
                "cut the sample with in_cylinder"
            )
        cylinder = Cylinder(*map(float, sizes[0]), float(self.cosmology.h))
        other = np.flatnonzero(cylinder.differs(self.aperture_mpc, self.v_cut_kms))
        if len(other):
            (r, v), (r_other, v_other) = sizes[0], sizes[other[0]]
            raise ZwickyError(
                f"clusters were cut with different cylinders, row 0 at {r:.4g} comoving Mpc and {v:g} km/s, "
                f"row {other[0]} at {r_other:.4g} and {v_other:g}; cut all with the smallest"
            )
        return cylinder

    @property
    def log10_m200c_h(self) -> np.ndarray:
        """log10 of the true M200c in Msun/h, the paper's unit, shape (n,)."""
        return log10_msun_h(self.log10_m200c, self.cosmology.h)

    def __getitem__(self, rows: Any) -> ClusterSample:
        """Rows selected by a slice, mask or index array, with their galaxies."""
        if isinstance(rows, int | np.integer):
            rows = [rows]
        index = np.arange(len(self))[rows]
        offsets, galaxies = ragged_rows(self.offsets, index)
        changes = {name: getattr(self, name)[index] for name in columns_of(self)}
        changes |= {name: getattr(self, name)[galaxies] for name in GALAXY_COLUMNS}
        return dataclasses.replace(self, offsets=offsets, **changes)

    def select_galaxies(self, keep: np.ndarray) -> ClusterSample:
        """The same rows with only the galaxies that the mask `keep`, shape (n_galaxies,), holds."""
        kept = np.concatenate([[0], np.cumsum(keep)])
        galaxies = {name: getattr(self, name)[keep] for name in GALAXY_COLUMNS}
        return dataclasses.replace(self, offsets=kept[self.offsets], **galaxies)

    def in_cylinder(self, cylinder: Cylinder) -> ClusterSample:
        """The same rows with only the galaxies inside a cylinder, which the rows then say.

        A row that was observed less far keeps what it says.
        """
        here = cylinder.in_h(self.cosmology.h)
        return dataclasses.replace(
            self.select_galaxies(here.holds(self.r_proj_comoving, self.v_los)),
            aperture_mpc=np.fmin(self.aperture_mpc, here.aperture_mpc),
            v_cut_kms=np.fmin(self.v_cut_kms, here.v_cut_kms),
        )

    def __repr__(self) -> str:
        known = self.log10_m200c_h[np.isfinite(self.log10_m200c)]
        span = f", log10 M200c [Msun/h] {known.min():.2f} to {known.max():.2f}" if len(known) else ""
        median = f", median {np.median(self.n_galaxies):.0f} a cluster" if len(self) else ""
        source = self.meta.get("source", "source not recorded")
        return (
            f"<ClusterSample: {len(self)} clusters, {self.offsets[-1]} galaxies{median}{span}; "
            f"{self.cosmology.name or type(self.cosmology).__name__}; {source}>"
        )


def concatenate(samples: Sequence[ClusterSample]) -> ClusterSample:
    """One sample of all rows, in order; cosmology and metadata are those of the first.

    Parameters
    ----------
    samples
        At least one.

    Returns
    -------
    ClusterSample

    Raises
    ------
    ZwickyError
        If there is no sample, or if their cosmologies differ.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> from zwicky.survey import observed_sample
    >>> one = observed_sample(paper_cosmology(), [0.1], [0, 2], [0.5, 2.0], [-300.0, 700.0], "by hand")
    >>> concatenate([one, one, one]).n_galaxies
    array([2, 2, 2])
    """
    if not samples:
        raise ZwickyError("nothing to concatenate; give at least one ClusterSample")
    first = samples[0]
    if any(s.cosmology != first.cosmology for s in samples[1:]):
        raise ZwickyError("samples in different cosmologies cannot be concatenated; convert them first")
    changes = {
        name: np.concatenate([getattr(s, name) for s in samples])
        for name in (*columns_of(first), *GALAXY_COLUMNS)
    }
    counts = np.concatenate([s.n_galaxies for s in samples])
    return dataclasses.replace(first, offsets=np.concatenate([[0], np.cumsum(counts)]), **changes)
