"""The observations that the tutorials work on, made once before their notebooks run.

Two periodic boxes of 64^3 particles: one is put on the sky at its own redshift and observed, the other is
what somebody's own simulation may look like. Truth stands in a file apart, so that a tutorial can
say how well it did. A notebook finds the folder in ``$ZWICKY_DOCS_DATA``.
"""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import h5py
import numpy as np
from astropy.table import Table, vstack

from zwicky.io.files import sha256_of
from zwicky.mocks import MockSettings, make_mocks, write_mocks
from zwicky.tables import GalaxyTable, HaloTable
from zwicky.units import SPEED_OF_LIGHT_KMS
from zwicky.universe import UniverseSettings, make_universe, read_galaxies, read_halos, read_identity

REDSHIFT = 0.117
SETTINGS = UniverseSettings(n_side=64, box_size_mpc_h=125.0, redshifts=(REDSHIFT,))
#: Where the middle of the box stands on the sky, seen along each of its axes: RA and Dec in degrees.
FIELDS = [(150.0, 2.0), (200.0, 30.0), (330.0, -10.0)]
#: Error of a redshift, km/s, and comoving Mpc of the box's copies that are seen beside and behind it.
REDSHIFT_ERROR_KMS, BESIDE_MPC, BEHIND_MPC = 30.0, 8.0, 50.0


