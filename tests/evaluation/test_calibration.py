"""Posteriors hold what they say under the prior that the clusters were drawn from, and under no other."""

import dataclasses
import itertools

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import MassPosterior, mass_grid
from zwicky.evaluation import calibration, sample_prior
from zwicky.evaluation.calibration import reweighed, with_errors_of_training

NOISE = 0.25


@pytest.fixture(scope="module")
def steep(clusters):
    """1500 clusters above 10^14.2 Msun whose number falls tenfold in 0.46 dex, measured with noise."""
    sample = clusters(1500, interlopers=1)
    rng = np.random.default_rng(8)
    sample = dataclasses.replace(sample, log10_m200c=14.2 + np.minimum(rng.exponential(0.2, 1500), 1.2))
    return sample, MassPosterior.from_gaussian(sample.log10_m200c + NOISE * rng.standard_normal(1500), NOISE)


def test_the_samples_own_prior_is_the_one_that_holds(steep):
    sample, flat = steep
    own = reweighed(flat, sample_prior(sample, flat.grid))
    whole, _, by_mass = calibration(own, sample, seed=1)
    assert whole.inside == pytest.approx((0.68, 0.90, 0.95), abs=0.03)
    assert max(abs(np.array(whole.pit) - 0.1)) < 0.035
    # Also at fixed posterior mass, where a flat prior is wrong most.
    flat_by_mass = calibration(flat, sample, seed=1)[2]
    assert abs(by_mass[-1].coverage.median) < 0.05
    assert flat_by_mass[-1].coverage.median > 0.15
    assert flat_by_mass[0].coverage.median < -0.15


def test_a_prior_is_the_masses_of_the_other_folds(steep):
    sample, _ = steep
    prior = sample_prior(sample, mass_grid())
    density = np.exp(prior.log_density)
    step = 0.01  # of the grid
    inside = prior.grid > sample.log10_m200c.min() - step
    inside &= prior.grid < sample.log10_m200c.max() + step
    assert (density[:, ~inside] == 0).all()
    assert (density[:, inside] > 0).all()
    mean = (density * prior.grid).sum(axis=1) / density.sum(axis=1)
    assert mean == pytest.approx(np.full(len(sample), sample.log10_m200c.mean()), abs=0.04)
    # A cluster that stands alone in its fold says nothing to its own prior.
    lonely = dataclasses.replace(sample, fold=np.where(np.arange(len(sample)) == 7, 1, 0))
    heavy = lonely.log10_m200c.copy()
    heavy[7] = lonely.log10_m200c.max()
    one, other = (
        sample_prior(dataclasses.replace(lonely, log10_m200c=m), mass_grid())[[7]].log_density
        for m in (lonely.log10_m200c, heavy)
    )
    assert np.array_equal(one, other)


def test_bins_hold_about_as_many_clusters_each(steep):
    sample, flat = steep
    _, by_richness, by_mass = calibration(flat, sample, seed=1)
    for bins, values in ((by_richness, sample.n_galaxies), (by_mass, None)):
        assert len(bins) == 4
        assert sum(b.coverage.n for b in bins) == len(sample)
        assert all(a.high == b.low for a, b in itertools.pairwise(bins))
        assert values is None or (bins[0].low, bins[-1].high) == (values.min(), values.max())
    assert min(b.coverage.n for b in by_mass) > 370


def test_few_halos_have_no_bins(steep):
    sample, flat = steep
    few = dataclasses.replace(sample, halo_id=np.arange(len(sample)) // 20)  # 75 halos
    assert calibration(flat, few, seed=1)[1:] == ([], [])


def test_clusters_without_a_posterior_are_left_out(steep):
    sample, flat = steep
    some = flat[:300].spread(np.arange(300), len(sample))
    whole, by_richness, _ = calibration(some, sample, seed=1)
    assert whole.n == 300
    assert sum(b.coverage.n for b in by_richness) == 300
    with pytest.raises(ZwickyError, match="10 posteriors of 1500 clusters"):
        calibration(flat[:10], sample, seed=1)


def test_a_prior_that_leaves_nothing_leaves_no_posterior(steep):
    sample, flat = steep
    prior = sample_prior(sample, flat.grid)
    nothing = dataclasses.replace(prior, log_density=np.full(prior.log_density.shape, -np.inf))
    assert not reweighed(flat, nothing).has_width.any()


class Noisy:
    """Models of folds that are off by as much as they are told, by the cluster's fold."""

    def __init__(self, by_fold):
        self.by_fold, self.models = by_fold, dict.fromkeys(range(len(by_fold)))

    def weigh(self, sample):
        rng = np.random.default_rng(len(sample))
        return sample.log10_m200c + self.by_fold[sample.fold] * rng.standard_normal(len(sample))


def test_errors_are_those_of_other_folds(clusters):
    train, test = clusters(900, seed=1, interlopers=1), clusters(90, seed=2, interlopers=1)
    noise = np.full(10, 0.1)
    noise[4] = 0.5  # whose clusters are weighed badly: the errors of all others know it, its own do not
    found = with_errors_of_training(test.log10_m200c, test, Noisy(noise), train)
    width = found.std
    own, others = np.median(width[test.fold == 4]), np.median(width[test.fold != 4])
    assert own == pytest.approx(0.1, rel=0.15)
    assert others > 1.2 * own


def test_too_few_halos_give_no_errors(clusters):
    train = clusters(25, seed=1)
    found = with_errors_of_training(train.log10_m200c, train, Noisy(np.full(10, 0.1)), train)
    assert not found.has_width.any()
    assert np.array_equal(found.log10_m200c, train.log10_m200c)


def test_training_clusters_of_a_fold_without_test_clusters_are_left_out(clusters):
    train, test = clusters(400, seed=1, interlopers=1), clusters(40, seed=2, interlopers=1)
    test = test[test.fold < 6]
    models = Noisy(np.full(6, 0.1))  # weighing another fold would be an IndexError
    assert with_errors_of_training(test.log10_m200c, test, models, train).has_width.all()
