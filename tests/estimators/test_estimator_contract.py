"""What every estimator of the registry keeps to."""

import dataclasses

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import (
    CNNSettings,
    ErrorTable,
    Estimator,
    MassPosterior,
    PointEstimator,
    build_estimator,
    estimator_names,
    load_model,
    save_model,
)

pytestmark = pytest.mark.parametrize("name", estimator_names(), scope="module")


def build(name, epochs=None):
    """An estimator that learns in seconds; with `epochs` one that goes through its data so often at most."""
    small = {"members": 1, "hidden": 32, "components": 3, "batch": 64}
    quick = {
        "cnn_1d": CNNSettings(epochs=epochs or 3, device="cpu"),
        "cnn_2d": CNNSettings(epochs=epochs or 3, device="cpu"),
        "posterior": small | {"epochs": epochs or 25, "distilled_epochs": epochs or 0, "device": "cpu"},
    }
    return build_estimator(name, quick.get(name))


@pytest.fixture(scope="module")
def sample(clusters):
    return clusters(600, seed=1)


@pytest.fixture(scope="module")
def test_sample(clusters):
    return clusters(200, seed=2)


@pytest.fixture(scope="module")
def fitted(name, sample):
    return build(name).fit(sample, rng=np.random.default_rng(7))


def shuffled_galaxies(sample, rng):
    order = np.concatenate(
        [a + rng.permutation(b - a) for a, b in zip(sample.offsets[:-1], sample.offsets[1:], strict=True)]
    )
    members = {k: getattr(sample, k)[order] for k in ("v_los", "r_proj_comoving", "is_member")}
    return dataclasses.replace(sample, **members)


def test_predicts_a_mass_for_every_cluster(fitted, test_sample):
    prediction = fitted.predict(test_sample)
    assert isinstance(prediction, MassPosterior)
    assert prediction.log10_m200c.shape == (200,)
    assert prediction.log10_m200c.dtype == np.float64
    assert np.isfinite(prediction.log10_m200c).all()


def test_learns_the_mass(fitted, test_sample):
    predicted = fitted.predict(test_sample).log10_m200c
    assert np.corrcoef(predicted, test_sample.log10_m200c)[0, 1] > 0.6


def test_same_seed_same_masses(name, sample, test_sample):
    fits = [build(name, epochs=2).fit(sample, rng=np.random.default_rng(7)) for _ in range(2)]
    first, again = (fit.predict(test_sample).log10_m200c for fit in fits)
    assert np.array_equal(first, again)


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
    assert loaded.cylinder == fitted.cylinder == test_sample.cylinder
    assert loaded.losses == fitted.losses


def test_another_h_measures_the_same_mass_in_units_of_h(fitted, test_sample):
    """A redshift survey gives Mpc/h and hence Msun/h, whatever h its owner believes in."""
    ours = test_sample.cosmology
    theirs = ours.clone(H0=100.0, name="h1")
    ratio = ours.h / theirs.h
    same_sky = dataclasses.replace(
        test_sample,
        cosmology=theirs,
        r_proj_comoving=test_sample.r_proj_comoving * ratio,
        aperture_mpc=test_sample.aperture_mpc * ratio,
    )
    expected = fitted.predict(test_sample).log10_m200c + np.log10(ratio)
    # A median between the points of a grid that the shift does not map on itself.
    close = 1e-4 if isinstance(fitted, PointEstimator) else 3e-3
    assert fitted.predict(same_sky).log10_m200c == pytest.approx(expected, abs=close)


def test_unknown_masses_are_refused_in_training(name, sample):
    masses = sample.log10_m200c.copy()
    masses[3] = np.nan
    with pytest.raises(ZwickyError, match=r"cluster 1003 \(row 3\) has log10_m200c = nan") as error:
        build(name).fit(dataclasses.replace(sample, log10_m200c=masses), rng=np.random.default_rng(0))
    assert "\n" not in str(error.value)


