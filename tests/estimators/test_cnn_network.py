import numpy as np
import pytest
import torch

from zwicky.estimators.cnn.adam import FlatAdam
from zwicky.estimators.cnn.network import PhaseSpaceNetwork
from zwicky.estimators.cnn.training import limit_to_one_thread


@pytest.mark.parametrize(("n_radius", "n_parameters"), [(1, 40043), (48, 45683)])
def test_number_of_parameters_is_the_papers(n_radius, n_parameters):
    assert sum(p.numel() for p in PhaseSpaceNetwork(48, n_radius).parameters()) == n_parameters


@pytest.mark.parametrize("n_radius", [1, 48])
def test_equals_the_figure_written_with_pytorchs_layers(n_radius):
    """Fig. 4 as a `torch.nn.Sequential`, radius cells as channels, features in Keras's order."""
    network = PhaseSpaceNetwork(48, n_radius)
    network.initialise(torch.Generator().manual_seed(1))
    images = torch.rand(5, 48, n_radius, generator=torch.Generator().manual_seed(2))
    nn = torch.nn
    convolutions = nn.Sequential(network.conv1, nn.ReLU(), network.conv2, nn.ReLU(), nn.MaxPool1d(2))
    dense = nn.Sequential(network.dense1, nn.ReLU(), network.dense2, nn.ReLU(), network.output)
    with torch.no_grad():
        features = convolutions(images.transpose(1, 2)).transpose(1, 2).flatten(1)
        assert features.shape == (5, 240)
        mask = (torch.rand(5, 240, generator=torch.Generator().manual_seed(3)) > 0.25) / 0.75
        assert torch.allclose(network(images), dense(features).squeeze(1), atol=1e-6)
        assert torch.allclose(network(images, mask), dense(features * mask).squeeze(1), atol=1e-6)


def test_weights_start_glorot_uniform_and_biases_zero():
    network = PhaseSpaceNetwork(48, 48)
    network.initialise(torch.Generator().manual_seed(1))
    for layer, fans in (
        (network.conv1, 48 * 5 + 24 * 5),
        (network.conv2, 24 * 3 + 10 * 3),
        (network.dense1, 240 + 128),
        (network.dense2, 128 + 64),
    ):
        limit = np.sqrt(6 / fans)
        weights = layer.weight.detach().numpy()
        assert 0.97 * limit < np.abs(weights).max() <= limit
        assert weights.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)
        assert not layer.bias.any()


def test_max_norm_is_per_neuron():
    network = PhaseSpaceNetwork(48, 48)
    network.initialise(torch.Generator().manual_seed(1))
    with torch.no_grad():
        network.conv1.weight[3] *= 20
        network.dense1.weight[5] *= 50
    before = network.conv1.weight.detach().clone()
    network.constrain(3.0)
    for layer in network.children():
        assert layer.weight.flatten(1).norm(dim=1).max() <= 3.0 * (1 + 1e-5)
    assert network.conv1.weight[3].norm().item() == pytest.approx(3.0, rel=1e-4)
    direction = torch.nn.functional.cosine_similarity(
        network.conv1.weight[3].flatten(), before[3].flatten(), 0
    )
    assert direction.item() == pytest.approx(1.0, abs=1e-6)
    assert torch.equal(network.conv1.weight[4], before[4])


def test_adam_equals_pytorchs():
    ours, theirs = PhaseSpaceNetwork(48, 1), PhaseSpaceNetwork(48, 1)
    ours.initialise(torch.Generator().manual_seed(1))
    theirs.load_state_dict(ours.state_dict())
    adam, oracle = FlatAdam(ours, epsilon=1e-7), torch.optim.Adam(theirs.parameters(), lr=1e-3, eps=1e-7)
    generator = torch.Generator().manual_seed(4)
    with limit_to_one_thread():
        for _ in range(50):
            images, y = torch.rand(20, 48, 1, generator=generator), torch.rand(20, generator=generator)
            oracle.zero_grad()
            for network in (ours, theirs):
                torch.nn.functional.mse_loss(network(images), y).backward()
            adam.step(1e-3)
            oracle.step()
    for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(mine, its, atol=2e-5)
