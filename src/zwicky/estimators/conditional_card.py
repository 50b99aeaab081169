"""What the model card of a `ConditionalEstimator` says beside the others': conditions, evidence, failures.

Every number is read from the settings, the calibration or the evidence, which is what
``python -m validation.posterior`` measured on mock clusters that nothing was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.mocks.survey_settings import SurveySettings

__all__ = ["calibration_text", "conditions_text", "evidence_of", "failures_text"]

#: Parts of the evidence that a card shows: tables by bins, and galaxies or surveys beyond training.
_BINS = ("by galaxies", "by mass", "by redshift", "by tracer")
_BEYOND, _BASE = "beyond training", "nothing"

#: A failure: the median moves by so much, dex, or a 68 % interval holds less than this.
_LEAN_DEX, _HELD = 0.05, 0.60

_TRACERS = {"0 to 1": "all", "1 to 2": "red", "2 to 3": "blue"}


def evidence_of(results: Mapping[str, Any]) -> dict[str, Any]:
    """What a model keeps of ``docs/results/posterior.json``.

    Raises
    ------
    ZwickyError
        If it is no such file's content.
    """
    found = results if "all" in results else next((v for v in results.values() if isinstance(v, dict)), {})
    if not isinstance(found.get("all"), Mapping):
        raise ZwickyError("the results have no entry 'all'; give what `python -m validation.posterior` wrote")
    keys = ("n", "halos", "median", "median_error", "scatter", "scatter_error")

    def short(numbers: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in numbers.items() if k in keys or k.startswith("inside_")}

    kept: dict[str, Any] = {"all": short(found["all"])}
    for part in (*_BINS, _BEYOND):
        if part in found:
            kept[part] = {name: short(numbers) for name, numbers in found[part].items()}
    return kept


def conditions_text(survey: SurveySettings, redshift: tuple[float, float]) -> str:
    """What such a model is told of a cluster, and what it averages over."""
    s = survey
    *others, last = s.kinds
    kinds = f"{', '.join(others)} or {last}" if others else last
    told = {
        "number of galaxies": f"{s.n_min} to {s.n_max}, drawn log-uniform and independent of mass",
        "redshift": f"{redshift[0]:g} to {redshift[1]:g}",
        "radius reached": f"{_span(s.aperture_mpc_h)} comoving Mpc/h",
        "error of a galaxy's redshift": f"{_span(s.redshift_error_kms)} km/s",
        "kind of tracer": f"{kinds}; not told in {100 * (1 - s.tracer_known):.0f} % of the looks",
        "error of the cluster's velocity": f"exact, or {_span(s.centre_error_kms)} km/s; where not "
        "known, velocities are put on the median of the inner galaxies",
    }
    averaged = {
        "velocity bias at 10^14.5 Msun/h, and its slope a dex": f"{_span(s.velocity_bias)}; "
        f"{_span(s.velocity_bias_slope)}",
        "bright members, and how much colder they are": f"{_span(s.bright_share)}; {_span(s.bright_drop)}",
        "concentration of galaxies over matter": f"{_span(s.concentration)}, of red ones "
        f"{_span(s.red_concentration)}",
        "interlopers, over those of matter": _span(s.interlopers),
        "wrong redshifts": f"{_span(s.catastrophic)} of all",
        "losses in the core": f"{_span(s.core_loss)} at the centre, in {100 * s.core_loss_share:.0f} % of "
        "the clusters",
        "lost pairs": f"closer than {_span(s.pair_arcsec)} arcsec, in {100 * s.pair_share:.0f} %",
        "wrong centres": f"Rayleigh scale {_span(s.miscentring_mpc_h)} Mpc/h, in "
        f"{100 * s.miscentred_share:.0f} %",
        "centres beside the central galaxy": f"by {_span(s.beside_galaxy_mpc_h)} Mpc/h, in "
        f"{100 * s.beside_galaxy_share:.0f} % of the others",
    }
    heads = ("told, where the observer knows it", "trained on"), ("averaged over", "range")
    return "\n\n".join(
        _table(head, list(rows.items())) for head, rows in zip(heads, (told, averaged), strict=True)
    )


def calibration_text(calibration: Mapping[str, Any], evidence: Mapping[str, Any] | None) -> str:
    """How widths were fitted, and what they hold on clusters that nothing was trained on."""
    lines = [
        "The prior is flat in log10 M200c over the masses it was trained on, and is kept with the result.",
        "In a sample off the sky the many light clusters that scatter up outnumber the heavy ones: give",
        "the sample's own distribution of masses, `--prior hmf` or a table of it, where masses are to be",
        "true on average.",
    ]
    if calibration:
        values = ", ".join(f"{k} {v:.4g}" for k, v in calibration.items() if isinstance(v, int | float))
        lines += ["", f"Fitted on halos kept from training: {values}."]
    if evidence is None:
        lines += ["", "Not yet measured on unseen mocks: `python -m validation.posterior`."]
        return "\n".join(lines)
    named = {"all": {"all": evidence["all"]}} | {p: evidence[p] for p in _BINS if p in evidence}
    rows = [
        (_name(part, name), *_row(numbers))
        for part, bins in named.items()
        for name, numbers in bins.items()
        if "median" in numbers
    ]
    heads = (
        "mocks never trained on",
        "looks",
        "halos",
        "median, dex",
        "scatter, dex",
        "inside 68 / 90 / 95 %",
    )
    return "\n".join([*lines, "", _table(heads, rows), "", "Errors count halos."])


def failures_text(evidence: Mapping[str, Any] | None) -> str:
    """Where it is known to fail: what moves its masses or breaks its intervals beyond its training."""
    always = (
        "Blends of two clusters, wrong centres and wrong frames: see `p_unlike` and `flag` of the table of "
        "masses, which are there for them."
    )
    if evidence is None:
        return always
    inside = [
        f"- **{_name(part, name)}: median {numbers['median']:+.2f} dex, 68 % intervals hold "
        f"{100 * numbers['inside_68']:.0f} %**"
        for part in _BINS
        for name, numbers in evidence.get(part, {}).items()
        if "median" in numbers and _fails(numbers["median"], numbers, 2.0 * numbers["median_error"])
    ]
    limits = f"{_LEAN_DEX:g} dex, or 68 % intervals that hold less than {100 * _HELD:.0f} %"
    parts = [f"A failure is a median that moves by more than {limits}."]
    if inside:
        parts += ["", "Inside its training, beyond two standard errors:", "", *inside]
    beyond = {k: v for k, v in evidence.get(_BEYOND, {}).items() if "median" in v}
    base = beyond.pop(_BASE, {"median": 0.0})["median"]
    if beyond:
        parts += ["", "Beyond its training, one thing at a time, failures first:", ""]
    told: dict[bool, list[str]] = {True: [], False: []}
    for name, numbers in beyond.items():
        moved = numbers["median"] - base
        text = f"{name}: the median moves by {moved:+.2f} dex, 68 % intervals hold "
        text += f"{100 * numbers['inside_68']:.0f} %"
        fails = _fails(moved, numbers)
        told[fails].append(f"- **{text}**" if fails else f"- {text} (holds)")
    return "\n".join([*parts, *told[True], *told[False], "", always])


def _fails(moved: float, numbers: Mapping[str, Any], unsure: float = 0.0) -> bool:
    return abs(moved) > max(_LEAN_DEX, unsure) or numbers["inside_68"] < _HELD


def _row(numbers: Mapping[str, Any]) -> tuple[str, ...]:
    inside = " / ".join(f"{100 * numbers[f'inside_{level}']:.0f}" for level in (68, 90, 95))
    return (
        f"{numbers['n']:,}",
        f"{numbers['halos']:,}",
        f"{numbers['median']:+.3f} ± {numbers['median_error']:.3f}",
        f"{numbers['scatter']:.3f} ± {numbers['scatter_error']:.3f}",
        inside,
    )


def _name(part: str, name: str) -> str:
    if part == "by tracer":
        return f"tracer {_TRACERS.get(name, name)}"
    return {"by galaxies": "{} galaxies", "by mass": "10^ {} Msun/h", "by redshift": "z {}"}.get(
        part, "{}"
    ).format(name)


def _span(values: tuple[float, ...]) -> str:
    return f"{values[0]:g} to {values[1]:g}"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
