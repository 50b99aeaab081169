"""Files damaged at random: one line or an answer, soon, in little memory, and no wrong mass called ok."""

import collections
import resource

import pytest
from generated import attempts

#: The most memory that the process may have taken at any time.
MOST_GIB = 2.0


def check(folder, n, seed):
    """Make `n` cases, print what came of them, and fail if any is wrong."""
    outcomes, slowest, faults = collections.Counter(), ("", 0.0), []
    for name, found, seconds in attempts(folder, n, seed):
        outcomes[found if found in ("read", "refused") else "fault"] += 1
        slowest = max(slowest, (name, seconds), key=lambda case: case[1])
        if found not in ("read", "refused"):
            faults.append(f"{name}: {found}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{n} cases: {dict(outcomes)}, slowest {slowest[1]:.2f} s ({slowest[0]}), peak {peak:.2f} GiB")
    assert faults == [], f"{len(faults)} of {n}"
    return outcomes


def test_each_file_once(tmp_path):
    outcomes = check(tmp_path, 60, seed=1)
    assert min(outcomes["read"], outcomes["refused"]) > 8


@pytest.mark.slow
def test_two_thousand(tmp_path):
    outcomes = check(tmp_path, 2000, seed=2)
    assert min(outcomes["read"], outcomes["refused"]) > 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 < MOST_GIB
