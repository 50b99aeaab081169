"""A fitted estimator as a directory, and the models that ship with the package.

    config.toml          the estimator's name and settings
    weights.safetensors  arrays, if it has any
    normalisation.json   cylinder, training range, loss curves, and the estimator's own numbers
    calibration.json     how far its masses are off, if that is known
    provenance.json      schema, versions, what the trainer says of data and seeds, checksums of all files
    MODEL_CARD.md        the same for people

Nothing is ever pickled: loading a model cannot run code. A file that is not as it was written is refused.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from safetensors import SafetensorError
from safetensors.numpy import load, save

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator
from zwicky.estimators.error_table import ErrorTable
from zwicky.estimators.registry import estimator_class
from zwicky.io.directories import free_directory, whole_directory
from zwicky.io.files import json_object, read_json, write_json
from zwicky.io.files import provenance as made_by

__all__ = [
    "DEFAULT_MODEL",
    "SCHEMA",
    "load_model",
    "model_directory",
    "read_provenance",
    "renew_card",
    "save_model",
    "shipped_models",
    "work_directory",
]

#: The shipped model that an observer gets who names none. The posterior takes its place when its masses of
#: real clusters hold (docs/posterior.md).
DEFAULT_MODEL = "posterior"

#: Version of the directory's layout; raised when an older zwicky could not read it.
SCHEMA = 2

_CALIBRATION, _WEIGHTS, _PROVENANCE = "calibration.json", "weights.safetensors", "provenance.json"
#: All that a model may consist of beside its provenance.
_FILES = ("config.toml", "normalisation.json", _CALIBRATION, _WEIGHTS, "MODEL_CARD.md")

#: What trainings keep beside the model that they make.
_WORK = (
    "fold_*",
    "shared",
    "checkpoint*",
    "views.safetensors",
    "calibrate_on.safetensors",
    "train.hdf5",
    "test.hdf5",
)


def model_directory(directory: Path | str) -> Path:
    """The directory, if a model may be written to it: one that is not there yet, is empty or holds a model.

    Raises
    ------
    ZwickyError
        If a file stands there, or if it holds other things.
    """
    directory = Path(directory)
    if directory.is_dir() and not _is_model(directory) and any(directory.iterdir()):
        raise ZwickyError(f"{directory}: holds other things than a model; give another folder")
    return free_directory(directory, "a model", [_PROVENANCE, *_FILES])


def work_directory(directory: Path | str) -> Path:
    """``DIRECTORY.work``, where the training of a model keeps its state until all is done.

    Raises
    ------
    ZwickyError
        If it holds other things than a training leaves: they would be removed with it.
    """
    directory = Path(directory)
    work = directory.with_name(f"{directory.name}.work")
    return free_directory(work, "an unfinished training", _WORK)


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

    Examples
    --------
    >>> from zwicky.estimators import MSigma
    >>> fitted = MSigma().fit(sample, rng=np.random.default_rng(1))
    >>> save_model("my_model", fitted, {"trained_on": "made-up clusters"})
    >>> load_model("my_model").name
    'm_sigma'
    """
    from zwicky.estimators.model_card import model_card  # which whoever only predicts need not wait for

    directory = model_directory(directory)
    configuration = {"estimator": estimator.name, **estimator.configuration()}
    facts = made_by(schema=SCHEMA, estimator=estimator.name, **provenance)
    with whole_directory(directory) as new:
        (new / "config.toml").write_text(tomli_w.dumps(configuration), encoding="utf-8")
        write_json(new / "normalisation.json", estimator.normalisation())
        weights = estimator.weights()
        if weights:  # not save_file, whose files only their owner may read
            (new / _WEIGHTS).write_bytes(save(weights))
        if estimator.errors is not None:
            write_json(new / _CALIBRATION, {"error_table": estimator.errors.to_mapping()})
        (new / "MODEL_CARD.md").write_text(model_card(estimator, facts), encoding="utf-8")
        write_json(new / _PROVENANCE, facts)
        seal(new)


def renew_card(directory: Path | str, results: Mapping[str, Any] | None = None) -> None:
    """Write a model's card again, with what was measured of the model since; all else stays as it is.

    Parameters
    ----------
    directory
        Of a model that `save_model` wrote.
    results
        What ``python -m validation.posterior`` wrote, as in ``docs/results/posterior.json``; without it the
        card shows what the model's provenance has already.

    Raises
    ------
    ZwickyError
        If there is no such model, or if the results are of something else.
    """
    from zwicky.estimators.conditional_card import evidence_of

    estimator, facts = load_model(directory), read_provenance(directory)
    told = {k: v for k, v in facts.items() if k not in ("schema", "estimator", "sha256")}
    if results is not None:
        told["evidence"] = evidence_of(results)
    save_model(directory, estimator, told)


