"""What to be careful about in clusters that are weighed: the words of their flags.

Each limit is one that at most one in two hundred of our mock clusters, full or thinned, passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from zwicky.estimators import TrainingRange
from zwicky.images import GalaxyMoments
from zwicky.survey.quality import galaxies_in_words
from zwicky.survey.segments import repeats_in_segments, segment_medians
from zwicky.tables import ClusterSample, Cylinder

__all__ = ["Remark", "joined", "remarks_on_data", "remarks_on_mass", "remarks_on_posterior"]

#: Where something is to be said, bool of shape (n,), and what is said of a row.
Remark = tuple[np.ndarray, Callable[[int], str]]

#: A difference in M200c at a fixed dispersion, in dex, that sets how far a redshift may be from training.
_REDSHIFT_DEX = 0.05
#: Probability near the least mass of training that makes a mass an upper limit, and a p-value that one in two
#: hundred mock clusters stays below.
_LOW_SHARE, _ODD = 0.16, 0.005
#: Difference of two estimates in dex that 99.9 % of mock clusters stay below.
_DISAGREE_DEX = 1.3


def joined(remarks: Iterator[Remark], n: int) -> np.ndarray:
    """The remarks on each of n clusters in one text, ``"ok"`` where there is none; object, shape (n,)."""
    flags = np.full(n, "", dtype=object)
    for where, text_of in remarks:
        for row in np.flatnonzero(where):
            flags[row] += ("; " if flags[row] else "") + text_of(row)
    flags[flags == ""] = "ok"
    return flags


def remarks_on_data(
    inside: ClusterSample,
    moments: GalaxyMoments,
    *,
    cylinder: Cylinder,
    training: TrainingRange | None,
    from_sky: bool = False,
    units: Mapping[str, str] | None = None,
    is_told: bool = False,
) -> Iterator[Remark]:
    """What to be careful about in the galaxies of cylinders, none of them empty.

    Parameters
    ----------
    inside, moments
        Clusters cut with `cylinder`, and `zwicky.images.galaxy_moments` of them.
    cylinder, training
        The model's, in any h.
    from_sky, units
        As for `zwicky.survey.quality.find_problems`.
    is_told
        The model is told how far galaxies reach and how well the centre's velocity is known, and needs no
        remark on either.
    """
    n, z, cosmology, sigma = inside.n_galaxies, inside.redshift, inside.cosmology, moments.v_sigma
    if training is not None:
        nearest = np.clip(z, *training.redshift)
        # M200c ~ sigma^3 / E(z): beyond this the network's masses drift by more than the limit.
        drift = np.log10(cosmology.efunc(z) / cosmology.efunc(nearest))
        yield (
            np.abs(drift) > _REDSHIFT_DEX,
            lambda row: f"redshift {z[row]:.2f} (trained at {nearest[row]:.2f})",
        )
        yield _outside(n, training.n_galaxies, margin=1.1), _words("number of galaxies outside training")
        yield (
            _outside(sigma, training.sigma_v_kms, margin=1.1),
            _words("velocity dispersion outside training"),
        )
    # Radii spread evenly over the aperture would all end before `reach` with a chance of reach^n; clustered
    # galaxies do so more often, and one in two hundred mock clusters has n ln(reach) below -9.
    reach = moments.r_max / cylinder.in_h(cosmology.h).aperture_mpc
    with np.errstate(divide="ignore"):
        early = (reach < 0.9) & (n * np.log(reach) < -9.0)
    yield from _early(inside, reach, early, from_sky, units or {}, is_told)
    again = repeats_in_segments(inside.r_proj_comoving, inside.v_los, inside.offsets)
    yield again > 0, lambda row: f"{galaxies_in_words(again[row])} given twice"
    if not is_told:
        # The median of n normal values scatters by 1.25 sigma / sqrt(n); infall and mergers move it further.
        offset = segment_medians(inside.v_los, inside.offsets)
        far = np.abs(offset) > np.maximum(250.0, 7.0 * 1.25 * sigma / np.sqrt(n))
        yield far, lambda row: f"velocities off centre by {offset[row]:+.0f} km/s (--recentre)"


def _early(
    inside: ClusterSample,
    reach: np.ndarray,
    early: np.ndarray,
    from_sky: bool,
    units: Mapping[str, str],
    is_told: bool,
) -> Iterator[Remark]:
    """Galaxies that end before the aperture does, perhaps because radii are degrees."""
    degrees = np.zeros(len(inside), dtype=bool)
    if not from_sky and early.any():
        # The angular-diameter distance, for what is now comoving was a proper radius in the file.
        distance = inside.cosmology.angular_diameter_distance(inside.redshift[early]).to_value("Mpc")
        spanned = np.deg2rad(distance) * reach[early]
        degrees[early] = (spanned >= 0.5) & (spanned <= 3.0)
    given = units.get("r_proj")
    doubt = f": is [{given}] right?" if given else ": degrees?"

    def text_of(row):
        return f"galaxies end at {reach[row]:.2f} of the aperture" + (doubt if degrees[row] else "")

    yield early & degrees if is_told else early, text_of


def remarks_on_mass(
    log10_mass_h: np.ndarray, log10_mass_msigma_h: np.ndarray, training: TrainingRange | None
) -> Iterator[Remark]:
    """What to be careful about in masses (Msun/h): outside the training range, or far from M-sigma's."""
    if training is not None:
        yield _outside(log10_mass_h, training.log10_m200c_h, margin=1.0), _words("mass outside training")
    far = np.abs(log10_mass_h - log10_mass_msigma_h) > _DISAGREE_DEX
    yield far, _words("unlike training: far from M-sigma")


def remarks_on_posterior(low_share: np.ndarray, p_unlike: np.ndarray) -> Iterator[Remark]:
    """What to be careful about in posteriors that know their limits.

    `low_share` is the probability of a mass within 0.1 dex of the least that was trained on, `p_unlike` the
    p-value of a cluster as odd; NaN where one is not known.
    """
    yield low_share > _LOW_SHARE, _words("upper limit")
    yield p_unlike < _ODD, lambda row: f"unlike training: p = {p_unlike[row]:.2g}"


def _words(text: str) -> Callable[[int], str]:
    return lambda row: text


def _outside(values: np.ndarray, span: tuple[float, float], margin: float) -> np.ndarray:
    # The ranges are percentiles; the margin keeps the tails of the training sample unremarked.
    return ~((span[0] / margin <= values) & (values <= span[1] * margin))
