"""Kernel, projection, regression, selection and blocks of the Support Distribution Machines."""

import numpy as np
import pytest
from sklearn.svm import SVR

from zwicky.errors import ZwickyError
from zwicky.estimators import SDMSettings
from zwicky.estimators.sdm import blocks
from zwicky.estimators.sdm.blocks import both_ways, groups_of, stored_divergences
from zwicky.estimators.sdm.divergence import clouds, divergences
from zwicky.estimators.sdm.projection import gaussian_kernel, landmark_map, positive_coordinates
from zwicky.estimators.sdm.regression import choose, fit_linear
from zwicky.estimators.sdm.selection import halo_thirds, landmark_rows, whole_halos


def made_clouds(n=60, seed=0):
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(10, 40, n))])
    spread = np.repeat(rng.uniform(0.3, 2.0, n), np.diff(offsets))
    return clouds((spread * rng.standard_normal(offsets[-1]),), offsets, 3, 1e-3)


@pytest.fixture(scope="module")
def kernel():
    """Of 60 clusters; indefinite."""
    made = made_clouds()
    found = divergences(made, made)
    return gaussian_kernel(found, found.T, 0.5)


def test_the_projection_clips_negative_eigenvalues(kernel):
    values, vectors = np.linalg.eigh(kernel.astype(float))
    assert (values < -0.01).sum() > 10
    expected = (vectors * np.maximum(values, 0)) @ vectors.T
    coordinates = positive_coordinates(kernel.copy())
    assert coordinates @ coordinates.T == pytest.approx(expected, abs=2e-3)
    assert coordinates.shape[1] <= (values > 0).sum()


def test_landmarks_fall_on_their_own_coordinates(kernel):
    """With every cluster a landmark the low-rank map is the exact projection."""
    mapped = kernel @ landmark_map(kernel)
    exact = positive_coordinates(kernel.copy())
    assert mapped @ mapped.T == pytest.approx(exact @ exact.T, abs=1e-3)


def test_the_line_is_the_support_vector_regression_of_the_kernel(kernel):
    coordinates = positive_coordinates(kernel.copy()).astype(float)
    target = np.random.default_rng(0).standard_normal(60)
    line = fit_linear(coordinates, target, 3.0, 0.2, seed=0)
    oracle = SVR(kernel="precomputed", C=3.0, epsilon=0.2, tol=1e-5).fit(coordinates @ coordinates.T, target)
    expected = oracle.predict(coordinates @ coordinates.T)
    assert line(coordinates) == pytest.approx(expected, abs=0.02)
    assert np.std(expected) > 0.2


def test_choose_finds_the_width_that_tells():
    rng = np.random.default_rng(1)
    target = rng.standard_normal(300)
    useless = rng.standard_normal((300, 2))
    choice = choose(
        lambda width: np.stack([target, target**2], axis=1) if width == 2.0 else useless,
        target,
        np.arange(300) % 3,
        (1.0, 2.0, 3.0),
        (1e-6, 1.0),
        0.1,
        seed=0,
    )
    assert (choice.width, choice.cost) == (2.0, 1.0)
    assert choice.error < 0.2


def test_halos_are_never_on_both_sides():
    halo_id = np.repeat(np.arange(50), 3)
    part = halo_thirds(halo_id, rng=np.random.default_rng(0))
    assert all(len(set(part[halo_id == halo])) == 1 for halo in range(50))
    assert np.bincount(part).min() >= 48
    alone = halo_thirds(np.full(30, -1), rng=np.random.default_rng(0))
    assert np.bincount(alone).tolist() == [10, 10, 10]
    with pytest.raises(ZwickyError, match="2 training halos"):
        halo_thirds(np.array([4, 4, 9]), rng=np.random.default_rng(0))


def test_a_subset_is_of_whole_halos():
    halo_id = np.repeat(np.arange(100), np.arange(100) % 4 + 1)
    rows = whole_halos(halo_id, 80, rng=np.random.default_rng(0))
    assert 70 < len(rows) <= 80
    taken, left = halo_id[rows], np.delete(halo_id, rows)
    assert not set(taken) & set(left)
    assert np.array_equal(whole_halos(halo_id, 1000, rng=np.random.default_rng(0)), np.arange(len(halo_id)))


def test_folds_share_landmarks():
    rng = np.random.default_rng(0)
    mass, fold = rng.uniform(13.5, 15, 500), np.arange(500) % 5
    without = [landmark_rows(mass[fold != k], fold[fold != k], 40) for k in (0, 1)]
    rows = [np.flatnonzero(fold != k) for k in (0, 1)]
    # Folds 2 to 4 are the last three in both.
    for a, b in zip(without[0][1:], without[1][1:], strict=True):
        assert np.array_equal(rows[0][a], rows[1][b])
        assert len(a) == 10
    chosen = mass[rows[0][without[0][0]]]
    assert np.ptp(chosen) > 0.95 * np.ptp(mass[fold == 1])


def test_blocks_are_the_matrix_and_are_computed_once(tmp_path, monkeypatch):
    made = made_clouds()
    whole = divergences(made, made)
    fold = np.arange(60) % 3
    calls = []

    def counted(x, y):
        calls.append((len(x), len(y)))
        return divergences(x, y)

    monkeypatch.setattr(blocks, "divergences", counted)
    landmarks = np.array([3, 5, 40])
    some = made[landmarks]
    there, back = both_ways(made, groups_of(fold), some, [np.array([0, 2]), np.array([1])], tmp_path)
    assert np.array_equal(there, whole[:, landmarks])
    assert np.array_equal(back, whole[landmarks].T)
    assert len(calls) == 12
    assert len(list(tmp_path.iterdir())) == 12
    again, _ = both_ways(made, groups_of(fold), some, [np.array([0, 2]), np.array([1])], tmp_path)
    assert np.array_equal(again, there)
    assert len(calls) == 12
    # A killed run lacks blocks: those alone are computed again.
    sorted(tmp_path.iterdir())[4].unlink()
    both_ways(made, groups_of(fold), some, [np.array([0, 2]), np.array([1])], tmp_path)
    assert len(calls) == 13


def test_a_block_of_other_clusters_or_another_k_is_another(tmp_path):
    made = made_clouds()
    stored_divergences(made, made, tmp_path)
    members = made.columns[0][: made.offsets[-1]]
    other_k = clouds((members,), made.offsets, 2, 1e-3)
    assert np.array_equal(stored_divergences(other_k, other_k, tmp_path), divergences(other_k, other_k))
    floored = clouds((members,), made.offsets, 3, 1e-2)
    stored_divergences(floored, floored, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 5}, "k = 5 is not allowed; give at least 1 and at most 4"),
        ({"projection": "half"}, "use one of low_rank, exact"),
        ({"widths": ()}, "widths"),
        ({"costs": (1.0, -1.0)}, "costs"),
        ({"landmarks": 3}, "landmarks = 3"),
        ({"min_distance": 0.0}, "min_distance"),
        ({"epsilon": -0.1}, "epsilon"),
        ({"tuning_clusters": 3}, "tuning_clusters"),
        ({"max_training_clusters": 3}, "max_training_clusters"),
    ],
)
def test_wrong_settings_are_named(change, message):
    with pytest.raises(ZwickyError, match=message):
        SDMSettings(**change)
