"""A wrong factor of h in masses, lengths, radii or box is warned of with numbers; a right one is not."""

import dataclasses

import numpy as np
import pytest
from colossus.cosmology import cosmology as colossus
from colossus.halo import mass_so

from foreign_universe import made_simulation
from zwicky.simulations.plausibility import GalaxyFacts, HaloFacts, satellites_over_evrard, warnings_of
from zwicky.tables import Snapshot, r200c, rvir, take

H = 0.6777


@pytest.fixture(scope="module")
def right():
    """A catalogue in physical proportions, as an import sees it."""
    s = made_simulation(h=H, box_mpc_h=240.0)
    halos, _ = s.tables
    host = s.m200c * H >= 1e13
    return {
        "halos": halos,
        "halo_facts": HaloFacts(s.mvir[host], s.rvir[host], (s.mvir[host] * H / 1e9).astype(int), 1e9, 0.0),
        "galaxy_facts": GalaxyFacts(
            low=s.galaxy_x.min(axis=0),
            high=s.galaxy_x.max(axis=0),
            rms_kms=float(np.sqrt(np.mean(s.galaxy_v**2))),
            n=len(s.galaxy_id),
            outside=0.0,
            displaced=0.0,
            mvir=s.mvir[host],
        ),
    }


def warned(right, *, box=1.0, masses=1.0, **changes):
    """Warnings with the side of the box and the M200c multiplied, and other facts replaced."""
    halos = right["halos"]
    s = halos.snapshot
    snapshot = Snapshot(s.simulation, s.redshift, s.box_size * box, s.cosmology)
    # Hosts are cut at 10^13 Msun/h by what their masses are thought to be.
    m200c = halos.m200c * masses
    keep = m200c * H >= 1e13
    halos = dataclasses.replace(
        halos, snapshot=snapshot, m200c=m200c, r200c=r200c(m200c, snapshot), **changes.pop("columns", {})
    )
    halos = dataclasses.replace(halos, **{n: getattr(halos, n)[keep] for n in _COLUMNS})
    facts = {}
    for name in ("halo_facts", "galaxy_facts"):
        facts[name] = dataclasses.replace(right[name], **changes.get(name, {}))
    halo_facts = dataclasses.replace(
        facts["halo_facts"],
        **{
            n: None if getattr(facts["halo_facts"], n) is None else getattr(facts["halo_facts"], n)[keep]
            for n in ("mvir", "rvir", "n_particles")
        },
    )
    galaxy_facts = dataclasses.replace(facts["galaxy_facts"], mvir=facts["galaxy_facts"].mvir[keep])
    return "\n".join(warnings_of(halos, halo_facts, galaxy_facts, 13.0, 0.82))


_COLUMNS = ("halo_id", "position", "velocity", "m200c", "r200c", "sigma_1d", "fof_id")


def test_a_right_catalogue_is_not_warned_of(right):
    assert warned(right) == ""


@pytest.mark.parametrize("factor", [H, 1 / H])
def test_masses(right, factor):
    said = warned(right, masses=factor)
    assert f"M200c is {0.86 * factor:.3f} times the virial mass in the halo catalogue" in said
    assert "the virial mass in the galaxy catalogue" in said
    assert f"velocity dispersions are {factor**-0.336:.2f}" in said or "velocity dispersions are" in said


@pytest.mark.parametrize("factor", [H, 1 / H])
def test_masses_that_nothing_else_in_the_file_checks(right, factor):
    # No virial masses, radii, particles: the dispersions and the number of clusters remain.
    alone = {"mvir": None, "rvir": None, "n_particles": None}
    blind = {"mvir": np.full(len(right["halos"]), np.nan)}
    said = warned(right, masses=factor, halo_facts=alone, galaxy_facts=blind)
    assert "times those of Evrard et al. (2008)" in said
    no_sigma = {"sigma_1d": np.full(len(right["halos"]), np.nan)}
    said = warned(right, masses=factor, halo_facts=alone, galaxy_facts=blind, columns=no_sigma)
    assert "Tinker et al. (2008) expect" in said


@pytest.mark.parametrize("factor", [H, 1 / H])
def test_all_masses_of_the_file_at_once(right, factor):
    facts = right["halo_facts"]
    said = warned(right, masses=factor, halo_facts={"mvir": facts.mvir * factor})
    assert "virial radii are" in said
    assert f"masses are {factor:.3f} times particles x particle mass" in said


@pytest.mark.parametrize("factor", [H, 1 / H, 1000.0])
def test_radii(right, factor):
    facts = right["halo_facts"]
    said = warned(right, halo_facts={"rvir": facts.rvir * factor})
    assert f"virial radii are {factor:.3f} times what the virial masses (Bryan & Norman 1998) imply" in said
    said = warned(right, halo_facts={"rvir": facts.rvir * factor, "mvir": None})
    assert "times what r200c from M200c is" in said


