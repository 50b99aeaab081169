"""What the process that others are forked from does first: it will end with the one that started it, at once.

It does so where `start_fork_server` has it imported, on Linux, and nowhere else. Python looks whether anybody
is left only once all else is imported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from types import TracebackType

__all__: list[str] = []

#: Of prctl(2): the signal that comes when the parent dies.
_PR_SET_PDEATHSIG = 1

#: Seconds that a command may take from the removal of its semaphores to its end.
_LAST_S = 5.0

_SERVER = os.getpid()


def _say_unless_ending(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """A fork that finds nothing of what it was to work with, because the command ends, is no news."""
    end = time.monotonic() + _LAST_S
    while isinstance(error, OSError | EOFError) and time.monotonic() < end:
        if os.getppid() != _SERVER:
            return
        time.sleep(0.01)
    sys.__excepthook__(kind, error, where)


if (parent := os.environ.pop("ZWICKY_PARENT", None)) is not None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent != str(os.getppid()):  # it has died before
        os._exit(1)
    sys.excepthook = _say_unless_ending
