"""A posterior of one's own from somebody's snapshot, in two commands."""

import dataclasses

import numpy as np
import pytest

from foreign_universe import made_simulation, write_rockstar, write_universe_machine
from synthetic_clusters import synthetic_clusters
from zwicky.cli import main
from zwicky.estimators import load_model, read_provenance
from zwicky.tables import TRACERS

pytest.importorskip("torch")

TRAINING = """
members = 2
distilled_epochs = 2
hidden = 16
components = 2
epochs = 3
batch = 64
range_log10_m200c_h = [13.0, 15.2]

[survey]
n_galaxies = [4.0, 40.0]
"""
#: As docs/howto/bring_your_simulation.md has it: galaxies have a speed and a concentration of their own.
OF_GALAXIES = """tracer_shares = [1.0, 0.0, 0.0]
velocity_bias = [1.0, 1.0]
velocity_bias_slope = [0.0, 0.0]
bright_drop = [0.0, 0.0]
concentration = [1.0, 1.0]
interlopers = [1.0, 1.0]
"""
VIEWS = "range_log10_m200c_h = [13.0, 15.2]\nper_bin = 200\nmin_particles = 8\n"


def zwicky(*words):
    with pytest.raises(SystemExit) as stop:
        main([*map(str, words)])
    return stop.value.code


def test_snapshot_to_posterior(tmp_path, capsys):
    simulation = made_simulation()
    halos = write_rockstar(tmp_path / "out_5.list", simulation)
    galaxies = write_universe_machine(tmp_path / "sfr_catalog_0.800000.bin", simulation)
    (tmp_path / "training.toml").write_text(TRAINING)
    (tmp_path / "views.toml").write_text(VIEWS)
    assert zwicky("import", "--halos", halos, "--galaxies", galaxies, "--out", tmp_path / "mine") == 0
    train = (
        "train", tmp_path / "mine", "--estimator", "posterior", "--config", tmp_path / "training.toml",
        "--views", tmp_path / "views.toml", "--floor-dex", "0.02", "--out", tmp_path / "model",
    )  # fmt: skip
    # One snapshot tells nobody when its galaxies fell in.
    capsys.readouterr()
    assert zwicky(*train) == 2
    assert "no output is earlier than that of z = 0.25" in capsys.readouterr().err
    (tmp_path / "training.toml").write_text(TRAINING + OF_GALAXIES)
    assert zwicky(*train) == 0
    model = load_model(tmp_path / "model")
    assert model.calibration.floor_dex == 0.02
    assert read_provenance(tmp_path / "model")["universes"] == ["mine"]
    assert "| kind of tracer | all; not told" in (tmp_path / "model" / "MODEL_CARD.md").read_text()
    sample = synthetic_clusters(20)
    assert np.isfinite(model.predict(sample).median).all()
    red = dataclasses.replace(sample, tracer=np.full(20, TRACERS.index("red"), dtype=np.int8))
    assert "said to be of red galaxies" in model.faults(red)[0]
