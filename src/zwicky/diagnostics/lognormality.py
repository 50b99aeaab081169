"""What scatter and its shape do to cluster counts (Ho et al. 2019, Sec. 5.2; Shaw et al. 2010).

A cluster of predicted mass M is more likely a lighter one scattered up than a heavier one scattered down,
because lighter ones are more common. For a mass function ``dn/dlnM ~ M^-slope`` and a Gaussian residual of
standard deviation s in ln M, counts at fixed predicted mass are the true ones times
``exp(slope^2 s^2 / 2)``: the lognormal factor. It is known once s is known. Skewness and kurtosis multiply
it by the bracket of Eq. 10, the part that somebody who assumes a lognormal gets wrong.

The paper gives the second alone, in per cent; the first is ten times larger, and so is what an error of s
does to it.
"""

from __future__ import annotations

import numpy as np

__all__ = ["COUNTS_SLOPE", "edgeworth_term", "lognormal_factor"]

#: Slope of the mass function at which the paper quotes its percentages (Sec. 5.2).
COUNTS_SLOPE = 2.0


def lognormal_factor(scatter_dex, slope: float = COUNTS_SLOPE):
    """Counts at fixed predicted mass over counts at the same true mass, for a lognormal scatter.

    ``exp(slope^2 s^2 / 2)`` with ``s = scatter_dex * ln 10``.

    Parameters
    ----------
    scatter_dex : float or array
        Standard deviation of the residuals in dex.
    slope
        alpha of ``dn/dlnM ~ M^-alpha``.

    Returns
    -------
    float or array

    Examples
    --------
    >>> round(float(lognormal_factor(0.132)), 3)
    1.203
    """
    with np.errstate(over="ignore"):  # infinite where a relation had no slope to weigh with
        return np.exp(0.5 * (slope * np.log(10.0) * np.asarray(scatter_dex)) ** 2)


def edgeworth_term(scatter_dex, skewness, kurtosis, slope: float = COUNTS_SLOPE):
    """The bracket of Eq. 10 less one: what non-Gaussian residuals add to the counts of a lognormal.

    ``(slope s)^3 skewness / 6 + (slope s)^4 kurtosis / 24`` with ``s = scatter_dex * ln 10``. The paper's
    sigma "in percent" is s, the scatter of ln M: with it, Table 2 gives the percentages of Sec. 5.2.

    Parameters
    ----------
    scatter_dex, skewness, kurtosis : float or array
        Of the residuals in dex; `kurtosis` is the excess.
    slope
        alpha of ``dn/dlnM ~ M^-alpha``.

    Returns
    -------
    float or array

    Examples
    --------
    >>> round(float(edgeworth_term(0.132, 0.221, 1.600)), 3)
    0.017
    """
    x = slope * np.log(10.0) * np.asarray(scatter_dex)
    return x**3 * skewness / 6.0 + x**4 * kurtosis / 24.0
