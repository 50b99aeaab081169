"""What went wrong in a command, as one line: a mistake, or what the machine does not give."""

from __future__ import annotations

from zwicky.errors import ZwickyError, printable

__all__ = ["check_memory", "line_of"]

#: GiB of addresses below which the libraries of a command may abort or spin instead of raising an exception.
_LEAST_GIB, _LEAST_WITH_PYTORCH_GIB = 1.5, 4.0
_WITH_PYTORCH = ("train", "evaluate", "reproduce")

#: How libraries say that there is no memory, in exceptions of their own: NumPy and Arrow raise MemoryError.
_NO_MEMORY = (
    *("bad_alloc", "allocate memory", "out of memory", "start new thread", "failed to map segment"),
    *("libllvmlite", "not enough memory"),
)


def check_memory(command: str) -> None:
    """Refuse a command that this shell does not allow the memory for which its libraries ask at their start.

    Raises
    ------
    ZwickyError
        If ``ulimit -v`` is too low.
    """
    limit = _limit_gib()
    least = _LEAST_WITH_PYTORCH_GIB if command in _WITH_PYTORCH else _LEAST_GIB
    if limit is not None and limit < least:
        raise ZwickyError(
            f"{command} needs {least:g} GiB of addresses and this shell allows {limit:.2f}; raise `ulimit -v`"
        )


def line_of(error: Exception) -> str | None:
    """One line about an exception that is no fault of ours; None if it may be one.

    >>> line_of(OSError(28, "No space left on device", "x"))[:27]
    'x: No space left on device;'
    >>> line_of(RuntimeError("DefaultCPUAllocator: can't allocate memory: 4 bytes"))[:26]
    'there is not enough memory'
    """
    if isinstance(error, ZwickyError):
        return str(error)
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in text for words in _NO_MEMORY):
        limit = _limit_gib()
        held = f"; this shell allows {limit:.1f} GiB, see `ulimit -v`" if limit is not None else ""
        return printable(f"there is not enough memory ({text[-120:] or 'refused by the system'}){held}")
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror.splitlines()[0] if error.strerror else text[:200]
        return printable(f"{where}{reason}; check the path, its permissions and the disk's space")
    if "inline_container" in text:  # PyTorch's file, cut short
        return "a file cannot be written whole; check the disk's space"
    return None


def _limit_gib() -> float | None:
    """Address space that the process may take, GiB; None if there is no limit."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit / 2**30
