"""What conditions alone tell of the mass is divided out, and halos seen often count no more than others."""

import dataclasses

import numpy as np
import pytest

from synthetic_clusters import synthetic_clusters
from zwicky.estimators.posterior.looks import balanced_rows
from zwicky.estimators.posterior.settings import PosteriorSettings

torch = pytest.importorskip("torch")
from zwicky.estimators.posterior.evenness import Evenness  # noqa: E402
from zwicky.mocks.deep import views_of_sample  # noqa: E402

SPAN = (13.0, 15.0)
BINS = np.linspace(*SPAN, 11)


def skewed(n, rng):
    """Masses that are even where the first condition is -1, and a fifth as many below 14 where it is 1."""
    rich = rng.random(n) < 0.5
    mass = rng.uniform(*SPAN, n)
    kept = ~rich | (mass > 14.0) | (rng.random(n) < 0.2)
    known = np.stack([np.where(rich, 1.0, -1.0), rng.standard_normal(n)], axis=1)[kept].astype(np.float32)
    return known, mass[kept]


@pytest.fixture(scope="module")
def even():
    torch.manual_seed(1)
    return Evenness(*skewed(60_000, np.random.default_rng(1)), SPAN)


def shares(mass, weight):
    found, _ = np.histogram(mass, BINS, weights=weight)
    return found / found.mean()


@pytest.mark.parametrize("rich", [-1.0, 1.0])
def test_masses_are_even_at_each_condition(even, rich):
    known, mass = skewed(60_000, np.random.default_rng(2))
    weight, here = even.weight(known, mass), known[:, 0] == rich
    assert np.abs(shares(mass[here], weight[here]) - 1.0).max() < 0.12
    if rich > 0:
        assert shares(mass[here], None)[:4].max() < 0.5  # as they came they were not


def test_what_hardly_ever_comes_is_not_blown_up(even):
    known = np.full((3, 2), 1.0, dtype=np.float32)
    assert even.weight(known, np.array([13.1, 14.9, 14.5])).max() <= 8.0


def test_a_halo_that_was_viewed_often_is_drawn_as_often_as_another():
    sample = synthetic_clusters(60, seed=1, log10_m200c_h=(13.5, 13.59))
    views = views_of_sample(sample)
    halo = np.concatenate([np.zeros(40, dtype=np.int64), np.arange(1, 21)])
    views = dataclasses.replace(
        views, halo_id=halo, universe=np.zeros(60, dtype=np.int64), redshift=np.full(60, 0.1)
    )
    settings = PosteriorSettings(range_log10_m200c_h=(13.4, 13.6))
    drawn = [balanced_rows(views, settings, rng=np.random.default_rng(i)) for i in range(300)]
    count = np.bincount(halo[np.concatenate(drawn)], minlength=21)
    masses = np.floor((views.log10_m200c_h - 13.4) / 0.1)
    assert len(np.unique(masses)) == 1
    assert count[0] == pytest.approx(count[1:].mean(), rel=0.1)
    assert count.max() < 1.3 * count.min()
