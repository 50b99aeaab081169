import dataclasses

import numpy as np
import pytest
from scipy.stats import linregress

from synthetic_clusters import ALPHA, SCATTER_DEX, SIGMA15_KMS
from zwicky.errors import ZwickyError
from zwicky.estimators import MSigma, MSigmaSettings


@pytest.fixture(scope="module")
def pure(clusters):
    return clusters(4000, seed=3, interlopers=0, log10_m200c_h=(14, 15.2), v_cut=1e4)


def test_recovers_the_law_that_made_the_clusters(pure):
    fit = MSigma().fit(pure, rng=np.random.default_rng(0))
    assert fit.sigma15_kms == pytest.approx(SIGMA15_KMS, rel=0.01)
    assert fit.alpha == pytest.approx(ALPHA, abs=0.012)
    # The law's own scatter and that of a dispersion from N galaxies, 0.434 / sqrt(2 N).
    above = pure.log10_m200c_h >= 14.5
    noise = 0.434 * np.sqrt(np.mean(1 / (2 * (pure.n_galaxies[above] - 1))))
    assert fit.scatter_dex == pytest.approx(np.hypot(SCATTER_DEX, noise), rel=0.05)
    assert fit.n_fitted == above.sum()


def test_fit_equals_scipy_above_the_cut(pure):
    fit = MSigma(MSigmaSettings(min_log10_m200c_h=14.7)).fit(pure, rng=np.random.default_rng(0))
    rows = np.flatnonzero(pure.log10_m200c_h >= 14.7)
    sigma = [np.std(pure.v_los[pure.offsets[i] : pure.offsets[i + 1]].astype(float), ddof=1) for i in rows]
    line = linregress(pure.log10_m200c_h[rows] - 15, np.log10(sigma))
    assert fit.alpha == pytest.approx(line.slope, rel=1e-9)
    assert np.log10(fit.sigma15_kms) == pytest.approx(line.intercept, rel=1e-9)


def test_inversion(pure):
    """A cluster whose dispersion is sigma15 weighs 10^15 Msun/h; 2^alpha times that, twice as much."""
    fit = MSigma().fit(pure, rng=np.random.default_rng(0))
    one = pure[:1]
    sigma = np.std(one.v_los.astype(float), ddof=1)
    for factor, log10_mass_h in ((1.0, 15.0), (2**fit.alpha, 15.0 + np.log10(2))):
        scaled = dataclasses.replace(one, v_los=one.v_los * (factor * fit.sigma15_kms / sigma))
        found = fit.predict(scaled).log10_m200c[0] + np.log10(0.678)
        assert found == pytest.approx(log10_mass_h, abs=1e-5)


def test_too_few_massive_clusters(clusters):
    with pytest.raises(ZwickyError, match=r"0 different masses .* lower min_log10_m200c_h"):
        MSigma().fit(clusters(50, log10_m200c_h=(13.6, 14.2)), rng=np.random.default_rng(0))


def test_a_falling_relation_is_refused(pure):
    upside_down = dataclasses.replace(pure, log10_m200c=29.6 - pure.log10_m200c)
    with pytest.raises(ZwickyError, match="does not rise with mass"):
        MSigma().fit(upside_down, rng=np.random.default_rng(0))
