"""Estimators by name: the entry points of the group ``zwicky.estimators``, Zwicky's own among them.

Names cost nothing to list; an estimator's module is imported when it is asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator
from zwicky.settings import to_mapping

__all__ = ["GROUP", "build_estimator", "estimator_class", "estimator_names"]

#: The entry-point group in which a distribution registers its estimators.
GROUP = "zwicky.estimators"


def estimator_names() -> list[str]:
    """Names of all estimators that are installed, in alphabetical order.

    Returns
    -------
    list of str

    Examples
    --------
    >>> {"cnn_2d", "m_sigma", "posterior"} <= set(estimator_names())
    True
    """
    return sorted(_registered())


def estimator_class(name: str) -> type[Estimator]:
    """The class of the estimator called `name`.

    Parameters
    ----------
    name
        One of `estimator_names`.

    Returns
    -------
    type
        A subclass of `Estimator`.

    Raises
    ------
    ZwickyError
        If there is none, with the nearest name; if two distributions register it; if its module cannot be
        imported; or if it is no estimator of that name.

    Examples
    --------
    >>> estimator_class("m_sigma").__name__
    'MSigma'
    """
    registered = _registered()
    if name not in registered:
        if not registered:
            raise ZwickyError("no estimator is registered; install zwicky (pip install .) to use it")
        near = difflib.get_close_matches(name, registered, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(sorted(registered))}"
        raise ZwickyError(f"estimator {name!r} is not known; {hint}")
    points = registered[name]
    if len({point.value for point in points}) > 1:
        who = " and ".join(sorted(f"{_owner(point)} ({point.value})" for point in points))
        raise ZwickyError(f"estimator {name!r} is registered by {who}; uninstall one of them")
    point = points[0]
    try:
        cls = point.load()
    except (ImportError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise ZwickyError(
            f"estimator {name!r} of {_owner(point)} cannot be loaded ({reason}); install what it needs"
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, Estimator) and cls.name == name):
        raise ZwickyError(
            f"{_owner(point)} registers {point.value} as the estimator {name!r}; it must be a subclass of "
            "zwicky.estimators.Estimator with that name"
        )
    return cls


def build_estimator(name: str, settings: Any = None) -> Estimator:
    """An unfitted estimator by name.

    Parameters
    ----------
    name
        One of `estimator_names`.
    settings
        The estimator's own settings dataclass, or a mapping of its keys; None takes the defaults.

    Returns
    -------
    Estimator

    Raises
    ------
    ZwickyError
        As `estimator_class`, or if the settings are not its own.

    Examples
    --------
    >>> build_estimator("counts", {"degree": 2}).settings.degree
    2
    """
    mapping = settings if isinstance(settings, Mapping) else to_mapping(settings) if settings else {}
    return estimator_class(name).from_settings(mapping)


def _registered() -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unnamed distribution"
