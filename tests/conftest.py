"""Fixtures for every room. Being here puts tests/ on the path, so that rooms can share what they make."""

import pytest
from hypothesis import settings

from synthetic_clusters import synthetic_clusters

# The first example compiles a kernel, and machines are shared: no deadline. The same examples every time.
settings.register_profile("zwicky", deadline=None, derandomize=True)
settings.load_profile("zwicky")


@pytest.fixture(scope="session")
def clusters():
    """`synthetic_clusters`: make a sample of any size from a seed."""
    return synthetic_clusters


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory):
    """A made-up run on disk."""
    from fake_run import make_run

    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def run(run_directory):
    """The made-up run, read."""
    from zwicky.ho2019.report import read_run

    return read_run(run_directory)


@pytest.fixture
def style():
    """The report's matplotlib settings for the length of a test."""
    from zwicky.plots.style import report_style

    with report_style():
        yield
