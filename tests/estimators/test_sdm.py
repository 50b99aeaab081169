"""`SDM1D` and `SDM2D`, beyond the contract of every estimator."""

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save_file

from zwicky.errors import ZwickyError
from zwicky.estimators import SDM1D, SDM2D, SDMSettings, load_model, save_model
from zwicky.estimators.sdm import blocks
from zwicky.estimators.sdm.divergence import divergences
from zwicky.evaluation import cross_validate
from zwicky.images.thinning import thinned
from zwicky.io.files import read_json, sha256_of, write_json

QUICK = SDMSettings(landmarks=200, widths=(0.5, 1.0), costs=(0.06, 0.25), tuning_clusters=300)
EXACT = dataclasses.replace(QUICK, projection="exact", tuning_clusters=100)


@pytest.fixture(scope="module")
def samples(clusters):
    return clusters(600, seed=1), clusters(200, seed=2)


def scatter(estimator, sample):
    return np.std(estimator.predict(sample).log10_m200c - sample.log10_m200c)


def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def fitted(samples):
    return SDM2D(QUICK).fit(samples[0], rng=rng())


def test_radii_help(samples, fitted):
    """The synthetic clusters' radii follow their masses, so two columns weigh better than one."""
    train, test = samples
    one = scatter(SDM1D(QUICK).fit(train, rng=rng()), test)
    assert scatter(fitted, test) < 0.9 * one < 0.9 * 0.3


@pytest.mark.parametrize("cls", [SDM1D, SDM2D])
def test_low_rank_with_every_landmark_weighs_like_exact(cls, samples):
    train, test = samples[0][:400], samples[1]
    one_choice = dataclasses.replace(EXACT, widths=(1.0,), costs=(0.06,))
    exact = cls(one_choice).fit(train, rng=rng())
    low = cls(dataclasses.replace(one_choice, projection="low_rank", landmarks=400)).fit(train, rng=rng())
    a, b = (e.predict(test).log10_m200c for e in (exact, low))
    assert scatter(low, test) == pytest.approx(scatter(exact, test), rel=0.1)
    assert np.std(a - b) < 0.4 * scatter(exact, test)


def test_exact_takes_inputs_of_the_test_sample_but_never_its_masses(samples, tmp_path):
    train, test = samples[0][:300], samples[1]
    fitted = SDM1D(EXACT).fit(train, rng=rng())
    expected = fitted.predict(test).log10_m200c
    unknown = dataclasses.replace(test, log10_m200c=np.full(len(test), np.nan))
    assert np.array_equal(fitted.predict(unknown).log10_m200c, expected)
    assert not np.array_equal(fitted.predict(test[:50]).log10_m200c, expected[:50])
    assert fitted.predict(test[:0]).log10_m200c.shape == (0,)
    save_model(tmp_path / "model", fitted, {})
    assert load_model(tmp_path / "model").predict(test).log10_m200c == pytest.approx(expected, abs=1e-3)


def test_thinned_clusters_of_any_number_are_weighed(samples, fitted):
    few = thinned(samples[1], 0.02, 0.1, at_least=2, rng=rng())
    assert few.n_galaxies.min() < 4
    assert np.isfinite(fitted.predict(few).log10_m200c).all()


def test_the_choice_is_kept_for_the_report(samples, fitted, tmp_path):
    save_model(tmp_path / "model", fitted, {})
    loaded = load_model(tmp_path / "model")
    assert loaded.choice == fitted.choice
    assert loaded.choice.width in QUICK.widths
    assert loaded.choice.cost in QUICK.costs
    # The error in cross-validation on training clusters foretells the error on others.
    assert fitted.choice.error == pytest.approx(scatter(fitted, samples[1]), rel=0.3)
    assert len(loaded.machine.known) == 200
    assert f"C = {fitted.choice.cost:g}" in repr(loaded)


def test_at_most_so_many_training_clusters(samples):
    fitted = SDM1D(dataclasses.replace(QUICK, max_training_clusters=100)).fit(samples[0], rng=rng())
    assert fitted.training.n_clusters == 100
    assert len(fitted.machine.known) == 100


