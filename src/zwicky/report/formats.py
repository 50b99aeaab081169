"""Numbers as people read them: decimals that line up, true minus signs, times in words."""

from __future__ import annotations

import math

__all__ = ["count", "duration", "number", "percent", "significant"]

_MINUS = "\N{MINUS SIGN}"
_NOTHING = "\N{EN DASH}"


def number(value: float | None, decimals: int, signed: bool = False) -> str:
    """A number with fixed decimals; an en dash where there is none.

    >>> number(-0.1234, 3), number(0.5, 2, signed=True), number(None, 2)
    ('−0.123', '+0.50', '–')
    """
    if value is None or not math.isfinite(value):
        return _NOTHING
    rounded = round(value, decimals) + 0.0  # adding zero turns minus zero into zero
    text = f"{rounded:{'+' if signed else ''}.{decimals}f}"
    return text.replace("-", _MINUS)


def count(value: float | None) -> str:
    """An integer with thin spaces between thousands.

    >>> count(32768000)
    '32\\u202f768\\u202f000'
    """
    return _NOTHING if value is None else f"{round(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def significant(value: float | None, digits: int = 3) -> str:
    """A number to some significant digits, with a power of ten where it is very large or small.

    >>> significant(4321000000.0, 2), significant(12.345)
    ('4.3 × 10<sup>9</sup>', '12.3')
    """
    if value is None or not math.isfinite(value):
        return _NOTHING
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.{digits}g}".replace("-", _MINUS)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa} × 10<sup>{int(exponent)}</sup>".replace("-", _MINUS)


def percent(scatter_dex: float) -> str:
    """A small scatter in dex as a fraction of the mass, ``ln(10)`` times it, as the paper does (Sec. 5.1).

    >>> percent(0.132)
    '30\\xa0%'
    """
    return f"{100 * math.log(10) * scatter_dex:.0f}\N{NO-BREAK SPACE}%"


def duration(seconds: float | None) -> str:
    """A time a person can grasp.

    >>> duration(0.000073), duration(12.3), duration(150), duration(9000)
    ('73 µs', '12.3 s', '2 min 30 s', '2 h 30 min')
    >>> duration(600)
    '10 min'
    """
    if seconds is None or not math.isfinite(seconds):
        return _NOTHING
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    if seconds < 1.0:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
