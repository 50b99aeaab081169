"""What how-tos tell to type works, block by block, on made-up files of the names that they use."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from my_simulation import write_my_simulation
from zwicky.cli import main

HOWTO = Path(__file__).parents[2] / "docs" / "howto"

#: Lines that other tests try with what they need: Dask, two processes, a simulated universe, archives.
TRIED_ELSEWHERE = r"pip |dask |export |zwicky (survey|hats|universe|sky|evaluate|train|reproduce|mock) "
#: A notebook is run by the build of the site; a survey's catalogue needs the extra `survey`.
PAGES = [page for page in sorted(HOWTO.glob("*.md")) if page.stem not in ("index", "write_an_estimator")]


def blocks(page, language):
    found = re.findall(
        rf"^ *```{language}\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return [
        re.sub(r"\s+#.*$", "", block, flags=re.MULTILINE) if language == "sh" else block for block in found
    ]


def write_survey(folder):
    """Thirty-two clusters of 25 galaxies each, on the sky and in phase space, by all the names."""
    rng = np.random.default_rng(1)
    n, each = 32, 25
    ra, dec = 150.0 + 4.0 * (np.arange(n) % 8), -6.0 + 4.0 * (np.arange(n) // 8)
    centres = {"cluster_id": [f"C{i}" for i in range(n)], "ra": ra, "dec": dec, "z": np.full(n, 0.08)}
    centres["cluster_id"][0] = "Abell 85"
    galaxies = {
        "ra": np.repeat(ra, each) + rng.normal(0, 0.1, n * each),
        "dec": np.repeat(dec, each) + rng.normal(0, 0.1, n * each),
        "z": 0.08 + rng.normal(0, 0.0025, n * each),
    }
    Table(centres).write(folder / "centres.csv")
    Table(galaxies).write(folder / "survey.fits")
    Table(list(centres.values()), names=["cluster_id", "RAJ2000", "DEJ2000", "z_spec"]).write(
        folder / "c.csv"
    )
    Table(list(galaxies.values()), names=["RAJ2000", "DEJ2000", "z_spec"]).write(folder / "mine.fits")
    Table({"cluster_id": centres["cluster_id"], "richness": rng.integers(10, 80, n)}).write(
        folder / "richness.csv"
    )
    one = {name: values[:each] for name, values in galaxies.items()}
    coma = {"ra": one["ra"] + 44.95, "dec": one["dec"] + 33.98, "z": one["z"] - 0.0569}
    Table(coma).write(folder / "galaxies.csv")
    r_kpc, v_kms = rng.uniform(0, 1500, each), rng.normal(0, 700, each)
    Table({"R": r_kpc, "V": v_kms}).write(folder / "mine.csv")
    names = ["CID", "dproj", "vlos", "zclus"]
    sample = Table([np.ones(each, int), r_kpc / 1e3, v_kms, np.full(each, 0.0235)], names=names)
    sample.write(folder / "coma_sample.txt", format="ascii.basic")
    grid = np.linspace(13.0, 15.5, 30)
    Table({"log10_m200c": grid, "density": np.exp(-2.0 * (grid - 13.0))}).write(folder / "mine.ecsv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from synthetic_box import synthetic_universe

    folder = tmp_path_factory.mktemp("howto")
    write_survey(folder)
    write_my_simulation(folder, *synthetic_universe())
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_a_page_work(page, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    tried = 0
    for line in "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines():
        if not line.strip() or re.match(TRIED_ELSEWHERE, line.strip()):
            continue
        words = re.findall(r'"[^"]*"|\S+', line)
        assert words[0] == "zwicky", line
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(SystemExit) as end:
                main([word.strip('"') for word in words[1:]])
        assert not end.value.code, (line, capsys.readouterr().err)
        tried += 1
    assert tried or page.stem in ("reading_flags", "weigh_a_survey")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem
)
def test_python_of_a_page_runs(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    known = {
        "galaxies": Table.read("survey.fits").to_pandas(),
        "centres": Table.read("centres.csv").to_pandas(),
    }
    for block in blocks(page, "python"):
        if "import lsdb" in block:  # tests/survey/test_wide.py
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(block, f"{page.name}", "exec"), known)
