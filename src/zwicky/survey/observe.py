"""From whatever was read to clusters with radii and velocities."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.cosmology import deferred_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import Estimator
from zwicky.io.centres import parse_centre
from zwicky.io.columns import parse_columns
from zwicky.io.foreign import ForeignTable
from zwicky.io.observed import Centres, PhaseSpaceList, SkyList, read_observed
from zwicky.survey.blocks import Blocks
from zwicky.survey.clusters import ObservedClusters, clusters_from_phase_space, clusters_from_sample
from zwicky.survey.find_centre import Field, find_centre
from zwicky.survey.recentre import recentre
from zwicky.survey.repeats import MERGE_ARCSEC, check_distance, merge_repeats
from zwicky.survey.sky import blocks_from_sky
from zwicky.survey.told import Told, observed_with
from zwicky.survey.weigh import cylinder_of
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["Observing", "blocks_of", "clusters_of", "observed_blocks"]


@dataclass(frozen=True)
class Observing:
    """How files of galaxies and centres are to be read, and how their clusters were observed.

    Parameters
    ----------
    columns
        The user's names for our columns, ``"z=z_spec,ra=RAJ2000"``.
    table
        Which table of the galaxies' file; None takes the first with our columns.
    centre
        ``RA,DEC,Z`` of the one cluster, or ``find``.
    redshift
        Of the clusters, where no file has it.
    merge_arcsec
        Galaxies on the sky within this distance, with redshifts that agree, are one; 0 merges none.
    keep_warned
        Use redshifts whose ``ZWARN`` is not 0 as well.
    cosmology
        Name of the observer's; None for that of Ho et al. (2019).
    comoving
        Radii without another word in their unit are comoving, not proper.
    recentre
        Put velocities on the median of the inner galaxies.
    redshift_error_kms, centre_error_kms
        Errors of a galaxy's redshift and of the clusters' own, km/s in the rest frame; 0 is exact.
    aperture_mpc_h
        Radius out to which galaxies were observed, comoving Mpc/h.
    tracer
        Kind of galaxies: ``"all"``, ``"red"`` or ``"blue"``.

    Raises
    ------
    ZwickyError
        If a number is outside its range, or the kind of galaxies is not known.

    Examples
    --------
    >>> observing = Observing(columns="z=z_spec", recentre=True, redshift_error_kms=30.0, tracer="red")
    >>> observing.recentre, observing.told.tracer
    (True, 'red')
    """

    columns: str = ""
    table: str | None = None
    centre: str | None = None
    redshift: float | None = None
    merge_arcsec: float = MERGE_ARCSEC
    keep_warned: bool = False
    cosmology: str | None = None
    comoving: bool = False
    recentre: bool = False
    redshift_error_kms: float | None = None
    centre_error_kms: float | None = None
    aperture_mpc_h: float | None = None
    tracer: str | None = None

    def __post_init__(self):
        check_distance(self.merge_arcsec)
        _ = self.told  # which refuses what is not allowed

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Observing:
        """Of options by name, among which may be others."""
        return cls(**{f.name: options[f.name] for f in dataclasses.fields(cls) if f.name in options})

    @property
    def told(self) -> Told:
        """What is said of all clusters."""
        return Told(**{f.name: getattr(self, f.name) for f in dataclasses.fields(Told)})

    def observed(self, blocks: Blocks, centres: Centres | None, model: Estimator) -> Blocks:
        """The clusters with what is told of them, recentred if asked.

        Raises
        ------
        ZwickyError
            If the table of centres tells what an option tells too.
        """
        told = self.told
        for name in centres.told if centres is not None else ():
            if getattr(told, name) is not None:
                raise ZwickyError(
                    f"{centres.source}: has a column {name}; leave out "
                    f"--{name.removesuffix('_kms').removesuffix('_mpc_h').replace('_', '-')}"
                )
        blocks = blocks.then(lambda clusters: observed_with(clusters, told))
        if self.recentre:
            blocks = blocks.then(lambda clusters: recentre(clusters, cylinder_of(model)))
        return blocks


def observed_blocks(
    galaxies: Path | ForeignTable,
    centres: Path | ForeignTable | None,
    model: Estimator,
    observing: Observing,
    *,
    with_origin: bool = False,
) -> Blocks:
    """Clusters of an observer's files, some at a time.

    Parameters
    ----------
    galaxies, centres
        Files, or tables of them.
    model
        Whose cylinder says how far around a centre galaxies are looked for.
    observing
        How to read them.
    with_origin
        Keep the galaxies' own ids and positions, where the file has them.

    Raises
    ------
    ZwickyError
        If a file cannot be read or lacks what is needed, or options contradict it.
    """
    chosen = deferred_cosmology(observing.cosmology or "ho2019")
    find = observing.centre == "find"
    observed, found = read_observed(
        galaxies,
        centres if find or observing.centre is None else parse_centre(observing.centre),
        h=chosen.h,
        columns=parse_columns(observing.columns),
        redshift=observing.redshift,
        comoving=observing.comoving,
        table=observing.table,
        without_centre=find,
        keep_warned=observing.keep_warned,
        with_origin=with_origin,
    )
    if observing.cosmology is not None and isinstance(observed, ClusterSample):
        raise ZwickyError(
            f"{galaxies.name}: is a sample that zwicky wrote, with its own cosmology; leave out --cosmology"
        )
    blocks = blocks_of(observed, found, cosmology=chosen, model=model, merge_arcsec=observing.merge_arcsec)
    return observing.observed(blocks, found, model)


def clusters_of(
    observed: PhaseSpaceList | SkyList | ClusterSample,
    centres: Centres | None,
    *,
    cosmology: FLRW,
    model: Estimator,
    merge_arcsec: float = MERGE_ARCSEC,
) -> ObservedClusters:
    """As `blocks_of`, all clusters at once."""
    return blocks_of(observed, centres, cosmology=cosmology, model=model, merge_arcsec=merge_arcsec).whole()


def blocks_of(
    observed: PhaseSpaceList | SkyList | ClusterSample,
    centres: Centres | None,
    *,
    cosmology: FLRW,
    model: Estimator,
    merge_arcsec: float = MERGE_ARCSEC,
    is_part: bool = False,
) -> Blocks:
    """Clusters of anything that `zwicky.io.observed.read_observed` gives, some at a time.

    Parameters
    ----------
    observed, centres
        Galaxies and, for those on the sky, the centres of the clusters; None has one centre proposed. A
        centre without a name is of the one cluster that the galaxies name, or of their file.
    cosmology
        The observer's, for the distances; a `ClusterSample` has its own.
    model
        Whose cylinder says how far around a centre galaxies are looked for.
    merge_arcsec
        Galaxies on the sky within this distance, with redshifts that agree, are one; 0 merges none.
    is_part
        They are a part of a survey, whose one centre or few galaxies say nothing of the whole.

    Returns
    -------
    Blocks
    """
    if isinstance(observed, ClusterSample):
        return Blocks.of(clusters_from_sample(observed))
    if isinstance(observed, PhaseSpaceList):
        return Blocks.of(clusters_from_phase_space(observed, centres, cosmology=cosmology))
    observed, proposed = merge_repeats(observed, merge_arcsec), None
    if centres is None:
        centres = find_centre(observed, _only_name(observed), cosmology=cosmology)
        proposed = Field(observed, centres)
        observed = dataclasses.replace(observed, notes=observed.notes + centres.notes)
    elif not is_part and len(centres.cluster_id) == 1 and not str(centres.cluster_id[0]):
        centres = dataclasses.replace(centres, cluster_id=np.array([_only_name(observed)]))
    blocks = blocks_from_sky(
        observed, centres, cosmology=cosmology, cylinder=cylinder_of(model), is_part=is_part
    )
    return dataclasses.replace(blocks, proposed=proposed)


def _only_name(galaxies: SkyList) -> str:
    """The one cluster of some galaxies: as they name it, or else as their file is called."""
    if galaxies.cluster_id is None:
        return Path(galaxies.source).name.partition(".")[0]
    names = np.unique(galaxies.cluster_id)
    if len(names) > 1:
        raise ZwickyError(
            f"{galaxies.source}: its galaxies are of {len(names)} clusters; one centre is not enough, give "
            "--clusters CENTRES"
        )
    return str(names[0])
