"""Fixtures for every room. Being here puts tests/ on the path, so that rooms can share what they make."""

import pytest

from synthetic_clusters import synthetic_clusters


@pytest.fixture(scope="session")
def clusters():
    """`synthetic_clusters`: make a sample of any size from a seed."""
    return synthetic_clusters
