"""`zwicky survey`, `hats` and `evaluate --truth` as a person types them, with Dask's own workers."""

import json
import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest

from survey_on_disk import made_survey
from zwicky.cli import main

pytest.importorskip("lsdb")


@pytest.fixture
def zwicky(capsys):
    """Run a command; returns its exit code, what it printed and what it said."""

    def run(*words):
        with pytest.raises(SystemExit) as stop:
            main(list(map(str, words)))
        printed = capsys.readouterr()
        return stop.value.code, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = tmp_path_factory.mktemp("survey")
    galaxies, centres = made_survey()
    galaxies.to_csv(root / "galaxies.csv", index=False)
    (root / "galaxies").mkdir()
    galaxies.to_parquet(root / "galaxies" / "all.parquet", row_group_size=300)
    centres.to_csv(root / "centres.csv", index=False)
    return root


def masses_of(out):
    frame = pd.concat([pd.read_parquet(path) for path in sorted(out.rglob("Npix*.parquet"))])
    return frame.drop(columns="_healpix_29").sort_values("cluster_id", ignore_index=True)


def test_from_a_table_to_masses_with_two_workers(files, zwicky, tmp_path):
    options = ("--model", "cnn_1d", "--recentre")
    code, said, heard = zwicky(
        "hats", files / "galaxies.csv", "--out", tmp_path / "galaxies_hats", "--workers", 1, "--max-rows", 400
    )
    assert code == 0, heard
    assert "rows" in said
    assert len(list((tmp_path / "galaxies_hats").rglob("Npix*.parquet"))) > 3
    given = ("--clusters", files / "centres.csv", *options, "--max-centres", 5)
    hats = tmp_path / "galaxies_hats"
    code, said, heard = zwicky("survey", hats, *given, "--out", tmp_path / "a", "--dry-run")
    assert code == 0, heard
    assert "partitions" in heard
    assert "GB a worker" in heard
    assert not (tmp_path / "a").exists()
    code, said, heard = zwicky("survey", hats, *given, "--out", tmp_path / "a", "--workers", 2)
    assert code == 0, heard
    assert "clusters weighed" in said
    code, _, heard = zwicky("survey", files / "galaxies", *given, "--out", tmp_path / "b", "--workers", 0)
    assert code == 0, heard
    # The masses of one table, bit for bit.
    code, _, heard = zwicky(
        "predict", files / "galaxies.csv", "--clusters", files / "centres.csv", *options,
        "--out", tmp_path / "one.parquet",
    )  # fmt: skip
    assert code == 0, heard
    one = pd.read_parquet(tmp_path / "one.parquet").sort_values("cluster_id", ignore_index=True)
    for out in ("a", "b"):
        found = masses_of(tmp_path / out)
        for name in one.columns:
            assert np.array_equal(
                one[name].to_numpy(), found[name].to_numpy(), equal_nan=one[name].dtype.kind == "f"
            ), name
    truth = one[["cluster_id", "log10_m200c"]]
    truth.assign(log10_m200c=truth.log10_m200c - 0.1).to_parquet(tmp_path / "truth.parquet")
    code, said, heard = zwicky(
        "evaluate", tmp_path / "a", "--truth", tmp_path / "truth.parquet", "--out", tmp_path / "r.json"
    )
    assert code == 0, heard
    assert "median +0.100, scatter 0.000" in said
    numbers = json.loads((tmp_path / "r.json").read_text())
    assert numbers["all"]["n"] == np.isfinite(one.log10_m200c).sum()


def test_a_worker_that_is_killed_changes_nothing(files, tmp_path, monkeypatch):
    from zwicky.estimators import load_model
    from zwicky.processes.dask_workers import dask_client
    from zwicky.survey import Observing
    from zwicky.survey.wide import plan_survey, weigh_survey
    from zwicky.survey.wide.task import Weighing

    observing = Observing(cosmology="ho2019")
    plan = plan_survey(
        files / "galaxies", files / "centres.csv", load_model("m_sigma"), observing, max_centres=1
    )
    weighing = Weighing("m_sigma", "m_sigma", observing)
    weigh_survey(plan, weighing, tmp_path / "calm")
    with dask_client(2, None) as client:
        victims = [worker["id"] for worker in client.scheduler_info()["workers"].values()]
        assert len(victims) == 2
        pid = next(iter(client.run(os.getpid).values()))
        done = []

        def kill():
            while len(done) < 3:
                time.sleep(0.01)
            os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        weigh_survey(
            plan, weighing, tmp_path / "killed", client=client, progress=lambda *told: done.append(told)
        )
        killer.join()
    pd.testing.assert_frame_equal(
        masses_of(tmp_path / "killed"), masses_of(tmp_path / "calm"), check_exact=True
    )


def test_mistakes_are_one_line(files, zwicky, tmp_path):
    centres = ("--clusters", files / "centres.csv")
    for words, expected in (
        (("--workers", 1, "--scheduler", "tcp://x:1"), "leave out one of both"),
        (("--model", "nothing"), "nothing"),
        (("--m-sigma", "cnn_1d"), "is not an M-sigma relation"),
        (("--prior", "nothing"), "is no file"),
    ):
        code, _, heard = zwicky("survey", files / "galaxies", *centres, "--out", tmp_path / "o", *words)
        assert code == 2
        assert expected in heard
        assert heard.count("\n") == 1
    code, _, heard = zwicky("survey", files / "galaxies", *centres, "--out", files / "galaxies" / "o")
    assert code == 2
    assert "is to be read" in heard
    code, _, heard = zwicky("hats", tmp_path / "none.csv", "--out", tmp_path / "o")
    assert code == 2
    assert "is no file; give tables" in heard


def test_without_the_extra_a_line_says_what_to_install(files, zwicky, tmp_path, monkeypatch):
    import zwicky.extras as extras

    find = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "lsdb" else find(name))
    centres = ("--clusters", files / "centres.csv", "--out", tmp_path / "o")
    code, _, heard = zwicky("survey", files / "galaxies", *centres)
    assert code == 2
    assert "weighing a survey needs lsdb, which is not installed: pip install 'zwicky[survey]'" in heard
