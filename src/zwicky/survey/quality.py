"""What forbids weighing an observed cluster, for all clusters of a sample at once.

A `Problem` forbids: the cluster gets no mass. What to be careful about is in `zwicky.survey.remarks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from zwicky.survey.segments import first_in_segments, segment_counts, segment_medians
from zwicky.tables import ClusterSample, Cylinder

__all__ = ["MIN_GALAXIES", "Problem", "find_problems", "galaxies_in_words"]

#: Galaxies a cylinder must hold, Ho et al. (2019) Sec. 2.2.
MIN_GALAXIES = 10


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


def find_problems(
    sample: ClusterSample,
    *,
    cylinder: Cylinder,
    from_sky: bool,
    units: Mapping[str, str] | None = None,
    min_galaxies: int = MIN_GALAXIES,
) -> np.ndarray:
    """The first thing that forbids weighing each cluster: a `Problem` or None, object, shape (n,).

    Clusters with one and the same problem share it.

    Parameters
    ----------
    sample
        Clusters with every galaxy that was given for them, before the cylinder is cut.
    cylinder
        What the model looks at, in any h.
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

    >>> from zwicky.cosmology import paper_cosmology
    >>> from zwicky.survey import observed_sample
    >>> r, v = np.linspace(10, 2000, 50), np.linspace(-900, 900, 50)
    >>> sample = observed_sample(paper_cosmology(), np.array([0.1]), np.array([0, 50]), r, v, "a file")
    >>> cylinder = Cylinder.in_mpc_h(1.6, 2200.0, 0.7)
    >>> find_problems(sample, cylinder=cylinder, from_sky=False)[0].advice
    'name the unit: --columns r_proj=NAME[kpc], or [Mpc] if it is that'
    """
    problems = np.full(len(sample), None, dtype=object)
    is_open = np.ones(len(sample), dtype=bool)
    looks = _looks(sample, cylinder.in_h(sample.cosmology.h), from_sky, units or {}, min_galaxies)
    for bad, problem_of in looks:
        rows = np.flatnonzero(bad & is_open)
        problems[rows] = [problem_of(row) for row in rows]
        is_open[rows] = False
    return problems


def _looks(
    sample: ClusterSample, cylinder: Cylinder, from_sky: bool, units: Mapping[str, str], min_galaxies: int
) -> Iterator[tuple[np.ndarray, Callable[[int], Problem]]]:
    """One thing after the other: where it is wrong, and what is to be said of a row."""
    z, n, offsets = sample.redshift, sample.n_galaxies, sample.offsets
    yield ~np.isfinite(z), _always("no redshift or no centre", "give the cluster a centre and a redshift")

    def redshift_of(row):
        doubt = ": cz?" if z[row] > 20 else ""
        return Problem(f"redshift {z[row]:g}{doubt}", "give the cluster's redshift, above 0")

    with np.errstate(invalid="ignore"):
        yield (z <= 0) | (z > 20), redshift_of
    yield n == 0, _always("no galaxies", "check the centre, or give galaxies with this cluster_id")
    names = {"r_proj_comoving": "position" if from_sky else "r_proj", "v_los": "redshift"}
    names["v_los"] = names["v_los"] if from_sky else "v_los"
    for column, name in names.items():
        yield from _not_finite(getattr(sample, column), name, sample)
    negative = sample.r_proj_comoving < 0
    if negative.any():
        bad, first = segment_counts(negative, offsets), first_in_segments(negative, offsets)
        yield (
            bad > 0,
            lambda row: Problem(
                f"negative r_proj {_where(bad[row], first[row], n[row])}", "give distances from the centre"
            ),
        )
    if not from_sky:
        yield from _wrong_units(sample, cylinder, units)
    inside = segment_counts(cylinder.holds(sample.r_proj_comoving, sample.v_los), offsets)
    said = {
        few: Problem(
            f"{galaxies_in_words(few)} in the cylinder ({min_galaxies} needed)",
            f"give more within {cylinder.aperture_mpc:.2f} comoving Mpc and {cylinder.v_cut_kms:.0f} km/s of "
            "the centre",
        )
        for few in range(min_galaxies)
    }
    yield inside < min_galaxies, lambda row: said[int(inside[row])]


def _always(what: str, advice: str) -> Callable[[int], Problem]:
    problem = Problem(what, advice)
    return lambda row: problem


def galaxies_in_words(n: int) -> str:
    """A number of galaxies.

    >>> galaxies_in_words(1), galaxies_in_words(12)
    ('1 galaxy', '12 galaxies')
    """
    return f"{n} {'galaxy' if n == 1 else 'galaxies'}"


def _where(n_bad: int, first: int, n: int) -> str:
    """How many of a cluster's galaxies are bad, and which of them, in their order, is the first."""
    return f"in {n_bad} of {galaxies_in_words(n)}, first in its row {first + 1}"


