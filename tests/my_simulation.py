"""The files of *Bring your simulation*: two tables in HDF5, and the column map as that page shows it."""

import re
from pathlib import Path

import h5py
import numpy as np

PAGE = Path(__file__).parents[1] / "docs" / "howto" / "bring_your_simulation.md"


def write_my_simulation(folder, halos, galaxies):
    """``my.toml``, ``groups.hdf5`` and ``galaxies.hdf5``; of the map only the box is another."""
    h = halos.snapshot.cosmology.h
    text = re.search(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[1]
    box = f"box_size_mpc_h = {halos.snapshot.box_size * h:.6f}"
    text, n = re.subn(r"^box_size_mpc_h = \S+", box, text, flags=re.MULTILINE)
    assert n == 1
    (folder / "my.toml").write_text(text, encoding="utf-8")
    with h5py.File(folder / "groups.hdf5", "w") as file:
        group = file.create_group("Halos")
        group["id"], group["Pos"], group["Vel"] = halos.halo_id, halos.position * h * 1e3, halos.velocity
        group["M_Crit200"], group["Sigma3D"] = halos.m200c * h / 1e10, halos.sigma_1d * np.sqrt(3.0)
    with h5py.File(folder / "galaxies.hdf5", "w") as file:
        file["id"], file["halo"] = galaxies.galaxy_id, galaxies.host_id
        file["mstar"] = np.full(len(galaxies), 1e10)
        for axis, name in enumerate("xyz"):
            file[name], file[f"v{name}"] = galaxies.position[:, axis] * h, galaxies.velocity[:, axis]
