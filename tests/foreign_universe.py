"""A made-up simulation in physical proportions, and its halos and galaxies written as others write them.

Masses follow the mass function of Tinker et al. (2008), dispersions the relation of Evrard et al. (2008),
virial radii the overdensity of Bryan & Norman (1998). With h = 0.5 and a = 0.8 every conversion of lengths is
exact, so that what is imported can be compared bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import h5py
import numpy as np
from astropy.cosmology import FlatLambdaCDM

from zwicky.tables import GalaxyTable, HaloTable, Snapshot
from zwicky.theory import mass_function
from zwicky.units import critical_density

_FLOATS = "vmp lvmp mp m v r rank1 rank2 ra rarank A_UV sm icl sfr obs_sm obs_sfr obs_uv pad"
#: One record of an ``sfr_catalog``, written down from its description, not from the reader.
UM_RECORD = np.dtype(
    [("id", "<i8"), ("descid", "<i8"), ("upid", "<i8"), ("flags", "<i4"), ("uparent_dist", "<f4")]
    + [("pos", "<f4", 6)]
    + [(name, "<f4") for name in _FLOATS.split()]
)
OUT_COLUMNS = (
    "ID DescID Mvir Vmax Vrms Rvir Rs Np X Y Z VX VY VZ JX JY JZ Spin rs_klypin Mvir_all M200b M200c M500c "
    "M2500c Xoff Voff spin_bullock b_to_a c_to_a A[x] A[y] A[z] b_to_a(500c) c_to_a(500c) A[x](500c) "
    "A[y](500c) A[z](500c) T/|U| M_pe_Behroozi M_pe_Diemer PID"
)
PARTICLE_MASS_H = 1e9
#: Light halos stay out of the tables: the least mass of a host, log10 Msun/h.
LEAST = 13.0


@dataclass
class Simulation:
    """All halos and galaxies, as arrays in canonical units, with `tables` as the truth of an import."""

    snapshot: Snapshot
    halo_id: np.ndarray
    parent: np.ndarray
    halo_x: np.ndarray
    halo_v: np.ndarray
    m200c: np.ndarray
    mvir: np.ndarray
    rvir: np.ndarray
    sigma: np.ndarray
    galaxy_id: np.ndarray
    upid: np.ndarray
    galaxy_x: np.ndarray
    galaxy_v: np.ndarray
    galaxy_mvir: np.ndarray
    stellar_mass: np.ndarray
    flags: np.ndarray
    tables: tuple[HaloTable, GalaxyTable] = field(repr=False)

    def but(self, **changes) -> Simulation:
        return replace(self, **changes)


def sphere(mass, density, z):
    return (3 * mass / (4 * np.pi * density)) ** (1 / 3) * (1 + z)


def made_simulation(seed=1, h=0.5, box_mpc_h=160.0, z=0.25) -> Simulation:
    rng = np.random.default_rng(seed)
    cosmology = FlatLambdaCDM(H0=100 * h, Om0=0.3, Ob0=0.05, Tcmb0=0.0, name="made up")
    snapshot = Snapshot("made up", z, box_mpc_h / h, cosmology)
    box = snapshot.box_size
    critical = critical_density(cosmology.H(z).to_value("km/(s Mpc)"))

    grid = np.arange(12.7, 15.6, 0.01)
    per_dex = mass_function(10**grid / h, z, cosmology, 0.82, 0.965) * box**3
    log_mass = np.repeat(grid, rng.poisson(per_dex * 0.01))
    m200c = 10**log_mass / h * 10 ** rng.uniform(-0.004, 0.004, len(log_mass))
    rng.shuffle(m200c)
    n = len(m200c)
    x = cosmology.Om(z) - 1
    mvir = m200c / 0.86
    rvir = sphere(mvir, critical * (18 * np.pi**2 + 82 * x - 39 * x**2), z)
    r200c = sphere(m200c, 200 * critical, z)
    sigma = 1082.9 * (m200c * h * cosmology.efunc(z) / 1e15) ** 0.3361 * rng.lognormal(0, 0.04, n)
    # Multiples of 2^-12 Mpc survive the division by h = 0.5 and single precision.
    position = quantised(rng.uniform(0, box, (n, 3)), box)
    velocity = np.round(rng.normal(0, 300, (n, 3)) * 4) / 4
    halo_id = 3 * 2**53 + 1 + 2 * rng.permutation(n)

    richness = rng.poisson(40 * (m200c * h / 10**14.17))
    of = np.repeat(np.arange(n), richness)
    way = rng.normal(size=(len(of), 3))
    way *= (r200c[of] * rng.uniform(0.02, 1.25, len(of)) / np.linalg.norm(way, axis=1))[:, None]
    satellites = quantised(position[of] + way, box)
    motion = np.round((velocity[of] + sigma[of, None] * rng.normal(size=(len(of), 3))) * 4) / 4
    n_field = 4000
    lonely = quantised(rng.uniform(0, box, (n_field, 3)), box)

    # The first tenth of the satellites are orphans.
    satellite_id = 10**14 + np.arange(len(of)) + np.where(np.arange(len(of)) < len(of) // 10, 10**15, 0)
    galaxy_id = np.concatenate([halo_id, satellite_id, 5 * 10**14 + np.arange(n_field)])
    upid = np.concatenate([np.full(n, -1), halo_id[of], np.full(n_field, -1)])
    galaxy_x = np.concatenate([position, satellites, lonely])
    galaxy_v = np.concatenate([velocity, motion, np.round(rng.normal(0, 350, (n_field, 3)) * 4) / 4])
    galaxy_mvir = np.concatenate([mvir, np.full(len(of), 2e11), np.full(n_field, 1e12)])
    stellar_mass = np.concatenate([np.full(n, 2e11), 10 ** rng.uniform(9, 11.2, len(of) + n_field)])
    stellar_mass = stellar_mass.astype(np.float32).astype(float)
    mixed = rng.permutation(len(galaxy_id))
    columns = [a[mixed] for a in (galaxy_id, upid, galaxy_x, galaxy_v, galaxy_mvir, stellar_mass)]
    simulation = Simulation(
        snapshot, halo_id, np.full(n, -1), position, velocity, m200c, mvir, rvir, sigma,
        *columns, np.zeros(len(mixed), dtype=np.int32), None,
    )  # fmt: skip
    return simulation.but(tables=tables_of(simulation, r200c))


def tables_of(s: Simulation, r200c) -> tuple[HaloTable, GalaxyTable]:
    """What an import should give, written out plainly."""
    host = s.m200c * s.snapshot.cosmology.h >= 10**LEAST
    columns = (s.halo_id, s.halo_x, s.halo_v, s.m200c, r200c, s.sigma, s.halo_id)
    halos = HaloTable(s.snapshot, *(values[host] for values in columns))
    rows = {halo: i for i, halo in enumerate(s.halo_id) if host[i]}
    bright = s.stellar_mass >= 10**9.5
    fof, member, central = [], [], []
    for own, parent, x in zip(s.galaxy_id[bright], s.upid[bright], s.galaxy_x[bright], strict=True):
        halo = int(own if parent == -1 else parent)
        row = rows.get(halo)
        fof.append(-1 if row is None else halo)
        apart = np.inf
        if row is not None:
            d = x - s.halo_x[row]
            apart = np.linalg.norm(d - s.snapshot.box_size * np.round(d / s.snapshot.box_size)) / r200c[row]
        member.append(halo if apart <= 1 else -1)
        central.append(apart <= 1 and halo == own)
    galaxies = GalaxyTable(
        s.snapshot, s.galaxy_id[bright], s.galaxy_x[bright], s.galaxy_v[bright], member, fof, central
    )
    return halos, galaxies


def quantised(position, box):
    return np.mod(np.round(position * 4096) / 4096, box)


def write_rockstar(path: Path, s: Simulation, parents=True, header=True) -> Path:
    """``out_N.list`` as Rockstar writes it, with all digits."""
    h = s.snapshot.cosmology.h
    names = OUT_COLUMNS.split()[: None if parents else -1]
    table = {name: np.zeros(len(s.halo_id)) for name in names}
    table |= {
        "ID": s.halo_id,
        "DescID": s.halo_id,
        "PID": s.parent,
        "Np": (s.mvir * h / PARTICLE_MASS_H).astype(int),
    }
    table |= {
        "Mvir": s.mvir * h,
        "M200c": s.m200c * h,
        "Rvir": s.rvir * h * 1e3,
        "Vrms": s.sigma * np.sqrt(3),
    }
    table |= dict(zip(("X", "Y", "Z"), s.halo_x.T * h, strict=True))
    table |= dict(zip(("VX", "VY", "VZ"), s.halo_v.T, strict=True))
    lines = ["#" + " ".join(names)]
    if header:
        a, box = 1 / (1 + s.snapshot.redshift), s.snapshot.box_size * h
        lines += [f"#a = {a:f}", f"#Om = {0.3:f}; Ol = {0.7:f}; h = {h:f}"]
        lines += [f"#Particle mass: {PARTICLE_MASS_H:.5e} Msun/h", f"#Box size: {box:f} Mpc/h"]
    lines += [" ".join(str(v) for v in row) for row in zip(*(table[n].tolist() for n in names), strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def um_records(s: Simulation) -> np.ndarray:
    h = s.snapshot.cosmology.h
    records = np.zeros(len(s.galaxy_id), UM_RECORD)
    for name, values in {
        "id": s.galaxy_id,
        "upid": s.upid,
        "flags": s.flags,
        "obs_sm": s.stellar_mass,
    }.items():
        records[name] = values
    records["descid"] = -1
    records["pos"][:, :3], records["pos"][:, 3:] = s.galaxy_x * h, s.galaxy_v
    records["m"] = records["mp"] = s.galaxy_mvir * h
    records["r"], records["v"], records["sm"] = 300.0, 300.0, s.stellar_mass
    return records


def write_universe_machine(path: Path, s: Simulation) -> Path:
    um_records(s).tofile(path)
    return path


COLUMN_MAP = """
simulation = "made up"
box_size_mpc_h = {box}
redshift = {z}
cosmology = {{ h = {h}, Om0 = 0.3, Ob0 = 0.05 }}
[halos]
file = "own.hdf5"
table = "halos"
[halos.columns]
object_id = "id"
parent_id = -1
x = {{ column = "pos[0]", unit = "Mpc/h" }}
y = {{ column = "pos[1]", unit = "Mpc/h" }}
z = {{ column = "pos[2]", unit = "Mpc/h" }}
vx = {{ column = "vel[0]", unit = "km/s" }}
vy = {{ column = "vel[1]", unit = "km/s" }}
vz = {{ column = "vel[2]", unit = "km/s" }}
m200c = {{ column = "mass", unit = "{mass_unit}" }}
v_rms = {{ column = "vrms", unit = "km/s" }}
[galaxies]
file = "own.hdf5"
table = "galaxies"
[galaxies.columns]
object_id = "id"
parent_id = "parent"
x = {{ column = "pos[0]", unit = "{length_unit}" }}
y = {{ column = "pos[1]", unit = "{length_unit}" }}
z = {{ column = "pos[2]", unit = "{length_unit}" }}
vx = {{ column = "vel[0]", unit = "km/s" }}
vy = {{ column = "vel[1]", unit = "km/s" }}
vz = {{ column = "vel[2]", unit = "km/s" }}
stellar_mass = {{ column = "mstar", unit = "Msun" }}
"""


def write_own_hdf5(folder: Path, s: Simulation, mass_unit="Msun/h", length_unit="Mpc/h") -> Path:
    """``own.hdf5`` and the column map of it, whose path is returned."""
    h = s.snapshot.cosmology.h
    with h5py.File(folder / "own.hdf5", "w") as file:
        halos, galaxies = file.create_group("halos"), file.create_group("galaxies")
        halos["id"], halos["pos"], halos["vel"] = s.halo_id, s.halo_x * h, s.halo_v
        halos["mass"], halos["vrms"] = s.m200c * h, s.sigma * np.sqrt(3)
        galaxies["id"], galaxies["pos"], galaxies["vel"] = s.galaxy_id, s.galaxy_x * h, s.galaxy_v
        galaxies["parent"], galaxies["mstar"] = s.upid, s.stellar_mass
    text = COLUMN_MAP.format(
        box=s.snapshot.box_size * h, z=s.snapshot.redshift, h=h, mass_unit=mass_unit, length_unit=length_unit
    )
    (folder / "own.toml").write_text(text)
    return folder / "own.toml"
