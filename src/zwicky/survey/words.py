"""Flags in words: what each remark on a weighed cluster means, and what to do next.

The remarks themselves are made in `zwicky.survey.remarks`; each has one entry here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from zwicky.survey.quality import Problem

__all__ = ["Explained", "explain"]


@dataclass(frozen=True)
class Explained:
    """A remark of a flag, what it means, and what to do next, in whole sentences."""

    remark: str
    meaning: str
    advice: str


#: Beginnings of remarks, as regular expressions, each with what it means and what to do.
_WORDS: Mapping[str, tuple[str, str]] = {
    r"redshift \S+ \(trained at": (
        (
            "The model learned from clusters at another redshift. At a given mass, velocities rise "
            "with redshift, so that its masses drift by more than 0.05 dex here."
        ),
        "Weigh with a model that is told the redshift (--model posterior), or train one there.",
    ),
    r"number of galaxies outside training": (
        "The cylinder holds more galaxies, or fewer, than nearly all clusters of the training.",
        (
            "With more: check that the galaxies of one cluster only are in the list. With fewer: "
            "trust the width, not the middle, and compare with the M-sigma mass."
        ),
    ),
    r"velocity dispersion outside training": (
        "The galaxies move faster, or slower, than in nearly all clusters of the training.",
        ("Look for a second cluster along the line of sight and for a wrong unit of the velocities."),
    ),
    r"galaxies end at \S+ of the aperture": (
        (
            "There are no galaxies in the outer part of the circle that the model looks at, more "
            "clearly than chance allows: the list, the field of view or a cut ends there."
        ),
        (
            "If it names a unit, check it. Otherwise give the radius that was observed to a model "
            "that is told it (--model posterior --aperture MPC_H), or galaxies further out."
        ),
    ),
    r"\d+ galax(y|ies) given twice": (
        "Rows have the same radius and the same velocity, to the last digit.",
        "Leave each galaxy in once; repeats on the sky are merged by themselves (--merge-arcsec).",
    ),
    r"velocities off centre by": (
        (
            "The median velocity of the galaxies is not the redshift that the cluster was given: the "
            "redshift is rounded or wrong, or something else lies in front or behind."
        ),
        ("Run again with --recentre, which puts the velocities on the median of the inner galaxies."),
    ),
    r"mass outside training": (
        "The mass lies where the model saw few clusters or none.",
        "Take it as a limit, and give the M-sigma mass beside it.",
    ),
    r"unlike training: far from M-sigma": (
        "Two ways of weighing disagree by more than in 999 of 1000 mock clusters.",
        ("Look at the phase space: a second cluster, a merger, a wrong centre or a wrong unit does this."),
    ),
    r"unlike training: p =": (
        "Of two hundred clusters of the training less than one looks as odd as this.",
        ("Look at the phase space and the sky for a neighbour or a wrong centre before using the mass."),
    ),
    r"upper limit": (
        (
            "A good part of the probability lies at the least masses that the model knows, so that "
            "the mass has an upper end and no lower one."
        ),
        "Quote the 84th or the 97.5th percentile as an upper limit.",
    ),
}


def explain(flag: str, problem: Problem | None = None) -> tuple[Explained, ...]:
    """The remarks of a cluster's flag, explained; empty if it is ``"ok"``.

    Parameters
    ----------
    flag
        As in the table of masses.
    problem
        What forbids weighing the cluster, if anything does; the flag is then its short form.

    >>> [found.remark for found in explain("upper limit; mass outside training")]
    ['upper limit', 'mass outside training']
    """
    if problem is not None:
        return (Explained(problem.what, "The cluster was not weighed.", _sentence(problem.advice)),)
    if flag == "ok":
        return ()
    return tuple(_explained(remark) for remark in flag.split("; "))


def _explained(remark: str) -> Explained:
    for beginning, (meaning, advice) in _WORDS.items():
        if re.match(beginning, remark):
            return Explained(remark, meaning, advice)
    return Explained(remark, "", "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
