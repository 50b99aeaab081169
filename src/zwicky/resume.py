"""What long work leaves on disk, so that a call that is made again does not compute it again.

A result is kept in one file under a digest of all that it follows from. A file that is of something else, cut
short or no file of ours is as good as none: the work is done again and written over it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from zwicky.io import written_whole

__all__ = ["digest_of", "keep", "kept"]


def digest_of(*parts: Any) -> str:
    """A digest that is equal for equal parts: arrays, digests, and plain values as JSON has them.

    >>> digest_of("cnn_2d", {"epochs": 20}, np.arange(3)) == digest_of("cnn_2d", {"epochs": 20}, np.arange(3))
    True
    >>> digest_of(np.arange(3)) == digest_of(np.arange(3.0))
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part))
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def keep(
    path: Path | str, digest: str, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any] | None = None
) -> None:
    """Write a result whole: arrays, and plain values that JSON can hold."""
    header = {"digest": digest, "facts": json.dumps(dict(facts or {}))}
    stored = {name: np.array(values, order="C") for name, values in arrays.items()}
    with written_whole(path) as temporary:
        save_file(stored, temporary, header)


def kept(path: Path | str, digest: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """The arrays and values that `keep` wrote under this digest; None if they are not there."""
    if not Path(path).is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get("digest") != digest:
                return None
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return arrays, json.loads(header["facts"])
    except (SafetensorError, OSError, KeyError, ValueError):
        return None
