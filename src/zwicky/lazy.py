"""A package's table of contents, each name imported when it is first asked for (PEP 562).

A package that offers names whose modules import heavy libraries lists them so, and imports them for type
checkers alone::

    if TYPE_CHECKING:
        from zwicky.plots import draw as draw

    __getattr__, __dir__ = contents(__name__, {"draw": "zwicky.plots"})

Inside a module, a heavy library that few of its functions need is imported in those functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["contents"]


def contents(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package that offers names from other modules.

    Parameters
    ----------
    package
        Its ``__name__``.
    places
        Names, and the module that each is in.
    """

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(places[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return get, names
