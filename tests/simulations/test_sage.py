"""A real foreign catalogue, where it is at hand: SAGE on mini-Millennium by the column map that ships."""

import json

import numpy as np
import pytest
from validation import sage
from validation.data import DATA

from zwicky.estimators import shipped_models
from zwicky.universe import read_galaxies, read_halos

needs_data = pytest.mark.skipif(
    not (DATA / "sage_minimillennium_z0").exists(), reason="the catalogue is not in ../shared/data"
)


@pytest.fixture(scope="module")
def universe(tmp_path_factory):
    return sage.import_sage(tmp_path_factory.mktemp("sage") / "u", 1e9)


@needs_data
def test_numbers_are_those_of_its_provenance(universe):
    # 16 hosts above 3e13 Msun/h, 5 above 5e13, the most of 9.55e13; 10,776 galaxies above 1e9 Msun.
    halos, galaxies = read_halos(universe, 0.0), read_galaxies(universe, 0.0)
    mass_h = halos.m200c * 0.73
    assert [(mass_h > 3e13).sum(), (mass_h > 5e13).sum()] == [16, 5]
    assert mass_h.max() == pytest.approx(9.55e13, rel=1e-3)
    assert len(galaxies) == 10776
    assert halos.snapshot.box_size == pytest.approx(62.5 / 0.73)
    assert float(halos.snapshot.cosmology.Ob0) == 0.045
    made = json.loads((universe / "provenance.json").read_text())
    assert made["warnings"] == []
    assert made["galaxies"]["rows"] == 36531
    assert made["inputs"][0]["sha256"].startswith("0c54f544")


@needs_data
def test_members_lie_inside_their_hosts(universe):
    halos, galaxies = read_halos(universe, 0.0), read_galaxies(universe, 0.0)
    row = {halo: i for i, halo in enumerate(halos.halo_id.tolist())}
    members = np.flatnonzero(galaxies.host_id >= 0)
    host = np.array([row[i] for i in galaxies.host_id[members].tolist()])
    apart = galaxies.position[members] - halos.position[host]
    apart -= halos.snapshot.box_size * np.round(apart / halos.snapshot.box_size)
    assert np.linalg.norm(apart, axis=1) / halos.r200c[host] == pytest.approx(0.5, abs=0.5 + 1e-4)
    assert galaxies.is_central.sum() == len(halos)


@needs_data
@pytest.mark.skipif(not set(sage.MODELS) <= shipped_models().keys(), reason="no models ship with this build")
def test_shipped_networks_weigh_another_simulation(universe):
    mocks = sage.observe(universe)
    found = sage.weigh(mocks)
    assert found["cnn_2d"]["n"] == len(mocks.test) > 30
    for name in ("cnn_1d", "cnn_2d"):
        assert abs(found[name]["median"]) < 0.3
        assert found[name]["scatter"] < 0.5 * found["m_sigma"]["scatter"]
        assert found[name]["correlation"] > 0.2
