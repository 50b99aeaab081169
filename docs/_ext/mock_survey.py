"""The observations that the tutorials work on, made once before their notebooks run.

Two periodic boxes of 64^3 particles: one is surveyed from within as by `zwicky sky`, the other is what
somebody's own simulation may look like. Truth stands in a file apart, so that a tutorial can
say how well it did. A notebook finds the folder in ``$ZWICKY_DOCS_DATA``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
from astropy.table import Table

from zwicky.io.files import sha256_of
from zwicky.mocks import MockSettings, make_mocks, write_mocks
from zwicky.mocks.sky import MockSky, mock_sky
from zwicky.mocks.sky_settings import SkySettings
from zwicky.tables import GalaxyTable, HaloTable
from zwicky.universe import UniverseSettings, make_universe, read_galaxies, read_halos, read_identity

REDSHIFT = 0.117
SETTINGS = UniverseSettings(n_side=64, box_size_mpc_h=125.0, redshifts=(REDSHIFT,))
#: As of `zwicky sky`. Clusters within the margins have all their galaxies.
SURVEY = SkySettings(
    z_min=0.085, z_max=0.155, region_deg=(120.0, 180.0, -15.0, 15.0), redshift_error_kms=30.0
)  # fmt: skip
MARGIN_DEG, MARGIN_Z = 1.5, 0.015


def centres(sky: MockSky, most: int) -> tuple[Table, Table]:
    """The `most` heaviest clusters off the edges: their centres as a catalogue has them, and the truth."""
    found, true = Table(sky.clusters), Table(sky.true_clusters)
    low_ra, high_ra, low_dec, high_dec = SURVEY.region_deg
    inside = (found["ra"] > low_ra + MARGIN_DEG) & (found["ra"] < high_ra - MARGIN_DEG)
    inside &= (found["dec"] > low_dec + MARGIN_DEG) & (found["dec"] < high_dec - MARGIN_DEG)
    inside &= (found["z"] > SURVEY.z_min + MARGIN_Z) & (found["z"] < SURVEY.z_max - MARGIN_Z)
    rows = np.flatnonzero(inside)
    rows = np.sort(rows[np.argsort(-true["log10_m200c"][rows], kind="stable")[:most]])
    names = np.array([f"ZC{number:03d}" for number in range(1, len(rows) + 1)])
    places = {name: found[name][rows].round(5) for name in ("ra", "dec", "z")}
    masses = true["log10_m200c"][rows].round(4)
    return Table({"cluster_id": names, **places}), Table({"cluster_id": names, "log10_m200c_true": masses})


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
    snapshot = read_halos(place / "universe", REDSHIFT), read_galaxies(place / "universe", REDSHIFT)
    sky = mock_sky([snapshot], SURVEY, rng=rng)
    found, truth = centres(sky, 100)
    heaviest = int(np.argmax(truth["log10_m200c_true"]))
    survey = Table({name: sky.galaxies[name].round(6) for name in ("ra", "dec", "z")})
    write_skyserver(place / "skyserver.csv", survey, found[heaviest], rng)
    (place / "skyserver_truth.txt").write_text(f"{truth['log10_m200c_true'][heaviest]:.2f}\n")
    survey.write(place / "survey.fits")
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
