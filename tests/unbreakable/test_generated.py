"""Files damaged at random: one line or an answer, soon, in little memory, and no wrong mass called ok."""

import collections
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import generated
import pytest
from generated import attempts

#: The most memory that the process may have taken at any time.
MOST_GIB = 2.0


def check(cases):
    """Print what came of cases, and fail if any is wrong."""
    outcomes, slowest, faults = collections.Counter(), ("", 0.0), []
    for name, found, seconds in cases:
        outcomes[found if found in ("read", "refused") else "fault"] += 1
        slowest = max(slowest, (name, seconds), key=lambda case: case[1])
        if found not in ("read", "refused"):
            faults.append(f"{name}: {found}")
    print(f"{dict(outcomes)}, slowest {slowest[1]:.2f} s ({slowest[0]})")
    assert faults == [], f"{len(faults)} of {sum(outcomes.values())}"
    return outcomes


def test_each_file_once(tmp_path):
    outcomes = check(attempts(tmp_path, 60, seed=1))
    assert min(outcomes["read"], outcomes["refused"]) > 8


@pytest.mark.slow
def test_two_thousand(tmp_path):
    program = Path(generated.__file__)
    done = subprocess.run(
        [sys.executable, program, tmp_path, "2000", "2"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    outcomes = check(map(json.loads, done.stdout.splitlines()))
    assert sum(outcomes.values()) == 2000
    assert min(outcomes["read"], outcomes["refused"]) > 300
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20  # of the largest child
    assert peak < MOST_GIB, f"{peak:.2f} GiB"
