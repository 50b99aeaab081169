"""What every estimator of the registry keeps to."""

import dataclasses

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import ESTIMATORS, CNNSettings, Prediction, build_estimator, load_model, save_model
from zwicky.images import paper_images

pytestmark = pytest.mark.parametrize("name", sorted(ESTIMATORS), scope="module")


def build(name):
    quick = CNNSettings(epochs=3, device="cpu") if name.startswith("cnn") else None
    return build_estimator(name, paper_images(h=0.678), quick)


@pytest.fixture(scope="module")
def sample(clusters):
    return clusters(600, seed=1)


@pytest.fixture(scope="module")
def test_sample(clusters):
    return clusters(200, seed=2)


@pytest.fixture(scope="module")
def fitted(name, sample):
    return build(name).fit(sample, np.random.default_rng(7))


def shuffled_galaxies(sample, rng):
    order = np.concatenate(
        [a + rng.permutation(b - a) for a, b in zip(sample.offsets[:-1], sample.offsets[1:], strict=True)]
    )
    members = {k: getattr(sample, k)[order] for k in ("v_los", "r_proj", "is_member")}
    return dataclasses.replace(sample, **members)


def test_predicts_a_mass_for_every_cluster(fitted, test_sample):
    prediction = fitted.predict(test_sample)
    assert isinstance(prediction, Prediction)
    assert prediction.log10_m200c.shape == (200,)
    assert prediction.log10_m200c.dtype == np.float64
    assert np.isfinite(prediction.log10_m200c).all()


def test_learns_the_mass(fitted, test_sample):
    predicted = fitted.predict(test_sample).log10_m200c
    assert np.corrcoef(predicted, test_sample.log10_m200c)[0, 1] > 0.6


def test_same_seed_same_masses(name, fitted, sample, test_sample):
    again = build(name).fit(sample, np.random.default_rng(7))
    assert np.array_equal(again.predict(test_sample).log10_m200c, fitted.predict(test_sample).log10_m200c)


def test_order_of_clusters_and_galaxies_does_not_matter(fitted, test_sample):
    rng = np.random.default_rng(0)
    order = rng.permutation(len(test_sample))
    expected = fitted.predict(test_sample).log10_m200c
    found = fitted.predict(shuffled_galaxies(test_sample, rng)[order]).log10_m200c
    assert found == pytest.approx(expected[order], abs=1e-4)


def test_a_cluster_is_weighed_alone_as_in_company(fitted, test_sample):
    alone = [fitted.predict(test_sample[i]).log10_m200c[0] for i in range(3)]
    assert alone == pytest.approx(fitted.predict(test_sample).log10_m200c[:3], abs=1e-5)
    assert fitted.predict(test_sample[:0]).log10_m200c.shape == (0,)


def test_saved_and_loaded_predicts_the_same(fitted, test_sample, tmp_path):
    save_model(tmp_path / "model", fitted, {"seed": 7})
    loaded = load_model(tmp_path / "model")
    assert type(loaded) is type(fitted)
    assert np.array_equal(loaded.predict(test_sample).log10_m200c, fitted.predict(test_sample).log10_m200c)
    assert repr(loaded) == repr(fitted)
    assert loaded.training == fitted.training


def test_another_h_measures_the_same_mass_in_units_of_h(fitted, test_sample):
    """A redshift survey gives Mpc/h and hence Msun/h, whatever h its owner believes in."""
    ours = test_sample.cosmology
    theirs = ours.clone(H0=100.0, name="h1")
    ratio = ours.h / theirs.h
    same_sky = dataclasses.replace(
        test_sample,
        cosmology=theirs,
        r_proj=test_sample.r_proj * ratio,
        meta={**test_sample.meta, "aperture_mpc": test_sample.meta["aperture_mpc"] * ratio},
    )
    expected = fitted.predict(test_sample).log10_m200c + np.log10(ratio)
    assert fitted.predict(same_sky).log10_m200c == pytest.approx(expected, abs=1e-4)


def test_unknown_masses_are_refused_in_training(name, sample):
    masses = sample.log10_m200c.copy()
    masses[3] = np.nan
    with pytest.raises(ZwickyError, match=r"cluster 1003 \(row 3\) has log10_m200c = nan") as error:
        build(name).fit(dataclasses.replace(sample, log10_m200c=masses), np.random.default_rng(0))
    assert "\n" not in str(error.value)


def test_an_empty_sample_is_refused_in_training(name, sample):
    with pytest.raises(ZwickyError, match="no clusters"):
        build(name).fit(sample[:0], np.random.default_rng(0))


def test_an_unfitted_estimator_says_so(name, test_sample):
    with pytest.raises(ZwickyError, match=r"not (fitted|trained)"):
        build(name).predict(test_sample)
    assert "not" in repr(build(name))


def test_one_galaxy_is_refused(fitted, test_sample):
    keep = np.ones(test_sample.offsets[-1], bool)
    keep[test_sample.offsets[4] + 1 : test_sample.offsets[5]] = False
    with pytest.raises(ZwickyError, match=r"cluster 1004 \(row 4\)"):
        fitted.predict(test_sample.select_galaxies(keep))
