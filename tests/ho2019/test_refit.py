"""M-sigma inside the bootstrap: the relation of each resample is the one that MSigma fits to it."""

import dataclasses

import numpy as np
import pytest

from zwicky.diagnostics import HaloGroups, residual_statistics, residuals
from zwicky.estimators import MSigmaSettings
from zwicky.evaluation.by_fold import fold_relations
from zwicky.ho2019.experiment import fit_relations
from zwicky.ho2019.refit import refits_of_relations
from zwicky.mocks import Mocks, MockSettings


def drawn(clusters, seed):
    """120 halos, two rows each; test clusters are those up to 10^15, two of which have no pure row."""
    train = clusters(240, seed=seed)
    halo = np.arange(240) // 2
    train = dataclasses.replace(train, halo_id=halo, fold=halo % 4)
    test = train[train.log10_m200c_h <= 15.0]
    pure = train.select_galaxies(train.is_member)
    return Mocks(train, test, pure, pure[train.log10_m200c_h <= 15.0][2:], MockSettings(n_folds=4))


@pytest.fixture(scope="module")
def mocks(clusters):
    return drawn(clusters, 3)


def relations(mocks):
    return fit_relations(mocks, MSigmaSettings(14.2))


@pytest.mark.parametrize("catalogue", ["contaminated", "pure"])
def test_every_halo_once_gives_the_residuals_of_the_cross_validation(mocks, catalogue):
    train, seen = {
        "contaminated": (mocks.train, mocks.test),
        "pure": (mocks.train_pure, mocks.test_pure),
    }[catalogue]
    refit = refits_of_relations(mocks, relations(mocks), seed=1)[f"m_sigma_{catalogue}"]
    halos = np.unique(mocks.train.halo_id)
    found = refit(halos, np.ones(len(halos), dtype=np.int64))
    expected = fold_relations(train, MSigmaSettings(14.2), seen.fold).weigh(seen)
    rows = np.isin(mocks.test.cluster_id, seen.cluster_id)
    assert np.isnan(found[~rows]).all()
    np.testing.assert_allclose(found[rows], residuals(expected, seen.log10_m200c), atol=1e-9)


def test_a_resample_is_the_relation_of_the_halos_drawn(mocks):
    """Independent of the sums: MSigma on a sample in which each halo stands as often as it was drawn."""
    refit = refits_of_relations(mocks, relations(mocks), seed=1)["m_sigma_contaminated"]
    groups = HaloGroups(mocks.train.halo_id)
    counts = np.random.default_rng(5).integers(0, 3, groups.n_halos)
    repeated = mocks.train[np.repeat(np.arange(len(mocks.train)), counts[groups.index])]
    expected = fold_relations(repeated, MSigmaSettings(14.2), mocks.test.fold).weigh(mocks.test)
    found = refit(groups.halos, counts)
    np.testing.assert_allclose(found, residuals(expected, mocks.test.log10_m200c), atol=1e-9)


def test_halos_that_only_the_fit_has_are_drawn_too(mocks):
    refit = refits_of_relations(mocks, relations(mocks), seed=1)["m_sigma_contaminated"]
    halos = np.unique(mocks.train.halo_id)[:100]
    once = np.ones(len(halos), dtype=np.int64)
    assert np.ptp([refit(halos, once)[0] for _ in range(5)]) > 0


def test_errors_are_those_of_samples_drawn_anew(clusters):
    """The spread of the scatter over independent samples, relation and all, is what the error should say."""

    def measured(seed):
        mocks = drawn(clusters, seed)
        refit = refits_of_relations(mocks, relations(mocks), seed=1)["m_sigma_contaminated"]
        epsilon = refit(np.unique(mocks.train.halo_id), np.ones(120, dtype=np.int64))
        rng = np.random.default_rng(seed)
        held = residual_statistics(epsilon, mocks.test.halo_id, rng=rng, n_resamples=100)
        fitted = residual_statistics(epsilon, mocks.test.halo_id, rng=rng, n_resamples=100, refit=refit)
        assert held.scatter == fitted.scatter
        return held.scatter, held.scatter_error, fitted.scatter_error

    scatters, held, fitted = np.array([measured(seed) for seed in range(100, 140)]).T
    truth = scatters.std(ddof=1)  # to 11 per cent
    assert np.mean(fitted) / truth == pytest.approx(1.0, abs=0.35)
    assert np.mean(held) < 0.95 * np.mean(fitted)
