"""One statement of the paper beside what a run finds, and the rules of the verdict.

There are three verdicts: it **agrees**; it has the sign but not the size, **stronger** or **weaker** than the
paper's; or it has the **opposite sign**.

- A **reduction** (one method's scatter or width against another's, per cent) agrees if it has the paper's
  sign and is within 3 of our standard errors, or within a fifth of the paper's value. One of the other sign
  that is within 3 errors of zero is weaker.
- A **level** (a bias, a slope, a share) agrees if it is within 3 of our errors, or within a margin given with
  it that a user of the masses would not notice. Only where the paper's value is beyond that margin from zero
  has it a sign to differ from.
- A **bound** ("the lowest", "does not rise": a difference that should not be positive) agrees if ours is
  negative, or within 3 of our errors of zero; else it has the opposite sign.
- A **time** agrees if ours is at most the paper's; else the claim is weaker.

The paper gives no errors on most of its numbers, so "by how many sigma" counts ours alone. Its mocks are not
ours, and a bootstrap over test halos does not know of training noise, one or two per cent of a network's
scatter: many sigma between two numbers is no contradiction, and less than one is no proof.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["VERDICTS", "bound", "level", "reduction", "time_claim"]

VERDICTS = ("agrees", "stronger", "weaker", "opposite sign")

#: Standard errors of ours within which two numbers agree.
_SIGMA = 3.0
#: Share of the paper's value within which two reductions agree whatever the errors.
_SHARE = 0.2


def reduction(
    number: int, claim: str, paper: float, ours: float, error: float, text: str = ""
) -> dict[str, Any]:
    """A reduction, all numbers in per cent; positive means less.

    >>> found = reduction(1, "CNN_2D reduces the scatter of CNN_1D", 24.0, 18.0, 0.7)
    >>> found["verdict"], round(found["sigma"], 1), found["text"]
    ('weaker', 8.6, "The sign is the paper's, the size is not: 6.0 points less.")
    """
    near = _near(paper, ours, error) or abs(ours - paper) <= _SHARE * abs(paper)
    if ours * paper <= 0:
        settled = not _near(0.0, ours, error)
        verdict = "opposite sign" if settled else "weaker"
        told = "The sign is not the paper's" + ("." if settled else ", within 3 of our errors of none.")
    elif near:
        verdict, told = "agrees", "Sign and size are the paper's."
    else:
        verdict = _stronger(paper, ours)
        apart = f"{abs(ours - paper):.1f} points {'more' if ours > paper else 'less'}"
        told = f"The sign is the paper's, the size is not: {apart}."
    return _claim(number, claim, paper, ours, error, "%", verdict, told, text)


def level(
    number: int,
    claim: str,
    paper: float,
    ours: float,
    error: float,
    margin: float,
    unit: str = "dex",
    text: str = "",
) -> dict[str, Any]:
    """A number that should be the paper's, within `margin` at least."""
    suffix = f" {unit}" if unit else ""
    if _near(paper, ours, error):
        verdict, told = "agrees", "Within 3 of our errors."
    elif abs(ours - paper) <= margin:
        verdict, told = "agrees", f"Not within our errors, which are small, but within {margin:g}{suffix}."
    else:
        opposite = ours * paper < 0 and abs(paper) > margin
        verdict = "opposite sign" if opposite else _stronger(paper, ours)
        side = "Above" if ours > paper else "Below"
        told = f"{side} it by more than {margin:g}{suffix} and than 3 of our errors."
    return _claim(number, claim, paper, ours, error, unit, verdict, told, text)


def bound(
    number: int,
    claim: str,
    paper: float | None,
    ours: float,
    error: float,
    unit: str = "%",
    text: str = "",
) -> dict[str, Any]:
    """A difference that should not be positive."""
    if ours <= 0.0:
        verdict, told = "agrees", "It holds."
    elif _near(0.0, ours, error):
        verdict, told = "agrees", "It does not hold to the letter, but within 3 of our errors."
    else:
        verdict, told = "opposite sign", "It does not hold here."
    return _claim(number, claim, paper, ours, error, unit, verdict, told, text)


def time_claim(
    number: int, claim: str, paper: float, ours: float, unit: str = "s", text: str = ""
) -> dict[str, Any]:
    """A time on another machine: no errors, no sigma."""
    faster = ours <= paper
    told = f"{paper / ours:.3g} times faster here." if faster else "Slower here."
    return _claim(number, claim, paper, ours, np.nan, unit, "agrees" if faster else "weaker", told, text)


def _near(paper: float, ours: float, error: float) -> bool:
    return bool(np.isfinite(error) and abs(ours - paper) <= _SIGMA * error)


def _stronger(paper: float, ours: float) -> str:
    return "stronger" if abs(ours) > abs(paper) else "weaker"


def _claim(
    number: int,
    claim: str,
    paper: float | None,
    ours: float,
    error: float,
    unit: str,
    verdict: str,
    told: str,
    text: str,
) -> dict[str, Any]:
    finite = paper is not None and np.isfinite(error) and error > 0.0
    return {
        "number": number,
        "claim": claim,
        "unit": unit,
        "paper": paper,
        "ours": float(ours),
        "error": float(error) if np.isfinite(error) else None,
        "sigma": abs(ours - paper) / error if finite else None,
        "verdict": verdict,
        "text": " ".join(part for part in (told, text) if part),
    }
