"""Rows by number, against a dictionary; spheres against their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwicky.cosmology import paper_cosmology
from zwicky.tables import Snapshot, density_200c, density_virial, r200c, rows_of, rvir

NUMBERS = st.lists(st.integers(2**53 - 4, 2**53 + 4), max_size=12)


@given(ids=NUMBERS, wanted=NUMBERS)
def test_rows_are_those_of_a_dictionary(ids, wanted):
    place = {}
    for row, number in enumerate(ids):
        place.setdefault(number, row)
    found = rows_of(np.array(ids, dtype=np.int64), np.array(wanted, dtype=np.int64))
    assert found.tolist() == [place.get(number, -1) for number in wanted]


@pytest.mark.parametrize("redshift", [0.0, 0.117, 1.0])
@pytest.mark.parametrize(("radius_of", "density_of"), [(r200c, density_200c), (rvir, density_virial)])
def test_a_sphere_of_a_mass_has_its_density(radius_of, density_of, redshift):
    snapshot = Snapshot("any", redshift, 100.0, paper_cosmology())
    mass = np.array([1e13, 1e15])
    volume = 4.0 / 3.0 * np.pi * radius_of(mass, snapshot) ** 3
    assert mass / volume == pytest.approx(density_of(snapshot), rel=1e-12)
