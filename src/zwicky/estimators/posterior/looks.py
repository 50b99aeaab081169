"""What the posterior's networks learn from: deep views, looked at under conditions drawn anew."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from zwicky.estimators.posterior.histogram import phase_space_histogram
from zwicky.estimators.posterior.mixture import to_unit_density, to_unit_mass
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import conditions as conditions_told
from zwicky.mocks.conditions import Conditions, ObservedViews, draw_conditions, observe
from zwicky.mocks.deep import DeepViews

if TYPE_CHECKING:
    import torch

__all__ = ["Looks", "as_looks", "balanced_rows", "lesson_of", "look"]

#: No view is drawn more often than this times the mean of its mass and output.
_MOST_OF_MEAN = 6.0
#: Tensors that a network learns from.
Lesson = tuple["torch.Tensor", ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Looks:
    """One epoch's clusters as the network takes them.

    Parameters
    ----------
    view : int64, shape (n,)
        Row of the deep views.
    conditions : float32, shape (n, c)
    aperture_mpc_h : shape (n,)
    offsets : int64, shape (n + 1,)
    r_mpc_h, v_los : float32, shape (n_galaxies,)
    is_member : bool, shape (n_galaxies,)
    log10_m200c_h, log10_density : shape (n,)
        What is to be told: mass in Msun/h, density of the tracers in (h/Mpc)^3.
    """

    view: np.ndarray
    conditions: np.ndarray
    aperture_mpc_h: np.ndarray
    offsets: np.ndarray
    r_mpc_h: np.ndarray
    v_los: np.ndarray
    is_member: np.ndarray
    log10_m200c_h: np.ndarray
    log10_density: np.ndarray

    def histogram(self) -> np.ndarray:
        """`phase_space_histogram` of all galaxies, float32, shape (n, N_CELLS)."""
        return phase_space_histogram(self.r_mpc_h, self.v_los, self.offsets)

    def lesson(self) -> Lesson:
        """What a network learns from: see `lesson_of`."""
        members = phase_space_histogram(self.r_mpc_h, self.v_los, self.offsets, self.is_member)
        return lesson_of(
            self.histogram(),
            self.conditions,
            self.log10_m200c_h[:, None],
            self.log10_density[:, None],
            members,
        )


def lesson_of(histogram, conditions, log10_m200c_h, log10_density, members) -> Lesson:
    """Histograms, conditions, points (n, m) of mass and density, histograms of members, as the network's."""
    arrays = (histogram, conditions, to_unit_mass(log10_m200c_h), to_unit_density(log10_density), members)
    import torch

    return tuple(torch.from_numpy(np.asarray(x, dtype=np.float32)) for x in arrays)


def look(
    views: DeepViews, rows: np.ndarray, settings: PosteriorSettings, *, rng: np.random.Generator
) -> Looks:
    """Observe views under conditions drawn now."""
    drawn = draw_conditions(views, rows, settings.survey, rng=rng)
    seen = observe(views, rows, drawn, settings.survey, seed=int(rng.integers(2**62)))
    told = rng.random(len(seen)) < settings.error_known
    return as_looks(views, drawn, seen, told)


def as_looks(views: DeepViews, drawn: Conditions, seen: ObservedViews, error_told: np.ndarray) -> Looks:
    """What the network is given of an observation."""
    i = seen.look
    aperture = drawn.aperture_mpc_h[i]
    known = conditions_told(
        seen.n_galaxies,
        drawn.redshift[i],
        aperture,
        np.where(error_told, drawn.redshift_error_kms[i], np.nan),
        np.where(drawn.tracer_known[i] > 0, drawn.tracer[i], -1),
        drawn.recentred[i] > 0,
        drawn.centre_error_kms[i],
    )
    return Looks(
        view=seen.row,
        conditions=known,
        aperture_mpc_h=aperture,
        offsets=seen.offsets,
        r_mpc_h=seen.r_mpc_h,
        v_los=seen.v_los,
        is_member=seen.is_member,
        log10_m200c_h=seen.log10_m200c_h,
        log10_density=seen.log10_density,
    )


def balanced_rows(views: DeepViews, settings: PosteriorSettings, *, rng: np.random.Generator) -> np.ndarray:
    """As many rows as there are views inside the range of mass, drawn so that mass and output are even.

    Of halos of about one mass at one output each is drawn as often as another, however often it was viewed.
    """
    low, high = settings.range_log10_m200c_h
    mass = views.log10_m200c_h
    inside = np.flatnonzero((mass >= low) & (mass < high))
    bins = np.floor((mass[inside] - low) / 0.1).astype(np.int64)
    cell = np.unique(views.redshift[inside], return_inverse=True)[1] * 1000 + bins
    _, cell, counts = np.unique(cell, return_inverse=True, return_counts=True)
    halo = np.stack([cell, views.universe[inside], views.halo_id[inside]])
    _, halo, lines = np.unique(halo, axis=1, return_inverse=True, return_counts=True)
    weight = 1.0 / lines[halo.reshape(-1)]
    for _ in range(2):  # the limit lowers the mean that it is a multiple of
        mean = np.bincount(cell, weight) / counts
        weight = np.minimum(weight / mean[cell], _MOST_OF_MEAN)
    weight /= np.bincount(cell, weight)[cell]
    # Scarce cells are not repeated without limit: few halos would be learned by heart.
    weight = np.minimum(weight, 20.0 * np.median(1.0 / counts[cell]))
    edges = np.cumsum(weight) / weight.sum()
    n = len(inside)
    picked = np.searchsorted(edges, (np.arange(n) + rng.random(n)) / n).clip(max=n - 1)
    return inside[rng.permutation(picked)]
