"""What an image is made of: its cells and its smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zwicky.settings import check_ranges, setting

__all__ = ["ImageSettings"]


@dataclass(frozen=True)
class ImageSettings:
    """Grid and kernel of the density maps; the defaults are those of Ho et al. (2019), Sec. 3.1.

    The grid fills a `zwicky.tables.Cylinder`: radius cells [0, aperture], velocity cells [-v_cut, v_cut].

    Parameters
    ----------
    n_cells
        Cells a side. Densities are sampled at cell centres.
    bandwidth
        h0: the bandwidth in units of the sample's standard deviation (ddof = 1), in each dimension.
    kernel
        ``"product"`` is Eq. 2; ``"full"`` scales the full covariance by h0^2, as
        `scipy.stats.gaussian_kde` with a scalar factor does. The same thing in 1-D.

    Raises
    ------
    ZwickyError
        If a value is out of range.

    Examples
    --------
    >>> ImageSettings(n_cells=32).bandwidth
    0.25
    """

    n_cells: int = setting(48, "[4, 1024]", "cells a side")
    bandwidth: float = setting(0.25, "(0, inf)", "standard deviations")
    kernel: Literal["product", "full"] = "product"

    def __post_init__(self):
        check_ranges(self)
