"""Galaxies to halos: by number, by place, and what does not match."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.simulations.matching import Matching, halo_of, refuse_twice, refuse_unmatched
from zwicky.tables import rows_of

BIG = 2**53


def matching(n=4, **more):
    ids = BIG + np.arange(n)
    position = np.stack([np.arange(n) * 25.0 + 1.0] * 3, axis=1)
    settings = {"known": ids, "box_size": 100.0, "min_mass": 1e13} | more
    return Matching(ids, position, np.full(n, 1.0), **settings)


@given(st.lists(st.integers(BIG - 5, BIG + 5), unique=True), st.lists(st.integers(BIG - 7, BIG + 7)))
def test_rows_are_those_of_equal_numbers_above_what_a_float_holds(ids, wanted):
    ids = np.array(sorted(ids), dtype=np.int64)
    row = rows_of(ids, np.array(wanted, dtype=np.int64))
    assert [ids[i] if i >= 0 else None for i in row] == [w if w in ids else None for w in wanted]


def test_no_parent_may_be_written_in_three_ways():
    halo, own = halo_of(np.array([7, 8, 9, 10]), np.array([-1, -9, 9, 7]))
    assert halo.tolist() == [7, 8, 9, 7]
    assert own.tolist() == [True, True, True, False]


def test_members_by_number_and_place():
    m = matching()
    # A central; satellites inside, beyond r200c, and inside through the face of the box; one of no host.
    object_id = np.array([BIG, 11, 12, 13, 14])
    parent = np.array([-1, BIG, BIG, BIG, 99])
    x = np.array([[1, 1, 1], [1.5, 1, 1], [2.5, 1, 1], [1, 100.2, 1], [1, 1, 1]], dtype=float)
    row, away, own = m.add(object_id, parent, x, None)
    assert row.tolist() == [0, 0, 0, 0, -1]
    assert away[:4] == pytest.approx([0.0, 0.5, 1.5, 0.8])
    assert away[4] == np.inf
    assert own.tolist() == [True, False, False, False, False]
    assert m.central.tolist() == [True, False, False, False]
    assert not m.displaced.any()


def test_report_says_what_did_not_match_and_how_massive_it_is():
    m = matching()
    mass = np.array([5e13, 1e13, 9e14, 2e13])
    here = m.position[[0, 1]] + [[0, 0, 0], [5, 0, 0]]
    m.add(m.ids[:2], np.array([-1, -1]), here, np.array([6e13, 2e13]))
    # A massive central galaxy that no halo has, a light one, and a massive satellite: the first counts.
    m.add(np.array([1, 2, 3]), np.array([-1, -1, BIG]), np.zeros((3, 3)), np.array([4e14, 1e13, 4e14]))
    report = m.report(np.ones(4, dtype=bool), mass, h=0.5)
    assert report["hosts"] == 4
    assert report["hosts_without_galaxy"] == 2
    assert report["most_massive_host_without_galaxy_log10_m200c_h"] == pytest.approx(np.log10(4.5e14))
    assert report["massive_central_galaxies"] == 3
    assert report["massive_central_galaxies_without_halo"] == 1
    assert report["most_massive_central_galaxy_without_halo_log10_mvir_h"] == pytest.approx(np.log10(2e14))
    assert report["hosts_whose_galaxy_lies_outside_r200c"] == 1
    assert m.mvir[:2].tolist() == [6e13, 2e13]

    refuse_unmatched(report, 0.5, "halos", "galaxies")
    with pytest.raises(ZwickyError, match=r"halos: 2 of 4 hosts have no galaxy .* 10\^14.65 .*at most 49%"):
        refuse_unmatched(report, 0.49, "halos", "galaxies")
    report |= {"hosts_without_galaxy": 0}
    with pytest.raises(ZwickyError, match=r"galaxies: 1 of 3 massive central galaxies have no halo"):
        refuse_unmatched(report, 0.3, "halos", "galaxies")


def test_subhalos_are_told_by_the_galaxies_links():
    m = matching()
    m.add(m.ids, np.array([-1, BIG, -1, -1]), m.position, None)
    assert m.subhalo.tolist() == [False, True, False, False]


def test_halos_and_galaxies_numbered_each_by_themselves():
    # Galaxy numbers are those of other halos here, which must mean nothing.
    m = matching(separate=True)
    x = np.repeat(m.position[[0]], 3, axis=0)
    row, _, own = m.add(m.ids[[1, 2, 3]], np.array([BIG, BIG, -1]), x, None)
    assert row.tolist() == [0, 0, -1]
    assert own.tolist() == [False, False, True]
    assert m.central.tolist() == [True, False, False, False]
    assert not m.subhalo.any()


@given(st.lists(st.integers(-(2**62), 2**62), max_size=20))
def test_numbers_given_twice_are_refused(ids):
    ids = np.array(ids, dtype=np.int64)
    if len(set(ids.tolist())) == len(ids):
        refuse_twice(ids, "halo", "file")
    else:
        with pytest.raises(ZwickyError, match=r"file: halo -?\d+ is given more than once") as error:
            refuse_twice(ids, "halo", "file")
        assert "\n" not in str(error.value)
