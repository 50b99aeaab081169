"""Compiled minimal filtering against PyTorch's convolution and pool."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from zwicky.estimators.filtering import filters_at_points, rectified_convolution


def case(taps, cells, inputs, outputs):
    """Inputs, weights and bias of which the outputs are about 1."""
    rng = np.random.default_rng([taps, cells, inputs, outputs])
    x = rng.normal(size=(5, cells, inputs)).astype(np.float32)
    weight = rng.normal(size=(outputs, inputs, taps)) / np.sqrt(inputs * taps)
    return x, weight.astype(np.float32), rng.normal(size=outputs).astype(np.float32)


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("taps", [3, 5])
@pytest.mark.parametrize(("inputs", "outputs"), [(16, 10), (24, 10), (48, 24), (17, 33)])
def test_it_is_pytorchs(taps, inputs, outputs, pooled):
    for cells in (2, 4, 9, 10, 11, 48):
        x, weight, bias = case(taps, cells, inputs, outputs)
        ours = rectified_convolution(x, filters_at_points(weight), bias, pooled=pooled)
        maps = torch.from_numpy(x).transpose(1, 2)
        theirs = F.conv1d(maps, torch.from_numpy(weight), torch.from_numpy(bias), padding="same").relu()
        if pooled:
            theirs = F.max_pool1d(theirs, 2)
        assert ours.shape == (5, cells // (2 if pooled else 1), outputs)
        np.testing.assert_allclose(ours, theirs.transpose(1, 2).numpy(), atol=1e-5)


@pytest.mark.parametrize("taps", [3, 5])
def test_rounding_errors_are_those_of_the_plain_sum(taps):
    x, weight, bias = case(taps, 48, 48, 24)
    padded = np.pad(x.astype(float), ((0, 0), (taps // 2, taps // 2), (0, 0)))
    exact = sum(padded[:, k : k + 48] @ weight[:, :, k].T.astype(float) for k in range(taps)) + bias
    ours = rectified_convolution(x, filters_at_points(weight), bias)
    plain = F.conv1d(
        torch.from_numpy(x).transpose(1, 2), torch.from_numpy(weight), torch.from_numpy(bias), padding="same"
    )
    theirs = np.abs(plain.transpose(1, 2).numpy() - exact).max()
    assert np.abs(ours - np.maximum(exact, 0)).max() < 5 * theirs


def test_what_is_no_number_stays_none():
    x, weight, bias = case(5, 12, 16, 16)
    x[1, 6, 3] = np.nan
    found = rectified_convolution(x, filters_at_points(weight), bias)
    assert np.isnan(found[1, 4:9]).all()
    assert np.isfinite(found[[0, 2, 3, 4]]).all()


def test_nothing_in_nothing_out():
    _, weight, bias = case(3, 8, 16, 10)
    none = np.empty((0, 8, 16), np.float32)
    assert rectified_convolution(none, filters_at_points(weight), bias, pooled=True).shape == (0, 4, 10)
