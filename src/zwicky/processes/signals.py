"""What signals other processes hear."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from multiprocessing import resource_tracker

from zwicky.stopping import SIGNALS

__all__ = ["children_hear_no_signals"]


@contextlib.contextmanager
def children_hear_no_signals(*, at_all: bool = False) -> Iterator[None]:
    """Start processes that do not hear Ctrl-C or the end of a terminal, which tell all processes at once.

    They are told by this process, to which a signal that comes meanwhile comes afterwards. Threads that are
    started here start such processes for as long as they live. Python's own process that tracks semaphores is
    one too: of SIGHUP it would die before all others, and whoever uses a semaphore then says so.

    Parameters
    ----------
    at_all
        Not SIGTERM either, with which a process is ended by the one that started it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = set(SIGNALS) - (set() if at_all else {signal.SIGTERM})
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, held)  # it has let Ctrl-C through
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
