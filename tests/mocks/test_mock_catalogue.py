import dataclasses

import numpy as np
import pytest
from equations import brute_force, step_by_step
from synthetic_box import BOX

from zwicky.errors import ZwickyError
from zwicky.io.directories import exclusive
from zwicky.mocks import MockSettings, make_mocks, read_mocks, write_mocks
from zwicky.mocks.example import observe_one
from zwicky.mocks.members import member_lists
from zwicky.tables import GALAXY_COLUMNS, TRACERS, columns_of, take

# Denser than the paper's, so that the small box has clusters to look at again.
SETTINGS = MockSettings(flat_density=10**-4.2)
SAMPLES = ("train", "test", "train_pure", "test_pure")


@pytest.fixture(scope="module")
def mocks(universe):
    return make_mocks(*universe, SETTINGS, rng=np.random.default_rng(0))


def assert_equal(one, other):
    for name in (*columns_of(one), "offsets", *GALAXY_COLUMNS):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def row_of(halos, sample, i):
    return int(np.flatnonzero(halos.halo_id == sample.halo_id[i])[0])


def test_rows_are_cylinders(universe, mocks):
    halos, galaxies = universe
    for sample in (mocks.train, mocks.test):
        for i in np.linspace(0, len(sample) - 1, 12).astype(int):
            h = row_of(halos, sample, i)
            rows, r_proj, v_los = brute_force(
                galaxies, halos.position[h], halos.velocity[h], sample.direction[i], 1.6 / 0.678, 2200.0, BOX
            )
            one = sample[int(i)]
            order, expected = np.argsort(one.v_los), np.argsort(v_los)
            np.testing.assert_allclose(one.v_los[order], v_los[expected], atol=0.01)
            np.testing.assert_allclose(one.r_proj_comoving[order], r_proj[expected], atol=1e-4)
            inside = galaxies.host_id[rows] == halos.halo_id[h]
            np.testing.assert_array_equal(one.is_member[order], inside[expected])
            assert one.log10_m200c[0] == np.log10(halos.m200c[h])
            assert one.n_true[0] == np.sum(galaxies.host_id == halos.halo_id[h])
            assert one.redshift[0] == 0.117


def test_pure_rows_are_the_true_members(universe, mocks):
    halos, galaxies = universe
    wider = 0
    for sample in (mocks.train_pure, mocks.test_pure):
        assert sample.is_member.all()
        np.testing.assert_array_equal(sample.n_galaxies, sample.n_true)
        for i in np.linspace(0, len(sample) - 1, 12).astype(int):
            h = row_of(halos, sample, i)
            rows = np.flatnonzero(galaxies.host_id == halos.halo_id[h])
            separation = galaxies.position[rows].astype(float) - halos.position[h]
            separation -= BOX * np.rint(separation / BOX)
            r_proj, v_los = step_by_step(
                separation, galaxies.velocity[rows], halos.velocity[h], sample.direction[i], halos.snapshot
            )
            one = sample[int(i)]
            np.testing.assert_allclose(one.r_proj_comoving, r_proj, atol=1e-5)
            np.testing.assert_allclose(one.v_los, v_los, atol=0.01)
            wider += np.sum(one.r_proj_comoving > 1.6 / 0.678)
    assert wider > 0


def test_pure_and_contaminated_rows_are_the_same_view(mocks):
    for pure, contaminated in ((mocks.train_pure, mocks.train), (mocks.test_pure, mocks.test)):
        kept = np.flatnonzero(contaminated.n_true >= SETTINGS.n_min)
        assert 0 < len(kept) <= len(contaminated)
        twin = contaminated[kept]
        for name in columns_of(pure):
            np.testing.assert_array_equal(getattr(pure, name), getattr(twin, name))


def test_ids_and_views_agree_over_train_and_test(mocks):
    both = np.intersect1d(mocks.train.cluster_id, mocks.test.cluster_id)
    assert len(both) > 0
    for sample in (mocks.train, mocks.test):
        assert len(np.unique(sample.cluster_id)) == len(sample)
    train, test = (s[np.flatnonzero(np.isin(s.cluster_id, both))] for s in (mocks.train, mocks.test))
    train, test = (s[np.argsort(s.cluster_id)] for s in (train, test))
    assert_equal(train, test)


@pytest.mark.parametrize("folds", ["halo", "spatial"])
def test_folds_never_share_a_halo(universe, folds):
    mocks = make_mocks(*universe, dataclasses.replace(SETTINGS, folds=folds), rng=np.random.default_rng(0))
    fold_of = {}
    for name in SAMPLES:
        sample = getattr(mocks, name)
        assert sample.fold.min() >= 0
        for halo, fold in zip(sample.halo_id, sample.fold, strict=True):
            assert fold_of.setdefault(halo, fold) == fold
    assert set(fold_of.values()) == set(range(10))


