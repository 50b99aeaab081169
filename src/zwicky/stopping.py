"""How a command ends before its work is done: by Ctrl-C, SIGTERM or SIGHUP, soon and with one line.

A signal becomes an exception, `Stopped`, in the main thread, so that temporary files are removed and locks
given back on its way out. A compiled kernel, a full pipe or a library that swallows exceptions may keep the
main thread: a second thread, which the signal itself wakes, ends the process after `GRACE_S` whatever the
first is doing. Nothing is lost then either: whatever is on disk is whole (docs/promises.md).
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["GRACE_S", "SIGNALS", "Stopped", "ended_by_signals", "stopped_line"]

#: Seconds that a stopped command has to clean up; a second signal ends it at once.
GRACE_S = 2.0

#: The signals that end a command, and how a person calls them. Windows has no SIGHUP.
SIGNALS = {
    getattr(signal, name): called
    for name, called in (("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP"))
    if hasattr(signal, name)
}


class Stopped(BaseException):
    """A signal ends the command; no library takes it for an error, or for a Ctrl-C that it may answer."""


def stopped_line(number: int) -> str:
    """What a person is told of a command that a signal ended.

    >>> stopped_line(15).split(";")[0]
    'zwicky: stopped by SIGTERM'
    """
    rest = "finished parts are kept, and a long command goes on from there if given again"
    return f"zwicky: stopped by {SIGNALS[signal.Signals(number)]}; {rest}"


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let `SIGNALS` end the block: one line on standard error, and ``SystemExit`` of 128 + the signal.

    A signal that is ignored stays so (``nohup``, jobs in the background). Inside another such block, or
    outside the main thread, where Python hears no signals, it does nothing.
    """
    if _Watch.active or threading.current_thread() is not threading.main_thread():
        yield
        return
    watch = _Watch()
    try:
        yield
    except BaseException as error:
        # Also where the signal showed as another error: a worker that died of it, a file that was closed.
        if watch.number is None:
            raise
        watch.say()
        raise SystemExit(128 + watch.number) from error
    else:
        if watch.number is not None:  # heard where exceptions are swallowed: in a destructor, in a callback
            watch.say()
            raise SystemExit(128 + watch.number)
    finally:
        watch.end()


class _Watch:
    """Hears the signals, in Python's handler and in a thread of its own."""

    active = False

    def __init__(self):
        self.number: int | None = None
        self._says = threading.Lock()
        _Watch.active = True
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        # Written to by the system's own handler, at once: Python's waits until the main thread is in Python.
        self._former_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._watch, daemon=True, name="zwicky-signals")
        self._thread.start()
        self._former_hook, sys.unraisablehook = sys.unraisablehook, self._swallowed
        self._former = {
            number: signal.signal(number, self._stop)
            for number in SIGNALS
            if signal.getsignal(number) not in (signal.SIG_IGN, None)
        }

    def end(self) -> None:
        """Hear no more signals."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_fd)
        sys.unraisablehook = self._former_hook
        os.write(self._write, b"\0")
        self._thread.join()
        os.close(self._read)
        os.close(self._write)
        _Watch.active = False

    def say(self, to: TextIO | None = None) -> None:
        """Tell a person, once."""
        if self.number is not None and self._says.acquire(blocking=False):
            with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
                print(stopped_line(self.number), file=to or sys.stderr, flush=True)

    def _stop(self, number: int, frame: object) -> None:
        if self.number is None:
            self.number = number
            raise Stopped(number)

    def _swallowed(self, what: Any) -> None:
        if what.exc_type is not Stopped:
            self._former_hook(what)

    def _watch(self) -> None:
        """Wait for the first signal; then end the process at the second, or when the time is up."""
        import select

        heard = 0
        while True:
            if heard and not select.select([self._read], [], [], GRACE_S)[0]:
                self._end_now(heard)
            number = os.read(self._read, 1)[0]
            if number == 0:
                return
            if number not in SIGNALS:
                continue
            if heard:
                self._end_now(heard)
            heard = number

    def _end_now(self, number: int) -> None:
        self.number = number
        last = threading.Thread(target=self._say_farewell, daemon=True)  # to a terminal that may be held
        last.start()
        last.join(0.5)
        os._exit(128 + number)  # workers end with it: zwicky.processes

    def _say_farewell(self) -> None:
        to, sys.stderr = sys.stderr, io.StringIO()  # other threads say nothing after it
        if to.isatty():
            print("\x1b[?25h", end="", file=to)  # a progress bar hides the cursor
        self.say(to)
        _return_semaphores()


def _return_semaphores() -> None:
    """What Python does at its end for pools of processes; else another process says that they leaked."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        with contextlib.suppress(Exception):
            util._run_finalizers(0)
