import filecmp
import signal
import subprocess
import sys

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.settings import to_toml
from zwicky.tables import columns_of
from zwicky.universe import UniverseSettings, make_universe, plan_universe, read_galaxies, read_halos
from zwicky.universe.checkpoint import read_particles, write_particles
from zwicky.universe.directory import is_complete, snapshot_file
from zwicky.universe.evolve import start

SETTINGS = UniverseSettings(n_side=32, box_size_mpc_h=62.5, n_steps=24, n_substeps=2, redshifts=(0.5, 0.117))

SCRIPT = """
import sys
from zwicky.settings import read_toml
from zwicky.universe import UniverseSettings, make_universe
settings = read_toml(UniverseSettings, sys.argv[1])
make_universe(settings, sys.argv[2], lambda *what: print(*what, flush=True), checkpoint_seconds=0.0)
"""


@pytest.fixture(scope="module")
def universe(tmp_path_factory):
    return make_universe(SETTINGS, tmp_path_factory.mktemp("universe") / "u")


def test_files_and_tables(universe):
    assert is_complete(universe, SETTINGS)
    assert not is_complete(universe, SETTINGS.replace(seed=2))
    assert not (universe / "checkpoint.safetensors").exists()
    for z in SETTINGS.redshifts:
        halos, galaxies = read_halos(universe, z), read_galaxies(universe, z)
        assert len(halos) > 5
        assert np.all(np.diff(halos.m200c) <= 0)
        assert galaxies.is_central.sum() == len(halos)
        assert halos.snapshot.redshift == z
        assert halos.snapshot.cosmology == SETTINGS.flrw()
        diagnostics = np.load(snapshot_file(universe, "diagnostics", z))
        assert diagnostics["mass_counts"].sum() <= len(halos)
        assert np.all(np.isfinite(diagnostics["power_nonlinear"]))


def test_killed_three_times_gives_the_same_universe(universe, tmp_path):
    (tmp_path / "settings.toml").write_text(to_toml(SETTINGS))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "settings.toml"), str(tmp_path / "u")]
    for moment in ("universe 4 ", "universe 0 1 halos", "universe 20 "):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if line.startswith(moment):
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL, f"ended before {moment!r}"
        assert not is_complete(tmp_path / "u")
    make_universe(SETTINGS, tmp_path / "u")
    for z in SETTINGS.redshifts:
        for read in (read_halos, read_galaxies):
            one, other = read(universe, z), read(tmp_path / "u", z)
            for name in columns_of(one):
                assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert filecmp.cmp(universe / "universe.toml", tmp_path / "u" / "universe.toml", shallow=False)


def test_seeds_differ(universe, tmp_path):
    other = make_universe(SETTINGS.replace(seed=2, redshifts=(0.5,)), tmp_path / "u")
    assert not np.array_equal(read_halos(other, 0.5).m200c[:5], read_halos(universe, 0.5).m200c[:5])


def test_other_settings_in_the_same_place_are_refused(universe):
    with pytest.raises(ZwickyError, match="other settings"):
        make_universe(SETTINGS.replace(seed=2), universe)


def test_checkpoint_keeps_every_bit(tmp_path):
    particles = start(SETTINGS)
    particles.level[:] = np.random.default_rng(1).integers(0, 3, len(particles.level))
    particles.a_short[:] = particles.a + np.array([0.1, 0.05, 1 / 30])
    path = tmp_path / "checkpoint.safetensors"
    write_particles(path, particles, "digest", 1.5)
    back, seconds = read_particles(path, "digest")
    assert seconds == 1.5
    assert (back.a, back.a_long, back.step) == (particles.a, particles.a_long, particles.step)
    for name in ("position", "momentum", "particle_id", "level", "a_short"):
        assert np.array_equal(getattr(back, name), getattr(particles, name)), name
    with pytest.raises(ZwickyError, match="other settings"):
        read_particles(path, "another")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ZwickyError, match="damaged"):
        read_particles(path, "digest")


def test_plan_refuses_what_cannot_fit():
    plan = plan_universe(UniverseSettings(n_side=8192, box_size_mpc_h=10000.0))
    with pytest.raises(ZwickyError, match="GiB"):
        plan.check()
    small = plan_universe(SETTINGS)
    small.check()
    assert small.seconds < 60
    assert "GiB" in str(small)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_side": 33}, "even"),
        ({"n_side": 4}, "at least 8"),
        ({"redshifts": ()}, "at least one"),
        ({"redshifts": (20.0,)}, "outside"),
        ({"redshifts": (0.5, 0.5)}, "twice"),
        ({"redshifts": (0.1171, 0.1174)}, "twice to three decimals"),
        ({"n_levels": 9}, "at most 8"),
        ({"step_accuracy": -0.1}, "step_accuracy"),
        ({"split_mesh_cells": 0.4}, "at least 2 mesh cells"),
        ({"softening_mpc_h": 0.0}, "above 0"),
        ({"cosmology": "Plank18"}, "did you mean 'Planck18'"),
        ({"omega_b": 0.5}, "omega_b"),
        ({"noise_side": 16}, "noise_side"),
        ({"split_mesh_cells": 9.0}, "larger n_side"),
    ],
)
def test_settings_refuse_nonsense_in_one_line(change, message):
    with pytest.raises(ZwickyError, match=message) as caught:
        SETTINGS.replace(**change)
    assert "\n" not in str(caught.value)


def test_more_galaxies_than_particles_are_refused_before_the_simulation(tmp_path):
    with pytest.raises(ZwickyError, match=r"are more than the 0\.016 particles"):
        make_universe(SETTINGS.replace(n_side=32, box_size_mpc_h=127.0), tmp_path / "u")
    assert not list((tmp_path / "u").iterdir())


def test_other_cosmologies():
    settings = UniverseSettings(cosmology="Planck18", w0=-0.9)
    cosmology = settings.flrw()
    assert cosmology.w0 == -0.9
    assert cosmology.Tcmb0.value == 0
    assert UniverseSettings().particle_mass_msun * 0.678 == pytest.approx(6.35e11, rel=2e-3)
