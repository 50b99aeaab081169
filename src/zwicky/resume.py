"""What long work leaves on disk, so that a call that is made again does not compute it again.

A result, or the state of work that goes on, is kept in one file under a digest of all that it follows from.
For `kept` a file that is of something else, cut short or no file of ours is as good as none: the work is done
again and written over it. `kept_or_refused` says so instead, where that would throw away days.
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

from zwicky.errors import ZwickyError
from zwicky.io.files import written_whole

__all__ = ["digest_of", "keep", "kept", "kept_or_refused"]


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
    path: Path | str,
    digest: str,
    arrays: Mapping[str, np.ndarray],
    facts: Mapping[str, Any] | None = None,
    *,
    durable: bool = True,
) -> None:
    """Write a result whole: arrays, and plain values that JSON can hold, every bit of their floats too.

    What is written each second is not `durable`: to wait for the disk would take longer than the work, and a
    power cut costs that work alone.
    """
    header = {"digest": digest, "facts": json.dumps(dict(facts or {}))}
    stored = {name: np.asarray(values, order="C") for name, values in arrays.items()}
    with written_whole(path, durable=durable) as temporary:
        save_file(stored, temporary, header)


def kept(path: Path | str, digest: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """The arrays and values that `keep` wrote under this digest; None if they are not there."""
    if not Path(path).is_file():
        return None
    try:
        return kept_or_refused(path, digest)
    except ZwickyError:
        return None


def kept_or_refused(path: Path | str, digest: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """As `kept`, for what is not to be written over.

    Raises
    ------
    ZwickyError
        If the file is missing, damaged or was written under another digest.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get("digest") != digest:
                raise ZwickyError(f"{path}: belongs to other settings; delete it or choose another directory")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        facts = json.loads(header["facts"])
        if not isinstance(facts, dict):
            raise ValueError("its facts are no object")
        return arrays, facts
    except ZwickyError:  # is a ValueError too, and says what is wrong
        raise
    except (SafetensorError, OSError, KeyError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ZwickyError(f"{path}: is damaged ({reason}); delete it to start again") from error
