import dataclasses
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import torch

from zwicky.errors import ZwickyError
from zwicky.estimators import CNN1D, CNN2D, CNNSettings, MSigma
from zwicky.tables import concatenate

QUICK = CNNSettings(epochs=4, device="cpu")


def seeded(seed=7):
    return np.random.default_rng(seed)


def same_weights(a, b):
    return all(np.array_equal(x, b.weights()[name]) for name, x in a.weights().items())


@pytest.fixture(scope="module")
def sample(clusters):
    return clusters(400, seed=1)


def test_beats_m_sigma_where_there_are_interlopers(clusters):
    """The paper's point: with the same galaxies, the networks' scatter is well below M-sigma's."""
    train, test = clusters(4000, seed=1, interlopers=25), clusters(1000, seed=2, interlopers=25)
    settings = CNNSettings(epochs=12, device="cpu")
    scatter = {}
    for estimator in (CNN1D(settings), CNN2D(settings), MSigma()):
        predicted = estimator.fit(train, rng=seeded()).predict(test).log10_m200c
        scatter[estimator.name] = np.std(predicted - test.log10_m200c)
    assert scatter["cnn_2d"] < scatter["cnn_1d"] < 0.75 * scatter["m_sigma"]


def test_loss_curves_fall_and_validation_changes_nothing(clusters, sample):
    with_curve = CNN2D(QUICK).fit(sample, rng=seeded(), validation=clusters(60, seed=5))
    without = CNN2D(QUICK).fit(sample, rng=seeded())
    assert same_weights(with_curve, without)
    assert len(with_curve.losses.train) == len(with_curve.losses.validation) == 4
    assert without.losses.validation == []
    assert with_curve.losses.train[-1] < 0.6 * with_curve.losses.train[0]
    assert with_curve.losses.validation[-1] < 0.6 * with_curve.losses.validation[0]


def test_number_of_torch_threads_does_not_matter(sample):
    before = torch.get_num_threads()
    first = CNN1D(QUICK).fit(sample, rng=seeded())
    torch.set_num_threads(3)
    second = CNN1D(QUICK).fit(sample, rng=seeded())
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
    assert same_weights(first, second)


def test_another_seed_gives_other_weights(sample):
    assert not same_weights(CNN1D(QUICK).fit(sample, rng=seeded(1)), CNN1D(QUICK).fit(sample, rng=seeded(2)))


def test_mirrored_training_teaches_the_symmetry(clusters):
    """Trained on positive velocities only, a network that mirrors them weighs negative ones as well."""
    sample = clusters(1500, seed=4)
    positive = dataclasses.replace(sample, v_los=np.abs(sample.v_los))
    negative = dataclasses.replace(sample, v_los=-np.abs(sample.v_los))
    scatter = {}
    for mirror in (True, False):
        settings = CNNSettings(epochs=8, mirror=mirror, device="cpu")
        estimator = CNN1D(settings).fit(positive, rng=seeded())
        scatter[mirror] = np.std(estimator.predict(negative).log10_m200c - sample.log10_m200c)
    assert scatter[True] < 0.6 * scatter[False]


class Stop(Exception):
    pass


@pytest.mark.parametrize("thin_min", [None, 0.3])
def test_interrupted_training_goes_on_to_the_same_weights(sample, tmp_path, thin_min):
    settings = dataclasses.replace(QUICK, thin_min=thin_min)
    whole = CNN2D(settings).fit(sample, rng=seeded())
    epochs = []

    def stop_after_two(stage, done, total, text):
        epochs.append(done)
        if done == 2:
            raise Stop

    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Stop):
        CNN2D(settings).fit(sample, rng=seeded(), checkpoint=checkpoint, progress=stop_after_two)
    resumed = CNN2D(settings).fit(
        sample,
        rng=seeded(),
        checkpoint=checkpoint,
        progress=lambda *now: epochs.append(now[1]),
    )
    assert epochs == [1, 2, 3, 4]
    assert same_weights(whole, resumed)
    assert resumed.losses == whole.losses


