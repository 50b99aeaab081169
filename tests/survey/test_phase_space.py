"""Lists of radii and velocities become clusters with comoving radii."""

import numpy as np
import pytest

from zwicky.cosmology import cosmology_named, paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io.observed import Centres, PhaseSpaceList
from zwicky.survey.clusters import clusters_from_phase_space


def listed(frame="proper", redshift=0.25):
    return PhaseSpaceList(
        cluster_id=np.array(["B", "A", "B", "A", "B"]),
        r_proj=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        v_los=np.array([10.0, 20.0, 30.0, 40.0, 50.0]),
        redshift=np.full(5, redshift),
        frame=frame,
    )


@pytest.mark.parametrize(("frame", "factor"), [("proper", 1.25), ("comoving", 1.0)])
def test_radii_become_comoving_and_order_is_kept(frame, factor):
    found = clusters_from_phase_space(listed(frame), None, cosmology=paper_cosmology())
    assert found.label.tolist() == ["B", "A"]
    np.testing.assert_allclose(found.sample.r_proj_comoving, np.array([1, 3, 5, 2, 4]) * factor)
    assert found.sample.v_los.tolist() == [10, 30, 50, 20, 40]
    assert found.sample.redshift.tolist() == [0.25, 0.25]


def test_angles_use_the_cosmology():
    cosmology = cosmology_named("Planck18")
    found = clusters_from_phase_space(listed("angle"), None, cosmology=cosmology)
    per_radian = cosmology.kpc_comoving_per_arcmin(0.25).to_value("Mpc/rad")
    np.testing.assert_allclose(
        found.sample.r_proj_comoving, np.array([1, 3, 5, 2, 4]) * per_radian, rtol=1e-6
    )


def test_centres_lend_their_redshifts():
    centres = Centres(np.array(["A", "B"]), np.full(2, np.nan), np.full(2, np.nan), np.array([0.1, 0.2]))
    found = clusters_from_phase_space(listed(redshift=np.nan), centres, cosmology=paper_cosmology())
    assert found.sample.redshift.tolist() == [0.2, 0.1]
    only_b = Centres(np.array(["B"]), np.full(1, np.nan), np.full(1, np.nan), np.array([0.1]))
    found = clusters_from_phase_space(listed(redshift=np.nan), only_b, cosmology=paper_cosmology())
    row = found.label.tolist().index("A")
    assert found.problems[row].what == "not among the centres"
    assert np.isnan(found.sample.redshift).tolist() == [label == "A" for label in found.label]
    other = Centres(np.array(["C"]), np.full(1, np.nan), np.full(1, np.nan), np.array([0.1]))
    with pytest.raises(ZwickyError, match="of the galaxies is not among the 1 of centres"):
        clusters_from_phase_space(listed(redshift=np.nan), other, cosmology=paper_cosmology())
