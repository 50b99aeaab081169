"""Training on universes: halos are split, a killed training goes on, and what is saved predicts."""

import dataclasses
import itertools

import numpy as np
import pytest

from synthetic_clusters import synthetic_clusters
from zwicky.errors import ZwickyError
from zwicky.estimators import load_model, read_provenance
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.evaluation import train_on_universes
from zwicky.evaluation.train_views import split_by_halo
from zwicky.mocks.conditions import SurveySettings
from zwicky.mocks.deep import views_of_sample
from zwicky.mocks.deep_universes import DeepSettings
from zwicky.universe import UniverseSettings, make_universe
from zwicky.universe.directory import universes_in

#: A universe of a second: its tracers are its particles, its halos have a dozen of them.
UNIVERSE = UniverseSettings(
    n_side=32, box_size_mpc_h=50.0, n_steps=16, n_substeps=2, redshifts=(0.4, 0.1), min_particles=10,
    tracer_density_h3_mpc3=32**3 / 50.0**3,
)  # fmt: skip
SETTINGS = PosteriorSettings(
    members=2, distilled_epochs=3, hidden=16, components=2, epochs=3, batch=64,
    range_log10_m200c_h=(12.5, 15.4), survey=SurveySettings(n_galaxies=(4.0, 40.0)),
)  # fmt: skip
DEEP = DeepSettings(range_log10_m200c_h=(12.6, 15.4), per_bin=300, most=60, min_particles=8, max_redshift=0.2)


@pytest.fixture(scope="module")
def universe(tmp_path_factory):
    pytest.importorskip("torch")
    return make_universe(UNIVERSE, tmp_path_factory.mktemp("universes") / "small")


class Killed(Exception):
    pass


@pytest.mark.parametrize("steps", [2, 5])  # of the ensemble, and of the network that learns from it
def test_a_killed_training_goes_on_and_its_model_predicts(universe, tmp_path, steps):
    done = itertools.count(1)

    def kill(stage, *rest):
        if "train" in stage and next(done) == steps:
            raise Killed

    def again(directory, **more):
        return train_on_universes(
            "posterior", [universe], directory, seed=3, settings=SETTINGS, deep=DEEP, held_out=0.3, **more
        )

    with pytest.raises(Killed):
        again(tmp_path / "killed", progress=kill)
    work = tmp_path / "killed.work"
    states = ["checkpoint", "checkpoint-distilled"][: 1 + steps // 4]
    assert sorted(path.name for path in work.iterdir()) == [*states, "views.safetensors"]
    stages = []
    again(tmp_path / "killed", progress=lambda stage, *rest: stages.append(stage))
    assert not any("universes" in stage for stage in stages)  # the views were kept
    assert not work.exists()
    again(tmp_path / "whole", floor_dex=0.03)
    killed, whole = load_model(tmp_path / "killed"), load_model(tmp_path / "whole")
    for name, values in whole.weights().items():
        assert np.array_equal(values, killed.weights()[name]), name
    assert whole.calibration == dataclasses.replace(killed.calibration, floor_dex=0.03)
    facts = read_provenance(tmp_path / "whole")
    assert facts["universes"] == ["small"]
    assert facts["calibration"]["held_out"] > 100
    sample = synthetic_clusters(20)
    p = whole.p_unlike(sample)
    assert np.all((p > 0) & (p <= 1))
    assert np.isfinite(whole.predict(sample).median).all()


def test_other_universes_calibrate_too(universe, tmp_path):
    other = make_universe(UNIVERSE.replace(seed=8), tmp_path / "others" / "other")
    assert universes_in(tmp_path / "others") == universes_in(other) == [other]

    def train(name, others, **more):
        told = {"settings": SETTINGS, "deep": DEEP, "held_out": 0.3, "calibrate_on": others} | more
        return train_on_universes("posterior", [universe], tmp_path / name, seed=3, **told)

    def kill(stage, *rest):
        if "train" in stage:
            raise Killed

    with pytest.raises(Killed):
        train("both", [other], progress=kill)
    assert (tmp_path / "both.work" / "calibrate_on.safetensors").exists()

    alone, both = train("alone", []), train("both", [other])
    facts = [read_provenance(path) for path in (alone, both)]
    assert facts[1]["calibrated_on"] == ["other"]
    assert facts[1]["calibration"]["held_out"] > 2 * facts[0]["calibration"]["held_out"]
    one, two = load_model(alone), load_model(both)
    assert one.calibration != two.calibration
    assert all(np.array_equal(one.weights()[name], two.weights()[name]) for name in one._weights)
    assert "--calibrate-on other" in (both / "MODEL_CARD.md").read_text()
    with pytest.raises(ZwickyError, match="are the same universe"):
        train("same", [universe])
    # Of an output without an earlier one nobody knows when galaxies fell in.
    with pytest.raises(ZwickyError, match=r"no output is earlier than that of z = 0\.4"):
        train("earliest", [], deep=dataclasses.replace(DEEP, max_redshift=1.3))
    (tmp_path / "others" / "half").mkdir()
    (tmp_path / "others" / "half" / "universe.toml").touch()
    with pytest.raises(ZwickyError, match="half: this universe is not finished"):
        universes_in(tmp_path / "others")
    with pytest.raises(ZwickyError, match="holds none"):
        universes_in(tmp_path / "nothing")


def test_no_halo_is_on_both_sides():
    views = views_of_sample(synthetic_clusters(400))
    views = dataclasses.replace(views, halo_id=np.arange(400) // 4)
    one, two = split_by_halo(views, 0.2, rng=np.random.default_rng(1))
    assert not set(one.halo_id) & set(two.halo_id)
    assert len(one) + len(two) == 400
    assert 30 < len(two) < 140
    row = np.flatnonzero(views.halo_id == two.halo_id[0])[0]
    first = slice(views.offsets[row], views.offsets[row + 1])
    assert np.array_equal(two.v_los[: two.offsets[1]], views.v_los[first])
    for share in (0.0, 1.0):
        with pytest.raises(ZwickyError, match="between 0 and 1"):
            split_by_halo(views, share, rng=np.random.default_rng(1))


def test_a_peak_is_on_one_side_at_all_outputs():
    views = views_of_sample(synthetic_clusters(300))
    # One box with ten halos an output, and twenty universes of one halo each.
    universe = np.where(np.arange(300) < 100, 0, 1 + np.arange(300) % 20)
    redshift = np.where(np.arange(300) < 100, np.arange(300) % 10, np.arange(300) // 20) * 0.1
    halo_id = np.where(universe > 0, 0, np.arange(300))
    views = dataclasses.replace(views, universe=universe, redshift=redshift, halo_id=halo_id)
    one, two = split_by_halo(views, 0.3, rng=np.random.default_rng(2))
    peaks = set(one.universe) & set(two.universe)
    assert peaks == {0}
    assert 2 <= len(set(two.universe)) <= 14


def test_an_estimator_of_mocks_is_refused(tmp_path):
    with pytest.raises(ZwickyError, match="learns from mocks"):
        train_on_universes("m_sigma", [tmp_path], tmp_path / "m", seed=1)