def test_a_checkpoint_of_other_training_is_not_continued(sample, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    CNN1D(QUICK).fit(sample, rng=seeded(1), checkpoint=checkpoint)
    for settings, seed in ((QUICK, 2), (dataclasses.replace(QUICK, batch=50), 1)):
        fresh = CNN1D(settings).fit(sample, rng=seeded(seed))
        found = CNN1D(settings).fit(sample, rng=seeded(seed), checkpoint=checkpoint)
        assert same_weights(fresh, found)


def test_a_broken_checkpoint_is_not_continued(sample, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    checkpoint.write_bytes(b"not a checkpoint")
    found = CNN1D(QUICK).fit(sample, rng=seeded(), checkpoint=checkpoint)
    assert same_weights(CNN1D(QUICK).fit(sample, rng=seeded()), found)


def test_kill_9_loses_nothing(clusters, sample, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            import numpy as np
            from zwicky.estimators import CNN1D, CNNSettings
            from zwicky.io import read_sample

            def slowly(stage, done, total, text):
                print(done, flush=True)
                time.sleep(0.3)

            CNN1D(CNNSettings(epochs=6, device="cpu")).fit(
                read_sample(sys.argv[1]),
                rng=np.random.default_rng(7),
                checkpoint=sys.argv[2],
                progress=slowly,
            )
            """
        )
    )
    from zwicky.io import write_sample

    write_sample(tmp_path / "sample.parquet", sample)
    checkpoint = tmp_path / "checkpoint.safetensors"
    command = [sys.executable, str(script), str(tmp_path / "sample.parquet"), str(checkpoint)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == 3:
                time.sleep(0.1)
                process.kill()
                break
    epochs = []
    settings = CNNSettings(epochs=6, device="cpu")
    resumed = CNN1D(settings).fit(
        sample,
        rng=seeded(),
        checkpoint=checkpoint,
        progress=lambda *now: epochs.append(now[1]),
    )
    assert epochs == [4, 5, 6]
    assert same_weights(CNN1D(settings).fit(sample, rng=seeded()), resumed)


def test_thinned_training_helps_where_galaxies_are_few(clusters):
    from zwicky.images.thinning import thinned

    train, test = clusters(3000, seed=1), clusters(500, seed=2)
    sparse = thinned(test, 0.25, 0.25, rng=seeded(3))
    bias = {}
    for thin_min in (None, 0.1):
        estimator = CNN2D(CNNSettings(epochs=10, thin_min=thin_min, device="cpu")).fit(train, rng=seeded())
        bias[thin_min] = np.sqrt(np.mean((estimator.predict(sparse).log10_m200c - sparse.log10_m200c) ** 2))
    assert bias[0.1] < bias[None]


def test_one_mass_is_refused(clusters, sample):
    flat = dataclasses.replace(sample, log10_m200c=np.full(len(sample), 14.5))
    with pytest.raises(ZwickyError, match="give a range"):
        CNN1D(QUICK).fit(flat, rng=seeded())


def test_another_cylinder_is_refused(sample):
    trained = CNN1D(dataclasses.replace(QUICK, epochs=1)).fit(sample, rng=seeded())
    narrow = dataclasses.replace(sample, v_cut_kms=np.full(len(sample), 1500.0))
    with pytest.raises(ZwickyError, match=r"v_cut_kms = 1500, the estimator looks at .* and 2200"):
        trained.predict(narrow)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_that_is_not_there_is_refused(sample):
    with pytest.raises(ZwickyError, match="no CUDA device"):
        CNN1D(dataclasses.replace(QUICK, device="cuda")).fit(sample, rng=seeded())


def test_a_last_short_batch_is_used(clusters):
    """101 clusters in batches of 100: the last cluster must still matter."""
    sample = clusters(101, seed=9)
    settings = CNNSettings(epochs=1, device="cpu")
    shorter = CNN1D(settings).fit(sample[:100], rng=seeded())
    doubled = CNN1D(settings).fit(concatenate([sample, sample[:99]]), rng=seeded())
    full = CNN1D(settings).fit(sample, rng=seeded())
    assert not same_weights(full, shorter)
    assert not same_weights(full, doubled)
