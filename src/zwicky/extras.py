"""Packages that only some commands need, and what to say where one is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from zwicky.errors import ZwickyError

__all__ = ["EXTRAS", "require"]

#: Extras of the installation, and what each adds.
EXTRAS = {
    "train": "training, the whole paper and its report",
    "survey": "catalogues in HATS and Dask",
    "docs": "the documentation",
    "dev": "everything, with the tests",
}


def require(module: str, extra: str, purpose: str) -> None:
    """Refuse to go on where a package of an extra is not installed; nothing is imported.

    Parameters
    ----------
    module
        Name under which the package is imported.
    extra
        One of `EXTRAS`, which brings it.
    purpose
        What needs it, the beginning of the message.

    Raises
    ------
    ZwickyError
        With the command that installs it.

    >>> require("numpy", "train", "training")
    >>> require("no_such_package", "train", "training cnn_2d")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    zwicky.errors.ZwickyError: training cnn_2d needs no_such_package, ...: pip install 'zwicky[train]'
    """
    if extra not in EXTRAS:
        raise KeyError(extra)
    if find_spec(module.partition(".")[0]) is None:
        raise ZwickyError(f"{purpose} needs {module}, which is not installed: pip install 'zwicky[{extra}]'")
