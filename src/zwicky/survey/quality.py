"""What can be wrong with an observed cluster: what forbids weighing it, and what to be careful about.

A `Problem` forbids: the cluster gets no mass. A remark goes into the flag of a cluster that is weighed.
Each limit of a remark is one that at most one in two hundred of our mock clusters, full or thinned, passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

from zwicky.estimators import TrainingRange
from zwicky.tables import Cylinder

__all__ = [
    "MIN_GALAXIES",
    "Problem",
    "find_problem",
    "remarks_on_data",
    "remarks_on_mass",
    "remarks_on_posterior",
]

#: Galaxies a cylinder must hold, Ho et al. (2019) Sec. 2.2.
MIN_GALAXIES = 10

#: A difference in M200c at a fixed dispersion, in dex, that sets how far a redshift may be from training.
_REDSHIFT_DEX = 0.05
#: Probability near the least mass of training that makes a mass an upper limit, and a p-value that one in two
#: hundred mock clusters stays below.
_LOW_SHARE, _ODD = 0.16, 0.005
#: Difference of two estimates in dex that 99.9 % of mock clusters stay below.
_DISAGREE_DEX = 1.3


@dataclass(frozen=True)
class Problem:
    """Why a cluster cannot be weighed, and what the user can do.

    Parameters
    ----------
    what
        Short enough for a column.
    advice
        What to do, as the rest of the sentence.

    Examples
    --------
    >>> Problem("no galaxies", "check the centre").what
    'no galaxies'
    """

    what: str
    advice: str


def find_problem(
    r_proj_comoving: np.ndarray,
    v_los: np.ndarray,
    redshift: float,
    *,
    cylinder: Cylinder,
    from_sky: bool,
    units: Mapping[str, str] | None = None,
    min_galaxies: int = MIN_GALAXIES,
) -> Problem | None:
    """The first thing that forbids weighing a cluster, or None.

    Parameters
    ----------
    r_proj_comoving, v_los : shape (n,)
        Every galaxy that was given for the cluster: comoving Mpc and km/s, before the cylinder is cut.
    redshift
        Of the cluster.
    cylinder
        What the model looks at, in the h of `r_proj_comoving`.
    from_sky
        Radii were computed, so that their unit is not in doubt.
    units
        The units that ``r_proj`` and ``v_los`` were given with, to be doubted by name.
    min_galaxies
        Fewest that the model weighs.

    Returns
    -------
    Problem or None

    Examples
    --------
    Radii in kpc give themselves away:

    >>> find_problem(
    ...     np.linspace(10, 2000, 50), np.linspace(-900, 900, 50), 0.1,
    ...     cylinder=Cylinder.in_mpc_h(1.6, 2200.0, 0.7), from_sky=False,
    ... ).advice
    'name the unit: --columns r_proj=NAME[kpc], or [Mpc] if it is that'
    """
    if not np.isfinite(redshift):
        return Problem("no redshift or no centre", "give the cluster a centre and a redshift")
    if redshift <= 0 or redshift > 20:
        doubt = ": cz?" if redshift > 20 else ""
        return Problem(f"redshift {redshift:g}{doubt}", "give the cluster's redshift, above 0")
    if not len(v_los):
        return Problem("no galaxies", "check the centre, or give galaxies with this cluster_id")
    for name, values in (("r_proj", r_proj_comoving), ("v_los", v_los)):
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            name = {"r_proj": "position", "v_los": "redshift"}[name] if from_sky else name
            kind = "NaN" if np.isnan(values[bad]).any() else "infinite"
            return Problem(f"{kind} {name} {_where(bad, len(values))}", "remove those galaxies")
    if r_proj_comoving.min() < 0:
        where = _where(np.flatnonzero(r_proj_comoving < 0), len(r_proj_comoving))
        return Problem(f"negative r_proj {where}", "give distances from the centre")
    if not from_sky:
        problem = _wrong_unit(r_proj_comoving, v_los, cylinder, units or {})
        if problem:
            return problem
    n_inside = int(cylinder.holds(r_proj_comoving, v_los).sum())
    if n_inside < min_galaxies:
        return Problem(
            f"{_galaxies(n_inside)} in the cylinder ({min_galaxies} needed)",
            f"give more within {cylinder.aperture_mpc:.2f} comoving Mpc and {cylinder.v_cut_kms:.0f} km/s of "
            "the centre",
        )
    return None


def _galaxies(n: int) -> str:
    return f"{n} {'galaxy' if n == 1 else 'galaxies'}"


def _where(bad: np.ndarray, n: int) -> str:
    """How many of a cluster's galaxies are bad, and which of them, in their order, is the first."""
    return f"in {len(bad)} of {_galaxies(n)}, first in its row {bad[0] + 1}"


