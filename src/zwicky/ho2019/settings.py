"""Settings of a whole run, and the named scales."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.estimators import CNNSettings, MSigmaSettings, SDMSettings
from zwicky.mocks import MockSettings
from zwicky.settings import check_ranges, digest, setting
from zwicky.universe import SCALES, UniverseSettings, read_identity

__all__ = ["RUN_SCALES", "ExistingUniverse", "RunSettings", "density_in_box", "existing_universe"]

#: Side of the paper's box in Mpc/h, and how many times its density of training clusters a smaller box may
#: have: more lines of sight of one halo are not more halos.
_PAPER_BOX_MPC_H = 1000.0
_DENSEST = 10.0


@dataclass(frozen=True)
class ExistingUniverse:
    """A finished universe that is used where it stands: a simulated one, or an imported one.

    Parameters
    ----------
    directory
        Where it stands; what it is does not depend on that.
    digest
        From its ``provenance.json``.
    redshifts
        Its outputs.

    Examples
    --------
    >>> ExistingUniverse("mdpl2", "0f3c", (0.117,)).redshifts
    (0.117,)
    """

    directory: str
    digest: str
    redshifts: tuple[float, ...]


def existing_universe(directory: Path | str) -> ExistingUniverse:
    """The finished universe in a directory.

    Raises
    ------
    ZwickyError
        If the directory holds none.
    """
    return ExistingUniverse(str(Path(directory).resolve()), *read_identity(directory))


def density_in_box(box_size_mpc_h: float) -> float:
    """Training clusters per (Mpc/h)^3 and dex: in all as many as the paper's, at most ten times its density.

    >>> density_in_box(1000.0) == MockSettings().flat_density
    True
    >>> round(density_in_box(625.0) / density_in_box(1000.0), 3)
    4.096
    """
    return MockSettings().flat_density * min(_DENSEST, max(1.0, (_PAPER_BOX_MPC_H / box_size_mpc_h) ** 3))


@dataclass(frozen=True)
class RunSettings:
    """Settings of a whole run.

    Parameters
    ----------
    universe, mocks, training, m_sigma, sdm
        Settings of the steps; `training` is of both networks, `sdm` of both support distribution machines.
    sdm_test_clusters
        Support distribution machines weigh about so many test clusters, whole halos drawn at random; all
        by default.
    sdm_thinned_clusters
        As many of them are weighed again and again with fewer galaxies, for Table 4.
    estimators
        Other installed estimators, cross-validated on the same folds with their default settings; they stand
        in the report beside the paper's.
    existing
        A universe to use instead of simulating `universe`, which is None then.
    seed
        Seed of everything random after the universe, which has its own.
    redshift
        Which of the universe's redshifts is observed.

    Examples
    --------
    >>> from zwicky.ho2019 import RUN_SCALES
    >>> settings = RUN_SCALES["demo"]
    >>> settings.redshift, settings.universe.n_side
    (0.117, 128)
    """

    universe: UniverseSettings | None = None
    mocks: MockSettings = field(default_factory=MockSettings)
    training: CNNSettings = field(default_factory=CNNSettings)
    m_sigma: MSigmaSettings = field(default_factory=MSigmaSettings)
    sdm: SDMSettings = field(default_factory=SDMSettings)
    sdm_test_clusters: int | None = setting(None, "[1, inf)")
    sdm_thinned_clusters: int = setting(1000, "[1, inf)")
    estimators: tuple[str, ...] = ("counts", "counts_inner")
    seed: int = setting(1, "[0, inf)")
    redshift: float = 0.117
    existing: ExistingUniverse | None = None

    def __post_init__(self):
        if self.existing is not None and self.universe is not None:
            raise ZwickyError("both universe and existing are given; leave out the one that is not meant")
        if self.existing is None and self.universe is None:
            object.__setattr__(self, "universe", UniverseSettings())
        check_ranges(self)
        redshifts = (self.existing or self.universe).redshifts
        if self.redshift not in redshifts:
            raise ZwickyError(
                f"redshift = {self.redshift} is not an output of the universe; "
                f"use one of {', '.join(map(str, redshifts))}"
            )

    @property
    def digest(self) -> str:
        """What the run is, wherever an existing universe stands."""
        if self.existing is None:
            return digest(self)
        return digest(dataclasses.replace(self, existing=dataclasses.replace(self.existing, directory="")))

    @property
    def universe_digest(self) -> str:
        """Digest of the universe, simulated or existing."""
        return digest(self.universe) if self.existing is None else self.existing.digest

    def universe_in(self, directory: Path) -> Path:
        """Where the universe of a run in `directory` stands."""
        return directory / "universe" if self.existing is None else Path(self.existing.directory)


#: Named scales. A smaller box holds fewer halos: `standard` takes more lines of sight of each, for as many
#: training clusters in a bin of mass as the paper's cubic Gpc/h gives; `demo` trains longer on fewer. `demo`
#: and `paper`, which have much else to do, thin fewer for the support distribution machines.
RUN_SCALES = {
    "demo": RunSettings(
        universe=SCALES["demo"],
        mocks=MockSettings(flat_density=10**-4.2),
        training=CNNSettings(epochs=60),
        sdm_thinned_clusters=100,
    ),
    "standard": RunSettings(
        universe=SCALES["standard"], mocks=MockSettings(flat_density=density_in_box(625.0))
    ),
    "paper": RunSettings(universe=SCALES["paper"], sdm_thinned_clusters=400),
}
