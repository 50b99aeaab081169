"""The order of the report: chapters, what they say, and which figures and tables they hold."""

from __future__ import annotations

from dataclasses import dataclass

from zwicky.ho2019.report.needs import Needs, always, imported_universe, own_universe, weighed_by
from zwicky.ho2019.report.plates import (
    ARCHITECTURES,
    CLUSTER_VIEWS,
    CORNER,
    DISPERSION_MASS,
    IMAGES,
    LOSSES,
    MASS_FUNCTION,
    POWER_SPECTRUM,
    PREDICTED_TRUE,
    RESIDUALS,
    SAMPLES,
    SAMPLING,
    SCATTER,
    SHAPES,
    SIGMA_MASS,
    SLICE,
    Plate,
)
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets import (
    CLAIMS,
    COMPARISONS,
    COUNTS,
    LEAKAGE,
    SIMULATION,
    TABLE1,
    TABLE2,
    TABLE3,
    TABLE4,
    TIMES,
    Sheet,
)

__all__ = ["CHAPTERS", "Chapter", "contents"]


@dataclass(frozen=True)
class Chapter:
    """A chapter: anchor, heading, opening paragraph (HTML), figures and tables in the order shown.

    It is left out of a run that does not have what it `needs`, or none of what its items need.
    """

    anchor: str
    heading: str
    opening: str
    items: tuple[Plate | Sheet, ...]
    needs: Needs = always


def contents(run: RunResults) -> list[tuple[Chapter, list[Plate | Sheet]]]:
    """The chapters of a run's report, each with the figures and tables that the run has results for."""
    chapters = []
    for chapter in CHAPTERS:
        items = [item for item in chapter.items if item.needs(run)]
        if items and chapter.needs(run):
            chapters.append((chapter, items))
    return chapters


_UNIVERSE = (SLICE, MASS_FUNCTION, SIGMA_MASS, POWER_SPECTRUM, SIMULATION)

CHAPTERS = (
    Chapter(
        "result",
        "The result",
        "In 1933 Fritz Zwicky weighed the Coma cluster by how fast its galaxies move: the more mass, "
        "the faster the motion it can hold. The trouble is that an observer sees only positions on "
        "the sky and velocities along the line of sight, and cannot tell the members of a cluster "
        "from galaxies in front of it and behind it. Ho et al. (2019) taught convolutional networks "
        "to read the whole pattern of positions and velocities instead of its width alone. Here is "
        "what the same methods give on other mock clusters than theirs.",
        (SCATTER, TABLE2, COMPARISONS),
    ),
    Chapter(
        "universe",
        "The universe",
        "To learn, a network needs thousands of clusters whose true masses are known, and only a "
        "simulation has those. This one starts shortly after the Big Bang from small ripples of the "
        "measured kind and lets gravity act on every particle. The figures below ask whether what "
        "came out is physically right.",
        _UNIVERSE,
        own_universe,
    ),
    Chapter(
        "universe",
        "The universe",
        "To learn, a network needs thousands of clusters whose true masses are known, and only a "
        "simulation has those. This one was made elsewhere; its halos and galaxies were imported. Its "
        "particles were not, so that there is no power spectrum of its matter here.",
        _UNIVERSE,
        imported_universe,
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
        (DISPERSION_MASS, TABLE1),
    ),
    Chapter(
        "networks",
        "The networks",
        "CNN<sub>1D</sub> sees the smoothed distribution of velocities; CNN<sub>2D</sub> sees "
        "velocity and distance from the centre together. Every cluster is weighed by a network that "
        "never saw it, nor the same halo from another side: ten networks are trained, each on nine "
        "tenths of the halos, and judged on the tenth.",
        (ARCHITECTURES, LOSSES, PREDICTED_TRUE),
        weighed_by("cnn_1d", "cnn_2d"),
    ),
    Chapter(
        "residuals-of-all",
        "All methods beside each other",
        "What a method is worth shows in its residuals: how wide they scatter, whether they lean to one side "
        "where clusters are light or heavy, and whether large errors are rarer or more common than a normal "
        "distribution has them. Support distribution machines (SDM), where they were run, compare the lists "
        "of galaxies of two clusters directly, without images.",
        (RESIDUALS, SHAPES, COUNTS),
    ),
    Chapter(
        "dependence",
        "Mass and richness",
        "Part of the scatter comes from having few galaxies and would shrink with more of them. The other "
        "part is the clusters' own: they are not round, they merge, and they lie in a crowded neighbourhood. "
        "A fit to all residuals tells the two apart.",
        (TABLE3, CORNER),
    ),
    Chapter(
        "robustness",
        "With galaxies missing",
        "No survey gets a redshift of every galaxy. Here galaxies are taken away at random and the same "
        "models, trained on complete clusters, weigh what is left.",
        (SAMPLING, TABLE4),
    ),
    Chapter(
        "neighbours",
        "Neighbours",
        "Test clusters are never trained on. Their neighbours are, and neighbours lie in the same filaments "
        "and see some of the same galaxies.",
        (LEAKAGE,),
    ),
    Chapter(
        "times",
        "Times",
        "What each stage of this run took, and what it costs to weigh one more cluster.",
        (TIMES,),
    ),
    Chapter(
        "conclusions",
        "What the paper concludes, and what we find",
        "The paper ends in seven conclusions. Each is taken apart into statements that can be checked, and "
        "set beside the same number here.",
        (CLAIMS,),
    ),
)
