"""Real clusters: Coma from SDSS, and 2M++ galaxies around MCXC clusters, where the catalogues are at hand."""

import numpy as np
import pytest
from made_clusters import virial_model
from validation import coma, mcxc_2mpp
from validation.data import DATA

from zwicky.estimators import shipped_models

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the catalogues are not in ../shared/data")
needs_models = pytest.mark.skipif(
    not {"cnn_1d", "cnn_2d", "m_sigma"} <= shipped_models().keys(), reason="no models ship with this build"
)


def test_the_sun_moves_towards_the_apex():
    # NED gives the apex as 11h11m48s -7d13m12s; galaxies there recede faster than we see them.
    apex, poles = (167.95, -7.22), mcxc_2mpp.microwave_frame(np.full(2, 0.05), [0.0, 0.0], [90.0, -90.0])
    ahead = mcxc_2mpp.microwave_frame(np.array([0.0]), *np.array([apex]).T)[0]
    behind = mcxc_2mpp.microwave_frame(np.array([0.0]), [apex[0] - 180], [-apex[1]])[0]
    assert ahead * 299792.458 == pytest.approx(369.82, rel=1e-4)
    assert behind == pytest.approx(-ahead, rel=1e-6)
    assert np.mean(poles) == pytest.approx(0.05, rel=1e-9)


@needs_data
def test_coma_has_the_dispersion_everyone_finds():
    # Gapper scale 895 km/s for 672 galaxies in a cylinder of 2.29 proper Mpc, in the list's own notes.
    found = coma.weigh_coma(virial_model(), virial_model())
    assert found["sigma_v_kms"] == pytest.approx(890, rel=0.02)
    assert 640 < found["n_galaxies"] < 680
    assert found["flag"] == "ok"
    centred = coma.weigh_coma(virial_model(), virial_model(), centred=True)
    assert abs(centred["recentred_kms"]) < 100


@needs_data
def test_velocities_know_the_xray_masses():
    pytest.importorskip("colossus")  # for concentrations
    found = mcxc_2mpp.compare(virial_model(), virial_model())
    assert found["n"] >= 25
    assert np.min(found["n_galaxies"]) >= 20
    assert len(set(found["cluster_id"])) == found["n"]
    weighed = found["log10_m200c_xray"] + found["residual"]
    assert np.corrcoef(weighed, found["log10_m200c_xray"])[0, 1] > 0.3
    assert found["chance_m_sigma_scatters_less"] == 0.0  # nothing scatters less than itself


@needs_data
@needs_models
def test_shipped_models_weigh_coma(capsys):
    results = coma.main()
    assert "arXiv:2206.14834" in capsys.readouterr().out
    for found in results.values():
        assert 14.5 < found.get("log10_m200c_h", found.get("mean")) < 15.4
    assert abs(results["cnn_2d"]["log10_m200c_h"] - results["cnn_2d, a tenth of it"]["mean"]) < 0.4


@needs_data
@needs_models
def test_shipped_models_weigh_2mpp_clusters(capsys):
    pytest.importorskip("colossus")
    results = mcxc_2mpp.main()
    assert "M-sigma" in capsys.readouterr().out
    assert abs(results["cnn_2d"]["offset"]["model"]) < 0.3
    assert results["cnn_2d"]["scatter"]["model"] < 0.4
