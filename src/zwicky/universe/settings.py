"""Settings of a universe, and the scales that have names."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from astropy.cosmology import FLRW, FlatwCDM

from zwicky.cosmology import cosmology_named, paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.settings import check_ranges, setting
from zwicky.units import critical_density, mpc

__all__ = ["SCALES", "UniverseSettings"]


@dataclass(frozen=True)
class UniverseSettings:
    """Everything a universe depends on; lengths in the paper's comoving Mpc/h where the name says so.

    Parameters
    ----------
    n_side
        Particles a side; n_side^3 in all.
    box_size_mpc_h
        Comoving side of the periodic box in Mpc/h.
    redshifts
        Output redshifts, in any order.
    seed
        Seed of the initial conditions and of the tracer selection.
    cosmology
        A name that `zwicky.cosmology.cosmology_named` knows.
    h, omega_m, omega_b, w0
        Where given, they replace that cosmology's values, in a flat universe with constant w.
    sigma8, n_s, transfer
        Linear power spectrum: normalisation, spectral index, and transfer function, ``"camb"`` or a
        colossus model such as ``"eisenstein98"``.
    z_initial
        Redshift of the second-order initial conditions.
    n_steps
        Mesh steps from `z_initial` to the last output, uniform in sqrt(a).
    n_substeps
        Pair-force steps in each mesh step.
    n_levels
        Levels of pair steps: that of a strongly pulled particle is halved up to n_levels - 1 times.
    step_accuracy
        Share of the softening by which a pull may move a particle in one of its pair steps.
    mesh_factor
        Mesh cells a side over particles a side.
    split_mesh_cells
        Gaussian force split scale r_s in mesh cells.
    cutoff_splits
        Cut-off radius of the pair force in units of r_s.
    softening_mpc_h
        Comoving Plummer softening in Mpc/h.
    noise_side
        White noise is drawn on noise_side^3 points and cut in Fourier space to n_side^3, so that universes of
        different n_side share their long waves; default n_side.
    peak_log10_m200c_h
        Constrained initial conditions: the centre of the box is to hold a halo of this log10 M200c in Msun/h
        by the last output, to 0.1 to 0.2 dex.
    min_particles
        Smallest friends-of-friends group and smallest halo, in particles.
    tracer_density_h3_mpc3
        Number density of galaxies in (h/Mpc)^3; by default the one that puts 40 galaxies, the central
        included, in r200c at 10^14.17 Msun/h, as in Ho et al. (2019, Sec. 5.3).

    Raises
    ------
    ZwickyError
        If a value is out of range, or the box too small for its pair force or its peak.

    Examples
    --------
    >>> settings = UniverseSettings(n_side=64, box_size_mpc_h=125.0)
    >>> f"{settings.particle_mass_msun:.2e} Msun", settings.n_mesh
    ('9.36e+11 Msun', 128)
    """

    n_side: int = setting(128, "[8, inf)", "even")
    box_size_mpc_h: float = setting(250.0, "(0, inf)")
    redshifts: tuple[float, ...] = (0.117,)
    seed: int = setting(1, "[0, inf)")
    cosmology: str = "ho2019"
    h: float | None = None
    omega_m: float | None = None
    omega_b: float | None = None
    w0: float | None = None
    sigma8: float = setting(0.8228, "(0, inf)")
    n_s: float = setting(0.96, "(0, inf)")
    transfer: str = "camb"
    z_initial: float = 12.0
    n_steps: int = setting(80, "[1, inf)")
    n_substeps: int = setting(4, "[1, inf)")
    n_levels: int = setting(3, "[1, 8]")
    step_accuracy: float = setting(0.1, "(0, inf)")
    mesh_factor: int = setting(2, "[1, inf)")
    split_mesh_cells: float = setting(1.0, "(0, inf)")
    cutoff_splits: float = setting(4.5, "(0, inf)")
    softening_mpc_h: float = setting(0.02, "(0, inf)")
    noise_side: int | None = None
    peak_log10_m200c_h: float | None = None
    min_particles: int = setting(20, "[5, inf)")
    tracer_density_h3_mpc3: float | None = setting(None, "(0, inf)")

    def __post_init__(self):
        check_ranges(self)
        if self.n_side % 2:
            raise ZwickyError(f"n_side = {self.n_side}; give an even number")
        if self.noise_side is not None and (self.noise_side < self.n_side or self.noise_side % 2):
            raise ZwickyError(
                f"noise_side = {self.noise_side}; give an even number of at least {self.n_side}"
            )
        if not self.redshifts:
            raise ZwickyError("redshifts is empty; give at least one output redshift")
        for z in self.redshifts:
            if not 0.0 <= z < self.z_initial:
                raise ZwickyError(f"redshift {z} is outside [0, {self.z_initial:g}); give one inside")
        if len({f"{z:.3f}" for z in self.redshifts}) < len(self.redshifts):
            raise ZwickyError(
                f"redshifts = {self.redshifts} holds one twice to three decimals; give each once"
            )
        cutoff = self.split_mesh_cells * self.cutoff_splits
        if cutoff < 2:
            raise ZwickyError(
                f"split_mesh_cells * cutoff_splits = {cutoff:g}; give a cut-off of at least 2 mesh cells"
            )
        cells = int(self.n_mesh / cutoff)
        if cells < 3:
            raise ZwickyError(
                f"n_side = {self.n_side} leaves {cells} pair cells a side; give a larger n_side"
            )
        if self.peak_log10_m200c_h is not None:
            self._check_peak()
        density, own = self.tracer_density_h3_mpc3, self.particle_density_h3_mpc3
        if density is not None and density > own:
            raise ZwickyError(
                f"tracer_density_h3_mpc3 = {density:g}; give at most {own:.4g}, the particles' own"
            )
        self.flrw()

    def _check_peak(self) -> None:
        # A hundred particles at least, and a sphere with as much again on every side.
        least = math.log10(100.0 * self.particle_mass_msun * self.flrw().h)
        most = math.log10(4.0 / 3.0 * math.pi * (self.n_side / 4.0) ** 3 / 100.0) + least
        if not least <= self.peak_log10_m200c_h <= most:
            raise ZwickyError(
                f"peak_log10_m200c_h = {self.peak_log10_m200c_h:g}; these particles and this box allow "
                f"{least:.2f} to {most:.2f}"
            )

    def flrw(self) -> FLRW:
        """The background cosmology, flat; radiation is left out."""
        base = paper_cosmology() if self.cosmology == "ho2019" else cosmology_named(self.cosmology)
        h = base.h if self.h is None else self.h
        omega_m = base.Om0 if self.omega_m is None else self.omega_m
        omega_b = base.Ob0 if self.omega_b is None else self.omega_b
        w0 = float(getattr(base, "w0", -1.0)) if self.w0 is None else self.w0
        if abs(base.Ok0) > 1e-6 or float(getattr(base, "wa", 0.0)) != 0.0:
            raise ZwickyError(f"cosmology {self.cosmology!r} is not flat with constant w; choose one that is")
        if not (0.1 < h < 2 and 0 < omega_m <= 1 and 0 < omega_b < omega_m and w0 < -1 / 3):
            raise ZwickyError(
                f"h = {h}, omega_m = {omega_m}, omega_b = {omega_b}, w0 = {w0}; give 0.1 < h < 2, "
                "0 < omega_b < omega_m <= 1 and w0 < -1/3"
            )
        own = all(v is None for v in (self.h, self.omega_m, self.omega_b, self.w0))
        if own and self.cosmology == "ho2019":
            return base
        # Neither neutrinos nor radiation move these particles: without them growth and background agree.
        name = self.cosmology if own else f"{self.cosmology} modified"
        return FlatwCDM(H0=100 * h, Om0=omega_m, Ob0=omega_b, w0=w0, Tcmb0=0.0, name=name)

    @property
    def box_size_mpc(self) -> float:
        """Comoving side in Mpc."""
        return mpc(self.box_size_mpc_h, self.flrw().h)

    @property
    def peak_radius_mpc(self) -> float | None:
        """Comoving radius in Mpc of the sphere that holds the peak's mass at mean density; None without."""
        if self.peak_log10_m200c_h is None:
            return None
        particles = 10.0**self.peak_log10_m200c_h / self.flrw().h / self.particle_mass_msun
        return (3.0 * particles / (4.0 * math.pi)) ** (1.0 / 3.0) * self.box_size_mpc / self.n_side

    @property
    def softening_mpc(self) -> float:
        """Comoving Plummer softening in Mpc."""
        return mpc(self.softening_mpc_h, self.flrw().h)

    @property
    def n_particles(self) -> int:
        """Particles in all."""
        return self.n_side**3

    @property
    def particle_density_h3_mpc3(self) -> float:
        """Particles per (Mpc/h)^3."""
        return self.n_particles / self.box_size_mpc_h**3

    @property
    def n_mesh(self) -> int:
        """Mesh cells a side."""
        return self.mesh_factor * self.n_side

    @property
    def mesh_cell_mpc(self) -> float:
        """Side of a mesh cell in comoving Mpc."""
        return self.box_size_mpc / self.n_mesh

    @property
    def particle_mass_msun(self) -> float:
        """Mass of a particle in Msun."""
        cosmology = self.flrw()
        mean = cosmology.Om0 * critical_density(cosmology.H0.value)
        return mean * self.box_size_mpc**3 / self.n_particles

    def replace(self, **changes) -> UniverseSettings:
        """A copy with some settings changed."""
        return dataclasses.replace(self, **changes)


#: Named scales, of one mass resolution: two minutes, half an hour, and the paper's volume.
SCALES = {
    "demo": UniverseSettings(n_side=128, box_size_mpc_h=250.0),
    "standard": UniverseSettings(n_side=320, box_size_mpc_h=625.0),
    "paper": UniverseSettings(n_side=512, box_size_mpc_h=1000.0),
}
