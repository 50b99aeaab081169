"""Training and inference of CNN_2D: ours against the same network in Keras.

One fold is 9,000 clusters in batches of 100; epochs are timed after a first one, and ten folds of twenty
epochs are measured whole, starting processes and all.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.table import row
from benchmarks.toy import toy_clusters
from zwicky.estimators import CNN2D, CNNSettings
from zwicky.evaluation.crossval import cross_validate
from zwicky.images import phase_space_images
from zwicky.parallel import available_cores

EPOCHS = 4


def run(ten_folds: bool = True) -> list[dict]:
    """Time an epoch, inference, and (`ten_folds`) a whole cross-validation."""
    sample = toy_clusters(10_000)
    train = sample[sample.fold != 0]
    epoch, predict = _ours(train, sample)
    rows = [
        row("CNN_2D, an epoch of 9,000", "zwicky, one thread", epoch, "s", epoch),
        row("CNN_2D, images and inference", "zwicky", 1e6 * predict, "us a cluster", 1e6 * predict),
    ]
    keras_epoch = _keras(train)
    if keras_epoch is not None:
        rows.insert(1, row("CNN_2D, an epoch of 9,000", "Keras", keras_epoch, "s", epoch))
    if ten_folds:
        seconds = _ten_folds(sample)
        name = "CNN_2D, ten folds of 20 epochs"
        rows.append(row(name, f"zwicky, {available_cores()} processes", seconds, "s", seconds))
        if keras_epoch is not None:
            rows.append(row(name, "Keras, 200 epochs one by one", 200 * keras_epoch, "s", seconds))
    return rows


def _ours(train, test) -> tuple[float, float]:
    ends = []
    settings = CNNSettings(epochs=EPOCHS + 1, device="cpu")
    estimator = CNN2D(settings)
    estimator.fit(
        train, rng=np.random.default_rng(0), progress=lambda *progress: ends.append(time.perf_counter())
    )
    estimator.predict(test)
    start = time.perf_counter()
    estimator.predict(test)
    return float(np.diff(ends).min()), (time.perf_counter() - start) / len(test)


def _ten_folds(sample) -> float:
    with tempfile.TemporaryDirectory() as directory:
        start = time.perf_counter()
        cross_validate(
            "cnn_2d",
            sample,
            sample,
            seed=0,
            workdir=Path(directory),
            settings=CNNSettings(device="cpu"),
        )
        return time.perf_counter() - start


def _keras(train) -> float | None:
    """Seconds an epoch of the same network, loss, optimiser and constraints in Keras."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
    except ImportError as error:
        print(f"Keras is left out: {error}")
        return None
    inputs = phase_space_images(train, train.cylinder)
    n_cells = inputs.shape[1]
    inputs *= n_cells**2
    y = train.log10_m200c
    y = (y - y.min()) / (y.max() - y.min())
    layers = keras.layers
    limit = {"kernel_constraint": keras.constraints.MaxNorm(3.0, axis=0)}
    convolution = {"kernel_constraint": keras.constraints.MaxNorm(3.0, axis=(0, 1)), "padding": "same"}
    model = keras.Sequential(
        [
            keras.Input((n_cells, n_cells)),
            layers.Conv1D(24, 5, activation="relu", **convolution),
            layers.Conv1D(10, 3, activation="relu", **convolution),
            layers.MaxPooling1D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu", **limit),
            layers.Dense(64, activation="relu", **limit),
            layers.Dense(1, **limit),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    ends = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(inputs, y, batch_size=100, epochs=EPOCHS + 1, verbose=0, callbacks=[clock])
    return float(np.diff(ends).min())
