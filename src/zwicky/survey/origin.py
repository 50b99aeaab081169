"""`Origin`: where the galaxies of observed clusters stand in the observer's own table and on the sky."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["Origin"]


@dataclass(frozen=True, eq=False)
class Origin:
    """Names and positions beside a sample's radii and velocities; None where the observer gave none.

    Parameters
    ----------
    galaxy_id : shape (n_galaxies,)
        The observer's names, in the order of the sample's galaxies.
    ra, dec : float64, shape (n_galaxies,)
        Positions in degrees, NaN where one is missing.
    centre_ra, centre_dec : float64, shape (n_clusters,)
        Of the clusters, degrees.
    """

    galaxy_id: np.ndarray | None = field(default=None, repr=False)
    ra: np.ndarray | None = field(default=None, repr=False)
    dec: np.ndarray | None = field(default=None, repr=False)
    centre_ra: np.ndarray | None = field(default=None, repr=False)
    centre_dec: np.ndarray | None = field(default=None, repr=False)

    def some(self, galaxies: slice, clusters: slice) -> Origin:
        """What is known of a run of galaxies and of their clusters."""
        rows = {"galaxy_id": galaxies, "ra": galaxies, "dec": galaxies}
        rows |= {"centre_ra": clusters, "centre_dec": clusters}
        found = ((name, getattr(self, name)) for name in rows)
        return Origin(**{name: values[rows[name]] for name, values in found if values is not None})
