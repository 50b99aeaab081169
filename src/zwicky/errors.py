"""The one exception a user's mistake raises."""

from __future__ import annotations

__all__ = ["ZwickyError"]


class ZwickyError(ValueError):
    """A mistake the user can mend: one line with the value, what is allowed and what to do.

    The command line prints the line and exits with code 2; a program can catch it as a `ValueError`.
    """
