"""The forward pass in NumPy against PyTorch's layers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from zwicky.errors import ZwickyError
from zwicky.estimators import load_model
from zwicky.estimators.cnn.forward import network_output, weight_shapes
from zwicky.estimators.cnn.network import PhaseSpaceNetwork
from zwicky.estimators.forward import check_weights, convolve, dense, pair_matrix, relu


def tensor(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def as_float64(y, low, high):
    return low + y.astype(float) * (high - low)


@pytest.mark.parametrize("taps", [1, 3, 5])
@pytest.mark.parametrize("inputs", [1, 7])
@pytest.mark.parametrize("cells", [1, 10, 11])
def test_convolution_is_pytorchs(taps, inputs, cells):
    x, weight, bias = tensor(3, cells, inputs, seed=1), tensor(4, inputs, taps, seed=2), tensor(4, seed=3)
    ours = convolve(x.numpy(), pair_matrix(weight.numpy()), bias.numpy())
    theirs = F.conv1d(x.transpose(1, 2), weight, bias, padding="same").transpose(1, 2)
    assert np.allclose(ours, theirs.numpy(), atol=1e-5)


def test_dense_and_relu_are_pytorchs():
    x = tensor(5, 2, 3, seed=7)
    weight, bias = tensor(6, 3, seed=8), tensor(6, seed=9)
    ours = relu(dense(x[:, 0].numpy(), weight.numpy(), bias.numpy()))
    assert np.allclose(ours, F.linear(x[:, 0], weight, bias).relu().numpy(), atol=1e-6)


@pytest.mark.parametrize("name", ["cnn_1d", "cnn_2d"])
def test_shipped_networks_weigh_as_pytorch_does_to_1e_5_dex(name, clusters):
    model = load_model(name)
    sample = clusters(700, seed=5)
    images = model._inputs(sample)
    network = PhaseSpaceNetwork(*images.shape[1:])
    network.load_state_dict({key: torch.from_numpy(value) for key, value in model.weights().items()})
    with torch.no_grad():
        theirs = network(torch.from_numpy(images)).numpy()
    ours = network_output(model.weights(), images)
    low, high = model.log10_m200c_h_range
    assert np.ptp(ours) > 0.1
    assert np.abs(as_float64(ours, low, high) - as_float64(theirs, low, high)).max() < 1e-5


def test_a_mass_does_not_depend_on_its_company(clusters):
    model = load_model("cnn_2d")
    sample = clusters(200, seed=6)
    together = model.predict(sample).log10_m200c
    alone = [model.predict(sample[i]).log10_m200c[0] for i in (0, 70, 199)]
    assert np.allclose(alone, together[[0, 70, 199]], atol=1e-6)
    assert len(model.predict(sample[:0]).log10_m200c) == 0


def test_only_the_arrays_of_the_network_are_taken():
    shapes = weight_shapes(48, 1)
    good = {name: np.zeros(shape) for name, shape in shapes.items()}
    assert all(array.dtype == np.float32 for array in check_weights(good, shapes, "cnn_1d").values())
    faults = {
        "conv1.bias is missing": {k: v for k, v in good.items() if k != "conv1.bias"},
        "hook is unknown": good | {"hook": np.zeros(1)},
        "output.weight has shape": good | {"output.weight": np.zeros((2, 64))},
        "not numbers .dense2.bias": good | {"dense2.bias": np.full(64, np.nan)},
        "not numbers .output.bias": good | {"output.bias": np.zeros(1, int)},
    }
    for message, weights in faults.items():
        with pytest.raises(ZwickyError, match=message):
            check_weights(weights, shapes, "cnn_1d")
