"""The worked example of cosmology at small size: sigma_8 from counts of clusters with a known relation."""

import numpy as np
import pytest

pytest.importorskip("torch")  # by way of what trains

from validation.sigma8 import AREA_DEG2, Counts, expected_counts, infer_sigma8

from survey.test_mass_relation import looks, whole


@pytest.fixture(scope="module")
def relation():
    return whole(looks(6000), [0.1, 0.3])


def test_sigma8_comes_back_within_its_error(relation):
    steps = {"step_z": 0.05, "step_m": 0.1}
    grid = Counts.of(np.arange(0.74, 0.861, 0.01), **steps)
    truth = Counts.of(np.array([0.80]), **steps)
    mean = AREA_DEG2 * expected_counts(truth, relation)[0]
    rng, pulls = np.random.default_rng(1), []
    for _ in range(8):
        fixed = infer_sigma8(rng.poisson(mean), grid, relation, area_deg2=AREA_DEG2, delta_std=0.0)
        pulls.append((fixed["sigma8"] - 0.80) / fixed["error"])
    assert abs(np.mean(pulls)) < 1.2
    assert np.abs(pulls).max() < 3.0
    # All masses off by 0.05 dex: further off than its error unless that is allowed for.
    off = AREA_DEG2 * expected_counts(truth, relation, delta=0.05)[0]
    fixed, free = (
        infer_sigma8(off, grid, relation, area_deg2=AREA_DEG2, delta_std=std) for std in (0.0, 0.05)
    )
    assert abs(fixed["sigma8"] - 0.80) > 2.0 * fixed["error"]
    assert abs(free["sigma8"] - 0.80) < free["error"]
