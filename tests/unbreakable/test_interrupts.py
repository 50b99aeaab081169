"""Ctrl-C, SIGTERM and SIGHUP end whatever runs: soon, with one line and its exit code, and no child left."""

import random
import signal
import sys
import textwrap
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from processes import python as start_python
from processes import session_of, signal_all, zwicky

from survey_on_disk import write_survey
from synthetic_clusters import synthetic_clusters
from zwicky.mocks import Mocks, MockSettings, write_mocks
from zwicky.processes import pool
from zwicky.stopping import GRACE_S, SIGNALS, Stopped, ended_by_signals

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

#: Seconds from the signal to the end.
SOON_S = 3.0


def check_end(process, number, sends=signal_all):
    """Send a signal, and check time, exit code, message and that nothing is left."""
    begin = time.monotonic()
    sends(process, number)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - begin < SOON_S, said
    assert process.returncode == 128 + number, said
    lines = said.splitlines()
    assert lines[-1].startswith("zwicky: stopped by "), said
    assert "Traceback" not in said
    assert "leaked" not in said
    assert sum(line.startswith("zwicky:") for line in lines) == 1
    wait_until_alone(process)


def wait_until_alone(process):
    """What ends with its parent takes a moment."""
    end = time.monotonic() + SOON_S
    while session_of(process) and time.monotonic() < end:
        time.sleep(0.02)
    assert session_of(process) == set()


#: Ways of keeping the main thread, each of minutes.
BUSY = {
    "python": "while True: pass",
    "swallows": """
        class Swallows:
            def __del__(self):
                while True: pass
        Swallows()
    """,
    "compiled": "compute(1)",
    "threads": """
        from zwicky.parallel import run_pieces
        run_pieces(compute, [(1,), (2,), (3,)], 2)
    """,
    "processes": """
        from zwicky.processes import message_queue, run_in_processes
        queue = message_queue()
        if __name__ == "__main__":  # nobody empties the pipe, which soon is full
            run_in_processes(flood, [1, 2], 2, start=begin, arguments=(queue,))
    """,
}

SCRIPT = r"""
import hashlib
import os
import sys
from zwicky.stopping import ended_by_signals

def working():
    os.write(1, b"working\n")  # whole, whatever other threads say

def compute(job):
    working()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)

def begin(queue):
    global messages
    messages = queue

def flood(job):
    working()
    while True:
        messages.put("x" * 1000)

def main():
    with ended_by_signals():
        working()
        exec(BUSY, globals())

BUSY = {busy!r}
if __name__ == "__main__":
    main()
"""


@pytest.fixture
def start(tmp_path):
    """Start a script that is busy in one of the ways, and wait until it is."""

    def begin(way):
        path = tmp_path / "busy.py"
        path.write_text(SCRIPT.replace("{busy!r}", repr(textwrap.dedent(BUSY[way]))))
        process = start_python(path)
        for _ in range({"processes": 3, "threads": 3, "compiled": 2}.get(way, 1)):
            if process.stdout.readline() != "working\n":
                process.kill()
                pytest.fail(str(process.communicate()))
        time.sleep(0.1)
        return process

    return begin


@pytest.mark.parametrize(
    ("way", "number"),
    [
        ("python", signal.SIGHUP),
        ("swallows", signal.SIGTERM),
        ("compiled", signal.SIGINT),
        ("threads", signal.SIGTERM),
        ("processes", signal.SIGINT),
        ("processes", signal.SIGTERM),
    ],
)
def test_whatever_keeps_the_main_thread(start, way, number):
    check_end(start(way), number)


def test_a_parent_that_is_killed_leaves_no_worker(start):
    process = start("processes")
    assert len(session_of(process)) >= 3
    process.kill()
    process.wait()
    wait_until_alone(process)


def test_a_second_signal_does_not_wait(start):
    process = start("compiled")
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    begin = time.monotonic()
    check_end(process, signal.SIGINT)
    assert time.monotonic() - begin < GRACE_S


def test_signals_that_are_ignored_stay_so():
    ignored = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, ignored)