def on_sky(position, velocity, snapshot, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """RA and Dec in degrees and redshift of what is at `position` in the box, seen along `axis`.

    Positions are relative to the middle of the box, comoving Mpc; velocities are peculiar, km/s.
    """
    ra, dec = np.radians(FIELDS[axis])
    away = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    frame = np.roll([away, east, np.cross(away, east)], axis, axis=0)
    z = np.linspace(snapshot.redshift - 0.09, snapshot.redshift + 0.09, 4000)
    distance = snapshot.cosmology.comoving_distance(z).value
    middle = np.interp(snapshot.redshift, z, distance)
    place = position @ frame + middle * away
    far = np.linalg.norm(place, axis=1)
    towards = place / far[:, None]
    v_los = np.sum(velocity @ frame * towards, axis=1)
    seen = (1.0 + np.interp(far, distance, z)) * (1.0 + v_los / SPEED_OF_LIGHT_KMS) - 1.0
    lon = np.degrees(np.arctan2(towards[:, 1], towards[:, 0])) % 360.0
    return lon, np.degrees(np.arcsin(towards[:, 2])), seen


def field(galaxies: GalaxyTable, axis: int, rng: np.random.Generator) -> Table:
    """All galaxies of the box and of its copies' edges, as a redshift survey lists them."""
    size = galaxies.snapshot.box_size
    inside = galaxies.position.astype(float) - size / 2.0
    margin = np.where(np.arange(3) == axis, BEHIND_MPC, BESIDE_MPC)
    places, velocities = [], []
    for shift in product((-1, 0, 1), repeat=3):
        moved = inside + size * np.array(shift)
        near = (np.abs(moved) < size / 2.0 + margin).all(axis=1)
        places.append(moved[near])
        velocities.append(galaxies.velocity[near].astype(float))
    ra, dec, z = on_sky(np.concatenate(places), np.concatenate(velocities), galaxies.snapshot, axis)
    z += (1.0 + z) * rng.normal(0.0, REDSHIFT_ERROR_KMS, len(z)) / SPEED_OF_LIGHT_KMS
    return Table({"ra": ra.round(6), "dec": dec.round(6), "z": z.round(6)})


def centres(halos: HaloTable, most: int) -> tuple[Table, Table]:
    """The `most` heaviest halos of all fields: their centres as a catalogue has them, and the truth."""
    parts = []
    for axis in range(len(FIELDS)):
        ra, dec, z = on_sky(
            halos.position - halos.snapshot.box_size / 2, halos.velocity, halos.snapshot, axis
        )
        parts.append(np.stack([ra, dec, z, np.log10(halos.m200c)], axis=1))
    every = np.concatenate(parts)
    heaviest = np.sort(np.argsort(-every[:, 3], kind="stable")[:most])
    ra, dec, z, mass = every[heaviest].T
    names = np.array([f"ZC{number:03d}" for number in range(1, most + 1)])
    found = Table({"cluster_id": names, "ra": ra.round(5), "dec": dec.round(5), "z": z.round(5)})
    return found, Table({"cluster_id": names, "log10_m200c_true": mass.round(4)})


def write_skyserver(path: Path, survey: Table, centre, rng: np.random.Generator) -> None:
    """One cluster's field in the layout of SkyServer's CSV: a line for the table's name, then the names."""
    away = np.hypot(
        (survey["ra"] - centre["ra"]) * np.cos(np.radians(centre["dec"])), survey["dec"] - centre["dec"]
    )
    rows = survey[(away < 0.75) & (np.abs(survey["z"] - centre["z"]) < 0.04)]
    n = len(rows)
    ids = 299489677444933632 + rng.choice(10**12, n, replace=False)
    warned = np.where(rng.random(n) < 0.02, 4, 0)
    rows["z"] = np.where(warned > 0, rng.uniform(0.0, 0.3, n).round(6), rows["z"])
    lines = ["#Table1", "specobjid,ra,dec,z,zErr,zWarning,class"]
    lines += [
        f"{number},{row['ra']:.6f},{row['dec']:.6f},{row['z']:.6f},{1e-4:.6f},{warning},GALAXY"
        for number, row, warning in zip(ids, rows, warned, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_simulation(folder: Path, halos: HaloTable, galaxies: GalaxyTable) -> None:
    """Two HDF5 files in the units of many simulations: kpc/h, 10^10 Msun/h."""
    folder.mkdir()
    h = halos.snapshot.cosmology.h
    with h5py.File(folder / "groups.hdf5", "w") as file:
        group = file.create_group("Halos")
        group["id"], group["Pos"] = halos.halo_id, halos.position * h * 1e3
        group["Vel"], group["M_Crit200"] = halos.velocity, halos.m200c * h / 1e10
        group["Sigma3D"] = halos.sigma_1d * np.sqrt(3.0)
    with h5py.File(folder / "galaxies.hdf5", "w") as file:
        file["id"] = galaxies.galaxy_id
        file["halo"] = galaxies.host_id
        for axis, name in enumerate("xyz"):
            file[name] = galaxies.position[:, axis].astype(float) * h
            file[f"v{name}"] = galaxies.velocity[:, axis]
        file["mstar"] = np.full(len(galaxies), 1e10)


def make(place: Path) -> None:
    """Write everything into `place`, which is emptied first."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    rng = np.random.default_rng(4)
    make_universe(SETTINGS.replace(seed=11), place / "universe")
    halos, galaxies = read_halos(place / "universe", REDSHIFT), read_galaxies(place / "universe", REDSHIFT)
    survey = [field(galaxies, axis, rng) for axis in range(len(FIELDS))]
    found, truth = centres(halos, 100)
    heaviest = int(np.argmax(truth["log10_m200c_true"]))
    everything = vstack(survey)
    write_skyserver(place / "skyserver.csv", everything, found[heaviest], rng)
    (place / "skyserver_truth.txt").write_text(f"{truth['log10_m200c_true'][heaviest]:.2f}\n")
    everything.write(place / "survey.fits")
    found.write(place / "centres.csv")
    truth.write(place / "truth.csv")

    make_universe(SETTINGS.replace(seed=12), place / "other")
    halos, galaxies = read_halos(place / "other", REDSHIFT), read_galaxies(place / "other", REDSHIFT)
    write_simulation(place / "my_simulation", halos, galaxies)
    mocks = make_mocks(halos, galaxies, MockSettings(flat_density=1e-4), rng=np.random.default_rng(1))
    digest, _ = read_identity(place / "other")
    write_mocks(place / "mocks", mocks, universe_digest=digest, seed=1, redshift=REDSHIFT)


def _make(app):
    place, digest = Path(app.srcdir) / "_made", sha256_of(__file__)
    stamp = place / "made_by"
    if not stamp.is_file() or stamp.read_text() != digest:
        make(place)
        stamp.write_text(digest)


def setup(app):
    app.connect("builder-inited", _make)
    return {"parallel_read_safe": True}
