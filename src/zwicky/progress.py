"""How far work is: one signature for everything that tells, and for everything that listens."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "quiet"]


class Progress(Protocol):
    """Called as work goes on, from the thread that called the work.

    Parameters
    ----------
    stage
        What is being done, the same words throughout: a bar or a line in a log.
    done, total
        Units of the stage that are finished, and all of them.
    text
        What the last unit was or how it went, for people.

    Examples
    --------
    >>> def tell(stage, done, total, text=""):
    ...     print(f"{stage}: {done} of {total} {text}")
    >>> progress: Progress = tell
    >>> progress("fit", 1, 2, "first half")
    fit: 1 of 2 first half
    """

    def __call__(self, stage: str, done: int, total: int, text: str = "", /) -> None: ...


def quiet(stage: str, done: int, total: int, text: str = "") -> None:
    """Tells nobody: the default of everything that takes a `Progress`.

    Parameters
    ----------
    stage, done, total, text
        As of `Progress`.

    Examples
    --------
    >>> quiet("fit", 1, 2)
    """


def under(stage: str, progress: Progress) -> Progress:
    """A `Progress` that tells `progress` of one stage, whatever the work calls its own.

    >>> under("train cnn_2d", lambda *what: print(*what))("epoch", 1, 20, "loss 0.02")
    train cnn_2d 1 20 loss 0.02
    """

    def tell(_: str, done: int, total: int, text: str = "") -> None:
        progress(stage, done, total, text)

    return tell
