"""What the report says in words: the headline, the facts of the run, and how to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from zwicky import __version__
from zwicky.ho2019.report.formats import count, error, number, percent
from zwicky.ho2019.report.results import RunResults
from zwicky.io import provenance
from zwicky.plots.style import METHODS

__all__ = ["command", "facts", "headline", "subtitle", "versions"]


def headline(metrics: Mapping[str, Any]) -> Markup:
    """The result in two sentences, HTML."""
    measured = {
        name: row for name, row in metrics["table2"].items() if name in METHODS and row["scatter"] is not None
    }
    if not measured:
        return Markup("No test cluster lies in the mass range of the paper; a larger box would hold some.")
    observable = [name for name in measured if name != "m_sigma_pure"] or list(measured)
    best = min(observable, key=lambda name: measured[name]["scatter"])
    row = measured[best]
    text = (
        f"{METHODS[best].html} weighs {count(row['n_halos'])} simulated clusters, seen along three "
        f"lines of sight each, with a scatter of <b>{number(row['scatter'], 3)} "
        f"{error(row['scatter_error'], 3)} dex</b>, about {percent(row['scatter'])} of the mass, and "
        f"a median error of {number(row['median'], 3, signed=True)} dex."
    )
    for c in metrics["comparisons"]:
        if (c["method"], c["other"]) == (best, "m_sigma_contaminated") and c["ratio"] is not None:
            text += (
                f" That is <b>{number(c['ratio'], 2)}</b> of the scatter of the classical <i>M</i>–σ "
                f"relation on the same galaxies ({100 * c['level']:.0f}\N{NO-BREAK SPACE}% interval "
                f"{number(c['low'], 2)} to {number(c['high'], 2)}; the paper, on its own mocks, found "
                f"{number(c['paper'], 2)})."
            )
    verdicts = [claim["agrees"] for claim in metrics.get("claims") or []]
    if verdicts:
        text += (
            f' Of <a href="#conclusions">{len(verdicts)} statements</a> in the paper\'s conclusions '
            f"{sum(map(bool, verdicts))} hold here."
        )
    return Markup(text)


def subtitle(run: RunResults) -> str:
    """Whose method on whose clusters."""
    where = (
        f"on clusters of {run.halos.snapshot.simulation}"
        if run.is_imported
        else "in a simulated universe of our own"
    )
    return f"After Ho et al. (2019, ApJ 887, 25), {where}"


def facts(run: RunResults) -> list[tuple[str, str]]:
    """The run at a glance: name and value, in the order shown."""
    universe = run.metrics["universe"]
    particles = universe.get("n_particles")
    rows = [
        ("Simulation", run.halos.snapshot.simulation if run.is_imported else None),
        ("Particles", None if particles is None else count(particles)),
        ("Box", f"{number(universe.get('box_size_mpc_h'), 0)} Mpc/h"),
        ("Redshift", f"{universe['redshift']:g}"),
        ("Mock clusters", f"{count(len(run.mocks.train))} training, {count(len(run.mocks.test))} test"),
        ("Seed", _seed(run)),
        ("Zwicky", __version__),
    ]
    return [(name, str(value)) for name, value in rows if value is not None]


def command(run: RunResults) -> str:
    """The command that makes the run again from its own settings, seed included."""
    return f"zwicky reproduce --config {run.directory.resolve().name}/run.toml --out another_directory"


def _seed(run: RunResults) -> int | None:
    """The run's seed, or that of its universe."""
    return run.settings.get("seed", run.settings.get("universe", {}).get("seed"))


def versions(run: RunResults) -> list[tuple[str, str]]:
    """Versions that made the universe, and the machine."""
    made = {**provenance(), **run.provenance}
    packages = [(name, str(value)) for name, value in sorted(made.get("packages", {}).items())]
    return [
        ("zwicky", str(made["zwicky"])),
        ("python", str(made["python"])),
        *packages,
        ("machine", str(made["machine"])),
    ]
