import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from damage import damaged_json, damaged_toml, one_line_or_no_error
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
from zwicky.estimators.model_files import seal


@pytest.fixture(scope="module")
def fitted(clusters):
    training = CNNSettings(epochs=1, thin_min=0.5, device="cpu")
    return CNN1D(training).fit(clusters(200, seed=1), rng=np.random.default_rng(0))


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
    seal(tmp_path / "model")
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

    weights = fitted.weights()
    weights["conv1.weight"] = np.zeros((24, 48, 5), np.float32)
    save_file(weights, directory / "weights.safetensors")
    seal(directory)
    with pytest.raises(ZwickyError, match="do not fit the network of cnn_1d") as error:
        load_model(directory)
    assert "\n" not in str(error.value)


FILES = ("config.toml", "weights.safetensors", "normalisation.json", "calibration.json", "MODEL_CARD.md")


@pytest.fixture
def whole(fitted, tmp_path):
    table = {"log10_m200c_h": [13.0, 16.0], "n_galaxies": [5, 500], "scatter_dex": [[0.3, 0.3], [0.3, 0.3]]}
    fitted.errors = ErrorTable.from_mapping(table)
    save_model(tmp_path / "whole", fitted, {"seed": 0})
    fitted.errors = None
    return tmp_path / "whole"


def test_files_can_be_read_by_those_who_may(whole):
    (whole.parent / "other").write_text("")
    usual = (whole.parent / "other").stat().st_mode
    assert {path.stat().st_mode for path in whole.iterdir()} == {usual}


@pytest.mark.parametrize("name", [*FILES, "provenance.json"])
def test_any_changed_bit_is_refused(whole, name):
    path, rng = whole / name, np.random.default_rng(len(name))
    content = path.read_bytes()
    for place in rng.integers(len(content), size=20):
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        with pytest.raises(ZwickyError) as error:
            load_model(whole)
        assert "\n" not in str(error.value)
    path.write_bytes(content)
    load_model(whole)


def test_a_number_changed_by_hand_is_refused(whole):
    path = whole / "normalisation.json"
    path.write_text(path.read_text().replace('"log10_m200c_h_min": 1', '"log10_m200c_h_min": 0'))
    with pytest.raises(ZwickyError, match=r"normalisation.json is not what was saved: its checksum differs"):
        load_model(whole)


def test_a_file_that_nobody_wrote_down_is_not_read(directory):
    table = {"log10_m200c_h": [13.0, 16.0], "n_galaxies": [5, 500], "scatter_dex": [[0.3, 0.3], [0.3, 0.3]]}
    (directory / "calibration.json").write_text(json.dumps({"error_table": table}))
    assert load_model(directory).errors is None
    facts = json.loads((directory / "provenance.json").read_text())
    facts["sha256"]["../../etc/passwd"] = "0"
    (directory / "provenance.json").write_text(json.dumps(facts))
    with pytest.raises(ZwickyError, match="not what was saved"):
        load_model(directory)


@pytest.mark.parametrize("name", ["config.toml", "normalisation.json", "calibration.json", "provenance.json"])
def test_structural_damage_is_one_line_even_with_right_checksums(whole, name):
    damage = damaged_toml if name.endswith("toml") else damaged_json
    text = (whole / name).read_text()
    refused = 0

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(damage(text))
    def attempt(damaged):
        nonlocal refused
        (whole / name).write_text(damaged)
        with one_line_or_no_error():
            seal(whole)
            try:
                assert load_model(whole).name == "cnn_1d"
            except ZwickyError:
                refused += 1
                raise

    attempt()
    assert refused > 20 or name == "provenance.json"


@given(damaged=damaged_json(json.dumps(read_provenance("m_sigma"))))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_structural_damage_to_a_provenance(damaged, tmp_path_factory):
    place = tmp_path_factory.mktemp("m") / "model"
    shutil.copytree(shipped_models()["m_sigma"], place)
    unchanged = json.loads((place / "provenance.json").read_text())
    (place / "provenance.json").write_text(damaged)
    with one_line_or_no_error():
        load_model(place)
        assert json.loads(damaged) == unchanged


@pytest.mark.parametrize("name", ["sigma15_kms", "alpha", "scatter_dex", "n_fitted"])
@pytest.mark.parametrize("value", [-1.0, 0, None, "x", [], 10**400], ids=lambda value: repr(value)[:5])
def test_a_relation_has_positive_numbers(tmp_path, name, value):
    shutil.copytree(shipped_models()["m_sigma"], tmp_path / "model")
    path = tmp_path / "model" / "normalisation.json"
    numbers = json.loads(path.read_text())
    numbers["numbers"][name] = value
    path.write_text(json.dumps(numbers))
    seal(tmp_path / "model")
    with pytest.raises(ZwickyError, match=name) as error:
        load_model(tmp_path / "model")
    assert "\n" not in str(error.value)


def test_a_json_file_names_no_attributes(tmp_path):
    shutil.copytree(shipped_models()["m_sigma"], tmp_path / "model")
    path = tmp_path / "model" / "normalisation.json"
    numbers = json.loads(path.read_text())
    numbers["numbers"]["predict"] = 1.0
    path.write_text(json.dumps(numbers))
    seal(tmp_path / "model")
    with pytest.raises(ZwickyError, match="unknown key 'predict'"):
        load_model(tmp_path / "model")


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
