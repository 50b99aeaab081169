"""What the examples in docstrings start from, each in an empty folder of its own.

`halos` and `galaxies` are a made-up box, `sample` made-up clusters, and `my.toml` with its two tables is the
column map of *Bring your simulation* as that page shows it.
"""

import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "mocks")]


@pytest.fixture(scope="session")
def box():
    """Halos and galaxies."""
    from synthetic_box import synthetic_universe

    return synthetic_universe()


@pytest.fixture(scope="session", autouse=True)
def names(doctest_namespace, box):
    """The names that examples use as they are."""
    from synthetic_clusters import synthetic_clusters

    doctest_namespace.update(np=np, halos=box[0], galaxies=box[1], sample=synthetic_clusters(100, seed=1))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where an example writes."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def my_simulation(request, tmp_path, box):
    """The files of *Bring your simulation*, for what reads them."""
    if "my.toml" not in request.node.dtest.docstring:
        return
    page = (ROOT / "docs" / "howto" / "bring_your_simulation.md").read_text(encoding="utf-8")
    text = re.search(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]
    halos, galaxies = box
    h, side = halos.snapshot.cosmology.h, halos.snapshot.box_size * halos.snapshot.cosmology.h
    text = re.sub(r"^box_size_mpc_h = \S+", f"box_size_mpc_h = {side:.6f}", text, flags=re.MULTILINE)
    (tmp_path / "my.toml").write_text(text, encoding="utf-8")
    with h5py.File(tmp_path / "groups.hdf5", "w") as file:
        group = file.create_group("Halos")
        group["id"], group["Pos"], group["Vel"] = halos.halo_id, halos.position * h * 1e3, halos.velocity
        group["M_Crit200"], group["Sigma3D"] = halos.m200c * h / 1e10, halos.sigma_1d * np.sqrt(3.0)
    with h5py.File(tmp_path / "galaxies.hdf5", "w") as file:
        file["id"], file["halo"] = galaxies.galaxy_id, galaxies.host_id
        file["mstar"] = np.full(len(galaxies), 1e10)
        for axis, name in enumerate("xyz"):
            file[name], file[f"v{name}"] = galaxies.position[:, axis] * h, galaxies.velocity[:, axis]
