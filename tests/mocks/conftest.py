import pytest
from synthetic_box import synthetic_universe


@pytest.fixture(scope="session")
def universe():
    return synthetic_universe()