def test_another_cylinder_is_refused(samples, fitted):
    train, test = samples
    with pytest.raises(ZwickyError, match=r"was cut at .* v_cut_kms = 1500"):
        fitted.predict(dataclasses.replace(test, v_cut_kms=np.full(len(test), 1500.0)))
    bare = dataclasses.replace(train, aperture_mpc=None, v_cut_kms=None)
    assert np.isfinite(SDM1D(QUICK).fit(bare, rng=rng()).predict(test).log10_m200c).all()


def test_mistakes_are_one_line(samples, fitted):
    train, test = samples
    with pytest.raises(ZwickyError, match="20 training clusters are too few"):
        SDM1D(QUICK).fit(train[:20], rng=rng())
    same = dataclasses.replace(train, log10_m200c=np.full(len(train), 14.2))
    with pytest.raises(ZwickyError, match=r"all training clusters have log10_m200c = 14\.2"):
        SDM1D(QUICK).fit(same, rng=rng())
    one = dataclasses.replace(train[np.zeros(60, int)], log10_m200c=train.log10_m200c[:60])
    one = dataclasses.replace(one, halo_id=np.arange(60))
    with pytest.raises(ZwickyError, match="do not differ"):
        SDM1D(QUICK).fit(one, rng=rng())
    v = test.v_los.copy()
    v[test.offsets[2]] = np.nan
    with pytest.raises(ZwickyError, match=r"cluster 1002 \(row 2\) has a galaxy whose v_los"):
        fitted.predict(dataclasses.replace(test, v_los=v))


def test_folds_share_blocks_and_a_killed_cross_validation_goes_on(samples, tmp_path, monkeypatch):
    """Of 5 x 5 pairs of folds each fold needs 4 x 4, both ways; all together need each pair once."""
    train, test = (dataclasses.replace(s, fold=np.arange(len(s)) % 5) for s in samples)
    calls = []

    def counted(x, y):
        calls.append((len(x), len(y)))
        if len(calls) == 40:
            raise KeyboardInterrupt
        return divergences(x, y)

    monkeypatch.setattr(blocks, "divergences", counted)
    options = {"seed": 3, "settings": QUICK, "workers": 2}
    with pytest.raises(KeyboardInterrupt):
        cross_validate("sdm_1d", train, test, workdir=tmp_path / "a", **options)
    assert len(list((tmp_path / "a" / "shared").iterdir())) == 39
    told = []
    found = cross_validate(
        "sdm_1d",
        train,
        test,
        workdir=tmp_path / "a",
        progress=lambda *now: told.append(now),
        **options,
    )
    assert len(calls) == 2 * 25 + 1
    assert [done for _, done, _, _ in told] == list(range(4, 16))
    assert told[-1] == ("folds", 15, 15, "fold 4, 3 of 3: regression")
    assert not (tmp_path / "a" / "shared").exists()
    whole = cross_validate("sdm_1d", train, test, workdir=tmp_path / "b", **options)
    assert np.array_equal(found.log10_m200c, whole.log10_m200c)
    assert np.std(found.log10_m200c - test.log10_m200c) < 0.3
    model = load_model(found.models[2])
    held_out = test.fold == 2
    assert np.array_equal(model.predict(test[held_out]).log10_m200c, found.log10_m200c[held_out])


@pytest.mark.parametrize("name", ["column_1", "offsets", "coefficients"])
@pytest.mark.parametrize("how", ["missing", "short"])
def test_weights_that_do_not_fit_together_are_refused(fitted, tmp_path, name, how):
    directory = tmp_path / "model"
    save_model(directory, fitted, {})
    weights = fitted.weights()
    weights[name] = weights[name][:-1].copy()
    if how == "missing":
        del weights[name]
    save_file(weights, directory / "weights.safetensors")
    facts = read_json(directory / "provenance.json")
    write_json(
        directory / "provenance.json",
        facts | {"weights_sha256": sha256_of(directory / "weights.safetensors")},
    )
    with pytest.raises(ZwickyError) as error:
        load_model(directory)
    assert "\n" not in str(error.value)
