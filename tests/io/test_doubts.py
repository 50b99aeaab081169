"""Numbers that contradict what they are taken for are asked about, and those that do not are left alone."""

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.io.columns import parse_columns
from zwicky.io.memory import table_of
from zwicky.io.observed import read_observed

C = 299792.458


def read(columns="", **table):
    return read_observed(table_of(table), h=0.7, columns=parse_columns(columns))[0]


def velocities(n, seed=1):
    return np.random.default_rng(seed).normal(0, 700, n)


@pytest.mark.parametrize("name", ["z", "zclus", "redshift"])
@pytest.mark.parametrize("second", [0.06, 0.1, 0.5])
def test_galaxies_of_several_clusters_are_not_taken_for_one(name, second):
    z = np.repeat([0.03, second], [80, 20])
    table = {"CID": np.repeat([1, 2], [80, 20]), "r_proj": np.linspace(0, 2, 100), "v_los": velocities(100)}
    with pytest.raises(ZwickyError, match=rf"{name} goes from 0\.03 to {second:g}.*cluster_id=CID"):
        read(**table, **{name: z})
    found = read("cluster_id=CID", **table, **{name: z})
    assert set(found.cluster_id.tolist()) == {1, 2}


def test_one_cluster_is_not_doubted():
    v, r = velocities(100), np.linspace(0, 2, 100)
    own = 0.05 + 1.05 * v / C  # each galaxy's own redshift
    field = np.linspace(-60_000.0, 60_000.0, 100)  # all galaxies of a field with theirs
    for z, v_los in (
        (np.full(100, 0.05), v),
        (own, v),
        (np.round(own, 3), v),
        (0.3 + 1.3 * field / C, field),
        (np.where(np.arange(100) < 2, 0.9, 0.05), v),  # two that are simply wrong
        (np.full(100, np.nan), v),
    ):
        assert len(read(r_proj=r, v_los=v_los, z=z).v_los) == 100


def test_the_users_own_redshift_ends_the_doubt():
    table = table_of(
        {"r_proj": np.linspace(0, 2, 40), "v_los": velocities(40), "z": np.repeat([0.1, 0.3], 20)}
    )
    found, _ = read_observed(table, h=0.7, redshift=0.1)
    assert set(found.redshift.tolist()) == {0.1}
