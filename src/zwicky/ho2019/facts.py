"""What the metrics and the report say of the universe behind a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zwicky.ho2019.settings import RunSettings
from zwicky.io.files import read_json
from zwicky.tables import HaloTable
from zwicky.universe import fit_dispersion, read_halos
from zwicky.universe.build import read_settings
from zwicky.universe.directory import is_imported

__all__ = ["universe_facts"]


def universe_facts(settings: RunSettings, directory: Path) -> dict[str, Any]:
    """What the metrics and the report say of the universe; what an imported one does not tell is left out."""
    place = settings.universe_in(directory)
    halos, made = read_halos(place, settings.redshift), read_json(place / "provenance.json")
    facts = {
        "imported": is_imported(place),
        "simulation": halos.snapshot.simulation,
        "box_size_mpc_h": halos.snapshot.box_size * halos.snapshot.cosmology.h,
        "redshift": settings.redshift,
        "halos_above_1e14": int(np.sum(halos.m200c * halos.snapshot.cosmology.h >= 1e14)),
        **_dispersions(halos),
    }
    if facts["imported"]:
        facts |= {"warnings": made["warnings"], "members": made["members"], "hosts": made["hosts"]}
        return facts
    own = read_settings(place)
    return facts | {
        "n_particles": own.n_particles,
        "box_size_mpc_h": own.box_size_mpc_h,
        "particle_mass_msun_h": own.particle_mass_msun * halos.snapshot.cosmology.h,
        "wall_s": made["wall_s"],
        "pairs": made["pairs"],
        "pairs_per_s": made["pairs_per_s"],
    }


def _dispersions(halos: HaloTable) -> dict[str, float]:
    """The sigma-M relation of the halos; nothing where too few are massive and have a dispersion."""
    massive = halos.m200c * halos.snapshot.cosmology.h >= 1e14
    if np.sum(massive & np.isfinite(halos.sigma_1d)) < 3:
        return {}
    relation = fit_dispersion(halos)
    return {
        "sigma15_kms": relation.sigma15_kms,
        "sigma_slope": relation.slope,
        "sigma_scatter_ln": relation.scatter_ln,
        "sigma_over_evrard2008": relation.over_evrard,
    }
