"""The one exception a user's mistake raises, and text that is safe to show."""

from __future__ import annotations

__all__ = ["ZwickyError"]

#: Letters of a message.
_LONGEST = 900


class ZwickyError(ValueError):
    """A mistake the user can fix: one line with the value, what is allowed and what to do.

    The command line prints the line and exits with code 2; a program can catch it as a `ValueError`. What a
    terminal would obey rather than show is spelt out; of a line that a file made endless the middle is left
    out.

    Parameters
    ----------
    message
        The line.

    Examples
    --------
    >>> from zwicky.settings import from_mapping
    >>> from zwicky.mocks import MockSettings
    >>> try:
    ...     from_mapping(MockSettings, {"n_min": 0})
    ... except ZwickyError as error:
    ...     print(error)
    n_min = 0 is not allowed; give at least 1 (galaxies)
    """

    def __init__(self, message: str):
        line = printable(message)
        super().__init__(line if len(line) <= _LONGEST else f"{line[:600]} ... {line[-200:]}")


def printable(text: str) -> str:
    r"""Text in which every letter that a terminal obeys instead of showing it is spelt out.

    >>> printable("A\x1b[31m85\n")
    'A\\x1b[31m85\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