def seal(directory: Path) -> None:
    """Put the checksums of a model's files, and that of the rest of its provenance, into its provenance."""
    facts = read_json(directory / _PROVENANCE)
    found = [directory / name for name in _FILES if (directory / name).exists()]
    facts["sha256"] = {path.name: _sha256(path.read_bytes()) for path in found}
    facts["sha256"][_PROVENANCE] = _own_sha256(facts)
    write_json(directory / _PROVENANCE, facts)


def load_model(model: Path | str) -> Estimator:
    """The estimator in a directory that `save_model` wrote, or a shipped model by name.

    Parameters
    ----------
    model
        A directory, or a name that `shipped_models` has.

    Returns
    -------
    Estimator
        Fitted.

    Raises
    ------
    ZwickyError
        If there is no such model, if a zwicky of another schema wrote it, or if it is incomplete or damaged.

    Examples
    --------
    >>> load_model("m_sigma").name
    'm_sigma'
    """
    directory = _directory_of(model)
    facts = read_provenance(directory)
    content = _content(directory, facts["sha256"])
    try:
        configuration = tomllib.loads(content["config.toml"].decode())
        numbers = json_object(content["normalisation.json"].decode(), f"{directory}/normalisation.json")
        weights = load(content[_WEIGHTS]) if _WEIGHTS in content else {}
        cls = estimator_class(configuration.pop("estimator"))
        estimator = cls.from_parts(configuration, numbers, weights)
        if _CALIBRATION in content:
            estimator.errors = _errors(content[_CALIBRATION].decode(), directory / _CALIBRATION)
        return estimator
    except (SafetensorError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, ZwickyError):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise _damaged(directory, reason) from error


def read_provenance(model: Path | str) -> dict[str, Any]:
    """What `save_model` was told of a model, with versions and schema.

    Parameters
    ----------
    model
        A directory, or the name of a shipped model.

    Returns
    -------
    dict

    Raises
    ------
    ZwickyError
        If there is no such model, a zwicky of another schema wrote it, or it is not as it was written.

    Examples
    --------
    >>> read_provenance("cnn_2d")["schema"] == SCHEMA
    True
    """
    directory = _directory_of(model)
    facts = read_json(directory / _PROVENANCE)
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
    written = facts.get("sha256")
    if not isinstance(written, dict) or written.get(_PROVENANCE) != _own_sha256(facts):
        raise _damaged(directory, f"{_PROVENANCE} is not what was saved: its checksum differs")
    return facts


def shipped_models() -> dict[str, Path]:
    """Directories of the models that ship inside the package, by name.

    Returns
    -------
    dict of str to Path
        In the order of their names.

    Examples
    --------
    >>> "cnn_2d" in shipped_models()
    True
    """
    root = Path(str(resources.files("zwicky"))) / "models"
    return {path.parent.name: path.parent for path in sorted(root.glob("*/config.toml"))}


def _is_model(directory: Path) -> bool:
    return (directory / "config.toml").exists()


def _content(directory: Path, checksums: Mapping[str, Any]) -> dict[str, bytes]:
    """The bytes of every file that was saved, each as it was saved."""
    content = {}
    for name in {"config.toml", "normalisation.json", *checksums} - {_PROVENANCE}:
        if name not in _FILES:
            raise _damaged(directory, f"{name!r:.40} is no file of a model")
        try:
            content[name] = (directory / name).read_bytes()
        except OSError as error:
            raise _damaged(directory, f"{name}: {error.strerror}") from error
        if checksums.get(name) != _sha256(content[name]):
            raise _damaged(directory, f"{name} is not what was saved: its checksum differs")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _own_sha256(facts: Mapping[str, Any]) -> str:
    """Checksum of a provenance without its own."""
    sums = facts.get("sha256")
    others = {k: v for k, v in sums.items() if k != _PROVENANCE} if isinstance(sums, dict) else None
    return _sha256(json.dumps({**facts, "sha256": others}, sort_keys=True).encode())


def _errors(text: str, path: Path) -> ErrorTable:
    table = json_object(text, str(path)).get("error_table")
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
    if directory.is_dir() and not (_is_model(directory) or (directory / _PROVENANCE).exists()):
        raise ZwickyError(
            f"{model}: holds no model; give a directory that `zwicky train` wrote, or one that ships with "
            f"zwicky ({names})"
        )
    if directory.is_dir():
        return directory
    if str(model) in shipped:
        return shipped[str(model)]
    raise ZwickyError(f"model {str(model)!r} is not a directory, nor one that ships with zwicky ({names})")
