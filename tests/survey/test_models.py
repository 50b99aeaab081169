"""A model directory as a survey opens it."""

import numpy as np
import pytest

from zwicky.estimators import CNN2D, CNNSettings, load_model, save_model
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.masses import weigh


@pytest.fixture(scope="module")
def network(clusters, tmp_path_factory):
    pytest.importorskip("torch")
    sample = clusters(60, seed=1)
    settings = CNNSettings(epochs=1, thin_min=0.5, device="cpu")
    fitted = CNN2D(settings).fit(sample, rng=np.random.default_rng(0))
    directory = tmp_path_factory.mktemp("models") / "net"
    save_model(directory, fitted, {})
    return directory, fitted, sample


def test_a_network_brings_its_cylinder_and_its_training_range(network):
    directory, fitted, sample = network
    model = load_model(directory)
    assert model.cylinder.aperture_mpc_h == pytest.approx(1.6)
    assert model.cylinder.in_h(0.5).aperture_mpc == pytest.approx(3.2)
    assert model.cylinder.v_cut_kms == 2200.0
    assert model.errors is None
    assert model.training.log10_m200c_h == (sample.log10_m200c_h.min(), sample.log10_m200c_h.max())
    # Thinned to a half in training, it has seen half as many galaxies as the sample has.
    assert model.training.n_galaxies[0] == pytest.approx(np.percentile(sample.n_galaxies, 1) / 2)
    observed = ObservedClusters(sample, sample.cluster_id, from_sky=True)
    weighed = weigh(observed, model, model)["log10_m200c"]
    np.testing.assert_allclose(weighed, fitted.predict(sample).log10_m200c, atol=1e-5)
