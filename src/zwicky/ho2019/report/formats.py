"""Numbers as people read them: decimals that line up, true minus signs, times in words."""

from __future__ import annotations

import math

from markupsafe import Markup

__all__ = ["between", "duration", "error", "grouped", "number", "percent", "share", "significant", "spread"]

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


def grouped(value: float | None) -> str:
    """An integer with thin spaces between thousands.

    >>> grouped(32768000)
    '32\\u202f768\\u202f000'
    """
    return _NOTHING if value is None else f"{round(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def significant(value: float | None, digits: int = 3) -> Markup:
    """A number to some significant digits, with a power of ten where it is very large or small.

    >>> significant(4321000000.0, 2), significant(12.345)
    (Markup('4.3 × 10<sup>9</sup>'), Markup('12.3'))
    """
    if value is None or not math.isfinite(value):
        return Markup(_NOTHING)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return Markup(f"{value:.{digits}g}".replace("-", _MINUS))
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return Markup(f"{mantissa} × 10<sup>{int(exponent)}</sup>".replace("-", _MINUS))


def error(value: float | None, decimals: int) -> str:
    """A standard error; nothing where there is none. One that would round to zero has a digit more.

    >>> error(0.0012, 3), error(0.0004, 3), error(None, 3)
    ('± 0.001', '± 0.0004', '')
    """
    if value is None:
        return ""
    rounds_to_zero = 0 < abs(value) < 0.5 * 10.0**-decimals
    return f"± {number(value, decimals + rounds_to_zero)}"


def spread(p84: float | None, p16: float | None, decimals: int) -> Markup:
    """Offsets of the 84th and the 16th percentile, one above the other; nothing where there are none.

    >>> spread(0.173, -0.163, 2)
    Markup('<span class="pm"><span>+0.17</span> <span>−0.16</span></span>')
    """
    if p84 is None or p16 is None:
        return Markup("")
    # Rounded to zero a lower offset keeps its minus sign, so that the pair still reads as above and below.
    low, high = number(abs(p16), decimals), number(abs(p84), decimals)
    signs = ("+" if p84 >= 0 else _MINUS), (_MINUS if p16 <= 0 else "+")
    return Markup('<span class="pm"><span>{}{}</span> <span>{}{}</span></span>').format(
        signs[0], high, signs[1], low
    )


def share(fraction: float | None, decimals: int = 1) -> str:
    """A fraction in per cent.

    >>> share(0.1234), share(None)
    ('12.3\\xa0%', '–')
    """
    if fraction is None or not math.isfinite(fraction):
        return _NOTHING
    return f"{number(100 * fraction, decimals)}\N{NO-BREAK SPACE}%"


def between(low: float | None, high: float | None, decimals: int, scale: float = 1.0) -> str:
    """An interval.

    >>> between(0.3859, 0.4007, 3), between(0.117, 0.134, 1, scale=100), between(None, None, 3)
    ('0.386 to 0.401', '11.7 to 13.4', '–')
    """
    if low is None or high is None:
        return _NOTHING
    return f"{number(scale * low, decimals)} to {number(scale * high, decimals)}"


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
