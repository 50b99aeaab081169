import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import CNNSettings, MSigma, load_model
from zwicky.evaluation.crossval import cross_validate
from zwicky.io import write_sample

QUICK = CNNSettings(epochs=2, device="cpu")


@pytest.fixture(scope="module")
def samples(clusters):
    """Training and test samples in three folds."""
    train, test = clusters(300, seed=1), clusters(90, seed=2)
    return tuple(dataclasses.replace(s, fold=np.arange(len(s)) % 3) for s in (train, test))


def test_each_fold_is_weighed_by_a_fit_to_the_others(clusters, tmp_path):
    train, test = clusters(900, seed=1), clusters(300, seed=2)
    found = cross_validate("m_sigma", train, test, seed=1, workdir=tmp_path)
    for k in range(10):
        expected = (
            MSigma().fit(train[train.fold != k], rng=np.random.default_rng(0)).predict(test[test.fold == k])
        )
        assert np.array_equal(found.log10_m200c[test.fold == k], expected.log10_m200c)
    assert found.folds.tolist() == list(range(10))
    assert np.isfinite(found.log10_m200c).all()


def test_a_network_never_sees_its_test_fold(samples, tmp_path):
    """Halos of fold 2 made 10 times heavier in the training sample: its own predictions do not move."""
    train, test = samples
    heavier = np.where((train.fold == 2) & (train.log10_m200c < 14.5), 0.3, 0.0)
    changed = dataclasses.replace(train, log10_m200c=train.log10_m200c + heavier)
    options = {"settings": QUICK, "seed": 1, "workers": 1}
    first = cross_validate("cnn_1d", train, test, workdir=tmp_path / "a", **options).log10_m200c
    second = cross_validate("cnn_1d", changed, test, workdir=tmp_path / "b", **options).log10_m200c
    assert np.array_equal(first[test.fold == 2], second[test.fold == 2])
    assert not np.array_equal(first[test.fold == 1], second[test.fold == 1])


def test_workers_do_not_matter_and_a_second_call_computes_nothing(samples, tmp_path):
    options = {"settings": QUICK, "seed": 3}
    calls = []
    at_once = cross_validate(
        "cnn_1d",
        *samples,
        workdir=tmp_path / "two",
        workers=2,
        progress=lambda stage, done, total, text: calls.append((done, total)),
        **options,
    )
    alone = cross_validate("cnn_1d", *samples, workdir=tmp_path / "one", workers=1, **options)
    assert np.array_equal(at_once.log10_m200c, alone.log10_m200c)
    assert at_once.losses == alone.losses
    assert [len(curves["train"]) for curves in alone.losses] == [2, 2, 2]
    assert [len(curves["validation"]) for curves in alone.losses] == [2, 2, 2]
    assert calls == [(i, 6) for i in range(1, 7)]

    def never(stage, done, total, text):
        raise AssertionError(text)

    again = cross_validate("cnn_1d", *samples, workdir=tmp_path / "one", progress=never, **options)
    assert np.array_equal(again.log10_m200c, alone.log10_m200c)
    assert again.seconds.tolist() == alone.seconds.tolist()
    model = load_model(again.models[0])
    test = samples[1]
    assert np.array_equal(model.predict(test[test.fold == 0]).log10_m200c, alone.log10_m200c[test.fold == 0])


@pytest.mark.parametrize("change", [{"seed": 4}, {"settings": {"min_log10_m200c_h": 14.3}}, "data"])
def test_other_settings_or_data_are_computed_again(clusters, tmp_path, change):
    train, test = clusters(500, seed=1), clusters(50, seed=2)
    cross_validate("m_sigma", train, test, seed=3, workdir=tmp_path)
    if change == "data":
        train = dataclasses.replace(train, v_los=train.v_los * 0.9)
        change = {}
    folds = []
    options = {"seed": 3, **change}
    cross_validate(
        "m_sigma",
        train,
        test,
        workdir=tmp_path,
        progress=lambda *now: folds.append(now[1]),
        **options,
    )
    assert folds == list(range(1, 11))


SCRIPT = """
    import sys
    from zwicky.estimators import CNNSettings
    from zwicky.evaluation.crossval import cross_validate
    from zwicky.io import read_sample

    if __name__ == "__main__":
        train, test = (read_sample(path) for path in sys.argv[1:3])
        cross_validate(
            "cnn_1d", train, test, seed=3, workdir=sys.argv[3], workers=2,
            settings=CNNSettings(epochs=20, device="cpu"), progress=lambda *now: print(now[1], flush=True),
        )
"""


def test_kill_9_loses_nothing_and_leaves_no_orphans(clusters, tmp_path):
    train, test = clusters(2000, seed=1), clusters(90, seed=2)
    samples = tuple(dataclasses.replace(s, fold=np.arange(len(s)) % 3) for s in (train, test))
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(SCRIPT))
    paths = [str(tmp_path / name) for name in ("train.parquet", "test.parquet")]
    for path, sample in zip(paths, samples, strict=True):
        write_sample(path, sample)
    command = [sys.executable, str(script), *paths, str(tmp_path / "cv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        for line in process.stdout:
            if int(line) >= 5:
                process.kill()
                break
        group = process.pid
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        os.killpg(group, signal.SIGKILL)
        pytest.fail("worker processes outlived their parent by a minute")
    assert list((tmp_path / "cv").glob("fold_*/checkpoint.safetensors"))
    assert len(list((tmp_path / "cv").glob("*.hdf5"))) == 2  # the samples, which the killed call left
    options = {"settings": CNNSettings(epochs=20, device="cpu"), "seed": 3, "workers": 1}
    counted = []
    resumed = cross_validate(
        "cnn_1d",
        *samples,
        workdir=tmp_path / "cv",
        progress=lambda stage, done, total, text: counted.append(done),
        **options,
    )
    assert len(counted) <= 60 - 4
    assert not list((tmp_path / "cv").glob("*.hdf5"))
    whole = cross_validate("cnn_1d", *samples, workdir=tmp_path / "whole", **options)
    assert np.array_equal(resumed.log10_m200c, whole.log10_m200c)
    assert resumed.losses == whole.losses


def test_clusters_without_a_fold_are_refused(samples, tmp_path):
    train, test = samples
    unassigned = dataclasses.replace(test, fold=np.full(len(test), -1))
    with pytest.raises(ZwickyError, match=r"test cluster 1000 \(row 0\) has fold -1"):
        cross_validate("m_sigma", train, unassigned, seed=1, workdir=tmp_path)
    with pytest.raises(ZwickyError, match="fold 0 leaves no training clusters"):
        cross_validate("m_sigma", train[train.fold == 0], test, seed=1, workdir=tmp_path)
    with pytest.raises(ZwickyError, match="no clusters"):
        cross_validate("m_sigma", train, test[:0], seed=1, workdir=tmp_path)
