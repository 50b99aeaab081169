"""What people do to commands without meaning to: one line each, before any work and with nothing lost."""

import os

import numpy as np
import pandas as pd
import pytest
from kill_cases import write_galaxies
from safetensors.numpy import load_file, save_file

from survey_on_disk import made_survey
from synthetic_clusters import synthetic_clusters
from zwicky.cli import main
from zwicky.cosmology import comoving_transverse_mpc, paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io.files import write_json

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices of Unix")

PREDICT = "predict g.csv --redshift 0.1 --model m_sigma"
STACK = "stack m.ecsv --posterior p.safetensors"
TRUTH = "evaluate m.ecsv --out r.json --truth"
EXPORT = "export u --out relation --density 0.01"
SURVEY = "survey sky --clusters centres.csv --model m_sigma --workers 0 --out o"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Tables, some of them odd, a folder, a pipe, and what `zwicky predict` wrote."""
    root = tmp_path_factory.mktemp("careless")
    before = os.getcwd()
    os.chdir(root)
    write_galaxies(root / "g.csv", synthetic_clusters(4, seed=2, interlopers=2))
    galaxies, centres = made_survey(n=8)
    (root / "sky").mkdir()
    galaxies.to_parquet("sky/a.parquet")
    galaxies.to_csv("galaxies.csv", index=False)
    centres.to_csv("centres.csv", index=False)
    centres.assign(z=[1e30, *centres.z[1:]]).to_csv("far.csv", index=False)
    (root / "relation" / "other").mkdir(parents=True)
    os.mkfifo("pipe.csv")
    for name, rows in {
        "text": ["c0,much"],
        "twice": ["c0,14", "c0,15"],
        "masses": ["c0,3e14", "c1,1e14"],
        "infinite": ["c0,inf", "c1,nan"],
        "strange": ["q0,14", "q1,14"],
    }.items():
        (root / f"{name}.csv").write_text("\n".join(["cluster_id,log10_m200c", *rows]) + "\n")
    (root / "flat.csv").write_text("ra,dec,z\n" + "10,20,0.1\n" * 20)
    (root / "steep.toml").write_text("log10_density = -2.0\ntrend = 1e300\n")
    (root / "before.toml").write_text("log10_density = -2.0\npivot_redshift = -1.0\n")
    run("predict g.csv --redshift 0.1 --out m.ecsv --posterior p.safetensors")
    arrays = load_file("p.safetensors")
    for name, change in {"falling": arrays["grid"][::-1].copy(), "empty": arrays["grid"][:0]}.items():
        width = {"log_density": arrays["log_density"][:, : len(change)]}
        save_file(arrays | {"grid": change} | width, f"{name}.safetensors", {"prior": "flat"})
    os.chdir(before)
    return root


def run(command):
    with pytest.raises(SystemExit) as end:
        main([word if word != "''" else "" for word in command.split()])
    return end.value.code or 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"{PREDICT} --posterior ''", "is a directory; give the name of a file"),
        (f"{PREDICT} --posterior sky", "is a directory; give the name of a file"),
        (f"{PREDICT} --out pipe.csv", "is a device or a pipe, which would be replaced"),
        (f"{PREDICT} --posterior /dev/zero", "is a device or a pipe, which would be replaced"),
        ("predict g.csv --redshift 0.1 --survey steep.toml", "trend of -100 to 100"),
        ("predict g.csv --redshift 0.1 --survey before.toml", "a redshift of 0 to 20"),
        (f"{STACK} --by log10_m200c", "sort clusters by their errors"),
        (f"{STACK} --edges nan,inf", "do not rise"),
        ("stack m.ecsv --posterior falling.safetensors", "no rising grid; make it again"),
        ("stack m.ecsv --posterior empty.safetensors", "no rising grid; make it again"),
        (f"{TRUTH} text.csv", "text.csv: log10_m200c is not of numbers"),
        (f"{TRUTH} twice.csv", "a cluster_id comes twice"),
        (f"{TRUTH} masses.csv", "3e+14 is no log10 of a mass in Msun"),
        (f"{TRUTH} infinite.csv", "inf is no log10 of a mass in Msun"),
        (f"{TRUTH} strange.csv", "has none of the clusters"),
        (f"{EXPORT} --redshifts 0.3,0.1", "do not rise from above 0"),
        (f"{EXPORT} --redshifts nan", "do not rise from above 0"),
        (EXPORT, "holds other things than an exported relation (other)"),
        (f"{SURVEY} --merge-arcsec nan", "is not between 0 and 60; give another"),
        (f"{SURVEY} --tracer green", "use one of all, red, blue"),
        (f"{SURVEY} --redshift-error -4", "give km/s of at least 0"),
        (f"{SURVEY} --columns z=nothing", "--columns z=nothing: no such column; there are ra, dec, z"),
        ("survey sky --clusters centres.csv --out relation", "holds other things than a survey's masses"),
        ("survey sky --clusters centres.csv --out g.csv", "a file stands in the way"),
    ],
)
def test_a_mistake_is_one_line(folder, monkeypatch, capsys, command, said):
    monkeypatch.chdir(folder)
    if command.startswith("survey"):
        pytest.importorskip("lsdb")
    before = sorted(os.listdir("."))
    assert run(command) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("zwicky: ")
    assert said in lines[0]
    assert sorted(os.listdir(".")) == before


def test_a_cluster_beyond_the_universe_is_flagged_and_the_others_are_weighed(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run("predict galaxies.csv --clusters far.csv --model m_sigma --out far.parquet") == 0
    found = pd.read_parquet("far.parquet")
    assert np.isnan(found.log10_m200c[0])
    assert found.flag[0] != "ok"
    assert np.isfinite(found.log10_m200c[1:]).sum() > 3
    assert np.isnan(comoving_transverse_mpc([1e19, np.inf], paper_cosmology())).all()


def test_galaxies_without_any_motion_have_a_page(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run("predict flat.csv --centre find --merge-arcsec 0 --report flat.html") == 0
    assert "flat" in (folder / "flat.html").read_text()


def test_bins_are_not_more_than_clusters(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run(f"{STACK} --bins 1000000000") == 0
    assert "clusters left out" in capsys.readouterr().out


def test_a_device_is_not_replaced_whoever_writes(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "link.json").symlink_to(tmp_path / "pipe.json")
    for name in ("pipe.json", "link.json"):
        with pytest.raises(ZwickyError, match="a device or a pipe"):
            write_json(tmp_path / name, {})
    assert sorted(os.listdir(tmp_path)) == ["link.json", "pipe.json"]
