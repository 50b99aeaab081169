"""The process that others are forked from, so that what all of them import is imported once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from zwicky.processes.signals import children_hear_no_signals

__all__ = ["start_fork_server"]


def start_fork_server(modules: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Start Python's process that others are forked from, if it does not run; it ends with this thread.

    Were it to die of a signal to all processes, its forks would be taken for dead and started anew, while
    this process ends. They hear no SIGTERM, unless they choose to.

    Parameters
    ----------
    modules
        What it imports, while this process goes on.
    environment
        Variables that it and its forks have beside those of this process, which come first.

    Returns
    -------
    bool
        Whether it runs: its socket has no place where the folder for temporary files has a long name.
    """
    from multiprocessing import forkserver  # which not every system has

    missing = {name: value for name, value in environment.items() if name not in os.environ}
    missing["ZWICKY_PARENT"] = str(os.getpid())
    forkserver.set_forkserver_preload(["zwicky.processes.fork_server", *modules])
    os.environ.update(missing)
    try:
        with children_hear_no_signals(at_all=True):
            forkserver.ensure_running()
        return True
    except OSError:
        return False
    finally:
        for name in missing:
            del os.environ[name]
