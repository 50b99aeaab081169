"""The table of galaxies: each row is the observer's own galaxy, by name and position."""

import numpy as np
import pytest
from astropy.table import Table
from made_clusters import galaxies_of, virial_model

from sky_field import CENTRE, field
from zwicky.cosmology import paper_cosmology
from zwicky.io.centres import Centres
from zwicky.io.columns import parse_columns
from zwicky.io.memory import table_of
from zwicky.io.observed import read_observed
from zwicky.survey.members import members_table
from zwicky.survey.observe import clusters_of

COSMOLOGY = paper_cosmology()


def members_of(galaxies, centres=None, columns="", **more):
    observed, centres = read_observed(
        table_of(galaxies),
        centres,
        h=COSMOLOGY.h,
        columns=parse_columns(columns),
        with_origin=True,
        **more,
    )
    clusters = clusters_of(observed, centres, cosmology=COSMOLOGY, model=virial_model())
    return members_table(clusters, virial_model()), clusters


def the_centre():
    return Centres(np.array(["A1"]), *(np.array([value]) for value in CENTRE))


def test_sky_galaxies_keep_their_ids_and_positions():
    ra, dec, z = field(80)
    ids = 1237648720000000000 + np.arange(80)
    order = np.random.default_rng(2).permutation(80)
    galaxies = {"objID": ids[order], "ra": ra[order], "dec": dec[order], "z": z[order]}
    table, _ = members_of(galaxies, the_centre())
    place = {str(i): row for row, i in enumerate(ids)}
    rows = [place[str(i)] for i in table["galaxy_id"]]
    assert len(set(rows)) == len(table) > 40
    np.testing.assert_array_equal(table["ra"].to_value("deg"), ra[rows])
    np.testing.assert_array_equal(table["dec"].to_value("deg"), dec[rows])
    # The galaxy of that name is where the table says: its radius follows from its own position.
    away = np.hypot((ra[rows] - CENTRE[0]) * np.cos(np.deg2rad(dec[rows])), dec[rows] - CENTRE[1])
    mpc = np.deg2rad(away) * COSMOLOGY.comoving_distance(CENTRE[2]).value
    np.testing.assert_allclose(table["r_proj_comoving"].to_value("Mpc"), mpc, rtol=2e-3)


def test_of_galaxies_seen_twice_the_first_name_stays():
    ra, dec, z = field(60)
    twice = [np.concatenate([x, x[:5]]) for x in (ra, dec, z)]
    names = np.array([f"slit {i}" for i in range(65)])
    galaxies = dict(zip(("galaxy_id", "ra", "dec", "z"), (names, *twice), strict=True))
    table, _ = members_of(galaxies, the_centre())
    assert not set(table["galaxy_id"]) & {f"slit {i}" for i in range(60, 65)}


def test_radii_with_positions_beside_them_and_clusters_that_cannot_be_weighed():
    r, v = galaxies_of(np.random.default_rng(1), 40, reach=2.0)
    which = np.where(np.arange(40) < 6, "poor", "rich")
    names = [f"g{i}" for i in range(40)]
    galaxies = Table({"cluster_id": which, "r_proj": r, "v_los": v, "ra": 150.0 + 0.01 * np.arange(40)})
    galaxies["dec"], galaxies["id"] = 2.0, names
    galaxies["v_los"][10] = 9000.0
    table, clusters = members_of(galaxies, columns="galaxy_id=id", redshift=0.05)
    assert list(table["galaxy_id"]) == [f"g{i}" for i in range(6, 40) if i != 10]
    np.testing.assert_allclose(table["ra"].to_value("deg")[:3], [150.06, 150.07, 150.08])
    assert clusters.notes == ()


@pytest.mark.parametrize(
    ("columns", "absent", "said"),
    [
        ({"targetid": 2.0**60 + 1e5 * np.arange(40)}, "galaxy_id", "floats above 2^53"),
        ({"ra": ["here"] * 40, "dec": [1.0] * 40}, "ra", "not one number a row"),
    ],
)
def test_what_cannot_be_kept_is_said_and_forbids_nothing(columns, absent, said):
    r, v = galaxies_of(np.random.default_rng(1), 40, reach=2.0)
    table, clusters = members_of({"r_proj": r, "v_los": v, **columns}, redshift=0.05)
    assert absent not in table.colnames
    assert len(table) == 40
    assert len(clusters.notes) == 1
    assert "not kept for --members and --report" in clusters.notes[0]
    assert said in clusters.notes[0]


def test_without_names_and_positions_there_are_no_such_columns():
    r, v = galaxies_of(np.random.default_rng(1), 40, reach=2.0)
    table, _ = members_of({"r_proj": r, "v_los": v}, redshift=0.05)
    assert table.colnames == ["cluster_id", "r_proj_comoving", "v_los", "p_member", "influence_dex"]
