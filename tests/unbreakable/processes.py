"""Commands as processes of their own, each in a session that nobody else is in."""

import os
import signal
import subprocess
import sys
from pathlib import Path

#: What every child process that runs `-c` begins with: where tests run in the background, interrupts are
#: ignored, and children inherit that.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


def python(*words, **options):
    """Start Python on `words` in a new session; what it prints is text, and it hears interrupts."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


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
