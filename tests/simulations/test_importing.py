"""From files to a universe directory: equal to what was written, what is left out counted, whole or not."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from foreign_universe import (
    made_simulation,
    um_records,
    write_own_hdf5,
    write_rockstar,
    write_universe_machine,
)
from zwicky.errors import ZwickyError
from zwicky.mocks import MockSettings, make_mocks
from zwicky.settings import digest, read_toml
from zwicky.simulations import ImportSettings, import_catalogs, importing, open_catalog, read_column_map
from zwicky.simulations.mapped import MappedReader
from zwicky.simulations.record import ImportRecord
from zwicky.tables import ClusterSample
from zwicky.tables.columns import columns_of
from zwicky.universe import read_galaxies, read_halos, read_identity
from zwicky.universe.directory import is_complete, is_imported, snapshot_file

MOCKS = MockSettings(
    min_log10_m200c_h=13.2, test_min_log10_m200c_h=13.5, upsample_above_log10_m200c_h=13.5,
    flat_density=2e-5, n_min=5, n_folds=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def simulation():
    return made_simulation()


@pytest.fixture(scope="module")
def files(simulation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_rockstar(folder / "out_5.list", simulation)
    write_universe_machine(folder / "sfr_catalog_0.800000.bin", simulation)
    write_own_hdf5(folder, simulation)
    return folder


def native(folder):
    return open_catalog(folder / "out_5.list"), open_catalog(folder / "sfr_catalog_0.800000.bin")


def mapped(folder):
    column_map = read_column_map(folder / "own.toml")
    return MappedReader(column_map, "halos"), MappedReader(column_map, "galaxies")


def imported(tmp_path, simulation, settings=None, name="u", **write):
    """Write a simulation as Rockstar and UniverseMachine, import it, return the tables and the provenance."""
    halos = write_rockstar(tmp_path / "out_5.list", simulation, **write)
    galaxies = write_universe_machine(tmp_path / "sfr_catalog_0.800000.bin", simulation)
    readers = open_catalog(halos), open_catalog(galaxies)
    return tables(import_catalogs(*readers, settings or ImportSettings(), tmp_path / name))


def tables(directory):
    made = json.loads((directory / "provenance.json").read_text())
    z = made["redshifts"][0]
    return read_halos(directory, z), read_galaxies(directory, z), made


def assert_equal(one, other, but=()):
    assert len(one) == len(other)
    for name in columns_of(one):
        if name not in but:
            assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize("readers", [native, mapped], ids=["rockstar and UniverseMachine", "own HDF5"])
def test_an_import_equals_what_was_written_and_so_do_its_mocks(files, simulation, readers, tmp_path):
    halos, galaxies, made = tables(import_catalogs(*readers(files), ImportSettings(), tmp_path / "u"))
    true_halos, true_galaxies = simulation.tables
    assert_equal(halos, true_halos, but=("sigma_1d",))
    assert halos.sigma_1d == pytest.approx(true_halos.sigma_1d, rel=1e-15)
    assert_equal(galaxies, true_galaxies)
    assert galaxies.is_central.sum() == len(halos)
    snapshot = halos.snapshot
    assert (snapshot.redshift, snapshot.box_size) == (0.25, simulation.snapshot.box_size)
    assert snapshot.cosmology.Om0 == 0.3
    assert made["warnings"] == []
    mine, true = (
        make_mocks(*pair, MOCKS, rng=np.random.default_rng(3))
        for pair in ((halos, galaxies), (true_halos, true_galaxies))
    )
    for name in ("train", "test", "train_pure", "test_pure"):
        one, other = getattr(mine, name), getattr(true, name)
        assert len(one) > 20
        for column in (*columns_of(ClusterSample), "offsets", "r_proj_comoving", "v_los", "is_member"):
            assert np.array_equal(getattr(one, column), getattr(other, column)), (name, column)


def test_provenance_tells_where_everything_is_from(files, tmp_path):
    directory = import_catalogs(*native(files), ImportSettings(), tmp_path / "u")
    assert is_complete(directory)
    assert is_imported(directory)
    _, _, made = tables(directory)
    assert read_identity(directory) == (made["digest"], (0.25,))
    record = read_toml(ImportRecord, directory / "import.toml")
    assert digest(record) == made["digest"]
    assert record.halos.format == "rockstar-out"
    assert (record.box_size_mpc_h, record.h, record.omega_m) == (160.0, 0.5, 0.3)
    for one in made["inputs"]:
        assert one["sha256"] == hashlib.sha256(Path(one["path"]).read_bytes()).hexdigest()
    assert made["halos"]["fields"]["m200c"] == {"column": "M200c", "unit": "Msun/h"}
    assert made["galaxies"]["fields"]["stellar_mass"] == {"column": "obs_sm", "unit": "Msun"}
    for kind in ("halos", "galaxies"):
        of = made[kind]
        assert of["rows"] == of["kept"] + sum(of["left_out"].values())
    assert "inside its r200c" in made["members"]
    with np.load(snapshot_file(directory, "diagnostics", 0.25)) as diagnostics:
        assert diagnostics["mass_counts"].sum() == made["halos"]["kept"]
        assert diagnostics["slice_map"].sum() > 100
        assert "power" not in diagnostics


def test_satellites_orphans_and_light_galaxies(simulation, tmp_path):
    true = simulation.tables[1]
    orphan = true.galaxy_id >= 10**15
    _, galaxies, made = imported(tmp_path, simulation, ImportSettings(orphans="drop"), "dropped")
    assert np.array_equal(galaxies.galaxy_id, true.galaxy_id[~orphan])
    assert made["galaxies"]["left_out"]["orphan"] == (simulation.galaxy_id >= 10**15).sum()
    satellite = np.isin(true.galaxy_id, simulation.galaxy_id[simulation.upid >= 0])
    _, galaxies, made = imported(tmp_path, simulation, ImportSettings(tracers="satellites"), "satellites")
    assert np.array_equal(galaxies.galaxy_id, true.galaxy_id[satellite])
    # Satellites of halos too light to be hosts stay, as interlopers; a host's own galaxy does not.
    assert (galaxies.host_id == -1).sum() > 100
    assert not galaxies.is_central.any()
    assert made["galaxies"]["orphans_kept"] == (orphan & satellite).sum()
    settings = ImportSettings(min_stellar_mass_msun=1e11, min_log10_m200c_h=13.5)
    halos, galaxies, _ = imported(tmp_path, simulation, settings, "heavy")
    assert np.array_equal(
        galaxies.galaxy_id, simulation.galaxy_id[simulation.stellar_mass >= np.float32(1e11)]
    )
    assert np.array_equal(halos.halo_id, simulation.halo_id[simulation.m200c * 0.5 >= 10**13.5])
    # A satellite of a halo between the two limits has no host any more.
    assert set(galaxies.host_id) <= {-1, *halos.halo_id}


def test_subhalos_flags_and_bad_rows_are_left_out_and_counted(simulation, tmp_path):
    massive = np.flatnonzero(simulation.m200c * 0.5 >= 1e13)
    parent = simulation.parent.copy()
    parent[massive[:7]] = simulation.halo_id[massive[8]]
    halo_v = simulation.halo_v.copy()
    halo_v[massive[10], 1] = np.nan
    galaxy_x, flags = simulation.galaxy_x.copy(), simulation.flags.copy()
    bright = np.flatnonzero((simulation.stellar_mass >= 10**9.5) & (simulation.upid >= 0))
    galaxy_x[bright[0], 2] = np.inf
    flags[bright[1:4]] = 16 + 1
    changed = simulation.but(parent=parent, halo_v=halo_v, galaxy_x=galaxy_x, flags=flags)
    halos, galaxies, made = imported(tmp_path, changed)
    assert made["halos"]["left_out"]["subhalo"] == 7
    assert made["halos"]["left_out"]["NaN or infinite"] == 1
    assert made["galaxies"]["left_out"]["flags & 16"] == 3
    assert made["galaxies"]["left_out"]["NaN or infinite"] == 1
    gone = set(simulation.halo_id[massive[[*range(7), 10]]].tolist())
    assert set(simulation.tables[0].halo_id) - set(halos.halo_id) == gone
    assert not set(galaxies.host_id) & gone
    assert set(simulation.tables[1].galaxy_id) - set(galaxies.galaxy_id) == set(
        simulation.galaxy_id[bright[:4]]
    )
    assert made["halos"]["rows"] == len(halos) + sum(made["halos"]["left_out"].values())


def test_without_pid_the_galaxies_links_tell_hosts(simulation, tmp_path):
    massive = np.flatnonzero(simulation.m200c * 0.5 >= 1e13)
    inside = simulation.halo_id[massive[:5]]
    upid = simulation.upid.copy()
    upid[np.isin(simulation.galaxy_id, inside)] = simulation.halo_id[massive[6]]
    halos, _, made = imported(tmp_path, simulation.but(upid=upid), parents=False)
    assert set(simulation.tables[0].halo_id) - set(halos.halo_id) == set(inside)
    assert made["halos"]["left_out"]["subhalo, by the galaxies' links"] == 5
    assert "links of the galaxies" in made["hosts"]


def test_positions_outside_the_box_are_wrapped_and_counted(simulation, tmp_path):
    box = simulation.snapshot.box_size
    galaxy_x, halo_x = simulation.galaxy_x.copy(), simulation.halo_x.copy()
    # Those of a whole box further are the same places.
    galaxy_x[::100, 0] += box
    halo_x[::50, 2] -= box
    halos, galaxies, made = imported(tmp_path, simulation.but(galaxy_x=galaxy_x, halo_x=halo_x))
    assert_equal(halos, simulation.tables[0], but=("sigma_1d",))
    assert_equal(galaxies, simulation.tables[1])
    assert made["galaxies"]["outside_the_box"] == len(galaxy_x[::100])
    massive = simulation.m200c * 0.5 >= 1e13
    assert made["halos"]["outside_the_box"] == massive[::50].sum()
    assert "of the galaxies lie outside the box of 160 Mpc/h and were wrapped" in "\n".join(made["warnings"])


def test_what_does_not_match_is_said_or_refused(simulation, tmp_path):
    massive = np.flatnonzero(simulation.m200c * 0.5 >= 1e13)
    lost = simulation.halo_id[massive[:20]]
    keep = ~np.isin(simulation.galaxy_id, lost)
    columns = ("galaxy_id", "upid", "galaxy_x", "galaxy_v", "galaxy_mvir", "stellar_mass", "flags")
    fewer = simulation.but(**{name: getattr(simulation, name)[keep] for name in columns})
    halos, _, made = imported(tmp_path, fewer)
    assert len(halos) == len(massive)
    assert made["matching"]["hosts_without_galaxy"] == 20
    most = np.log10(simulation.m200c[massive[:20]].max() * 0.5)
    assert made["matching"]["most_massive_host_without_galaxy_log10_m200c_h"] == pytest.approx(most)
    with pytest.raises(ZwickyError, match=r"20 of \d+ hosts have no galaxy of the same number"):
        imported(tmp_path, fewer, ImportSettings(max_unmatched_share=0.01), "refused")

    other = simulation.but(halo_id=simulation.halo_id + 1)
    with pytest.raises(ZwickyError, match=r"1232 of 1232 hosts .* \(at most 5% may lack one"):
        imported(tmp_path, other, name="refused")
    fewer_halos = ("halo_id", "parent", "halo_x", "halo_v", "m200c", "mvir", "rvir", "sigma")
    half = simulation.but(**{name: getattr(simulation, name)[::2] for name in fewer_halos})
    with pytest.raises(ZwickyError, match=r"\d+ of 620 massive central galaxies have no halo"):
        imported(tmp_path, half, name="refused")
    assert not (tmp_path / "refused").exists()


def test_halos_and_galaxies_numbered_each_by_themselves(simulation, tmp_path):
    number = {halo: i for i, halo in enumerate(simulation.halo_id.tolist())}
    halo_of = np.where(simulation.upid < 0, simulation.galaxy_id, simulation.upid)
    changed = simulation.but(
        halo_id=np.arange(len(simulation.halo_id)),
        galaxy_id=np.arange(len(simulation.galaxy_id)),
        upid=np.array([number.get(halo, -1) for halo in halo_of.tolist()]),
    )
    path = write_own_hdf5(tmp_path, changed)
    path.write_text(path.read_text().replace('"parent"', '{ column = "parent", of = "halos" }'))
    _, galaxies, made = tables(import_catalogs(*mapped(tmp_path), ImportSettings(), tmp_path / "u"))
    true = simulation.tables[1]
    named = np.array([number[halo] if halo >= 0 else -1 for halo in true.host_id.tolist()])
    assert np.array_equal(galaxies.host_id, named)
    # The nearest galaxy is the one at the centre, as it was made.
    assert np.array_equal(galaxies.is_central, true.is_central)
    assert "nearest to the centre" in made["members"]
    assert made["matching"]["hosts_whose_galaxy_lies_outside_r200c"] == 0
    settings = ImportSettings(tracers="satellites")
    _, galaxies, _ = tables(import_catalogs(*mapped(tmp_path), settings, tmp_path / "s"))
    kept = ~true.is_central & np.isin(true.galaxy_id, simulation.galaxy_id[changed.upid >= 0])
    assert np.array_equal(simulation.galaxy_id[galaxies.galaxy_id], true.galaxy_id[kept])
    # Galaxies that name the wrong halos, as rows read in another order would, lie outside all of them.
    wrong = changed.but(upid=np.roll(np.arange(len(number)), 1)[changed.upid])
    write_own_hdf5(tmp_path, wrong)
    path.write_text(path.read_text().replace('"parent"', '{ column = "parent", of = "halos" }'))
    *_, made = tables(import_catalogs(*mapped(tmp_path), ImportSettings(), tmp_path / "wrong"))
    assert made["matching"]["hosts_whose_galaxy_lies_outside_r200c"] > 0.9 * made["matching"]["hosts"]
    assert any("outside r200c" in warning for warning in made["warnings"])
    text = path.read_text().replace("parent_id = -1\n", "")
    path.write_text(text)
    with pytest.raises(ZwickyError, match="write parent_id = -1 for halos if every one is a host"):
        import_catalogs(*mapped(tmp_path), settings, tmp_path / "t")


@pytest.mark.parametrize(("unit", "power"), [("km/s/a", 1.0), ("km sqrt(a)/s", -0.5)])
def test_velocities_in_other_conventions_are_asked_about_or_told_by_the_map(
    simulation, tmp_path, unit, power
):
    a = 0.8
    path = write_own_hdf5(tmp_path, simulation.but(galaxy_v=simulation.galaxy_v * a**power))
    _, wrong, made = tables(import_catalogs(*mapped(tmp_path), ImportSettings(), tmp_path / "wrong"))
    true = simulation.tables[1]
    assert wrong.velocity == pytest.approx(true.velocity * a**power, rel=1e-6)
    said = [warning for warning in made["warnings"] if "satellites move with" in warning]
    # Over the root of a makes 1.118 at this redshift, which galaxies may have by themselves.
    assert len(said) == (unit == "km/s/a")
    assert all("unit km/s/a" in warning for warning in said)
    halos, galaxies = path.read_text().split("[galaxies]")
    path.write_text(halos + "[galaxies]" + galaxies.replace('"km/s"', f'"{unit}"'))
    _, right, made = tables(import_catalogs(*mapped(tmp_path), ImportSettings(), tmp_path / "right"))
    assert right.velocity == pytest.approx(true.velocity, rel=1e-6)
    assert made["warnings"] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"h": 0.51}, r"the h is 0.5 in .*out_5.list but 0.51 in --h \(at most 0.001 apart"),
        ({"box_size_mpc_h": 320.0}, "the box in Mpc/h is 160 in .* but 320 in --box"),
        ({"omega_m": 0.3004}, "the Omega_m is 0.3 .* but 0.3004 in --omega-m"),
        ({"redshift": 0.27}, r"--redshift 0.27: the nearest snapshot is .* at redshift 0.2500, 0.0126 away"),
        ({"min_log10_m200c_h": 15.9}, "none of 2700 halos is distinct and has log10 M200c >= 15.9"),
        ({"min_stellar_mass_msun": 1e13}, r"no galaxy is left of \d+ \(\d+ for stellar mass\)"),
    ],
)
def test_contradictions_and_empty_selections(files, tmp_path, settings, message):
    with pytest.raises(ZwickyError, match=message.replace("2700", r"\d+")) as error:
        import_catalogs(*native(files), ImportSettings(**settings), tmp_path / "u")
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_roundings_are_no_contradictions(files, tmp_path):
    settings = ImportSettings(h=0.5004, omega_m=0.2998, redshift=0.2506, box_size_mpc_h=160.1)
    halos, _, _ = tables(import_catalogs(*native(files), settings, tmp_path / "u"))
    assert (halos.snapshot.redshift, halos.snapshot.cosmology.h) == (0.25, 0.5)


def test_what_no_header_says_is_asked_for_one_by_one(simulation, tmp_path):
    write_rockstar(tmp_path / "out_5.list", simulation, header=False)
    write_universe_machine(tmp_path / "um.bin", simulation)
    readers = open_catalog(tmp_path / "out_5.list"), open_catalog(tmp_path / "um.bin")
    given = {}
    for name, value, option in (
        ("h", 0.5, "--h"),
        ("omega_m", 0.3, "--omega-m"),
        ("box_size_mpc_h", 160.0, "--box"),
        ("redshift", 0.25, "--redshift"),
    ):
        with pytest.raises(ZwickyError, match=f"give {option}$"):
            import_catalogs(*readers, ImportSettings(**given), tmp_path / "u")
        given[name] = value
    halos, _, _ = tables(import_catalogs(*readers, ImportSettings(**given), tmp_path / "u"))
    assert_equal(halos, simulation.tables[0], but=("sigma_1d",))


def test_two_snapshots_are_refused(simulation, tmp_path):
    write_rockstar(tmp_path / "out_5.list", simulation)
    write_universe_machine(tmp_path / "sfr_catalog_0.820000.bin", simulation)
    readers = open_catalog(tmp_path / "out_5.list"), open_catalog(tmp_path / "sfr_catalog_0.820000.bin")
    with pytest.raises(ZwickyError, match=r"is of scale factor 0.8 but .* of 0.82; give two files of one"):
        import_catalogs(*readers, ImportSettings(), tmp_path / "u")


@pytest.mark.parametrize("which", ["halo", "galaxy"])
def test_a_number_given_twice_is_refused(simulation, tmp_path, which):
    ids = getattr(simulation, f"{which}_id").copy()
    massive = simulation.m200c * 0.5 >= 1e13 if which == "halo" else simulation.stellar_mass > 1e10
    first, second = np.flatnonzero(massive)[[0, 9]]
    ids[second] = ids[first]
    with pytest.raises(ZwickyError, match=rf"{which} {ids[first]} is given more than once \(1 such number"):
        imported(tmp_path, simulation.but(**{f"{which}_id": ids}), ImportSettings(max_unmatched_share=1.0))
    assert not (tmp_path / "u").exists()


def test_catalogues_that_lack_something(simulation, files, tmp_path):
    halos, galaxies = native(files)
    for pair, message in (
        (
            (galaxies, galaxies),
            "has no m200c .universe-machine-binary.; give the Rockstar, hlist or CosmoSim",
        ),
        ((halos, halos), r"has no stellar_mass to cut at 3.16e\+09 Msun; give --stellar-mass-min 0"),
    ):
        with pytest.raises(ZwickyError, match=message):
            import_catalogs(*pair, ImportSettings(), tmp_path / "u")
    write_rockstar(tmp_path / "out_6.list", simulation, parents=False)
    unlinked = open_catalog(tmp_path / "out_6.list")
    with pytest.raises(ZwickyError, match="has no parent_id, so that no galaxy's halo is known"):
        import_catalogs(halos, unlinked, ImportSettings(), tmp_path / "u")
    # Halos themselves as galaxies: each host holds its own.
    everything = ImportSettings(min_stellar_mass_msun=0.0)
    _, itself, _ = tables(import_catalogs(halos, halos, everything, tmp_path / "u"))
    assert itself.is_central.sum() == len(simulation.tables[0])


def test_a_finished_import_is_not_made_again_and_another_is_refused(files, tmp_path):
    directory = import_catalogs(*native(files), ImportSettings(), tmp_path / "u")
    before = {path: path.stat().st_mtime_ns for path in directory.iterdir()}
    import_catalogs(*native(files), ImportSettings(), directory)
    assert {path: path.stat().st_mtime_ns for path in directory.iterdir()} == before
    with pytest.raises(ZwickyError, match="holds another import; give another --out or delete it"):
        import_catalogs(*native(files), ImportSettings(orphans="drop"), directory)
    other = tmp_path / "other"
    other.mkdir()
    import_catalogs(*native(files), ImportSettings(), other)
    assert read_identity(other) == read_identity(directory)
    by_map = import_catalogs(*mapped(files), ImportSettings(), tmp_path / "mapped")
    text = (files / "own.toml").read_text()
    try:
        (files / "own.toml").write_text(text + "# looked at again\n")
        with pytest.raises(ZwickyError, match="holds another import"):
            import_catalogs(*mapped(files), ImportSettings(), by_map)
    finally:
        (files / "own.toml").write_text(text)
    with pytest.raises(ZwickyError, match="does not say which galaxies are orphans"):
        import_catalogs(*mapped(files), ImportSettings(orphans="drop"), tmp_path / "dropped")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    with pytest.raises(ZwickyError, match="holds something else"):
        import_catalogs(*native(files), ImportSettings(), tmp_path / "notes")
    with pytest.raises(ZwickyError, match="a file stands in the way"):
        import_catalogs(*native(files), ImportSettings(), tmp_path / "notes" / "mine.txt")


def test_a_failure_while_writing_leaves_nothing(files, tmp_path, monkeypatch):
    # A leftover of a process that was killed is cleared away too.
    (tmp_path / ".u.999999999.part").mkdir()
    monkeypatch.setattr(importing, "write_json", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        import_catalogs(*native(files), ImportSettings(), tmp_path / "u")
    assert list(tmp_path.iterdir()) == []


def test_results_do_not_depend_on_the_chunks(files, tmp_path, monkeypatch):
    from zwicky.simulations import streaming

    whole = tables(import_catalogs(*native(files), ImportSettings(), tmp_path / "whole"))
    monkeypatch.setattr(streaming, "CHUNK_ROWS", 97)
    parts = tables(import_catalogs(*native(files), ImportSettings(), tmp_path / "parts"))
    for one, other in zip(whole[:2], parts[:2], strict=True):
        assert_equal(one, other, but=("sigma_1d",))
    assert parts[2]["digest"] == whole[2]["digest"]


def test_settings_out_of_range_are_refused():
    for name, value in (("min_log10_m200c_h", 3.0), ("h", 67.8), ("omega_m", 31.0), ("orphans", "adopt")):
        with pytest.raises(ZwickyError, match=rf"{name} = {value!r} is not allowed; (give|use)"):
            ImportSettings(**{name: value})
    assert dataclasses.asdict(ImportSettings())["min_stellar_mass_msun"] == pytest.approx(3.1623e9, rel=1e-4)


def test_memory_is_that_of_the_selection(simulation, tmp_path):
    """Halos and galaxies too light to be kept are never held all at once: 3 million rows in chunks."""
    import tracemalloc

    records = um_records(simulation)
    light = np.zeros(3_000_000, records.dtype)
    light["id"] = 7 * 10**14 + np.arange(len(light))
    light["upid"], light["m"], light["mp"], light["obs_sm"] = -1, 1e10, 1e10, 1e6
    with open(tmp_path / "sfr_catalog_0.800000.bin", "wb") as file:
        records.tofile(file)
        light.tofile(file)
    del light
    readers = (
        open_catalog(write_rockstar(tmp_path / "out_5.list", simulation)),
        open_catalog(tmp_path / "sfr_catalog_0.800000.bin"),
    )
    tracemalloc.start()
    try:
        import_catalogs(*readers, ImportSettings(), tmp_path / "u")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60e6  # the file has 384 MB
