"""Particles on disk: how a simulation survives being killed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.resume import keep, kept_or_refused
from zwicky.settings import from_mapping
from zwicky.universe.evolve import Particles

__all__ = ["read_particles", "write_particles"]

_ARRAYS = ("position", "momentum", "particle_id", "level", "a_short")


@dataclass(frozen=True)
class _Numbers:
    """What a state holds beside its arrays, and the seconds spent on it so far."""

    step: int
    a: float
    a_long: float
    pairs: int
    pair_seconds: float
    seconds: float


_OF_PARTICLES = ("step", "a", "a_long", "pairs", "pair_seconds")


def write_particles(path: Path, particles: Particles, digest: str, seconds: float) -> None:
    """Write a state whole, with the digest of its settings and the seconds spent on it so far."""
    numbers = {name: getattr(particles, name) for name in _OF_PARTICLES}
    keep(path, digest, {name: getattr(particles, name) for name in _ARRAYS}, numbers | {"seconds": seconds})


def read_particles(path: Path, digest: str) -> tuple[Particles, float]:
    """Read a state and the seconds spent on it.

    Raises
    ------
    ZwickyError
        If the file is damaged or belongs to other settings.
    """
    arrays, facts = kept_or_refused(path, digest)
    try:
        numbers = from_mapping(_Numbers, facts, "numbers")
        highest, n_levels = int(arrays["level"].max(initial=0)), len(arrays["a_short"])
        if highest >= n_levels:
            raise ValueError(f"a level of {highest} of {n_levels}")
        state = {name: getattr(numbers, name) for name in _OF_PARTICLES}
        return Particles(**arrays, **state), numbers.seconds
    except (KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ZwickyError(f"{path}: is damaged ({reason}); delete it to start again") from error
