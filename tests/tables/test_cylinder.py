import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.tables import Cylinder


def test_one_aperture_in_every_observers_mpc():
    paper = Cylinder.in_mpc_h(1.6, v_cut_kms=2200.0, h=0.678)
    assert paper.aperture_mpc == pytest.approx(1.6 / 0.678, rel=1e-12)
    other = paper.in_h(0.7)
    assert other.aperture_mpc == pytest.approx(1.6 / 0.7, rel=1e-12)
    assert other.aperture_mpc_h == pytest.approx(paper.aperture_mpc_h, rel=1e-12)
    assert other.in_h(0.678).aperture_mpc == pytest.approx(paper.aperture_mpc, rel=1e-12)
    assert (other.v_cut_kms, other.h) == (2200.0, 0.7)
    assert paper.in_h(0.678) is paper


def test_edges_are_inside():
    cylinder = Cylinder(2.36, 2200.0, 0.678)
    r = np.array([0.0, 2.36, 2.3600003, -0.1, 1.0, 1.0, np.nan], np.float32)
    v = np.array([0.0, -2200.0, 0.0, 0.0, 2200.001, 2199.0, 0.0], np.float32)
    assert cylinder.holds(r, v).tolist() == [True, True, False, False, False, True, False]


def test_cylinders_differ_by_more_than_a_percent_or_not():
    cylinder = Cylinder(2.0, 2200.0, 0.7)
    apertures = np.array([2.0, 2.019, 2.021, np.nan, 2.0, np.nan])
    cuts = np.array([2200.0, 2200.0, 2200.0, 2200.0, 1500.0, np.nan])
    assert cylinder.differs(apertures, cuts).tolist() == [False, False, True, False, True, False]


@pytest.mark.parametrize("numbers", [(0.0, 2200.0, 0.7), (2.0, -1.0, 0.7), (2.0, 2200.0, np.nan)])
def test_what_is_no_cylinder_is_refused(numbers):
    with pytest.raises(ZwickyError, match="give a positive number"):
        Cylinder(*numbers)
