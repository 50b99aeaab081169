"""Units as people and archives spell them, and names of columns with a unit in brackets."""

from __future__ import annotations

import re

import astropy.units as u

__all__ = ["parsed_unit", "spelt", "split_unit"]

#: Words for units that astropy does not know, or takes for others: ``mpc`` is no thousandth of a parsec.
_WORDS = {
    "degree": "deg", "degrees": "deg", "degs": "deg", "deg": "deg",
    "hours": "hourangle", "hour": "hourangle", "hr": "hourangle", "hrs": "hourangle",
    "hourangle": "hourangle",
    "radian": "rad", "radians": "rad", "rad": "rad",
    "arcminute": "arcmin", "arcminutes": "arcmin", "arcmins": "arcmin", "amin": "arcmin", "arcmin": "arcmin",
    "arcsecond": "arcsec", "arcseconds": "arcsec", "arcsecs": "arcsec", "asec": "arcsec", "arcsec": "arcsec",
    "kpc": "kpc", "mpc": "Mpc", "pc": "pc", "ckpc": "ckpc", "cmpc": "cMpc", "pkpc": "pkpc", "pmpc": "pMpc",
    "km": "km", "sec": "s", "second": "s", "seconds": "s", "littleh": "h",
}  # fmt: skip
_WHOLE = {
    **dict.fromkeys(["kms", "kms-1", "kms^-1", "kms**-1", "kmps", "km/s", "kmpersec"], "km/s"),
    **dict.fromkeys(["h", "hms", "h:m:s", '"h:m:s"', "hh:mm:ss", "hourangle"], "hourangle"),
    **dict.fromkeys(["d:m:s", "dms", '"d:m:s"', "dd:mm:ss", "d", "°"], "deg"),
    **dict.fromkeys(["'", "′"], "arcmin"),
    **dict.fromkeys(['"', "″", "''"], "arcsec"),
    **dict.fromkeys(["c", "[c]"], "299792.458 km/s"),
    **dict.fromkeys(["redshift", "dimensionless", "unitless", "none", "-", "--", "---", "1", "z"], ""),
}
#: Notes that stand in square brackets though they are no units.
_NOTES = frozenset(["j2000", "j2000.0", "b1950", "icrs", "fk5", "fk4", "helio", "heliocentric", "cmb", "obs"])
_LONGEST = 60


def spelt(text: str) -> str:
    """A unit as astropy spells it, from what people write.

    >>> spelt("KM/S"), spelt("degrees"), spelt("kms-1"), spelt("h^-1 Kpc"), spelt("redshift")
    ('km/s', 'deg', 'km/s', 'h^-1 kpc', '')
    """
    text = " ".join(text[: _LONGEST + 1].split())
    whole = _WHOLE.get(text.lower().replace(" ", ""))
    if whole is not None:
        return whole
    return re.sub(r"[A-Za-z]+", lambda word: _WORDS.get(word[0].lower(), word[0]), text)


def parsed_unit(text: str) -> u.UnitBase | None:
    """The unit that a text means, or None if it means none.

    >>> parsed_unit("km/sec"), parsed_unit("Dex(Mpc"), parsed_unit("mag(Mpc)")
    (Unit("km / s"), None, None)
    """
    if len(text) > _LONGEST:
        return None
    try:
        unit = u.Unit(spelt(text))
    except (ValueError, TypeError, ArithmeticError):
        return None
    return unit if isinstance(unit, u.UnitBase) else None


def split_unit(name: str) -> tuple[str, str | None]:
    """The name of a column and the unit in brackets after it, where there is one.

    What stands in square brackets is a unit unless it is a known note; what stands in round ones is a unit
    only if it can be one, so that ``RA (J2000)`` stays a name.

    >>> split_unit("r_proj [kpc]"), split_unit("RA (J2000)"), split_unit("v (km/s)")
    (('r_proj', 'kpc'), ('RA (J2000)', None), ('v', 'km/s'))
    """
    for opening, closing in ("[]", "()"):
        at = name.rfind(opening)
        if at <= 0 or not name.endswith(closing):
            continue
        before, inside = name[:at].strip(), name[at + 1 : -1].strip()
        is_unit = bool(inside) and inside.lower() not in _NOTES
        if opening == "(":
            stripped = re.sub(r"\b[cp](?=[kM]?pc\b)", "", spelt(inside))
            is_unit = is_unit and bool(spelt(inside)) and parsed_unit(stripped) is not None
        if before and is_unit:
            return before, inside
    return name, None
