"""Particles on disk: how a simulation survives being killed."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from zwicky.errors import ZwickyError
from zwicky.io import written_whole
from zwicky.universe.evolve import Particles

__all__ = ["read_particles", "write_particles"]

_NUMBERS = {"step": int, "a": float, "a_long": float, "pairs": int, "pair_seconds": float}

_ARRAYS = ("position", "momentum", "particle_id", "level", "a_short")


def write_particles(path: Path, particles: Particles, digest: str, seconds: float) -> None:
    """Write a state whole, with the digest of its settings and the seconds spent on it so far."""
    # float.hex keeps every bit, so that a resumed run repeats the uninterrupted one.
    numbers = {
        name: getattr(particles, name).hex() if kind is float else str(getattr(particles, name))
        for name, kind in _NUMBERS.items()
    }
    arrays = {name: getattr(particles, name) for name in _ARRAYS}
    with written_whole(path) as temporary:
        save_file(arrays, temporary, {"digest": digest, "seconds": seconds.hex(), **numbers})


def read_particles(path: Path, digest: str) -> tuple[Particles, float]:
    """Read a state and the seconds spent on it.

    Raises
    ------
    ZwickyError
        If the file is damaged or belongs to other settings.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get("digest") != digest:
                raise ZwickyError(f"{path}: belongs to other settings; delete it or choose another directory")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        numbers = {
            name: float.fromhex(header[name]) if kind is float else int(header[name])
            for name, kind in _NUMBERS.items()
        }
        highest, n_levels = int(arrays["level"].max(initial=0)), len(arrays["a_short"])
        if highest >= n_levels:
            raise ValueError(f"a level of {highest} of {n_levels}")
        return Particles(**arrays, **numbers), float.fromhex(header["seconds"])
    except ZwickyError:  # is a ValueError too, and says what is wrong
        raise
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ZwickyError(f"{path}: is damaged ({reason}); delete it to start again") from error
