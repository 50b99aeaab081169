"""Halos made at constrained peaks against halos of the same mass that nobody asked for.

Peaks in small boxes, one halo each, and larger boxes without a peak, of the same particles, softening and
steps. Of both: dispersion over that of Evrard et al. (2008), density profile, and what a cylinder about
the halo holds of matter beyond r200c, in three directions; of peaks, the mass over the one wanted.

    python -m validation.peaks [OUT.json]
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from zwicky.io.files import read_json, write_json
from zwicky.tables import Snapshot
from zwicky.universe import UniverseSettings, find_halos, friends_of_friends
from zwicky.universe.constrained import peak_halo
from zwicky.universe.evolve import evolve, start
from zwicky.universe.relations import EVRARD_2008

#: Coarser in time than a universe for training: both kinds of halo alike.
SMALL = UniverseSettings(n_side=48, box_size_mpc_h=93.75, n_steps=40, n_substeps=2, softening_mpc_h=0.08)
LARGE = SMALL.replace(n_side=96, box_size_mpc_h=187.5)

#: Masses wanted, redshifts and boxes in Mpc/h of the calibration, each with the seeds below.
CALIBRATION = (
    (14.5, 0.117, 94.0),
    (15.0, 0.117, 125.0),
    (15.3, 0.117, 150.0),
    (14.8, 0.5, 125.0),
    (14.5, 1.0, 94.0),
    (15.0, 1.0, 125.0),
)
CALIBRATION_SEEDS = range(11, 19)

WANTED, N_PEAKS, N_LARGE = (14.5, 14.7), 40, 6
#: Masses compared, log10 M200c in Msun/h.
LOW, HIGH = 14.4, 14.9
#: Edges of the shells in r200c, and the cylinder: radius in comoving Mpc/h and half its depth in km/s.
SHELLS = (0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5, 4.0)
APERTURE_MPC_H, VELOCITY_CUT_KMS = 1.6, 2200.0


def simulate(settings: UniverseSettings):
    """Particles, halos, and the row of the halo of each particle of one universe."""
    *_, (particles, z) = evolve(start(settings), settings)
    box = settings.box_size_mpc
    group = friends_of_friends(particles.position, box, 0.2 * box / settings.n_side)
    halos, member_of = find_halos(
        Snapshot("peaks", z, box, settings.flrw()),
        particles.position,
        particles.velocity,
        group,
        settings.particle_mass_msun,
        settings.softening_mpc,
    )
    return particles, halos, member_of


def calibrate() -> list[dict]:
    """Masses of halos at peaks over the ones wanted, dex, for each case of the calibration."""
    rows = []
    for wanted, z, box in CALIBRATION:
        offsets = []
        for seed in CALIBRATION_SEEDS:
            settings = SMALL.replace(
                box_size_mpc_h=box, redshifts=(z,), seed=seed, peak_log10_m200c_h=wanted,
                n_levels=1, transfer="eisenstein98",
            )  # fmt: skip
            particles, halos, member_of = simulate(settings)
            mass = halos.m200c[peak_halo(settings, particles.particle_id, member_of)]
            offsets.append(float(np.log10(mass * halos.snapshot.cosmology.h) - wanted))
        summary = {"median": float(np.median(offsets)), "scatter": float(np.std(offsets))}
        rows.append({"wanted": wanted, "redshift": z, "offsets": offsets} | summary)
    return rows


def describe(settings: UniverseSettings, particles, halos, rows) -> list[dict]:
    """Mass, dispersion, profile and interlopers of some halos."""
    cosmology, z, box = halos.snapshot.cosmology, halos.snapshot.redshift, settings.box_size_mpc
    h, e = cosmology.h, float(cosmology.efunc(z))
    tree = cKDTree(particles.position, boxsize=box)
    found = []
    for row in rows:
        centre, radius = halos.position[row], halos.r200c[row]
        near = tree.query_ball_point(centre, SHELLS[-1] * radius)
        away = (particles.position[near] - centre + 0.5 * box) % box - 0.5 * box
        shells = np.histogram(np.linalg.norm(away, axis=1) / radius, bins=SHELLS)[0]
        n_inside = shells[:5].sum()
        offset = (particles.position - centre + 0.5 * box) % box - 0.5 * box
        outside = (offset**2).sum(axis=1) > radius**2
        beyond = []
        for axis in range(3):
            r_proj = np.hypot(*np.delete(offset, axis, axis=1).T)
            v = particles.velocity[:, axis] - halos.velocity[row, axis]
            v = v + 100.0 * h * e / (1.0 + z) * offset[:, axis]
            cylinder = (r_proj < APERTURE_MPC_H / h) & (np.abs(v) < VELOCITY_CUT_KMS)
            beyond.append(np.sum(cylinder & outside) / n_inside)
        mass = halos.m200c[row] * h
        sigma15, slope, _ = EVRARD_2008
        found.append(
            {
                "log10_m200c_h": float(np.log10(mass)),
                "sigma_over_evrard": float(halos.sigma_1d[row] / (sigma15 * (e * mass / 1e15) ** slope)),
                "shells": (shells / n_inside).tolist(),
                "interlopers": float(np.mean(beyond)),
            }
        )
    return found


def compare(peaks: list[dict], others: list[dict]) -> dict:
    """Peaks over other halos in the masses compared, mean ratios and their standard errors."""

    def columns(halos):
        chosen = [x for x in halos if LOW <= x["log10_m200c_h"] < HIGH]
        table = {
            f"{low:g}-{high:g} r200c": [x["shells"][i] for x in chosen]
            for i, (low, high) in enumerate(pairwise(SHELLS))
        }
        names = ("log10_m200c_h", "sigma_over_evrard", "interlopers")
        return {name: np.array([x[name] for x in chosen]) for name in names} | {
            name: np.array(values) for name, values in table.items()
        }

    ours, theirs = columns(peaks), columns(others)
    result = {"peaks": len(ours["interlopers"]), "others": len(theirs["interlopers"])}
    for name, a in ours.items():
        b = theirs[name]
        error = np.hypot(a.std() / np.sqrt(len(a)) / a.mean(), b.std() / np.sqrt(len(b)) / b.mean())
        ratio = a.mean() / b.mean()
        result[name] = {"ratio": float(ratio), "error": float(ratio * error)}
        if name == "sigma_over_evrard":
            result["scatter_ln_sigma"] = {
                "peaks": float(np.std(np.log(a))),
                "others": float(np.std(np.log(b))),
            }
    return result


def main(out: Path) -> dict:
    """Run what is not in `out` yet, and return everything."""
    found = read_json(out) if out.exists() else {"peaks": [], "others": [], "wanted": []}
    if "calibration" not in found:
        found["calibration"] = calibrate()
        write_json(out, found)
    for i in range(len(found["peaks"]), N_PEAKS):
        wanted = WANTED[i % len(WANTED)]
        settings = SMALL.replace(seed=1000 + i, peak_log10_m200c_h=wanted)
        particles, halos, member_of = simulate(settings)
        row = peak_halo(settings, particles.particle_id, member_of)
        found["peaks"] += describe(settings, particles, halos, [row])
        found["wanted"].append(wanted)
        write_json(out, found)
    done = found.setdefault("large_boxes", 0)
    for i in range(done, N_LARGE):
        settings = LARGE.replace(seed=2000 + i)
        particles, halos, _ = simulate(settings)
        log10_mass = np.log10(halos.m200c * halos.snapshot.cosmology.h)
        rows = np.flatnonzero((log10_mass >= LOW) & (log10_mass < HIGH))
        found["others"] += describe(settings, particles, halos, rows)
        found["large_boxes"] = i + 1
        write_json(out, found)
    offset = np.array([x["log10_m200c_h"] for x in found["peaks"]]) - np.array(found["wanted"])
    found["mass_over_wanted_dex"] = {"median": float(np.median(offset)), "scatter": float(offset.std())}
    found["comparison"] = compare(found["peaks"], found["others"])
    write_json(out, found)
    return found


if __name__ == "__main__":
    answer = main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/validation/peaks.json"))
    print(answer["mass_over_wanted_dex"], answer["comparison"])
