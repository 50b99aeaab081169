"""A model directory as a survey opens it."""

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import CNN2D, CNNSettings, save_model
from zwicky.images import paper_images
from zwicky.io import write_json
from zwicky.survey import CALIBRATION_FILE, ObservedClusters, open_model, weigh


@pytest.fixture(scope="module")
def network(clusters, tmp_path_factory):
    sample = clusters(60, seed=1)
    settings = CNNSettings(epochs=1, thin_min=0.5, device="cpu")
    fitted = CNN2D(paper_images(sample.cosmology.h), settings).fit(sample, np.random.default_rng(0))
    directory = tmp_path_factory.mktemp("models") / "net"
    save_model(directory, fitted, {})
    return directory, fitted, sample


def test_a_network_brings_its_cylinder_and_its_training_range(network):
    directory, fitted, sample = network
    model = open_model(directory)
    assert model.aperture_mpc_h == pytest.approx(1.6)
    assert model.aperture_mpc(0.5) == pytest.approx(3.2)
    assert model.v_cut_kms == 2200.0
    assert model.error_table is None
    assert model.training["log10_m200c_h"] == (sample.log10_m200c_h.min(), sample.log10_m200c_h.max())
    # Thinned to a half in training, it has seen half as many galaxies as the sample has.
    assert model.training["n_galaxies"][0] == pytest.approx(np.percentile(sample.n_galaxies, 1) / 2)
    observed = ObservedClusters(sample, sample.cluster_id, from_sky=True)
    weighed = weigh(observed, model, model)["log10_m200c"]
    np.testing.assert_allclose(weighed, fitted.predict(sample).log10_m200c, atol=1e-5)


def test_calibration_is_read_or_refused(network, tmp_path):
    import shutil

    directory = shutil.copytree(network[0], tmp_path / "copy")
    table = {"log10_m200c_h": [13.0, 16.0], "n_galaxies": [5, 500], "scatter_dex": [[0.3, 0.3], [0.3, 0.3]]}
    write_json(directory / CALIBRATION_FILE, {"error_table": table})
    assert open_model(directory).error_table == table
    write_json(directory / CALIBRATION_FILE, {"errors": []})
    with pytest.raises(ZwickyError, match="holds no error_table"):
        open_model(directory)


def test_an_unknown_model_is_one_line():
    with pytest.raises(ZwickyError) as error:
        open_model("cnn_3d")
    assert "cnn_3d" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_directory_without_a_model_is_one_line(tmp_path):
    with pytest.raises(ZwickyError, match="holds no model; give a directory that `zwicky train` wrote"):
        open_model(tmp_path)
