"""A kill at any file operation of any command that writes loses nothing, and leaves nothing in the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kill_cases import cases, whole_run, write_deep_universe, write_inputs

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
    assert done.returncode == 0, done.stderr
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