def test_box(right):
    # Too large by 1/h: nothing lies beyond h of it. Too small by h: an import finds a part outside.
    assert f"the galaxies span {H:.3f}" in warned(right, box=1 / H)
    assert f"is a factor h missing in the masses, or in the box (h^3 = {H**3:.2f})" in warned(
        right, box=1 / H
    )
    assert "hosts above" in warned(right, box=H)
    said = warned(right, box=H, galaxy_facts={"outside": 0.68})
    assert "68.0% of the galaxies lie outside the box" in said


@pytest.mark.parametrize("factor", [H, 1 / H])
def test_positions_of_galaxies(right, factor):
    # Multiplied by h they do not fill the box; by 1/h they are outside it; either way far from their halos.
    facts = right["galaxy_facts"]
    changed = {"high": facts.high * min(factor, 1.0), "outside": 0.6 * (factor > 1), "displaced": 0.99}
    said = warned(right, galaxy_facts=changed)
    assert "99% of the hosts have their own galaxy outside r200c" in said
    assert ("the galaxies span" in said) == (factor < 1)
    assert ("60.0% of the galaxies lie outside" in said) == (factor > 1)


def test_velocities(right):
    halos = right["halos"]
    said = warned(right, columns={"velocity": halos.velocity * 1000}, galaxy_facts={"rms_kms": 4e5})
    assert "velocities of the halos have a one-dimensional rms of 2.9" in said
    assert "velocities of the galaxies have a one-dimensional rms of 4e+05" in said
    said = warned(right, columns={"sigma_1d": halos.sigma_1d * np.sqrt(3)})
    assert "velocity dispersions are 1.7" in said


@pytest.mark.parametrize(
    ("power", "told"), [(0.0, None), (1.0, "0.6"), (-0.5, "1.2")], ids=["proper", "times a", "over its root"]
)
@pytest.mark.parametrize("tracers", ["all", "satellites"])
def test_velocities_of_galaxies_in_other_conventions(right, power, told, tracers):
    # At z = 0.5: times a makes 0.667, over its root 1.225. Central galaxies do not dilute it.
    halos, galaxies = made_simulation(h=H, box_mpc_h=120.0, z=0.5).tables
    if tracers == "satellites":
        galaxies = take(galaxies, ~galaxies.is_central)
    a = 1 / 1.5
    true = satellites_over_evrard(halos, galaxies)
    assert true == pytest.approx(1.0, abs=0.03)
    galaxies = dataclasses.replace(galaxies, velocity=galaxies.velocity * a**power)
    members = satellites_over_evrard(halos, galaxies)
    assert members == pytest.approx(true * a**power, rel=1e-6)
    halo_facts = HaloFacts()
    galaxy_facts = dataclasses.replace(
        right["galaxy_facts"], mvir=np.full(len(halos), np.nan), members=members, n=0
    )
    said = [line for line in warnings_of(halos, halo_facts, galaxy_facts, 13.0, 0.82) if "satellites" in line]
    if told is None:
        assert said == []
    else:
        (line,) = said
        assert f"satellites move with {told}" in line
        assert "(makes 0.667; unit km/s/a)" in line
        assert "(makes 1.225; unit km sqrt(a)/s)" in line
        assert "\n" not in line


def test_few_satellites_say_nothing(right):
    halos, galaxies = made_simulation(h=H, box_mpc_h=120.0).tables
    few = halos.halo_id[:19]
    assert satellites_over_evrard(halos, take(galaxies, np.isin(galaxies.host_id, few))) is None
    assert satellites_over_evrard(halos, take(galaxies, galaxies.is_central)) is None


def test_particles(right):
    # 0.3 x 2.775e11 x 240^3 / 1e9 = 1048^3 particles are plausible; of a million times the mass there are
    # 10^3.
    assert "makes 10^3 particles in the box" in warned(right, halo_facts={"particle_mass_msun_h": 1e15})


@pytest.mark.parametrize("z", [0.0, 0.117, 1.0])
def test_radii_are_those_of_colossus(right, z):
    before = colossus.current_cosmo
    s = right["halos"].snapshot
    snapshot = Snapshot("x", z, 100.0, s.cosmology)
    mass = np.array([1e13, 1e15]) / H
    parameters = {"flat": True, "H0": 100 * H, "Om0": 0.3, "Ob0": 0.05, "sigma8": 0.82, "ns": 0.965}
    try:
        colossus.setCurrent(colossus.Cosmology(name="test", relspecies=False, persistence="", **parameters))
        for ours, definition in ((rvir(mass, snapshot), "vir"), (r200c(mass, snapshot), "200c")):
            proper_kpc_h = mass_so.M_to_R(mass * H, z, definition)
            assert ours == pytest.approx(proper_kpc_h * (1 + z) / 1e3 / H, rel=2e-4)
    finally:
        colossus.current_cosmo = before
