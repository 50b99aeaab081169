"""What the examples in docstrings start from, each in an empty folder of its own.

`halos` and `galaxies` are a made-up box, `sample` made-up clusters, and `my.toml` with its two tables is the
column map of *Bring your simulation* as that page shows it.
"""

import contextlib
import functools
import sys
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "mocks")]


@functools.cache
def box():
    """Halos and galaxies."""
    from synthetic_box import synthetic_universe

    return synthetic_universe()


@pytest.fixture(scope="session")
def doctest_namespace():
    """The names that examples use as they are."""
    import numpy as np

    from synthetic_clusters import synthetic_clusters

    return {"np": np, "halos": box()[0], "galaxies": box()[1], "sample": synthetic_clusters(100, seed=1)}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """An example runs in a folder that is gone after it."""
    if not hasattr(item, "dtest"):
        return (yield)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if "my.toml" in item.dtest.docstring:
            from my_simulation import write_my_simulation

            write_my_simulation(Path(folder), *box())
        return (yield)
