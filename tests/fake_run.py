"""A made-up run: halos with galaxies that obey simple laws, "predictions" with known scatter.

Nothing here is physics; it is plausible enough to look at, small enough to read in a second, and every number
in it is known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tomli_w

from fake_measurements import CLAIMS, LEAKAGE, PARAMETERS, SCATTER, TIMING, calibration, table3, table4
from zwicky.cosmology import paper_cosmology
from zwicky.ho2019.summary import summarise
from zwicky.images import galaxy_moments
from zwicky.io import write_table
from zwicky.io.files import provenance, write_json
from zwicky.mocks import Mocks, MockSettings, make_mocks, write_mocks
from zwicky.tables import GalaxyTable, HaloTable, Snapshot
from zwicky.units import critical_density, log10_msun_h

__all__ = ["LATER", "SCATTER", "TABLE1", "make_run"]

REDSHIFT = 0.117

#: What only a complete run has, in metrics.json.
LATER = ("table3", "table4", "leakage", "claims", "calibration")

TABLE1 = {
    "pure": {"sigma15_kms": 1075.0, "alpha": 0.338, "scatter_dex": 0.051},
    "contaminated": {"sigma15_kms": 968.0, "alpha": 0.262, "scatter_dex": 0.044},
}


def make_run(directory: Path, n_halos: int = 220, box_mpc_h: float = 100.0, seed: int = 0) -> Path:
    """Write a made-up run into `directory`, which need not exist; returns it."""
    rng = np.random.default_rng(seed)
    cosmology = paper_cosmology()
    snapshot = Snapshot("made-up universe", REDSHIFT, box_mpc_h / cosmology.h, cosmology)
    halos = _halos(snapshot, n_halos, rng)
    galaxies = _galaxies(halos, rng)
    universe = directory / "universe"
    universe.mkdir(parents=True, exist_ok=True)
    write_table(universe / f"halos_z{REDSHIFT:.3f}.parquet", halos)
    write_table(universe / f"galaxies_z{REDSHIFT:.3f}.parquet", galaxies)
    np.savez(universe / f"diagnostics_z{REDSHIFT:.3f}.npz", **_diagnostics(halos, rng))
    (universe / "universe.toml").write_text(tomli_w.dumps({"n_side": 128}))
    write_json(universe / "provenance.json", provenance(seed=seed))
    mocks = make_mocks(halos, galaxies, MockSettings(flat_density=10**-4.0), rng=rng)
    write_mocks(directory / "mocks", mocks)
    _write_predictions(directory, mocks, halos, rng)
    write_json(directory / "losses.json", {name: _losses(rng) for name in ("cnn_1d", "cnn_2d")})
    settings = {"seed": seed, "universe": {"n_side": 128, "box_size_mpc_h": box_mpc_h}}
    (directory / "run.toml").write_text(tomli_w.dumps(settings))
    return directory


def _halos(snapshot: Snapshot, n: int, rng: np.random.Generator) -> HaloTable:
    """A steep mass function above 10^13.5 Msun/h, and dispersions on the relation of Evrard et al. (2008)."""
    cosmology, h = snapshot.cosmology, snapshot.cosmology.h
    mass = np.sort(10 ** np.minimum(13.5 + rng.exponential(0.3, n), 15.1) / h)[::-1]
    hubble = cosmology.H(snapshot.redshift).to_value("km/(s Mpc)")
    sigma = 1082.9 * (hubble / 100 * mass / 1e15) ** 0.3361 * np.exp(rng.normal(0, 0.043, n))
    density = 200 * critical_density(hubble) / (1 + snapshot.redshift) ** 3
    return HaloTable(
        snapshot=snapshot,
        halo_id=np.arange(n),
        position=rng.uniform(0, snapshot.box_size, (n, 3)),
        velocity=rng.normal(0, 300, (n, 3)),
        m200c=mass,
        r200c=np.cbrt(3 * mass / (4 * np.pi * density)),
        sigma_1d=sigma,
        fof_id=np.arange(n),
    )


def _galaxies(halos: HaloTable, rng: np.random.Generator) -> GalaxyTable:
    """Members in proportion to mass, spread as r^-2 inside r200c, and a uniform field."""
    box = halos.snapshot.box_size
    members = np.maximum(rng.poisson(40 * halos.m200c * halos.snapshot.cosmology.h / 10**14.17), 1)
    host = np.repeat(np.arange(len(halos)), members)
    towards = rng.normal(size=(len(host), 3))
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    radius = halos.r200c[host] * rng.uniform(0, 1, len(host))
    first = np.r_[True, host[1:] != host[:-1]]
    radius[first] = 0.0
    velocity = halos.velocity[host] + halos.sigma_1d[host, None] * rng.normal(size=(len(host), 3))
    n_field = int(0.012 * halos.snapshot.volume_mpc_h3)
    position = np.concatenate(
        [halos.position[host] + radius[:, None] * towards, rng.uniform(0, box, (n_field, 3))]
    )
    n = len(position)
    return GalaxyTable(
        snapshot=halos.snapshot,
        galaxy_id=np.arange(n),
        position=(position % box).astype(np.float32) % np.float32(box),
        velocity=np.concatenate([velocity, rng.normal(0, 300, (n_field, 3))]),
        host_id=np.r_[host, np.full(n_field, -1)],
        fof_id=np.r_[host, np.full(n_field, -1)],
        is_central=np.r_[first, np.zeros(n_field, bool)],
    )


def _diagnostics(halos: HaloTable, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A slice with clumps, a power law that steepens, and a theory near the halos' own mass function."""
    s = halos.snapshot
    slab = halos.position[:, 2] < 15 / s.cosmology.h
    x, y = (halos.position[slab, :2] / s.box_size * 512).T
    grid = np.arange(512) + 0.5
    lump = np.zeros((512, 512))
    for i, (cx, cy) in enumerate(zip(x, y, strict=True)):
        r2 = ((grid - cx + 256) % 512 - 256)[:, None] ** 2 + ((grid - cy + 256) % 512 - 256)[None, :] ** 2
        lump += halos.m200c[slab][i] / 1e13 / (1 + r2 / 4)
    edges = np.arange(13.5, 15.31, 0.2)
    counts, _ = np.histogram(log10_msun_h(np.log10(halos.m200c), s.cosmology.h), edges)
    centres = 0.5 * (edges[1:] + edges[:-1])
    tinker = len(halos) / s.volume_mpc_h3 / 0.3 * np.exp(-(centres - 13.5) / 0.3)
    k = np.geomspace(0.03, 3, 40)
    linear = 2.4e4 * (k / 0.02) / (1 + (k / 0.02) ** 2.45)
    nonlinear = linear * (1 + 1.2 * k**1.6)
    return {
        "slice_map": rng.poisson(1.0 + lump).astype(np.float32),
        "slice_extent_mpc": np.float64(s.box_size),
        "slice_depth_mpc": np.float64(15 / s.cosmology.h),
        "k_mpc_h": k,
        "power": nonlinear * rng.normal(1, 0.15 * (k / 0.03) ** -1.0),
        "power_linear": linear,
        "power_nonlinear": nonlinear,
        "mass_bin_edges": edges,
        "mass_counts": counts,
        "mass_function_tinker": tinker,
    }


