"""A kill at any file operation of any command that writes loses nothing, and leaves nothing in the way."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from kill_cases import cases, whole_run, write_deep_universe, write_inputs
from kills import content, differences
from processes import session_of, zwicky

from survey_on_disk import write_survey

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of a program")

PROGRAM = Path(__file__).with_name("kills.py")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


def kill(inputs, work, chosen, some):
    """Kill the commands at `some` operations each, or at all; how many there were and how many were tried."""
    ready = [
        {
            "name": "imported",
            "words": ["import", "--map", f"{inputs}/own.toml", "--out", f"{inputs}/imported"],
        }
    ]
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        input=json.dumps({"ready": ready, "cases": chosen, "some": some}),
        capture_output=True, text=True, cwd=work, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    found = {name: (n, tried) for name, n, tried in map(json.loads, done.stdout.splitlines())}
    print(found)
    return found


#: One command of each way of writing; the others wait for `make test-all`.
QUICK = ("universe", "import", "mock again", "train again", "train cnn_1d", "predict")


def test_some_operations_of_quick_commands(inputs, tmp_path):
    chosen = [case for case in cases(inputs) if case["name"] in QUICK]
    found = kill(inputs, tmp_path, chosen, some=2)
    assert set(found) == set(QUICK)
    assert all(n > 20 and tried == 2 for n, tried in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", [case["name"] for case in cases("")])
def test_every_operation(inputs, tmp_path, name):
    (chosen,) = (case for case in cases(inputs) if case["name"] == name)
    if name == "train posterior":
        write_deep_universe(inputs)
    ((n, tried),) = kill(inputs, tmp_path, [chosen], some=None).values()
    assert n == tried >= 4


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again(inputs, tmp_path):
    ((kills, _),) = kill(inputs, tmp_path, [whole_run(inputs)], some=None).values()
    assert kills > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_survey_on_workers_of_dask_that_is_killed_again_and_again(tmp_path, seed):
    """The command, its scheduler and all that they wait for end at a random moment; the workers follow."""
    pytest.importorskip("lsdb")
    words = (*write_survey(tmp_path), "--model", "posterior")
    calm = zwicky(*words, "--out", tmp_path / "calm" / "s", "--workers", 0)
    assert calm.wait() == 0, calm.stderr.read()

    rng, finished = np.random.default_rng(seed), {}
    for stand in sorted(rng.integers(1, 38, 3)):
        process = zwicky(*words, "--out", tmp_path / "killed" / "s", "--workers", 2)
        while len(finished_partitions(tmp_path / "killed" / "s.work")) < stand:
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        time.sleep(rng.exponential(0.05))
        process.kill()
        process.communicate()
        while session_of(process):  # workers, as soon as they see it
            time.sleep(0.01)
        found = finished_partitions(tmp_path / "killed" / "s.work")
        assert finished.items() <= found.items()
        finished = found
    assert len(finished) >= stand
    last = zwicky(*words, "--out", tmp_path / "killed" / "s", "--workers", 2)
    assert last.wait() == 0, last.stderr.read()
    assert finished.items() <= finished_partitions(tmp_path / "killed" / "s").items()  # none was done twice
    assert os.listdir(tmp_path / "killed") == ["s"]
    assert list(differences(content(tmp_path / "killed" / "s"), content(tmp_path / "calm" / "s"))) == []


def finished_partitions(folder):
    """Files of masses by name, each with its inode, which another file of that name would not have."""
    return {path.name: path.stat().st_ino for path in folder.glob("dataset/**/Npix*.parquet")}
