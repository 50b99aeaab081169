"""Every format, as halos or as galaxies, makes the same universe: the one that was written."""

import h5py
import numpy as np
import pytest

from foreign_universe import made_simulation, um_records, write_rockstar, write_universe_machine
from zwicky.simulations import FORMATS, ImportSettings, import_catalogs
from zwicky.simulations.formats import open_snapshot
from zwicky.tables.columns import columns_of
from zwicky.universe import read_galaxies, read_halos

#: The header of MultiDark's hlists down to the column that is needed; the numbers are part of the names.
HLIST = (
    "scale id desc_scale desc_id num_prog pid upid desc_pid phantom sam_mvir mvir rvir rs vrms mmp? "
    "scale_of_last_MM vmax x y z vx vy vz Jx Jy Jz Spin Breadth_first_ID Depth_first_ID Tree_root_ID "
    "Orig_halo_ID Snap_num Next_coprogenitor_depthfirst_ID Last_progenitor_depthfirst_ID "
    "Last_mainleaf_depthfirst_ID Rs_Klypin Mvir_all M200b M200c M500c M2500c Xoff Voff"
)
ASCII = (
    "id num_p mvir mbound_vir rvir vmax rvmax vrms x y z vx vy vz Jx Jy Jz E Spin PosUncertainty "
    "VelUncertainty bulk_vx bulk_vy bulk_vz BulkVelUnc n_core m200b m200c m500c m2500c num_cp"
)
COSMOSIM = "row_id rockstarId pId upId Mvir Rvir M200c x y z vx vy vz phantom scale"
UM_TEXT = (
    "ID DescID UPID Flags Uparent_Dist X Y Z VX VY VZ M V MP VMP R Rank1 Rank2 RA RARank SM ICL SFR obs_SM "
    "obs_SFR SSFR SM/HM obs_UV"
)
UM_HISTORIES = (
    "ID UPID X Y Z VX VY VZ Mpeak Mnow V@Mpeak Vnow Rvir Tidal_Tdyn Rank_DVmax(Z-score) "
    "Random_Rank(Z-score) SM ICL SFR Obs_SM Obs_SFR Obs_UV A_first_infall A_last_infall"
)
STATED = ImportSettings(box_size_mpc_h=160.0, h=0.5, omega_m=0.3, redshift=0.25)


@pytest.fixture(scope="module")
def simulation():
    return made_simulation()


