"""Times of stages: whole ones, and none of a stage that was cut short."""

import os
import signal
import subprocess
import sys
import time

import pytest

from zwicky.ho2019.timing import Timing


def stage(directory, name="train_s", seconds=0.05):
    """A stage that writes a folder, as a call of a run does it."""
    timing = Timing(directory / "timing.json")
    with timing(name, directory / "output"):
        (directory / "output").mkdir(exist_ok=True)
        time.sleep(seconds)
    return timing.seconds


def test_a_stage_done_in_one_go_has_its_time_and_keeps_it(tmp_path):
    first = stage(tmp_path)
    assert 0.05 <= first["train_s"] < 5.0
    assert stage(tmp_path, seconds=0.0) == first  # a finished stage passed over again


def test_a_stage_that_failed_has_no_time_whatever_follows(tmp_path):
    timing = Timing(tmp_path / "timing.json")
    with pytest.raises(KeyboardInterrupt), timing("train_s", tmp_path / "output"):
        raise KeyboardInterrupt
    assert stage(tmp_path) == {}
    assert Timing(tmp_path / "timing.json").seconds == {}


def test_a_killed_stage_has_no_time_whatever_follows(tmp_path):
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from zwicky.ho2019.timing import Timing\n"
        f"there = Path({str(tmp_path)!r})\n"
        "with Timing(there / 'timing.json')('train_s', there / 'output'):\n"
        "    (there / 'output').mkdir()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert stage(tmp_path) == {}
    assert stage(tmp_path, "other_s") == {}  # its output was there before it began


def test_work_that_was_there_before_the_times_has_none(tmp_path):
    stage(tmp_path)
    (tmp_path / "timing.json").unlink()
    assert stage(tmp_path) == {}
