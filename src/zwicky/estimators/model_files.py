"""A fitted estimator as a directory, and the models that ship with the package.

    config.toml          the estimator's name and settings
    weights.safetensors  arrays, if it has any
    normalisation.json   cylinder, training range, loss curves, and the estimator's own numbers
    calibration.json     how far its masses are off, if that is known
    provenance.json      schema, versions, and what the trainer says of data and seeds
    MODEL_CARD.md        the same for people

Nothing is ever pickled: loading a model cannot run code.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator
from zwicky.estimators.error_table import ErrorTable
from zwicky.estimators.model_card import model_card
from zwicky.estimators.registry import estimator_class
from zwicky.io import provenance as made_by
from zwicky.io import read_json, sha256_of, write_json

__all__ = ["SCHEMA", "load_model", "model_directory", "read_provenance", "save_model", "shipped_models"]

#: Version of the directory's layout; raised when an older zwicky could not read it.
SCHEMA = 2

_CALIBRATION = "calibration.json"


def model_directory(directory: Path | str) -> Path:
    """The directory, if a model may be written to it: one that is not there yet, is empty or holds a model.

    Raises
    ------
    ZwickyError
        If a file stands there, or if it holds other things.
    """
    directory = Path(directory)
    if directory.exists() and not directory.is_dir():
        raise ZwickyError(f"{directory}: a file stands in the way; give another folder")
    if directory.is_dir() and not _is_model(directory) and any(directory.iterdir()):
        raise ZwickyError(f"{directory}: holds other things than a model; give another folder")
    return directory


def save_model(directory: Path | str, estimator: Estimator, provenance: Mapping[str, Any]) -> None:
    """Write a fitted estimator to `directory`, whole, in place of any model there.

    Parameters
    ----------
    directory
        The model's directory; its parents are made.
    estimator
        Any fitted estimator of the registry.
    provenance
        Facts for ``provenance.json`` and the model card: data and their checksums, seed, scores.

    Raises
    ------
    ZwickyError
        As `model_directory`.
    """
    directory = model_directory(directory)
    new = directory.with_name(f".{directory.name}.part")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    configuration = {"estimator": estimator.name, **estimator.configuration()}
    (new / "config.toml").write_text(tomli_w.dumps(configuration), encoding="utf-8")
    write_json(new / "normalisation.json", estimator.normalisation())
    facts = made_by(schema=SCHEMA, estimator=estimator.name, **provenance)
    weights = estimator.weights()
    if weights:
        save_file(weights, new / "weights.safetensors")
        facts["weights_sha256"] = sha256_of(new / "weights.safetensors")
    write_json(new / "provenance.json", facts)
    card = model_card(estimator, facts)
    (new / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    if estimator.errors is not None:
        write_json(new / _CALIBRATION, {"error_table": estimator.errors.to_mapping()})
    if directory.exists():
        shutil.rmtree(directory)
    new.rename(directory)


def load_model(model: Path | str) -> Estimator:
    """The estimator in a directory that `save_model` wrote, or a shipped model by name.

    Raises
    ------
    ZwickyError
        If there is no such model, if a zwicky of another schema wrote it, or if it is incomplete or damaged.
    """
    directory = _directory_of(model)
    facts = read_provenance(directory)
    try:
        configuration = tomllib.loads((directory / "config.toml").read_text(encoding="utf-8"))
        weights = {}
        if "weights_sha256" in facts:
            file = directory / "weights.safetensors"
            if sha256_of(file) != facts["weights_sha256"]:
                raise _damaged(directory, f"{file.name} is not what was saved: its checksum differs")
            weights = load_file(file)
        cls = estimator_class(configuration.pop("estimator"))
        estimator = cls.from_parts(configuration, read_json(directory / "normalisation.json"), weights)
        if (directory / _CALIBRATION).exists():
            estimator.errors = _errors(directory / _CALIBRATION)
        return estimator
    except OSError as error:
        raise _damaged(directory, f"{Path(error.filename or '').name}: {error.strerror or error}") from error
    except (
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        SafetensorError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise _damaged(directory, f"{type(error).__name__}: {error}") from error


def read_provenance(model: Path | str) -> dict[str, Any]:
    """What `save_model` was told of a model, with versions and schema.

    Raises
    ------
    ZwickyError
        If there is no such model, or a zwicky of another schema wrote it.
    """
    directory = _directory_of(model)
    facts = read_json(directory / "provenance.json")
    schema = facts.get("schema")
    writer = facts.get("zwicky", "?")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise ZwickyError(
            f"{directory}: model schema {schema!r} is not known to this zwicky (it reads {SCHEMA}; the model "
            f"was written by zwicky {writer}): upgrade zwicky"
        )
    if schema < SCHEMA:
        raise ZwickyError(
            f"{directory}: model schema {schema} of zwicky {writer} is no longer read (this zwicky reads "
            f"{SCHEMA}); train the model again"
        )
    return facts


def shipped_models() -> dict[str, Path]:
    """Directories of the models that ship inside the package, by name."""
    root = Path(str(resources.files("zwicky"))) / "models"
    return {path.parent.name: path.parent for path in sorted(root.glob("*/config.toml"))}


def _is_model(directory: Path) -> bool:
    return (directory / "config.toml").exists()


def _errors(path: Path) -> ErrorTable:
    table = read_json(path).get("error_table")
    if not isinstance(table, dict):
        raise ZwickyError(f"{path}: holds no error_table; calibrate the model again")
    try:
        return ErrorTable.from_mapping(table)
    except ZwickyError as error:
        raise ZwickyError(f"{path}: {error}") from error


def _damaged(directory: Path, reason: str) -> ZwickyError:
    return ZwickyError(f"{directory}: the model is damaged or incomplete ({reason}); save it again")


def _directory_of(model: Path | str) -> Path:
    directory = Path(model)
    shipped = shipped_models()
    names = ", ".join(shipped) or "none in this build"
    if directory.is_dir() and not (_is_model(directory) or (directory / "provenance.json").exists()):
        raise ZwickyError(
            f"{model}: holds no model; give a directory that `zwicky train` wrote, or one that ships with "
            f"zwicky ({names})"
        )
    if directory.is_dir():
        return directory
    if str(model) in shipped:
        return shipped[str(model)]
    raise ZwickyError(f"model {str(model)!r} is not a directory, nor one that ships with zwicky ({names})")
