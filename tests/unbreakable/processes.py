"""Commands as processes of their own, each in a session that nobody else is in; none runs for ever."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

#: Seconds after which whatever a test has started says where each of its threads stands, and is killed.
LONGEST_S = 900.0


def python(*words, **options):
    """Start Python on `words` in a new session; what it prints is text, and it hears signals."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    process = subprocess.Popen(
        [sys.executable, *map(str, words)],
        start_new_session=True,
        preexec_fn=hear,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},  # an abort tells where it was
        **options,
    )
    watch = threading.Timer(LONGEST_S, abort, [process])
    watch.daemon = True
    watch.start()
    return process


def hear():
    """Hear what this process may have been started to ignore, under ``nohup`` or in the background."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def abort(process):
    """End a session that hangs: each process writes its stacks to standard error first."""
    if process.returncode is not None:
        return
    for last in (signal.SIGABRT, signal.SIGKILL):
        for number in session_of(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, last)
        time.sleep(2.0)


def zwicky(*words, **options):
    """Start a command."""
    return python("-m", "zwicky", *words, **options)


def session_of(process):
    """Numbers of all processes of a session that still run (Linux)."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, session = place.joinpath("stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == process.pid and state != "Z":
            found.add(int(place.name))
    return found


def signal_all(process, number):
    """Send a signal as a terminal does: to every process of the group."""
    os.killpg(process.pid, number)