def rows(path, names, columns, n, sep=" ", head=None):
    """A text table with the columns given by name, in small letters, and zeros elsewhere."""
    values = [columns.get(name.lower(), np.zeros(n, dtype=int)).tolist() for name in names.split()]
    lines = [head or "#" + " ".join(names.split())]
    lines += [sep.join(map(str, row)) for row in zip(*values, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def halo_columns(s):
    columns = {"mvir": s.mvir * 0.5, "m200c": s.m200c * 0.5, "rvir": s.rvir * 500, "vrms": s.sigma * 3**0.5}
    columns |= dict(zip("xyz", s.halo_x.T * 0.5, strict=True)) | {"id": s.halo_id, "upid": s.parent}
    return columns | dict(zip(("vx", "vy", "vz"), s.halo_v.T, strict=True)) | {"pid": s.parent}


def galaxy_columns(s):
    columns = {"id": s.galaxy_id, "upid": s.upid, "flags": s.flags, "m": s.galaxy_mvir * 0.5}
    columns |= dict(zip("xyz", s.galaxy_x.T * 0.5, strict=True)) | {"obs_sm": s.stellar_mass}
    columns |= dict(zip(("vx", "vy", "vz"), s.galaxy_v.T, strict=True))
    return columns | {"mnow": s.galaxy_mvir, "mpeak": s.galaxy_mvir, "mp": s.galaxy_mvir * 0.5}


def write_hlist(folder, s):
    n, columns = len(s.halo_id), halo_columns(s)
    columns |= {"scale": np.full(n, 0.8), "desc_scale": np.full(n, 1.0)}
    head = "#" + " ".join(f"{name}({i})" for i, name in enumerate(HLIST.split()))
    return rows(folder / "hlist_0.80000.list", HLIST, columns, n, head=head)


def write_ascii(folder, s):
    """Two processes' files; Rockstar gives no parents here."""
    columns, half = halo_columns(s), len(s.halo_id) // 2
    for i, part in enumerate((slice(None, half), slice(half, None))):
        some = {name: values[part] for name, values in columns.items()}
        rows(folder / f"halos_5.{i}.ascii", ASCII, some, len(some["id"]))
    return folder / "halos_5.*.ascii"


def write_cosmosim(folder, s):
    n, columns = len(s.halo_id), halo_columns(s)
    columns |= {"row_id": np.arange(n), "rockstarid": s.halo_id, "scale": np.full(n, 0.8)}
    head = ",".join(COSMOSIM.split())
    return rows(folder / "result.csv", COSMOSIM, columns, n, ",", head)


def write_halotools(folder, s):
    columns = {f"halo_{name}": values for name, values in halo_columns(s).items() if name != "pid"}
    columns["halo_rvir"] = s.rvir * 0.5
    kinds = [(name, values.dtype) for name, values in columns.items()]
    table = np.zeros(len(s.halo_id), kinds)
    for name, values in columns.items():
        table[name] = values
    with h5py.File(folder / "halos.hdf5", "w") as file:
        file["data"] = table
        file.attrs.update({"simname": "made up", "redshift": "0.25", "Lbox": 160.0, "particle_mass": 1e9})
    return folder / "halos.hdf5"


def write_array(folder, s):
    np.save(folder / "sfr_catalog_0.800000.npy", um_records(s))
    return folder / "sfr_catalog_0.800000.npy"


def write_text(folder, s):
    return rows(folder / "sfr_catalog_0.800000.txt", UM_TEXT, galaxy_columns(s), len(s.galaxy_id))


def write_histories(folder, s):
    return rows(folder / "sfh_catalog_0.800000.0.txt", UM_HISTORIES, galaxy_columns(s), len(s.galaxy_id))


def write_uchuu(folder, s):
    c = galaxy_columns(s)
    parts = ({"id": c["id"], "upid": c["upid"], "Mvir": c["m"], "obs_sm": c["obs_sm"]},)
    parts += ({name: c[name] for name in "xyz"}, {name: c[name] for name in ("vx", "vy", "vz")})
    for i, part in enumerate(parts):
        with h5py.File(folder / f"Own_UM_z0p25_data{i + 1}.h5", "w") as file:
            for name, values in part.items():
                file[name] = values
    return folder / "Own_UM_z0p25_data3.h5"


HALOS = {
    "rockstar-out": lambda folder, s: write_rockstar(folder / "out_5.list", s),
    "rockstar-ascii": write_ascii,
    "hlist": write_hlist,
    "cosmosim-csv": write_cosmosim,
    "halotools": write_halotools,
}
GALAXIES = {
    "universe-machine-binary": lambda folder, s: write_universe_machine(
        folder / "sfr_catalog_0.800000.bin", s
    ),
    "universe-machine-array": write_array,
    "universe-machine-text": write_text,
    "universe-machine-histories": write_histories,
    "uchuu": write_uchuu,
}


def test_no_format_is_left_out():
    assert set(HALOS) | set(GALAXIES) == set(FORMATS)


@pytest.mark.parametrize(
    ("halos", "galaxies"),
    [(name, "universe-machine-binary") for name in HALOS]
    + [("rockstar-out", name) for name in GALAXIES if name != "universe-machine-binary"],
)
def test_every_format_makes_the_same_universe(simulation, tmp_path, halos, galaxies):
    opened = [
        open_snapshot(str(write(tmp_path, simulation))).reader for write in (HALOS[halos], GALAXIES[galaxies])
    ]
    assert [reader.header.format for reader in opened] == [halos, galaxies]
    directory = import_catalogs(*opened, STATED, tmp_path / "u")
    for one, other in zip(
        (read_halos(directory, 0.25), read_galaxies(directory, 0.25)), simulation.tables, strict=True
    ):
        assert len(one) == len(other)
        for name in columns_of(other):
            expected = getattr(other, name)
            if name == "sigma_1d" and halos == "cosmosim-csv":
                assert np.isnan(one.sigma_1d).all()
            elif expected.dtype.kind == "f":
                assert getattr(one, name) == pytest.approx(expected, rel=1e-12), name
            else:
                assert np.array_equal(getattr(one, name), expected), name
