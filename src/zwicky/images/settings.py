"""What an image shows: its cells, its smoothing and the cylinder it covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zwicky.errors import ZwickyError
from zwicky.tables import ClusterSample
from zwicky.units import mpc

__all__ = ["ImageSettings", "image_settings_of", "paper_images"]


@dataclass(frozen=True)
class ImageSettings:
    """Grid and kernel of the density maps (Ho et al. 2019, Sec. 3.1, Eqs. 1 and 2).

    Parameters
    ----------
    aperture_mpc
        Radius of the cylinder, comoving Mpc; radius cells fill [0, aperture].
    v_cut_kms
        Velocity cut in km/s; velocity cells fill [-v_cut, v_cut].
    n_cells
        Cells a side. Densities are sampled at cell centres.
    bandwidth
        h0: the bandwidth in units of the sample's standard deviation (ddof = 1), in each dimension.
    kernel
        ``"product"`` is Eq. 2; ``"full"`` scales the full covariance by h0^2, as
        `scipy.stats.gaussian_kde` with a scalar factor does. The same thing in 1-D.
    """

    aperture_mpc: float
    v_cut_kms: float
    n_cells: int = 48
    bandwidth: float = 0.25
    kernel: Literal["product", "full"] = "product"

    def __post_init__(self):
        for name in ("aperture_mpc", "v_cut_kms", "bandwidth"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ZwickyError(f"{name} = {getattr(self, name)} is not allowed; give a positive number")
        if not 4 <= self.n_cells <= 1024:
            raise ZwickyError(f"n_cells = {self.n_cells} is not allowed; give 4 to 1024 cells a side")
        if self.kernel not in ("product", "full"):
            raise ZwickyError(f"kernel = {self.kernel!r} is not allowed; use 'product' or 'full'")


def paper_images(h: float) -> ImageSettings:
    """The paper's images: 48 cells, R_aperture = 1.6 comoving Mpc/h, v_cut = 2200 km/s.

    >>> round(paper_images(h=0.678).aperture_mpc, 2)
    2.36
    """
    return ImageSettings(aperture_mpc=float(mpc(1.6, h)), v_cut_kms=2200.0)


def image_settings_of(sample: ClusterSample) -> ImageSettings:
    """Images that fit the cylinder a sample was cut with, from its metadata.

    Raises
    ------
    ZwickyError
        If `sample.meta` does not say ``aperture_mpc`` and ``v_cut_kms``.
    """
    missing = [key for key in ("aperture_mpc", "v_cut_kms") if key not in sample.meta]
    if missing:
        raise ZwickyError(f"the sample's metadata lack {' and '.join(missing)}; give an ImageSettings")
    return ImageSettings(float(sample.meta["aperture_mpc"]), float(sample.meta["v_cut_kms"]))
