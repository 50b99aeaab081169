import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwicky.cosmology import cosmology_named, paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.tables import ClusterSample, HaloTable, Snapshot, concatenate, take


def sample_of(counts, cosmology=None):
    n, total = len(counts), sum(counts)
    return ClusterSample(
        cosmology=cosmology or paper_cosmology(),
        cluster_id=np.arange(n) + 100,
        halo_id=np.arange(n),
        direction=np.tile([0.0, 0.0, 1.0], (n, 1)),
        redshift=np.full(n, 0.117),
        log10_m200c=np.linspace(14, 15, n),
        n_true=counts,
        fold=np.arange(n) % 3,
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        r_proj_comoving=np.arange(total) * 0.01,
        v_los=np.arange(total) * 10.0,
        is_member=np.arange(total) % 2 == 0,
        meta={"source": "made"},
    )


counts_strategy = st.lists(st.integers(0, 7), min_size=1, max_size=12)


@given(counts_strategy, st.data())
def test_rows_keep_their_galaxies(counts, data):
    sample = sample_of(counts)
    rows = data.draw(st.lists(st.integers(0, len(counts) - 1), max_size=8))
    taken = sample[np.array(rows, dtype=int)]
    assert list(taken.n_galaxies) == [counts[i] for i in rows]
    expected = [sample.v_los[sample.offsets[i] : sample.offsets[i + 1]] for i in rows]
    assert np.array_equal(taken.v_los, np.concatenate(expected) if rows else [])
    assert list(taken.cluster_id) == [100 + i for i in rows]


@given(counts_strategy, st.integers(0, 12))
def test_cut_and_joined_is_whole(counts, at):
    sample = sample_of(counts)
    joined = concatenate([sample[:at], sample[at:]])
    for name in (
        "cluster_id",
        "offsets",
        "r_proj_comoving",
        "v_los",
        "is_member",
        "log10_m200c",
        "direction",
    ):
        assert np.array_equal(getattr(joined, name), getattr(sample, name))


@given(counts_strategy, st.integers(0, 2**32 - 1))
def test_selecting_galaxies(counts, seed):
    sample = sample_of(counts)
    keep = np.random.default_rng(seed).random(sum(counts)) < 0.5
    kept = sample.select_galaxies(keep)
    assert np.array_equal(kept.v_los, sample.v_los[keep])
    for i in range(len(sample)):
        assert kept.n_galaxies[i] == keep[sample.offsets[i] : sample.offsets[i + 1]].sum()


def test_units_of_mass():
    sample = sample_of([3, 3])
    assert sample.log10_m200c_h[0] == pytest.approx(14 + np.log10(0.678))


def test_dtypes():
    sample = sample_of([2])
    assert sample.r_proj_comoving.dtype == sample.v_los.dtype == np.float32
    assert sample.log10_m200c.dtype == np.float64
    assert sample.offsets.dtype == np.int64


def test_repr_says_what_a_person_wants():
    text = repr(sample_of([3, 5]))
    for piece in ("2 clusters", "8 galaxies", "ho2019", "made", "13.83 to 14.83"):
        assert piece in text


def test_wrong_shapes_are_refused():
    good = sample_of([2, 3])
    with pytest.raises(ZwickyError, match="offsets"):
        ClusterSample(**{**vars(good), "offsets": [0, 5]})
    with pytest.raises(ZwickyError, match="v_los has shape"):
        ClusterSample(**{**vars(good), "v_los": np.zeros(4)})
    with pytest.raises(ZwickyError, match="redshift has 3 rows"):
        ClusterSample(**{**vars(good), "redshift": np.zeros(3)})
    with pytest.raises(ZwickyError, match="direction has shape"):
        ClusterSample(**{**vars(good), "direction": np.zeros((2, 2))})


def test_samples_of_different_cosmologies_do_not_mix():
    with pytest.raises(ZwickyError, match="cosmologies"):
        concatenate([sample_of([2]), sample_of([2], cosmology_named("Planck18"))])
    with pytest.raises(ZwickyError, match="nothing"):
        concatenate([])


def test_snapshot_and_take():
    snapshot = Snapshot("made", 0.1, 100.0, paper_cosmology())
    assert snapshot.volume_mpc_h3 == pytest.approx(67.8**3)
    n = 4
    halos = HaloTable(
        snapshot, np.arange(n), np.zeros((n, 3)), np.zeros((n, 3)), 10.0 ** (13 + np.arange(n)),
        np.ones(n), np.ones(n), np.arange(n),
    )  # fmt: skip
    massive = take(halos, halos.m200c > 1e14)
    assert list(massive.halo_id) == [2, 3]
    assert massive.snapshot is snapshot
    with pytest.raises(ZwickyError, match="box_size"):
        Snapshot("made", 0.1, -1.0, paper_cosmology())
