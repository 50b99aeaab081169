"""`ClusterSample`: the one table everything meets in.

A row is a cluster seen along one line of sight. Its member galaxies are flat arrays cut by `offsets`:
ragged, never padded, never a list of arrays. Simulated or observed, nothing downstream knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables.columns import checked, column, columns_of
from zwicky.units import log10_msun_h

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["MEMBER_COLUMNS", "ClusterSample", "concatenate"]

#: Member arrays of a `ClusterSample`: dtype, unit and meaning.
MEMBER_COLUMNS = {
    "r_proj": (np.dtype("f4"), "Mpc", "projected distance from the centre, comoving"),
    "v_los": (np.dtype("f4"), "km/s", "line-of-sight velocity in the cluster's rest frame"),
    "is_member": (np.dtype("?"), "", "true member; False also where it is not known"),
}


@dataclass(frozen=True)
class ClusterSample:
    """Clusters with their galaxies in projected phase space.

    Parameters
    ----------
    cosmology
        The cosmology that the distances and masses are in.
    cluster_id, halo_id, direction, redshift, log10_m200c, n_true, fold
        One entry a row; see the fields.
    offsets : int64, shape (n + 1,)
        Galaxies of row i are ``offsets[i]:offsets[i + 1]`` of the member arrays.
    r_proj : float32, shape (n_galaxies,)
        Projected distance from the centre in comoving Mpc.
    v_los : float32, shape (n_galaxies,)
        Line-of-sight velocity in km/s, the cluster's rest frame.
    is_member : bool, shape (n_galaxies,)
        True members where the truth is known, else False.
    meta
        Aperture, velocity cut, where the sample came from: plain values only.
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
    r_proj: np.ndarray = field(repr=False)
    v_los: np.ndarray = field(repr=False)
    is_member: np.ndarray = field(repr=False)
    meta: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self):
        n = checked(self)
        offsets = np.ascontiguousarray(self.offsets, dtype=np.int64)
        if len(offsets) != n + 1 or offsets[0] != 0 or np.any(np.diff(offsets) < 0):
            raise ZwickyError(
                f"offsets must rise from 0 in {n + 1} steps; got {len(offsets)} from {offsets[:1]}"
            )
        object.__setattr__(self, "offsets", offsets)
        for name, (dtype, _, _) in MEMBER_COLUMNS.items():
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
    def log10_m200c_h(self) -> np.ndarray:
        """log10 of the true M200c in Msun/h, the paper's unit, shape (n,)."""
        return log10_msun_h(self.log10_m200c, self.cosmology.h)

    def __getitem__(self, rows: Any) -> ClusterSample:
        """Rows selected by a slice, mask or index array, with their galaxies."""
        if isinstance(rows, int | np.integer):
            rows = [rows]
        index = np.arange(len(self))[rows]
        counts = self.n_galaxies[index]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        if len(index) and np.array_equal(index, np.arange(index[0], index[0] + len(index))):
            members: Any = slice(self.offsets[index[0]], self.offsets[index[-1] + 1])
        else:
            members = np.repeat(self.offsets[:-1][index] - offsets[:-1], counts) + np.arange(offsets[-1])
        changes = {name: getattr(self, name)[index] for name in columns_of(self)}
        changes |= {name: getattr(self, name)[members] for name in MEMBER_COLUMNS}
        return dataclasses.replace(self, offsets=offsets, **changes)

    def select_galaxies(self, keep: np.ndarray) -> ClusterSample:
        """The same rows with only the galaxies that the mask `keep`, shape (n_galaxies,), holds."""
        kept = np.concatenate([[0], np.cumsum(keep)])
        members = {name: getattr(self, name)[keep] for name in MEMBER_COLUMNS}
        return dataclasses.replace(self, offsets=kept[self.offsets], **members)

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

    Raises
    ------
    ZwickyError
        If there is no sample, or if their cosmologies differ.
    """
    if not samples:
        raise ZwickyError("nothing to concatenate; give at least one ClusterSample")
    first = samples[0]
    if any(s.cosmology != first.cosmology for s in samples[1:]):
        raise ZwickyError("samples in different cosmologies cannot be concatenated; convert them first")
    changes = {
        name: np.concatenate([getattr(s, name) for s in samples])
        for name in (*columns_of(first), *MEMBER_COLUMNS)
    }
    counts = np.concatenate([s.n_galaxies for s in samples])
    return dataclasses.replace(first, offsets=np.concatenate([[0], np.cumsum(counts)]), **changes)