def test_richness_and_mass_limits(mocks):
    for name in SAMPLES:
        assert getattr(mocks, name).n_galaxies.min() >= 10
    assert mocks.train.log10_m200c_h.min() >= 13.5
    assert mocks.test.log10_m200c_h.min() >= 14.0
    assert mocks.test.log10_m200c_h.max() <= 15.0
    assert mocks.train.log10_m200c_h.max() > 15.0


def test_n_min_itself_is_enough(universe, mocks):
    n_min = int(np.median(mocks.test.n_galaxies))
    assert np.any(mocks.test.n_galaxies == n_min)
    rich = make_mocks(*universe, dataclasses.replace(SETTINGS, n_min=n_min), rng=np.random.default_rng(0))
    assert_equal(rich.test, mocks.test[mocks.test.n_galaxies >= n_min])


def test_the_test_set_is_three_views_of_every_cluster(universe, mocks):
    halos, _ = universe
    mass = np.log10(halos.m200c * 0.678)
    assert len(mocks.test) == 3 * np.sum((mass >= 14) & (mass <= 15))
    views, counts = np.unique(mocks.test.direction, axis=0, return_counts=True)
    np.testing.assert_array_equal(np.sort(views.sum(axis=1)), 1.0)
    assert len(set(counts)) == 1


def test_extra_views_only_of_massive_clusters(mocks):
    extra = np.abs(mocks.train.direction).max(axis=1) < 1
    assert extra.sum() > 0
    assert mocks.train.log10_m200c_h[extra].min() > 14.0 - 1e-9


def test_same_seed_same_mocks(universe, mocks, monkeypatch):
    again = make_mocks(*universe, SETTINGS, rng=np.random.default_rng(0))
    other = make_mocks(*universe, SETTINGS, rng=np.random.default_rng(1))
    monkeypatch.setattr("zwicky.parallel.available_cores", lambda: 1)
    alone = make_mocks(*universe, SETTINGS, rng=np.random.default_rng(0))
    for name in SAMPLES:
        assert_equal(getattr(again, name), getattr(mocks, name))
        assert_equal(getattr(alone, name), getattr(mocks, name))
    assert not np.array_equal(other.train.direction, mocks.train.direction)


def test_satellites_only(universe):
    halos, galaxies = universe
    mocks = make_mocks(
        halos, galaxies, dataclasses.replace(SETTINGS, tracers="satellites"), rng=np.random.default_rng(0)
    )
    satellites = (galaxies.host_id >= 0) & ~galaxies.is_central
    alone = make_mocks(halos, take(galaxies, satellites), SETTINGS, rng=np.random.default_rng(0))
    for name in SAMPLES:
        kind = np.full(len(getattr(alone, name)), TRACERS.index("satellites"))
        assert_equal(getattr(mocks, name), dataclasses.replace(getattr(alone, name), tracer=kind))
    # Our centrals sit still at the centre: without them no member is there.
    assert mocks.test.r_proj_comoving.min() > 1e-3


def test_members_by_group(universe):
    halos, galaxies = universe
    mocks = make_mocks(
        halos, galaxies, dataclasses.replace(SETTINGS, pure="fof"), rng=np.random.default_rng(0)
    )
    sample = mocks.test_pure
    groups = dict(zip(halos.halo_id, halos.fof_id, strict=True))
    expected = [np.sum(galaxies.fof_id == groups[h]) for h in sample.halo_id]
    np.testing.assert_array_equal(sample.n_galaxies, expected)
    assert np.all(sample.n_galaxies >= sample.n_true)
    assert np.any(sample.n_galaxies > sample.n_true)
    none = dataclasses.replace(galaxies, fof_id=np.full(len(galaxies), -1))
    with pytest.raises(ZwickyError, match="use pure = 'r200c'"):
        make_mocks(halos, none, dataclasses.replace(SETTINGS, pure="fof"), rng=np.random.default_rng(0))


def test_member_lists_share_groups_and_skip_strangers():
    lists = member_lists(np.array([5, -1, 5, 2]), np.array([2, 5, 9, -1, 5, 0]))
    assert lists.counts.tolist() == [2, 0, 2, 1]
    own = [lists.galaxy[f : f + c].tolist() for f, c in zip(lists.first, lists.counts, strict=True)]
    assert own == [[1, 4], [], [1, 4], [0]]
    assert member_lists(np.array([-1, -1]), np.array([3])).counts.tolist() == [0, 0]


def test_metadata(mocks):
    train = mocks.train
    assert train.meta["source"] == "synthetic"
    assert train.aperture_mpc == pytest.approx(2.35988, rel=1e-5)
    assert train.cylinder.aperture_mpc_h == pytest.approx(1.6)
    assert np.all(train.v_cut_kms == 2200.0)
    density_h3_mpc3 = train.tracer_density / train.cosmology.h**3
    assert np.all((density_h3_mpc3 > 0.003) & (density_h3_mpc3 < 0.02))
    assert np.all(train.tracer == TRACERS.index("all"))
    assert np.all(train.redshift_error_kms == 0)
    assert np.all(train.completeness == 1)
    assert (mocks.train.meta["catalogue"], mocks.train_pure.meta["catalogue"]) == ("contaminated", "pure")


