import json

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import (
    CNN1D,
    CNNSettings,
    ErrorTable,
    MSigma,
    load_model,
    read_provenance,
    save_model,
    shipped_models,
)


@pytest.fixture(scope="module")
def fitted(clusters):
    settings = CNNSettings(epochs=1, thin_min=0.5, device="cpu")
    return CNN1D(settings).fit(clusters(200, seed=1), rng=np.random.default_rng(0))


@pytest.fixture
def directory(fitted, tmp_path):
    save_model(tmp_path / "model", fitted, {"seed": 0, "training_sha256": "abc"})
    return tmp_path / "model"


def test_the_directory_holds_what_the_design_says(directory, fitted):
    names = {"config.toml", "weights.safetensors", "normalisation.json", "provenance.json", "MODEL_CARD.md"}
    assert {path.name for path in directory.iterdir()} == names
    facts = read_provenance(directory)
    assert facts["seed"] == 0
    assert facts["training_sha256"] == "abc"
    assert facts["schema"] == 2
    loaded = load_model(directory)
    assert loaded.settings == fitted.settings
    assert loaded.losses == fitted.losses
    card = (directory / "MODEL_CARD.md").read_text()
    assert "cnn_1d" in card
    assert "| n_clusters | 200 |" in card


def test_saving_again_replaces_and_leaves_nothing(directory, clusters):
    save_model(directory, MSigma().fit(clusters(500, seed=2), rng=np.random.default_rng(0)), {})
    assert isinstance(load_model(directory), MSigma)
    assert not (directory / "weights.safetensors").exists()
    assert [path.name for path in directory.parent.iterdir()] == ["model"]


def test_a_folder_with_other_things_is_not_overwritten(fitted, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(ZwickyError, match="holds other things"):
        save_model(tmp_path / "thesis", fitted, {})
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]
    with pytest.raises(ZwickyError, match="a file stands in the way"):
        save_model(tmp_path / "thesis" / "chapter.tex", fitted, {})


def test_the_errors_come_with_a_model(fitted, tmp_path):
    table = {"log10_m200c_h": [13.0, 16.0], "n_galaxies": [5, 500], "scatter_dex": [[0.3, 0.3], [0.3, 0.3]]}
    fitted.errors = ErrorTable.from_mapping(table)
    save_model(tmp_path / "model", fitted, {})
    fitted.errors = None
    assert json.loads((tmp_path / "model" / "calibration.json").read_text()) == {"error_table": table}
    assert load_model(tmp_path / "model").errors.to_mapping() == table
    (tmp_path / "model" / "calibration.json").write_text(json.dumps({"errors": []}))
    with pytest.raises(ZwickyError, match="holds no error_table; calibrate"):
        load_model(tmp_path / "model")


def test_a_directory_without_a_model_is_one_line(tmp_path):
    with pytest.raises(ZwickyError, match="holds no model; give a directory that `zwicky train` wrote"):
        load_model(tmp_path)


def test_an_older_schema_says_train_again(directory):
    facts = json.loads((directory / "provenance.json").read_text())
    (directory / "provenance.json").write_text(json.dumps(facts | {"schema": 1, "zwicky": "0.1"}))
    with pytest.raises(ZwickyError, match=r"schema 1 of zwicky 0\.1 is no longer read .* train the model"):
        load_model(directory)


def test_a_newer_schema_is_refused_politely(directory):
    facts = json.loads((directory / "provenance.json").read_text())
    (directory / "provenance.json").write_text(json.dumps(facts | {"schema": 99, "zwicky": "9.9"}))
    with pytest.raises(ZwickyError, match=r"schema 99 .* reads 2; .* zwicky 9.9\): upgrade zwicky") as error:
        load_model(directory)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["config.toml", "weights.safetensors", "normalisation.json", "provenance.json"]
)
@pytest.mark.parametrize("how", ["missing", "empty", "cut", "garbage"])
def test_a_damaged_model_is_one_clear_line(directory, name, how):
    path = directory / name
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "garbage": b"\x00\xff{["}[how])
    with pytest.raises(ZwickyError) as error:
        load_model(directory)
    assert "\n" not in str(error.value)
    assert str(directory) in str(error.value)


def test_weights_of_another_network_are_refused(directory, fitted):
    from safetensors.numpy import save_file

    from zwicky.io import read_json, sha256_of, write_json

    weights = fitted.weights()
    weights["conv1.weight"] = np.zeros((24, 48, 5), np.float32)
    save_file(weights, directory / "weights.safetensors")
    facts = read_json(directory / "provenance.json")
    facts["weights_sha256"] = sha256_of(directory / "weights.safetensors")
    write_json(directory / "provenance.json", facts)
    with pytest.raises(ZwickyError, match="do not fit the network of cnn_1d") as error:
        load_model(directory)
    assert "\n" not in str(error.value)


def test_an_unknown_model_names_the_shipped_ones(monkeypatch, tmp_path, fitted):
    save_model(tmp_path / "models" / "cnn_1d", fitted, {})
    monkeypatch.setattr("zwicky.estimators.model_files.resources.files", lambda package: tmp_path)
    assert shipped_models() == {"cnn_1d": tmp_path / "models" / "cnn_1d"}
    assert isinstance(load_model("cnn_1d"), CNN1D)
    with pytest.raises(ZwickyError, match=r"'cnn_9d' is not a directory, nor .* \(cnn_1d\)"):
        load_model("cnn_9d")


def test_every_shipped_model_loads():
    for name, directory in shipped_models().items():
        assert load_model(name).name == read_provenance(directory)["estimator"]