def test_handlers_are_given_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with ended_by_signals(), ended_by_signals():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
    with pytest.raises(SystemExit) as end, ended_by_signals():
        signal.raise_signal(signal.SIGTERM)
    assert end.value.code == 143
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_signal_while_jobs_are_waited_for_leaves_no_lock(monkeypatch):
    """The pool's end would wait for it, and what lies in files for its processes stay."""
    generator = random.Random(1)
    jobs = []

    class Pool:
        def __init__(self, *_):
            jobs.clear()

        def submit(self, _, done):
            jobs.append(Future())
            if done:
                jobs[-1].set_result(None)
            return jobs[-1]

        def shutdown(self, **_):
            pass

    def all_free():
        return all(job._condition.acquire(blocking=False) for job in jobs[1:])  # those yet to be ended

    monkeypatch.setattr(pool, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(pool, "_SPAWN", SimpleNamespace(Pipe=lambda duplex: (Mock(), Mock())))
    before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(Stopped(14)))
    try:
        with ThreadPoolExecutor(1) as other_thread:
            for _ in range(300):
                soon = lambda: signal.setitimer(signal.ITIMER_REAL, 5e-6 + 3e-5 * generator.random())  # noqa: E731
                with pytest.raises((Stopped, RuntimeError)):
                    pool.run_in_processes(print, [True] + 9 * [False], 2, meanwhile=soon)
                assert other_thread.submit(all_free).result()
    finally:
        signal.signal(signal.SIGALRM, before)


def wait_for(process, words):
    said = []
    for line in process.stderr:
        if words in line:
            return
        said.append(line)
    pytest.fail(f"ended before it said {words!r}: {''.join(said)}")


#: A real command hears one signal in `make test`, the others in `make test-all`.
EACH_SIGNAL = pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGTERM, signal.SIGHUP))],
)


@EACH_SIGNAL
def test_a_universe(tmp_path, number):
    process = zwicky("universe", "--n-side", 32, "--box", 60, "--out", tmp_path / "u")
    wait_for(process, "gravity")
    check_end(process, number, lambda one, n: one.send_signal(n))
    assert not [path.name for path in tmp_path.rglob(".*")]


@EACH_SIGNAL
def test_networks_in_several_processes(tmp_path, number):
    pytest.importorskip("torch")
    sample = synthetic_clusters(40, seed=1)
    write_mocks(tmp_path / "mocks", Mocks(sample, sample, sample, sample, MockSettings()), source="a test")
    words = ("--estimator", "cnn_1d", "--epochs", 3000, "--workers", 2, "--out", tmp_path / "model")
    process = zwicky("train", tmp_path / "mocks", *words)
    wait_for(process, "loss")
    check_end(process, number)
    left = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
    assert left - {".model.lock"} == {"mocks", "model.work"}  # a lock that nobody holds, if time was up
    assert not list(tmp_path.rglob("*.hdf5"))


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_a_survey_on_workers_of_dask(tmp_path, number):
    pytest.importorskip("lsdb")
    words = write_survey(tmp_path)
    process = zwicky(*words, "--out", tmp_path / "masses", "--workers", 2)
    wait_for(process, "partitions 0/")
    check_end(process, number)
    assert not (tmp_path / "masses").exists()
    assert (tmp_path / "masses.work" / "plan.json").exists()


@pytest.mark.parametrize(
    ("number", "after_s"),
    [
        (signal.SIGTERM, 1.5),
        *(
            pytest.param(number, after_s, marks=pytest.mark.slow)
            for number in SIGNALS
            for after_s in (0.3, 1.0, 2.0, 2.5)
        ),
    ],
)
def test_a_survey_that_starts(tmp_path, number, after_s):
    """Wherever it stands: before the process that workers are forked from listens, or while they start."""
    pytest.importorskip("lsdb")
    process = zwicky(*write_survey(tmp_path), "--out", tmp_path / "masses", "--workers", 2)
    time.sleep(after_s)
    check_end(process, number)
    assert not (tmp_path / "masses").exists()
