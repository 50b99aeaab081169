"""What the numbers of a run do not mean: of a universe of ours, and of one that was imported."""

from __future__ import annotations

from markupsafe import Markup

from zwicky.ho2019.report.formats import count, number, significant
from zwicky.ho2019.report.results import RunResults
from zwicky.units import critical_density

__all__ = ["MDPL2_PARTICLE_MSUN_H", "limits"]

#: Mass of a particle of the paper's simulation (Sec. 2.1).
MDPL2_PARTICLE_MSUN_H = 1.51e9


def limits(run: RunResults) -> list[Markup]:
    """What the numbers do not mean: a list of sentences, HTML."""
    about = _imported_universe(run) if run.is_imported else _own_universe(run)
    return [Markup(text) for text in (*about, *_observation(run))]


def _own_universe(run: RunResults) -> tuple[str, ...]:
    universe = run.metrics["universe"]
    box = run.halos.snapshot.box_size
    density = number(run.mocks.test.meta["tracer_density_h3_mpc3"], 4)
    cosmology = run.halos.snapshot.cosmology
    matter = cosmology.Om0 * critical_density(cosmology.H0.value) * box**3
    particle = matter * run.h / universe["n_particles"]  # Msun/h
    return (
        (
            "<b>It is our own simulation, not MDPL2.</b> Numbers measured on different mocks are not "
            "comparable line by line: where ours are smaller or larger than the paper's, the mocks differ "
            "first of all."
        ),
        (
            f"<b>Its galaxies are matter particles</b> drawn at random, {density} "
            "(<i>h</i>/Mpc)<sup>3</sup>, with one central galaxy at the centre of each halo among them. "
            "They move as the matter does: there is <b>no velocity bias</b> and <b>no segregation by "
            "luminosity</b>, by construction. Real galaxies have some of both, and their number in a halo "
            "of given mass scatters more than a random draw of its particles does, so that here the number "
            "of galaxies says more of the mass than on the sky. A cluster's velocity is the mean of its "
            "matter."
        ),
        (
            "<b>It does carry what gravity makes by itself:</b> clusters that are not round, substructure "
            "and mergers, matter falling in, and neighbours along the same filament that pose as members."
        ),
        (
            f"<b>Size and grain.</b> The box is {_size(run)}. A particle weighs {significant(particle, 2)} "
            f"M<sub>⊙</sub>/<i>h</i>, {count(particle / MDPL2_PARTICLE_MSUN_H)} times MDPL2's, so that a "
            f"halo of 10<sup>14</sup> M<sub>⊙</sub>/<i>h</i> has {count(1e14 / particle)} of them."
        ),
    )


def _imported_universe(run: RunResults) -> tuple[str, ...]:
    name, warned = run.halos.snapshot.simulation, run.metrics["universe"].get("warnings", [])
    return (
        Markup("<b>The simulation is {}, not ours,</b> and this report can check little of it. ").format(name)
        + "Its galaxies are what its makers' model puts into halos: their number, their velocities and "
        "where they sit in a cluster are that model's, and a network learns them as if they were nature's.",
        (
            "<b>Numbers measured on different mocks are not comparable line by line:</b> where these are "
            "smaller or larger than the paper's, the mocks differ first of all."
        ),
        f"<b>Size.</b> The box is {_size(run)}.",
        *_members(run),
        *(Markup("<b>The import warned:</b> {}.").format(text.rstrip(".")) for text in warned),
    )


def _members(run: RunResults) -> list[str]:
    told = run.metrics["universe"].get("members")
    return [Markup("<b>Members</b> are {}.").format(told)] if told else []


def _size(run: RunResults) -> str:
    side = run.halos.snapshot.box_size * run.h
    if side < 999.0:
        return (
            f"{side:.0f} Mpc/<i>h</i> wide against the paper's 1000: it lacks the rarest clusters and the "
            "longest waves"
        )
    return f"{side:.0f} Mpc/<i>h</i> wide; the paper's is 1000"


def _observation(run: RunResults) -> tuple[str, ...]:
    settings, snapshot = run.mocks.settings, run.halos.snapshot
    group = "the largest halo around" if run.is_imported else "the friends-of-friends group"
    sphere = {"r200c": "the sphere <i>r</i><sub>200c</sub>", "fof": group}
    ago = snapshot.cosmology.lookback_time(snapshot.redshift).to_value("Gyr")
    return (
        (
            f"<b>The survey is ideal.</b> Every galaxy in the cylinder ({settings.aperture_mpc_h:g} "
            f"Mpc/<i>h</i>, ±{settings.v_cut_kms:.0f} km/s) is seen, with an exact redshift; the cluster's "
            f"centre is known; clusters with fewer than {settings.n_min} galaxies are left out. There is "
            "no mask and there are no fibre collisions."
        ),
        (
            f"<b>The pure catalogue</b> keeps the galaxies inside {sphere[settings.pure]}; the paper says "
            "virial radius in one place and friends-of-friends group in another."
        ),
        (
            f"<b>One moment.</b> All clusters are at redshift {snapshot.redshift:g}, {ago:.1f} billion years "
            "ago."
        ),
        (
            "<b>Trained and judged in the same universe.</b> A network can learn what is peculiar to one "
            "simulation; in another, or on the sky, it may do worse. The scatter is an average over many "
            "clusters, not the error bar of any one of them."
        ),
    )