def _not_finite(
    values: np.ndarray, name: str, sample: ClusterSample
) -> Iterator[tuple[np.ndarray, Callable[[int], Problem]]]:
    wrong = ~np.isfinite(values)
    if not wrong.any():
        return
    n, offsets = sample.n_galaxies, sample.offsets
    bad, first = segment_counts(wrong, offsets), first_in_segments(wrong, offsets)
    is_nan = segment_counts(np.isnan(values), offsets) > 0

    def problem_of(row):
        kind = "NaN" if is_nan[row] else "infinite"
        return Problem(f"{kind} {name} {_where(bad[row], first[row], n[row])}", "remove those galaxies")

    yield bad > 0, problem_of


def _wrong_units(
    sample: ClusterSample, cylinder: Cylinder, units: Mapping[str, str]
) -> Iterator[tuple[np.ndarray, Callable[[int], Problem]]]:
    """Doubts about the units of clusters that have galaxies, all of them finite."""

    def doubt(name, guess):
        return f"is [{units[name]}] right?" if name in units else guess

    n, offsets = sample.n_galaxies, sample.offsets
    r, v = sample.r_proj_comoving, sample.v_los
    filled = np.flatnonzero(n)
    starts = offsets[:-1][filled]

    def extreme(of, values):
        out = np.full(len(n), np.nan)
        out[filled] = of.reduceat(values, starts) if len(filled) else ()
        return out

    fastest = extreme(np.maximum, np.abs(v))
    yield (
        fastest < 10.0,
        lambda row: Problem(
            f"v_los reaches {fastest[row]:.3g} km/s only: {doubt('v_los', 'redshifts?')}",
            "give km/s in the cluster's rest frame, or ra, dec, z",
        ),
    )
    slowest = extreme(np.minimum, v)
    yield (
        slowest > cylinder.v_cut_kms,
        lambda row: Problem(
            f"v_los starts at {slowest[row]:.0f} km/s: {doubt('v_los', 'cz?')}",
            "give velocities in the cluster's rest frame, or ra, dec, z",
        ),
    )
    middle_v = segment_medians(v, offsets)
    spread = segment_medians(np.abs(v - np.repeat(middle_v, n)), offsets)
    yield (
        spread > 20_000.0,
        lambda row: Problem(
            f"v_los has a median spread of {spread[row]:.0f} km/s: {doubt('v_los', 'm/s?')}",
            "name the unit: --columns v_los=NAME[m/s]",
        ),
    )
    middle = segment_medians(r, offsets)
    # Lists reach out to a few apertures, which are some ten arcmin or a few thousand kpc.
    too_far = (middle > 20.0) | (("r_proj" not in units) & (middle > 3.0 * cylinder.aperture_mpc))

    def far(row):
        unit = "kpc" if middle[row] > 50.0 * cylinder.aperture_mpc else "arcmin"
        return Problem(
            f"r_proj has a median of {middle[row]:.0f} Mpc: {doubt('r_proj', unit + '?')}",
            f"name the unit: --columns r_proj=NAME[{unit}], or [Mpc] if it is that",
        )

    yield too_far, far
    reach = extreme(np.maximum, r)
    yield (
        (n >= MIN_GALAXIES) & (reach < 0.35 * cylinder.aperture_mpc),
        lambda row: Problem(
            f"r_proj ends at {reach[row]:.2g} Mpc: {doubt('r_proj', 'degrees?')}",
            "name the unit: --columns r_proj=NAME[deg], or reach out to "
            f"{cylinder.aperture_mpc:.2f} comoving Mpc",
        ),
    )