def _wrong_unit(
    r_proj_comoving: np.ndarray, v_los: np.ndarray, cylinder: Cylinder, units: Mapping[str, str]
) -> Problem | None:
    def doubt(name, guess):
        return f"is [{units[name]}] right?" if name in units else guess

    fastest = np.abs(v_los).max()
    if fastest < 10.0:
        return Problem(
            f"v_los reaches {fastest:.3g} km/s only: {doubt('v_los', 'redshifts?')}",
            "give km/s in the cluster's rest frame, or ra, dec, z",
        )
    if v_los.min() > cylinder.v_cut_kms:
        return Problem(
            f"v_los starts at {v_los.min():.0f} km/s: {doubt('v_los', 'cz?')}",
            "give velocities in the cluster's rest frame, or ra, dec, z",
        )
    spread = float(np.median(np.abs(v_los - np.median(v_los))))
    if spread > 20_000.0:
        return Problem(
            f"v_los has a median spread of {spread:.0f} km/s: {doubt('v_los', 'm/s?')}",
            "name the unit: --columns v_los=NAME[m/s]",
        )
    middle = float(np.median(r_proj_comoving))
    # Lists reach out to a few apertures, which are some ten arcmin or a few thousand kpc.
    if middle > 20.0 or (middle > 3.0 * cylinder.aperture_mpc and "r_proj" not in units):
        unit = "kpc" if middle > 50.0 * cylinder.aperture_mpc else "arcmin"
        return Problem(
            f"r_proj has a median of {middle:.0f} Mpc: {doubt('r_proj', unit + '?')}",
            f"name the unit: --columns r_proj=NAME[{unit}], or [Mpc] if it is that",
        )
    if len(r_proj_comoving) >= MIN_GALAXIES and r_proj_comoving.max() < 0.35 * cylinder.aperture_mpc:
        return Problem(
            f"r_proj ends at {r_proj_comoving.max():.2g} Mpc: {doubt('r_proj', 'degrees?')}",
            "name the unit: --columns r_proj=NAME[deg], or reach out to "
            f"{cylinder.aperture_mpc:.2f} comoving Mpc",
        )
    return None


def remarks_on_data(
    r_proj_comoving: np.ndarray,
    v_los: np.ndarray,
    redshift: float,
    *,
    sigma_v_kms: float,
    cylinder: Cylinder,
    cosmology: FLRW,
    training: TrainingRange | None,
    from_sky: bool = False,
    units: Mapping[str, str] | None = None,
    is_told: bool = False,
) -> list[str]:
    """What to be careful about in the galaxies of a cylinder, in a few words each.

    `sigma_v_kms` is the standard deviation of `v_los`, `cylinder` and `training` are the model's, in any h;
    `from_sky` and `units` are those of `find_problem`. A model that `is_told` how far galaxies reach and how
    well the centre's velocity is known needs no remark on either.
    """
    remarks = []
    n = len(r_proj_comoving)
    if training is not None:
        nearest = float(np.clip(redshift, *training.redshift))
        # M200c ~ sigma^3 / E(z): beyond this the network's masses drift by more than the limit.
        drift = np.log10(cosmology.efunc(redshift) / cosmology.efunc(nearest))
        if abs(drift) > _REDSHIFT_DEX:
            remarks.append(f"redshift {redshift:.2f} (trained at {nearest:.2f})")
        if _outside(n, training.n_galaxies, margin=1.1):
            remarks.append("number of galaxies outside training")
        if _outside(sigma_v_kms, training.sigma_v_kms, margin=1.1):
            remarks.append("velocity dispersion outside training")
    # Radii spread evenly over the aperture would all end before `reach` with a chance of reach^n; clustered
    # galaxies do so more often, and one in two hundred mock clusters has n ln(reach) below -9.
    reach = float(r_proj_comoving.max()) / cylinder.in_h(cosmology.h).aperture_mpc
    if reach < 0.9 and n * np.log(reach) < -9.0:
        remark = f"galaxies end at {reach:.2f} of the aperture"
        if not from_sky:
            # The angular-diameter distance, for what is now comoving was a proper radius in the file.
            per_degree = float(np.deg2rad(cosmology.angular_diameter_distance(redshift).to_value("Mpc")))
            if 0.5 <= per_degree * reach <= 3.0:
                given = (units or {}).get("r_proj")
                remark += f": is [{given}] right?" if given else ": degrees?"
        if not is_told or remark.endswith("?"):
            remarks.append(remark)
    n_again = n - len(np.unique(np.stack([r_proj_comoving, v_los], axis=1), axis=0))
    if n_again:
        remarks.append(f"{_galaxies(n_again)} given twice")
    # The median of n normal values scatters by 1.25 sigma / sqrt(n); infall and mergers move it further.
    offset = float(np.median(v_los))
    if not is_told and abs(offset) > max(250.0, 7.0 * 1.25 * sigma_v_kms / np.sqrt(n)):
        remarks.append(f"velocities off centre by {offset:+.0f} km/s (--recentre)")
    return remarks


def remarks_on_mass(
    log10_mass_h: float, log10_mass_msigma_h: float, training: TrainingRange | None
) -> list[str]:
    """What to be careful about in a mass (Msun/h): outside the training range, or far from M-sigma's."""
    remarks = []
    if training is not None and _outside(log10_mass_h, training.log10_m200c_h, margin=1.0):
        remarks.append("mass outside training")
    if abs(log10_mass_h - log10_mass_msigma_h) > _DISAGREE_DEX:
        remarks.append("unlike training: far from M-sigma")
    return remarks


def remarks_on_posterior(low_share: float, p_unlike: float) -> list[str]:
    """What to be careful about in a posterior that knows its limits.

    `low_share` is the probability of a mass within 0.1 dex of the least that was trained on, `p_unlike` the
    p-value of a cluster as odd; NaN where one is not known.
    """
    remarks = []
    if low_share > _LOW_SHARE:
        remarks.append("upper limit")
    if p_unlike < _ODD:
        remarks.append(f"unlike training: p = {p_unlike:.2g}")
    return remarks


def _outside(value: float, span: tuple[float, float], margin: float) -> bool:
    # The ranges are percentiles; the margin keeps the tails of the training sample unremarked.
    return not span[0] / margin <= value <= span[1] * margin
