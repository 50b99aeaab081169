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
