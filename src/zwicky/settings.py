"""Settings: one frozen dataclass a component, TOML in and out, nothing unknown accepted."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import tomli_w

from zwicky.errors import ZwickyError

__all__ = ["check_ranges", "digest", "from_mapping", "read_toml", "setting", "to_mapping", "to_toml"]

T = TypeVar("T")


def setting(default: Any, allowed: str, about: str = "") -> Any:
    """Declare a setting whose numbers must lie in a range, which `check_ranges` sees to.

    Parameters
    ----------
    default
        The setting's default; None makes it optional.
    allowed
        An interval as it is written down: ``"[0, 1)"``, ``"(0, inf)"``.
    about
        What the number is, for the message: its unit, or an example.

    Returns
    -------
    dataclasses.Field
        For the body of a dataclass.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Mine:
    ...     share: float = setting(0.5, "[0, 1]", "a share")
    ...     def __post_init__(self):
    ...         check_ranges(self)
    >>> Mine(share=2.0)
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: share = 2.0 is not allowed; give at least 0 and at most 1 (a share)
    """
    return dataclasses.field(default=default, metadata={"range": _interval(allowed), "about": about})


def check_ranges(settings: Any) -> None:
    """Refuse a value outside the range or the literals that its field declares.

    Called from ``__post_init__``. Of a tuple every entry must lie inside, and there must be one.

    Parameters
    ----------
    settings
        An instance of a dataclass whose fields are by `setting`, or typed as literals.

    Raises
    ------
    ZwickyError
        With the name, the value and what is allowed.

    Examples
    --------
    >>> from zwicky.images import ImageSettings
    >>> ImageSettings(n_cells=1)  # which calls it
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: n_cells = 1 is not allowed; give ...
    """
    hints = typing.get_type_hints(type(settings))
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if typing.get_origin(hints[field.name]) is typing.Literal:
            choices = typing.get_args(hints[field.name])
            if value not in choices:
                listed = ", ".join(map(str, choices))
                raise ZwickyError(f"{field.name} = {value!r} is not allowed; use one of {listed}")
        if "range" not in field.metadata or value is None:
            continue
        low, high, has_low, has_high, allowed = field.metadata["range"]
        values = value if isinstance(value, tuple) else (value,)
        inside = [
            (low < x or (has_low and x == low)) and (x < high or (has_high and x == high)) for x in values
        ]
        if not inside or not all(inside):
            about = f" ({field.metadata['about']})" if field.metadata["about"] else ""
            raise ZwickyError(f"{field.name} = {value!r} is not allowed; give {allowed}{about}")


def _interval(text: str) -> tuple[float, float, bool, bool, str]:
    """Ends of an interval, whether each belongs to it, and how to say so.

    >>> _interval("[0, 1)")
    (0.0, 1.0, True, False, 'at least 0 and below 1')
    """
    low, high = (float(end) for end in text[1:-1].split(","))
    has_low, has_high = text[0] == "[", text[-1] == "]"
    allowed = f"{'at least' if has_low else 'above'} {low:g}"
    if high < float("inf"):
        allowed += f" and {'at most' if has_high else 'below'} {high:g}"
    return low, high, has_low, has_high, allowed


def to_mapping(settings: Any) -> dict[str, Any]:
    """A settings dataclass as plain nested dictionaries; None values are left out.

    Parameters
    ----------
    settings
        An instance of any dataclass of settings.

    Returns
    -------
    dict
        What TOML and JSON can hold.

    Examples
    --------
    >>> from zwicky.images import ImageSettings
    >>> to_mapping(ImageSettings(n_cells=32))["n_cells"]
    32
    """

    def plain(value):
        if dataclasses.is_dataclass(value):
            return to_mapping(value)
        return list(value) if isinstance(value, tuple) else value

    items = ((f.name, plain(getattr(settings, f.name))) for f in dataclasses.fields(settings))
    return {name: value for name, value in items if value is not None}


def from_mapping(cls: type[T], values: Mapping[str, Any], where: str = "settings") -> T:
    """Build the dataclass `cls` from nested dictionaries: settings, or whatever else we write.

    Parameters
    ----------
    cls
        The dataclass.
    values
        By field.
    where
        What to call them in a message, such as the file's name.

    Returns
    -------
    An instance of `cls`
        Checked.

    Raises
    ------
    ZwickyError
        For an unknown key, with the nearest known one, for a missing one, for a value of the wrong type, and
        for a number that is not finite.

    Examples
    --------
    >>> from zwicky.images import ImageSettings
    >>> from_mapping(ImageSettings, {"n_cell": 32})
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: settings: unknown key 'n_cell'; did you mean 'n_cells'?
    """
    if not isinstance(values, Mapping):
        raise ZwickyError(f"{where} = {_short(values)} is a {type(values).__name__}, not a table of values")
    hints = typing.get_type_hints(cls)
    known = {f.name: hints[f.name] for f in dataclasses.fields(cast(Any, cls))}
    built: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(known)}"
            raise ZwickyError(f"{where}: unknown key {key!r}; {hint}")
        built[key] = _convert(known[key], value, f"{where}.{key}")
    try:
        return cls(**built)
    except TypeError as error:
        raise ZwickyError(f"{where}: {error}") from error


def _convert(kind: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise ZwickyError(f"{where} = {_short(value)} is not a table of settings; write [{where}]")
        return from_mapping(cast(type, kind), value, where)
    if origin in (typing.Union, types.UnionType):
        options = [k for k in inner if k is not type(None)]
        return None if value is None else _convert(options[0], value, where)
    if origin in (tuple, list):
        return origin(_convert_all(inner, value, where))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise ZwickyError(f"{where} = {_short(value)} is not a table; write [{where}]")
        return {str(key): _convert(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is typing.Literal:
        if value not in inner:
            raise ZwickyError(
                f"{where} = {_short(value)} is not allowed; use one of {', '.join(map(str, inner))}"
            )
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value, where)
    if isinstance(kind, type) and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise ZwickyError(f"{where} = {_short(value)} is a {type(value).__name__}; give a {kind.__name__}")
    if kind is int and not -(2**63) <= value < 2**63:
        raise ZwickyError(f"{where} = {_short(value)} is beyond the integers of 64 bits; give a smaller one")
    return value


def _convert_all(kinds: tuple[Any, ...], values: Any, where: str) -> list[Any]:
    """Every item of a list: all of one kind (``tuple[float, ...]``), or each of its own."""
    if not isinstance(values, list | tuple):
        raise ZwickyError(f"{where} = {_short(values)} is not a list; write it in square brackets")
    if len(kinds) == 1 or kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(values)
    if len(values) != len(kinds):
        raise ZwickyError(f"{where} = {_short(values)} has {len(values)} items; give {len(kinds)}")
    return [_convert(kind, value, where) for kind, value in zip(kinds, values, strict=True)]


def _finite(value: float, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ZwickyError(f"{where} = {_short(value)} is not a finite number; give one")
    return number


def _short(value: Any) -> str:
    """A value in a message, however long it is."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def to_toml(settings: Any) -> str:
    """A settings dataclass as TOML text; `read_toml` is the inverse.

    Parameters
    ----------
    settings
        An instance of any dataclass of settings.

    Returns
    -------
    str
        Text; None values are left out.

    Examples
    --------
    >>> from zwicky.images import ImageSettings
    >>> to_toml(ImageSettings(n_cells=32)).splitlines()[0]
    'n_cells = 32'
    """
    return tomli_w.dumps(to_mapping(settings))


def read_toml(cls: type[T], path: Path | str) -> T:
    """Read the settings dataclass `cls` from a TOML file.

    Parameters
    ----------
    cls
        The dataclass.
    path
        Of the file.

    Returns
    -------
    An instance of `cls`
        Checked.

    Raises
    ------
    ZwickyError
        If the file is missing, is not TOML, or holds an unknown key or a wrong type.

    Examples
    --------
    >>> from zwicky.images import ImageSettings
    >>> _ = Path("images.toml").write_text(to_toml(ImageSettings(n_cells=32)))
    >>> read_toml(ImageSettings, "images.toml").n_cells
    32
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are the former
        raise ZwickyError(f"{path}: is not valid TOML ({error}); fix that line") from error
    return from_mapping(cls, values, where=path.name)


def digest(settings: Any) -> str:
    """A short hash of settings, equal for equal settings: how a finished step recognises itself.

    Parameters
    ----------
    settings
        An instance of any dataclass of settings.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    Examples
    --------
    >>> from zwicky.images import ImageSettings
    >>> digest(ImageSettings(n_cells=32)) == digest(ImageSettings(n_cells=32))
    True
    """
    text = json.dumps(to_mapping(settings), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
