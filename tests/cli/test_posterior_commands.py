"""`zwicky predict`, `calibrate` and `stack` with a posterior as the model."""

import dataclasses
import json

import numpy as np
import pytest
from astropy.table import Table

from synthetic_clusters import synthetic_clusters
from zwicky.cli import main
from zwicky.estimators import MassPosterior, MSigma, build_estimator, load_model, save_model
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior_files import read_posterior, write_posterior
from zwicky.io.files import read_json
from zwicky.io.tabular import read_any
from zwicky.mocks.conditions import SurveySettings
from zwicky.mocks.deep import views_of_sample
from zwicky.survey import read_relation
from zwicky.survey.density import read_density

pytest.importorskip("torch")

SETTINGS = PosteriorSettings(
    members=1, distilled_epochs=0, hidden=24, components=2, epochs=12, batch=32, learning_rate=6e-3,
    range_log10_m200c_h=(13.2, 15.2), survey=SurveySettings(n_galaxies=(4.0, 60.0)),
)  # fmt: skip
DENSITY_H3 = 0.01


def clusters_of_one_density(n, seed):
    """Synthetic clusters whose galaxies are equally dense everywhere: their number speaks of the mass."""
    sample = synthetic_clusters(n, seed=seed, log10_m200c_h=(13.2, 15.2))
    return dataclasses.replace(sample, tracer_density=np.full(n, DENSITY_H3 * sample.cosmology.h**3))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Directories of a posterior and of an M-sigma relation, of the same clusters."""
    root, rng = tmp_path_factory.mktemp("models"), np.random.default_rng(1)
    sample = clusters_of_one_density(600, 1)
    posterior = build_estimator("posterior", SETTINGS).fit(sample, rng=rng)
    posterior.calibrate_views(views_of_sample(clusters_of_one_density(500, 2)), rng=rng, floor_dex=0.02)
    save_model(root / "posterior", posterior, {})
    save_model(root / "relation", MSigma().fit(sample, rng=rng), {})
    return root


@pytest.fixture
def zwicky(models, capsys):
    """Run a command with the posterior; returns its exit code, what it printed and what it said."""

    def run(command, *words, m_sigma=True):
        model = [f"--model={models / 'posterior'}"] if command != "stack" else []
        relation = [f"--m-sigma={models / 'relation'}"] if command == "predict" else []
        with pytest.raises(SystemExit) as stop:
            main([command, *map(str, words), *model, *relation])
        printed = capsys.readouterr()
        return stop.value.code, printed.out, printed.err

    return run


def write_clusters(path, sample, names=None):
    row = np.repeat(np.arange(len(sample)), sample.n_galaxies)
    names = np.array([f"c{i}" for i in range(len(sample))]) if names is None else names
    Table({"cluster_id": names[row], "r_proj": sample.r_proj_comoving, "v_los": sample.v_los}).write(path)


def test_columns_priors_densities_and_members(zwicky, models, tmp_path):
    write_clusters(tmp_path / "g.csv", clusters_of_one_density(6, 7))
    options = ["--comoving", "--redshift=0.117", f"--out={tmp_path / 'm.ecsv'}"]
    files = [f"--posterior={tmp_path / 'p.safetensors'}", f"--members={tmp_path / 'members.csv'}"]
    code, _, err = zwicky("predict", tmp_path / "g.csv", *options, *files)
    assert (code, err) == (0, "")
    table = read_any(tmp_path / "m.ecsv")
    for name in ("log10_m200c", "log10_m200c_hmf"):
        ends = [table[f"{name}{end}"] for end in ("_p025", "_p16", "", "_p84", "_p975")]
        assert np.all(np.diff(ends, axis=0) > 0)
        assert np.allclose(table[f"{name}_err"], 0.5 * (ends[3] - ends[1]))
    assert np.all(table["log10_m200c_hmf"] < table["log10_m200c"])
    assert np.all((table["p_unlike"] > 0) & (table["p_unlike"] <= 1))
    densities = read_posterior(tmp_path / "p.safetensors")
    assert np.allclose(densities.median, table["log10_m200c"])

    members = read_any(tmp_path / "members.csv")
    assert len(members) == table["n_galaxies"].sum()
    assert np.all((members["p_member"] > 0) & (members["p_member"] < 1))
    # By hand: the first cluster without its third galaxy.
    model = load_model(models / "posterior")
    one = clusters_of_one_density(6, 7)[0].in_cylinder(model.cylinder)
    one = dataclasses.replace(one, tracer_density=np.full(1, np.nan))
    without = one.select_galaxies(np.arange(len(one.r_proj_comoving)) != 2)
    shift = model.predict(one).median[0] - model.predict(without).median[0]
    assert members["influence_dex"][2] == pytest.approx(shift, abs=1e-4)

    code, _, _ = zwicky("predict", tmp_path / "g.csv", *options, "--prior=hmf", *files[:1])
    assert code == 0
    by_number = read_any(tmp_path / "m.ecsv")
    assert np.allclose(by_number["log10_m200c"], table["log10_m200c_hmf"])
    assert read_posterior(tmp_path / "p.safetensors").prior.name == "hmf"
    narrow = tmp_path / "narrow.csv"
    narrow.write_text("log10_m200c,density\n14.0,1\n14.5,1\n")
    code, _, _ = zwicky("predict", tmp_path / "g.csv", *options, f"--prior={narrow}")
    told = read_any(tmp_path / "m.ecsv")
    assert np.all((told["log10_m200c_p025"] >= 14.0) & (told["log10_m200c_p975"] <= 14.5))


def test_four_galaxies_are_enough_and_what_cannot_be_told_is_an_upper_limit(zwicky, tmp_path):
    rng = np.random.default_rng(4)
    r, v = rng.uniform(0.05, 2.0, 188), rng.normal(0, 60, 188)
    names = ["four", "three", "one", *(f"group{i}" for i in range(6))]
    ids = np.repeat(names, [4, 3, 1] + [30] * 6)
    Table({"cluster_id": ids, "r_proj": r, "v_los": v}).write(tmp_path / "g.csv")
    densities = tmp_path / "p.safetensors"
    words = ["--json", "--redshift=0.1", f"--posterior={densities}"]
    code, out, _ = zwicky("predict", tmp_path / "g.csv", *words)
    assert code == 0
    rows = json.loads(out)["clusters"]
    four, three, one = rows[:3]
    assert four["log10_m200c"] is not None
    assert "4 needed" in three["flag"]
    assert one["log10_m200c"] is None
    near = read_posterior(densities).cdf(13.2 - np.log10(0.678) + 0.1)
    for row, share in zip(rows, near, strict=True):
        assert ("upper limit" in row["flag"]) == (share > 0.16)


def test_nobody_can_be_weighed(zwicky, tmp_path):
    Table({"cluster_id": ["a", "b"], "r_proj": [1.0, 1.0], "v_los": [50.0, 60.0]}).write(tmp_path / "g.csv")
    members = f"--members={tmp_path / 'members.csv'}"
    code, out, _ = zwicky("predict", tmp_path / "g.csv", "--json", "--redshift=0.1", members)
    assert code == 0
    assert [row["log10_m200c"] for row in json.loads(out)["clusters"]] == [None, None]


def test_a_survey_is_calibrated_and_used(zwicky, tmp_path):
    # Half of the galaxies: the density is half, and the numbers are those that it was trained on.
    sample = clusters_of_one_density(60, 9)
    sample = sample.select_galaxies(np.random.default_rng(9).random(sample.offsets[-1]) < 0.5)
    write_clusters(tmp_path / "g.csv", sample)
    table, options = tmp_path / "m.ecsv", ["--comoving", "--redshift=0.117"]
    code, _, err = zwicky("predict", tmp_path / "g.csv", *options, f"--out={table}")
    assert code == 0
    assert "zwicky calibrate" in err
    alone = read_any(table)
    (tmp_path / "c.csv").write_text("cluster_id,z\n" + "".join(f"c{i},0.117\n" for i in range(60)))
    survey = tmp_path / "survey.toml"
    clusters = f"--clusters={tmp_path / 'c.csv'}"
    code, out, err = zwicky("calibrate", tmp_path / "g.csv", "--comoving", clusters, f"--out={survey}")
    assert code == 0, err
    assert "from 60 clusters: counts" in out
    prior = read_density(survey)
    assert abs(prior.log10_density - np.log10(0.5 * DENSITY_H3)) < 0.3
    code, _, err = zwicky("predict", tmp_path / "g.csv", *options, f"--survey={survey}", f"--out={table}")
    assert (code, err) == (0, "")
    with_counts = read_any(table)
    assert np.median(with_counts["log10_m200c_err"]) < np.median(alone["log10_m200c_err"])
    assert not np.allclose(with_counts["log10_m200c"], alone["log10_m200c"])
    code, out, _ = zwicky(
        "predict", tmp_path / "g.csv", *options, f"--density={0.5 * DENSITY_H3}", f"--out={table}"
    )
    assert code == 0
    given = read_any(table)["log10_m200c"]
    assert np.std(given - sample.log10_m200c) < 1.05 * np.std(alone["log10_m200c"] - sample.log10_m200c)


def test_clusters_are_stacked(zwicky, tmp_path):
    rng = np.random.default_rng(5)
    mass = np.repeat([14.0, 14.6], 30)
    measured = MassPosterior.from_gaussian(mass + 0.3 * rng.standard_normal(60), 0.3)
    write_posterior(tmp_path / "p.safetensors", measured)
    names = [f"c{i}" for i in range(60)]
    Table({"cluster_id": names, "n_galaxies": rng.integers(5, 50, 60)}).write(tmp_path / "m.ecsv")
    # In another order, and without the last five.
    rich = [f"c{i},{10 if i < 30 else 40}\n" for i in reversed(range(55))]
    (tmp_path / "r.csv").write_text("cluster_id,richness\n" + "".join(rich))
    words = [tmp_path / "m.ecsv", f"--posterior={tmp_path / 'p.safetensors'}"]
    values = [
        f"--values={tmp_path / 'r.csv'}",
        "--by=richness",
        "--edges=5,20,60",
        f"--out={tmp_path / 's.csv'}",
    ]
    code, out, _ = zwicky("stack", *words, *values)
    assert code == 0
    assert "5 clusters left out" in out
    table = read_any(tmp_path / "s.csv")
    assert table["n_clusters"].tolist() == [30, 25]
    assert table["log10_m200c_mean"] == pytest.approx([14.0, 14.6], abs=0.2)
    code, out, _ = zwicky("stack", *words, "--bins=3")
    assert (code, out.count("mean log10 M200c")) == (0, 3)
    for more, expected in (
        (["--by=richness"], "no column richness"),
        (["--edges=a,b"], "is no list of numbers"),
        (["--by=cluster_id"], "is not of numbers"),
    ):
        code, _, err = zwicky("stack", *words, *more)
        assert code == 2
        assert expected in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--density=0"], "density 0 is not allowed"),
        (["--density=0.01", "--survey=s.toml"], "leave out one of both"),
        (["--prior=none.csv"], "is no file; use flat, hmf, or a table"),
        (["--tracer=green"], "'green' is not known"),
        (["--redshift-error=-5"], "redshift_error_kms = -5"),
        (["--members=g.csv"], "is a table to read"),
        (["--members=m.doc"], "suffix '.doc'"),
    ],
)
def test_mistakes_are_one_line(zwicky, tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    write_clusters(tmp_path / "g.csv", clusters_of_one_density(2, 7))
    code, _, err = zwicky("predict", "g.csv", "--redshift=0.1", *words)
    assert code == 2
    assert expected in err
    assert err.count("\n") == 1


def test_only_a_posterior_takes_a_density(models, tmp_path, capsys):
    write_clusters(tmp_path / "g.csv", clusters_of_one_density(2, 7))
    relation = models / "relation"
    for words in (
        ["predict", tmp_path / "g.csv", "--redshift=0.1", "--density=0.01", f"--m-sigma={relation}"],
        ["calibrate", tmp_path / "g.csv", f"--out={tmp_path / 's.toml'}"],
    ):
        with pytest.raises(SystemExit) as stop:
            main([*map(str, words), f"--model={relation}"])
        assert stop.value.code == 2
        assert "m_sigma takes no density of galaxies" in capsys.readouterr().err


def test_a_relation_is_exported_for_cosmology(zwicky, models, tmp_path, monkeypatch):
    def views(directories, settings, **_):
        assert [path.name for path in directories] == ["box_1", "peak_1"]
        return views_of_sample(clusters_of_one_density(150, 11))

    histories = []
    monkeypatch.setattr("zwicky.mocks.deep_universes.views_of_universes", views)
    monkeypatch.setattr("zwicky.mocks.deep_universes.require_histories", lambda *of: histories.append(of))
    words = ["box_1", "peak_1", "--redshifts=0.1,0.12", f"--out={tmp_path / 'relation'}", "--looks=3"]
    told = ["--tracer=all", "--redshift-error=30"]
    code, out, err = zwicky("export", *words, *told, f"--density={0.5 * DENSITY_H3}")
    assert code == 0, err
    assert not histories  # of all galaxies nobody asks when they fell in
    assert "correlation with ln N" in out
    found = read_relation(tmp_path / "relation")
    assert found.redshift.tolist() == [0.1, 0.12]
    # Heavier clusters come out heavier, with more galaxies.
    low, high = np.searchsorted(found.log10_m200c, [14.0, 14.8])
    assert found.mean_pred[high, 0] > found.mean_pred[low, 0] + 0.3
    assert found.mean_ln_n[high, 0] > found.mean_ln_n[low, 0] + 0.5
    facts = read_json(tmp_path / "relation" / "provenance.json")
    assert facts["density"]["log10_density"] == pytest.approx(np.log10(0.5 * DENSITY_H3))
    assert facts["told"]["tracer"] == "all"
    for more, expected in (
        ([], "give --survey, by zwicky calibrate, or --density"),
        (["--density=0.01", "--redshifts=a"], "is no list of numbers"),
        (["--density=0.01", "--aperture=9"], "aperture = 9 is not allowed"),
        (["--density=0.01", "--tracer=green"], "'green' is not known"),
        (["--density=0.01", f"--survey={tmp_path / 's.toml'}"], "leave out one of both"),
    ):
        code, _, err = zwicky("export", *words, *more)
        assert code == 2
        assert expected in err
    assert histories
