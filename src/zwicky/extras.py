"""Packages that only some commands need, and what to say where one is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from zwicky.errors import ZwickyError

__all__ = ["EXTRAS", "require"]

#: The modules that each extra of the installation brings.
EXTRAS = {
    "train": ("torch", "sklearn", "colossus", "camb", "emcee", "corner"),
    "survey": ("lsdb", "hats", "hats_import", "dask", "distributed", "pandas"),
}


def require(module: str | None, extra: str, purpose: str) -> None:
    """Refuse to go on where a package of an extra is not installed; nothing is imported.

    Parameters
    ----------
    module
        Name under which the package is imported; None stands for all of the extra's.
    extra
        One of `EXTRAS`, which brings it.
    purpose
        What needs it, the beginning of the message.

    Raises
    ------
    ZwickyError
        With the command that installs it.

    >>> require("numpy", "train", "training")
    """
    for name in EXTRAS[extra] if module is None else (module,):
        if find_spec(name) is None:
            raise ZwickyError(
                f"{purpose} needs {name}, which is not installed: pip install 'zwicky[{extra}]'"
            )