def _write_predictions(directory: Path, mocks: Mocks, halos: HaloTable, rng: np.random.Generator) -> None:
    test, pure = mocks.test, mocks.test_pure
    h, true, n = test.cosmology.h, test.log10_m200c, len(test)
    low = np.clip(14.6 + np.log10(1 / h) - true, 0, None)  # interlopers inflate light clusters
    epsilon = {name: rng.normal(0, sigma, n) for name, sigma in SCATTER.items()}
    epsilon["m_sigma_contaminated"] += 0.35 * low - 0.12
    epsilon["m_sigma_pure"][~np.isin(test.cluster_id, pure.cluster_id)] = np.nan
    sigma_pure = np.full(n, np.nan)
    order = np.searchsorted(pure.cluster_id, test.cluster_id)
    found = np.isin(test.cluster_id, pure.cluster_id)
    sigma_pure[found] = galaxy_moments(pure).v_sigma[order[found]]
    columns = {
        "cluster_id": test.cluster_id,
        "halo_id": test.halo_id,
        "fold": test.fold,
        "redshift": test.redshift,
        "log10_m200c": true,
        "n_true": test.n_true,
        "n_galaxies": test.n_galaxies,
        **{f"log10_m200c_{name}": true + values for name, values in epsilon.items()},
        "sigma_v_contaminated": galaxy_moments(test).v_sigma,
        "sigma_v_pure": sigma_pure,
    }
    pq.write_table(pa.table(columns), directory / "predictions.parquet")
    metrics = summarise(
        log10_msun_h(true, h),
        {name: log10_msun_h(true + values, h) for name, values in epsilon.items()},
        test.halo_id,
        universe={
            "n_particles": 128**3,
            "box_size_mpc_h": halos.snapshot.box_size * h,
            "redshift": halos.snapshot.redshift,
            "halos_above_1e14": int((halos.m200c * h > 1e14).sum()),
            "sigma15_kms": 1079.3,
            "sigma_slope": 0.3391,
            "sigma_scatter_ln": 0.0437,
            "wall_s": 98.4,
            "pairs_per_s": 4.31e9,
        },
        table1=TABLE1,
        timing=TIMING,
        rng=rng,
    )
    metrics |= {"table3": table3(), "table4": table4(), "leakage": LEAKAGE, "claims": CLAIMS}
    metrics["calibration"] = calibration()
    write_json(directory / "metrics.json", metrics)
    posteriors = {
        name: np.column_stack(
            [rng.normal(row[key]["median"], row[key]["p84"], 2000) for key in PARAMETERS[:4]]
            + [rng.exponential(1e-3, 2000)]
        )
        for name, row in metrics["table3"].items()
    }
    np.savez(directory / "table3.npz", parameters=np.array(PARAMETERS), **posteriors)


def _losses(rng: np.random.Generator) -> dict[str, list]:
    decay = 0.012 + 0.09 * np.exp(-np.arange(20) / 1.5) + 0.004 * np.exp(-np.arange(20) / 8)
    noise = rng.normal(1, 0.05, (2, 10, 20))
    return {"train": (1.3 * decay * noise[0]).tolist(), "validation": (decay * noise[1]).tolist()}
