"""The one way in which this package compiles code and keeps it: `kernel`, in place of numba's ``njit``.

numba keeps compiled code for as long as the file of the function is unchanged. It does not look at what the
function calls in other files, so a change there leaves the old code in use. Here the key is a digest of every
source that a kernel can see (`zwicky.kernels.sources`), beside numba's own part of it: the signature, the
processor and the versions of numba and Python.

Compiled code is kept in ``NUMBA_CACHE_DIR`` if that is set, else beside the package, else in the user's own
cache, else in a folder of the user's below the system's for temporary files; where none can be written to,
nowhere. The last two cost time, and say so.
"""

from __future__ import annotations

import inspect
import multiprocessing
import os
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.misc.appdirs import AppDirs

from zwicky.kernels.sources import sources_digest

__all__ = ["CompiledCodeWarning", "kept_in", "kernel"]

#: The package's folder.
ROOT = Path(__file__).parent.parent


class CompiledCodeWarning(UserWarning):
    """Compiled code cannot be kept where it should be: results are the same, later starts are slower."""


def kernel(function: Callable | None = None, **options) -> Callable:
    """Compile a function when it is first called, without Python's lock, and keep the compiled code.

    Parameters
    ----------
    function
        Compiled by numba for the types of arguments that it is called with.
    options
        numba's: ``fastmath``, ``error_model``, ``inline``, ``forceinline``.

    Examples
    --------
    >>> @kernel(fastmath=True)
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    if function is None:
        return partial(kernel, **options)
    compiled = njit(nogil=True, **options)(function)
    if Path(inspect.getfile(function)).is_relative_to(ROOT) and kept_in() is not None:
        # What ``cache=True`` does, with another cache.
        compiled._cache = _Cache(function)
    return compiled


@cache
def kept_in() -> Path | None:
    """The folder where this process finds and leaves compiled code; None if there is none."""
    wanted = list(_lasting_folders())
    for folder in wanted:
        if _can_be_written(folder):
            return folder
    trouble = f"compiled code cannot be kept in {' or '.join(map(str, wanted))}"
    with suppress(OSError):
        folder = _own_temporary_folder()
        _warn(f"{trouble}: it is kept in {folder} for a while")
        return folder
    _warn(f"{trouble}, nor anywhere else: each command compiles it anew, which can take a minute")
    return None


def _lasting_folders() -> Iterator[Path]:
    """Where compiled code should be kept, best first; no two installations share a folder."""
    name = _CacheLocator.get_suitable_cache_subpath(str(ROOT / "__init__.py"))
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR) / name
    else:
        yield ROOT / "kernels" / "__pycache__"
        yield Path(AppDirs(appname="zwicky", appauthor=False).user_cache_dir) / name


def _own_temporary_folder() -> Path:
    """A folder for temporary files that nobody else could have put code into; OSError if there is none."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    name = _CacheLocator.get_suitable_cache_subpath(str(ROOT / "__init__.py"))
    folder = Path(tempfile.gettempdir()) / f"{name}_{user}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) if os.name == "posix" else 0
    if not stat.S_ISDIR(found.st_mode) or shared or (os.name == "posix" and found.st_uid != user):
        raise PermissionError(f"{folder}: is another's")
    if not _can_be_written(folder):
        raise PermissionError(f"{folder}: cannot be written to")
    return folder


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _warn(message: str) -> None:
    if multiprocessing.parent_process() is None:  # which has said it already
        warnings.warn(
            f"{message}; set NUMBA_CACHE_DIR to a folder of yours", CompiledCodeWarning, stacklevel=2
        )


class _Locator(_CacheLocator):
    """Tells numba where the compiled code of a function is and whether it is of today's sources."""

    def __init__(self, function: Callable, source: str):
        self._py_file = source  # numba names it in warnings
        self._path = Path(source)
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function, source):
        return cls(function, source)

    def get_cache_path(self) -> str:
        return str(kept_in())

    def get_source_stamp(self) -> str:
        return sources_digest(self._path, ROOT)

    def get_disambiguator(self) -> str:
        # Several rooms have a file of one name.
        return f"{'.'.join(self._path.relative_to(ROOT).parent.parts)}-{self._line}"


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Locator]


class _Cache(FunctionCache):
    """numba's cache of one function, which is no reason to fail: what cannot be read is compiled again."""

    _impl_class = _Implementation

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # a file cut short or overwritten: any error of unpickling or of the linker
            self.flush_quietly()
            return None

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn(f"compiled code cannot be kept in {self.cache_path} ({error.strerror})")
            self.disable()

    def flush_quietly(self) -> None:
        with suppress(OSError):
            self.flush()