def test_round_trip(mocks, tmp_path):
    write_mocks(tmp_path / "mocks", mocks, seed=0)
    back = read_mocks(tmp_path / "mocks")
    assert back.settings == mocks.settings
    for name in SAMPLES:
        assert_equal(getattr(back, name), getattr(mocks, name))
        assert getattr(back, name).meta == getattr(mocks, name).meta
    (tmp_path / "mocks" / "provenance.json").unlink()
    with pytest.raises(ZwickyError, match="no complete mocks"):
        read_mocks(tmp_path / "mocks")


def test_mocks_do_not_go_into_a_directory_of_other_things(mocks, tmp_path):
    (tmp_path / "provenance.json").write_text("of a universe")
    (tmp_path / "universe.toml").write_text("")
    with pytest.raises(ZwickyError, match="holds other things than mocks"):
        write_mocks(tmp_path, mocks)
    assert (tmp_path / "provenance.json").read_text() == "of a universe"


def test_a_flipped_bit_is_found_on_reading(mocks, tmp_path):
    write_mocks(tmp_path / "mocks", mocks)
    rng = np.random.default_rng(1)
    for name in ("train.parquet", "test_pure.parquet", "mocks.toml"):
        path = tmp_path / "mocks" / name
        good = path.read_bytes()
        for place in rng.integers(len(good), size=5):
            bad = bytearray(good)
            bad[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(bad)
            with pytest.raises(ZwickyError, match=f"{name}: is not what was written") as error:
                read_mocks(tmp_path / "mocks")
            assert "\n" not in str(error.value)
        path.write_bytes(good)
    read_mocks(tmp_path / "mocks")


def test_a_second_writer_is_refused(mocks, tmp_path):
    with exclusive(tmp_path / "mocks"), pytest.raises(ZwickyError, match="another zwicky is writing there"):
        write_mocks(tmp_path / "mocks", mocks)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_what_was_there(mocks, tmp_path, monkeypatch):
    tmp_path = tmp_path / "mocks"
    write_mocks(tmp_path, mocks)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(path, sample):
        raise OSError("disk full")

    monkeypatch.setattr("zwicky.mocks.storage.write_sample", full)
    with pytest.raises(OSError, match="disk full"):
        write_mocks(tmp_path, mocks)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert [path.name for path in tmp_path.parent.iterdir()] == ["mocks"]
    read_mocks(tmp_path)


def test_mistakes_are_named(universe):
    halos, galaxies = universe
    rng = np.random.default_rng(0)
    moved = dataclasses.replace(halos, snapshot=dataclasses.replace(halos.snapshot, redshift=0.5))
    with pytest.raises(ZwickyError, match=r"redshift = 0.5 and galaxies 0.117; give two tables"):
        make_mocks(moved, galaxies, SETTINGS, rng=rng)
    with pytest.raises(ZwickyError, match=r"no halo has log10 M200c >= 16 .* lower min_log10"):
        make_mocks(halos, galaxies, dataclasses.replace(SETTINGS, min_log10_m200c_h=16.0), rng=rng)
    with pytest.raises(ZwickyError, match="the train set is empty"):
        make_mocks(halos, galaxies, dataclasses.replace(SETTINGS, n_min=100000), rng=rng)
    field = take(galaxies, galaxies.host_id < 0)
    with pytest.raises(ZwickyError, match="no galaxy is left with tracers = 'satellites'"):
        make_mocks(halos, field, dataclasses.replace(SETTINGS, tracers="satellites"), rng=rng)
    with pytest.raises(ZwickyError, match="halo row 999 does not exist; give one from 0 to 149"):
        observe_one(halos, galaxies, 999, np.array([0, 0, 1.0]), SETTINGS)


def test_one_cluster_looked_at_closely(universe, mocks):
    halos, galaxies = universe
    for i in (0, len(mocks.train) - 1):
        h = row_of(halos, mocks.train, i)
        view = observe_one(halos, galaxies, h, mocks.train.direction[i], SETTINGS)
        one = mocks.train[i]
        np.testing.assert_allclose(view.v_los, one.v_los, atol=0.01)
        np.testing.assert_allclose(np.hypot(view.x_proj, view.y_proj), one.r_proj_comoving, atol=1e-4)
        np.testing.assert_array_equal(view.is_member, one.is_member)
        radius = np.sqrt(view.x_proj**2 + view.y_proj**2 + view.depth**2)
        assert np.all(radius[view.is_member] <= halos.r200c[h] * 1.001)
