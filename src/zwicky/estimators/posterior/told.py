"""What the network is told of how a cluster was observed."""

from __future__ import annotations

import numpy as np

__all__ = ["N_CONDITIONS", "conditions"]

#: Numbers of a cluster's conditions.
N_CONDITIONS = 11


def conditions(
    n_galaxies: np.ndarray,
    redshift: np.ndarray,
    aperture_mpc_h: np.ndarray,
    redshift_error_kms: np.ndarray,
    tracer: np.ndarray,
    recentred: np.ndarray,
    centre_error_kms: np.ndarray,
) -> np.ndarray:
    """Conditions of clusters, float32, shape (n, 11).

    Parameters
    ----------
    n_galaxies, redshift
        Of each cluster.
    aperture_mpc_h
        Radius reached, comoving Mpc/h.
    redshift_error_kms
        Of one galaxy; NaN where not known.
    tracer
        Code of `zwicky.tables.TRACERS`, -1 where not known.
    recentred
        Whether velocities are about the median of the inner galaxies; then the next is not looked at.
    centre_error_kms
        Error of the cluster's own velocity.
    """
    known = np.isfinite(redshift_error_kms)
    error = np.where(known, np.clip(redshift_error_kms, 1.0, 1000.0), 40.0)
    off = np.where(recentred, 0.0, np.clip(centre_error_kms, 0.0, 2000.0))
    columns = [
        _of_number(n_galaxies),
        3.0 * np.log1p(redshift) - 1.0,
        aperture_mpc_h / 1.6,
        np.log(np.clip(aperture_mpc_h, 0.05, 10.0)),
        np.where(known, (np.log(error) - 3.7) / 1.2, 0.0),
        known,
        tracer == 0,
        tracer == 1,
        tracer == 2,
        recentred,
        np.log1p(off / 50.0),
    ]
    return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)


def with_n_galaxies(conditions: np.ndarray, n_galaxies: np.ndarray) -> np.ndarray:
    """The same conditions of clusters of which another number of galaxies is seen."""
    changed = conditions.copy()
    changed[:, 0] = _of_number(n_galaxies)
    return changed


def _of_number(n_galaxies: np.ndarray) -> np.ndarray:
    return (np.log(n_galaxies) - 3.5) / 1.3


def is_recentred(conditions: np.ndarray) -> np.ndarray:
    """Whether each cluster's velocities are on the median of its inner galaxies, bool, shape (n,)."""
    return conditions[:, 9] > 0
