"""A picture of a centre that was proposed: the field on the sky, the galaxies at its redshift, the centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc, relative_velocity
from zwicky.survey.find_centre import Field
from zwicky.tables import Cylinder

if TYPE_CHECKING:
    from astropy.cosmology import FLRW
    from matplotlib.axes import Axes

__all__ = ["draw_field"]


def draw_field(ax: Axes, field: Field, cylinder: Cylinder, *, cosmology: FLRW) -> Axes:
    """Draw a field around its proposed centre, offsets in degrees, east to the left.

    Galaxies within the velocity cut of the proposed redshift are filled; the circle is the aperture.

    Returns
    -------
    Axes
    """
    from matplotlib.patches import Circle

    galaxies, centre = field.galaxies, field.centre
    ra, dec, z = (float(values[0]) for values in (centre.ra, centre.dec, centre.z))
    east = ((galaxies.ra - ra + 180.0) % 360.0 - 180.0) * np.cos(np.deg2rad(dec))
    north = galaxies.dec - dec
    near = np.abs(relative_velocity(galaxies.z, z)) <= cylinder.v_cut_kms
    distance = comoving_transverse_mpc(np.array([z]), cosmology)[0]
    radius = float(np.rad2deg(cylinder.in_h(cosmology.h).aperture_mpc / distance))
    reach = 2.0 * radius
    ax.plot(east[~near], north[~near], "o", ms=2.4, mfc="white", mec="0.6", mew=0.5, label="other redshifts")
    ax.plot(
        east[near], north[near], "o", ms=2.6, color="black", label=f"within {cylinder.v_cut_kms:.0f} km/s"
    )
    ax.add_patch(Circle((0.0, 0.0), radius, fill=False, lw=1.2))
    ax.plot([0.0], [0.0], "+", ms=12, mew=1.6, color="#c1272d", label="centre")
    ax.set(
        xlim=(reach, -reach),
        ylim=(-reach, 1.25 * reach),
        aspect="equal",
        xlabel=r"east of the centre, $\Delta\alpha\,\cos\delta$ [deg]",
        ylabel=r"north of it, $\Delta\delta$ [deg]",
    )
    ax.set_title(f"proposed centre\n{ra:.4f}, {dec:+.4f}, z = {z:.4f}", fontsize=10)
    ax.legend(loc="upper center", ncols=3, fontsize=7, frameon=False, handletextpad=0.1, columnspacing=0.8)
    return ax
