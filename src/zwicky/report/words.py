"""What the report says in words: the headline, the facts of the run, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from zwicky import __version__
from zwicky.io import provenance
from zwicky.report.formats import count, number, percent, significant
from zwicky.report.results import RunResults
from zwicky.report.style import METHODS
from zwicky.units import critical_density

__all__ = ["MDPL2_PARTICLE_MSUN_H", "command", "facts", "headline", "limits", "versions"]

#: Mass of a particle of the paper's simulation (Sec. 2.1).
MDPL2_PARTICLE_MSUN_H = 1.51e9


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
        f"lines of sight each, with a scatter of <b>{number(row['scatter'], 3)} ± "
        f"{number(row['scatter_error'], 3)} dex</b>, about {percent(row['scatter'])} of the mass, and "
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
    return Markup(text)


def facts(run: RunResults) -> list[tuple[str, str]]:
    """The run at a glance: name and value, in the order shown."""
    universe = run.metrics["universe"]
    rows = [
        ("Particles", count(universe.get("n_particles"))),
        ("Box", f"{number(universe.get('box_size_mpc_h'), 0)} Mpc/h"),
        ("Redshift", f"{universe['redshift']:g}"),
        ("Mock clusters", f"{count(len(run.mocks.train))} training, {count(len(run.mocks.test))} test"),
        ("Seed", _seed(run)),
        ("Zwicky", __version__),
    ]
    return [(name, str(value)) for name, value in rows if value is not None]


def limits(run: RunResults) -> list[Markup]:
    """What the numbers do not mean: a list of sentences, HTML."""
    settings, snapshot, universe = run.mocks.settings, run.halos.snapshot, run.metrics["universe"]
    density = number(run.mocks.test.meta["tracer_density_h3_mpc3"], 4)
    ago = snapshot.cosmology.lookback_time(snapshot.redshift).to_value("Gyr")
    side = snapshot.box_size * run.h
    matter = snapshot.cosmology.Om0 * critical_density(snapshot.cosmology.H0.value) * snapshot.box_size**3
    particle = matter * run.h / universe["n_particles"]  # Msun/h
    if side < 999.0:
        size = (
            f"{side:.0f} Mpc/<i>h</i> wide against 1000: it lacks the rarest clusters and the longest waves"
        )
    else:
        size = "as wide as the paper's"
    sphere = {"r200c": "the sphere <i>r</i><sub>200c</sub>", "fof": "the friends-of-friends group"}[
        settings.pure
    ]
    sentences = (
        (
            "<b>It is our own simulation, not MDPL2.</b> Numbers measured on different mocks are not "
            "comparable line by line: where ours are smaller or larger than the paper's, the mocks differ "
            "first of all."
        ),
        (
            f"<b>Its galaxies are matter particles</b> drawn at random, {density} "
            "(<i>h</i>/Mpc)<sup>3</sup>, with one central galaxy at the centre of each halo among them. "
            "They move as the matter does: there is <b>no velocity bias</b> and <b>no segregation by "
            "luminosity</b>, by construction. Real galaxies have some of both, and their number in a halo of "
            "given mass scatters more than a random draw of its particles does, so that here the number of "
            "galaxies says more of the mass than on the sky. A cluster's velocity is the mean of its matter."
        ),
        (
            "<b>It does carry what gravity makes by itself:</b> clusters that are not round, substructure "
            "and mergers, matter falling in, and neighbours along the same filament that pose as members."
        ),
        (
            f"<b>Size and grain.</b> The box is {size}. A particle weighs {significant(particle, 2)} "
            f"M<sub>⊙</sub>/<i>h</i>, {count(particle / MDPL2_PARTICLE_MSUN_H)} times MDPL2's, so that a "
            f"halo of 10<sup>14</sup> M<sub>⊙</sub>/<i>h</i> has {count(1e14 / particle)} of them."
        ),
        (
            f"<b>The survey is ideal.</b> Every galaxy in the cylinder ({settings.aperture_mpc_h:g} "
            f"Mpc/<i>h</i>, ±{settings.v_cut_kms:.0f} km/s) is seen, with an exact redshift; the cluster's "
            f"centre is known; clusters with fewer than {settings.n_min} galaxies are left out. There is "
            "no mask and there are no fibre collisions."
        ),
        (
            f"<b>The pure catalogue</b> keeps the galaxies inside {sphere}; the paper says virial radius "
            "in one place and friends-of-friends group in another."
        ),
        (
            f"<b>One moment.</b> All clusters are at redshift {snapshot.redshift:g}, {ago:.1f} billion "
            "years ago."
        ),
        (
            "<b>Trained and judged in the same universe.</b> A network can learn what is peculiar to one "
            "simulation; in another, or on the sky, it may do worse. The scatter is an average over many "
            "clusters, not the error bar of any one of them."
        ),
    )
    return [Markup(text) for text in sentences]


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
