"""From divergences to coordinates: the Gaussian kernel, and its projection to positive semi-definite.

``K = exp(-D^2 / (2 sigma^2))``, averaged over both directions after the exponential, is no inner product:
half of its eigenvalues are negative, and a support vector machine on it diverges. The projection clips them
(Sutherland et al. 2012). What is left, ``sum of lambda v v^T`` over the positive ones, is the inner product
of the coordinates ``sqrt(lambda) v``, so that the regression on the precomputed kernel is a linear one on
them.
"""

from __future__ import annotations

import numpy as np

__all__ = ["gaussian_kernel", "landmark_map", "positive_coordinates"]

# Eigenvalues below this fraction of the largest are rounding of float32 divergences.
_LEAST_EIGENVALUE = 1e-4


def gaussian_kernel(there: np.ndarray, back: np.ndarray, sigma: float) -> np.ndarray:
    """``(exp(-D(X || Y)^2 / 2 sigma^2) + exp(-D(Y || X)^2 / 2 sigma^2)) / 2``.

    Parameters
    ----------
    there, back : float32, shape (n, m)
        D(X || Y) and D(Y || X).
    sigma
        Width, in nats.

    Returns
    -------
    float32, shape (n, m)

    >>> gaussian_kernel(np.zeros((1, 1)), np.full((1, 1), 100.0), 1.0)
    array([[0.5]], dtype=float32)
    """
    kernel = np.zeros(there.shape, np.float32)
    for divergence in (there, back):
        part = np.square(divergence, dtype=np.float32)
        part *= np.float32(-0.5 / sigma**2)
        kernel += np.exp(part, out=part)
    kernel *= np.float32(0.5)
    return kernel


def landmark_map(kernel: np.ndarray) -> np.ndarray:
    """The linear map from kernels against landmarks to coordinates (Nystrom's method).

    The landmarks themselves fall on the coordinates of their projected kernel; every other cluster is put
    where its kernels against them say, the same way in training and prediction.

    Parameters
    ----------
    kernel : shape (m, m)
        Of the landmarks.

    Returns
    -------
    float64, shape (m, r)
        With r the number of eigenvalues that are positive beyond rounding.
    """
    values, vectors = np.linalg.eigh(kernel.astype(float))
    positive = values > _LEAST_EIGENVALUE * values[-1]
    return vectors[:, positive] / np.sqrt(values[positive])


def positive_coordinates(kernel: np.ndarray) -> np.ndarray:
    """Coordinates whose inner products are the kernel with its negative eigenvalues clipped.

    Parameters
    ----------
    kernel : float32, shape (n, n)
        Symmetric; overwritten.

    Returns
    -------
    float32, shape (n, r)
        With r the number of eigenvalues that are positive beyond rounding.
    """
    from scipy.linalg import eigh

    values, vectors = eigh(
        kernel, overwrite_a=True, check_finite=False, subset_by_value=(0.0, np.inf), driver="evr"
    )
    positive = values > _LEAST_EIGENVALUE * values[-1]
    return vectors[:, positive] * np.sqrt(values[positive])
