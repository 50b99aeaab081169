"""The order of the report: chapters, what they say, and which figures they hold."""

from __future__ import annotations

from dataclasses import dataclass

from zwicky.report.plates import (
    CLUSTER_VIEWS,
    DISPERSION_MASS,
    IMAGES,
    LOSSES,
    MASS_FUNCTION,
    POWER_SPECTRUM,
    PREDICTED_TRUE,
    RESIDUALS,
    SAMPLES,
    SCATTER,
    SIGMA_MASS,
    SLICE,
    Plate,
)

__all__ = ["CHAPTERS", "Chapter"]


@dataclass(frozen=True)
class Chapter:
    """A chapter: anchor, heading, opening paragraph (HTML), figures, and tables by name."""

    anchor: str
    heading: str
    opening: str
    plates: tuple[Plate, ...] = ()
    tables: tuple[str, ...] = ()


CHAPTERS = (
    Chapter(
        "result",
        "The result",
        "In 1933 Fritz Zwicky weighed the Coma cluster by how fast its galaxies move: the more mass, "
        "the faster the motion it can hold. The trouble is that an observer sees only positions on "
        "the sky and velocities along the line of sight, and cannot tell the members of a cluster "
        "from galaxies in front of it and behind it. Ho et al. (2019) taught convolutional networks "
        "to read the whole pattern of positions and velocities instead of its width alone. Here is "
        "what the same method gives in a universe of our own.",
        (SCATTER,),
        ("table2", "comparisons"),
    ),
    Chapter(
        "universe",
        "The universe",
        "To learn, a network needs thousands of clusters whose true masses are known, and only a "
        "simulation has those. This one starts shortly after the Big Bang from small ripples of the "
        "measured kind and lets gravity act on every particle. The figures below ask whether what "
        "came out is physically right.",
        (SLICE, MASS_FUNCTION, SIGMA_MASS, POWER_SPECTRUM),
        ("universe",),
    ),
    Chapter(
        "observations",
        "Mock observations",
        "Each halo is observed as a telescope would see it: everything inside a cylinder along the "
        "line of sight, of fixed radius and fixed range of velocity, whether it belongs to the "
        "cluster or not. That is the <i>contaminated</i> catalogue. The <i>pure</i> catalogue keeps "
        "true members only; no observer has it, but it shows what perfect knowledge of membership "
        "would be worth.",
        (CLUSTER_VIEWS, SAMPLES, IMAGES),
    ),
    Chapter(
        "m-sigma",
        "The classical way: one number",
        "The <i>M</i>–σ relation uses only the dispersion σ<sub>v</sub> of the velocities: "
        "σ<sub>v</sub> = σ<sub>v,15</sub> (<i>M</i>/10<sup>15</sup>)<sup>α</sup>, fitted to the "
        "heavier part of the training set, where interlopers matter least, and then read backwards.",
        (DISPERSION_MASS,),
        ("table1",),
    ),
    Chapter(
        "networks",
        "The networks",
        "CNN<sub>1D</sub> sees the smoothed distribution of velocities; CNN<sub>2D</sub> sees "
        "velocity and distance from the centre together. Every cluster is weighed by a network that "
        "never saw it, nor the same halo from another side: ten networks are trained, each on nine "
        "tenths of the halos, and judged on the tenth.",
        (LOSSES, PREDICTED_TRUE, RESIDUALS),
    ),
    Chapter(
        "times",
        "Times",
        "Wall-clock times of this run; the machine is named at the end of the report.",
        (),
        ("timing",),
    ),
)