def test_an_empty_sample_is_refused_in_training(name, sample):
    with pytest.raises(ZwickyError, match="no clusters"):
        build(name).fit(sample[:0], rng=np.random.default_rng(0))


def test_an_unfitted_estimator_says_so(name, test_sample):
    with pytest.raises(ZwickyError, match="not fitted"):
        build(name).predict(test_sample)
    assert "not" in repr(build(name))


def test_one_galaxy_is_refused(fitted, test_sample):
    keep = np.ones(test_sample.offsets[-1], bool)
    keep[test_sample.offsets[4] + 1 : test_sample.offsets[5]] = False
    with pytest.raises(ZwickyError, match=r"cluster 1004 \(row 4\)"):
        fitted.predict(test_sample.select_galaxies(keep))


def test_says_all_that_its_users_ask(name, fitted, sample):
    assert isinstance(fitted, Estimator)
    assert fitted.is_fitted
    assert not build(name).is_fitted
    assert fitted.name == name
    assert fitted.about
    assert isinstance(fitted.settings, fitted.settings_class)
    assert fitted.training.n_clusters == len(sample)
    assert fitted.training.log10_m200c_h == (sample.log10_m200c_h.min(), sample.log10_m200c_h.max())
    assert fitted.training.source == "synthetic clusters"


def test_progress_is_told_in_steps_and_a_checkpoint_is_taken(name, sample, tmp_path):
    told = []
    estimator = build(name, epochs=3)
    place = tmp_path / ("file" if estimator.own_process else "folder")
    tell = lambda *now: told.append(now[1:3])  # noqa: E731
    first = estimator.fit(sample, rng=np.random.default_rng(7), checkpoint=place, progress=tell)
    assert told == [(i + 1, estimator.steps) for i in range(estimator.steps)]
    again = build(name, epochs=3).fit(sample, rng=np.random.default_rng(7), checkpoint=place)
    assert all(np.array_equal(x, again.weights()[key]) for key, x in first.weights().items())


def test_a_sample_of_another_cylinder_is_a_fault(fitted, test_sample):
    cuts = test_sample.v_cut_kms.copy()
    cuts[[5, 9]] = 1500.0, np.nan
    narrow = dataclasses.replace(test_sample, v_cut_kms=cuts)
    assert list(fitted.faults(narrow)) == [5]
    with pytest.raises(ZwickyError, match=r"cluster 1005 \(row 5\) was cut at .* = 1500, the") as error:
        fitted.predict(narrow)
    assert "\n" not in str(error.value)


def test_points_get_their_width_from_cross_validated_errors(fitted, test_sample, tmp_path):
    """One way for all: without residuals no width is known; with them it is what the table says."""
    bare = fitted.predict(test_sample)
    if not isinstance(fitted, PointEstimator):
        assert bare.has_width.all()
        return
    assert not bare.has_width.any()
    assert np.array_equal(bare.cluster_id, test_sample.cluster_id)
    masses_h = test_sample.log10_m200c_h
    rng = np.random.default_rng(3)
    predicted = masses_h + rng.normal(0, 0.1, 200)
    table = ErrorTable.from_residuals(predicted, masses_h, test_sample.n_galaxies, test_sample.halo_id)
    save_model(tmp_path / "model", fitted, {})
    loaded = load_model(tmp_path / "model")
    loaded.errors = table
    save_model(tmp_path / "calibrated", loaded, {})
    found = load_model(tmp_path / "calibrated").predict(test_sample)
    assert np.array_equal(found.log10_m200c, bare.log10_m200c)
    inside = (found.log10_m200c > 13) & (found.log10_m200c < 15.5)
    expected = table.error_of(found.log10_m200c + np.log10(test_sample.cosmology.h), test_sample.n_galaxies)
    assert found.std[inside] == pytest.approx(expected[inside], rel=1e-3)
    assert found.median[inside] == pytest.approx(bare.log10_m200c[inside], abs=1e-3)
