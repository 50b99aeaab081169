"""Two processes that write to one place: folders take one, files take the last, and both are whole."""

import os
import subprocess
import sys
import textwrap

import pytest

from foreign_universe import made_simulation, write_own_hdf5
from survey_on_disk import write_survey
from synthetic_clusters import synthetic_clusters
from zwicky.cli import main
from zwicky.errors import ZwickyError
from zwicky.io.directories import exclusive
from zwicky.io.files import read_json
from zwicky.mocks import Mocks, MockSettings, write_mocks
from zwicky.simulations import ImportSettings, import_catalogs, read_column_map
from zwicky.simulations.formats import open_mapped

fcntl = pytest.importorskip("fcntl")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    sample = synthetic_clusters(40, seed=1)
    write_mocks(folder / "mocks", Mocks(sample, sample, sample, sample, MockSettings()), source="a test")
    write_own_hdf5(folder, made_simulation(box_mpc_h=60.0))
    columns = read_column_map(folder / "own.toml")
    opened = [open_mapped(columns, kind, None, None) for kind in ("halos", "galaxies")]
    import_catalogs(*(one.reader for one in opened), ImportSettings(), folder / "universe")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "universe --n-side 8 --box 10 --out {out}",
        "import --map own.toml --out {out}",
        "mock universe --training-density 1e-4 --out {out}",
        "sky universe --out {out}",
        "train mocks --estimator m_sigma --out {out}",
        "evaluate mocks --estimators counts --m-sigma-above 13.6 --out {out}",
        "reproduce --scale demo --out {out}",
    ],
    ids=lambda command: command.split()[0],
)
def test_the_second_command_is_refused_in_one_line(inputs, tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(inputs)
    out = tmp_path / "out"
    with exclusive(out), pytest.raises(SystemExit) as end:
        main(command.format(out=out).split())
    assert end.value.code == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == f"zwicky: {out}: another zwicky is writing there; wait for it, or give another folder"
    assert not out.exists() or os.listdir(out) == []
    assert os.listdir(tmp_path) in ([], ["out"])


def test_mocks_that_another_writes_are_not_touched(tmp_path):
    one, two = synthetic_clusters(20, seed=1), synthetic_clusters(20, seed=2)
    write_mocks(tmp_path / "mocks", Mocks(one, one, one, one, MockSettings()), seed=1)
    with exclusive(tmp_path / "mocks"), pytest.raises(ZwickyError, match="another zwicky is writing there"):
        write_mocks(tmp_path / "mocks", Mocks(two, two, two, two, MockSettings()), seed=2)
    assert read_json(tmp_path / "mocks" / "provenance.json")["seed"] == 1


def test_a_survey_that_another_weighs_is_not_touched(tmp_path, capsys):
    pytest.importorskip("lsdb")
    from zwicky.survey.wide import table_to_hats

    words = write_survey(tmp_path, n=8)
    with exclusive(tmp_path / "o"), pytest.raises(SystemExit) as end:
        main([*map(str, words), "--workers", "0", "--model", "m_sigma", "--out", str(tmp_path / "o")])
    assert end.value.code == 2
    assert "another zwicky is writing there" in capsys.readouterr().err.splitlines()[-1]
    with exclusive(tmp_path / "o"), pytest.raises(ZwickyError, match="another zwicky is writing there"):
        table_to_hats([tmp_path / "centres.csv"], tmp_path / "o", {}, client=None)
    assert sorted(os.listdir(tmp_path)) == ["centres.csv", "galaxies"]


WRITER = """
    import sys
    from zwicky.io.files import read_json, write_json
    for i in range(150):
        write_json(sys.argv[1], {"who": sys.argv[2], "what": [i] * 3000})
        read_json(sys.argv[1])
"""


def test_a_file_that_two_write_is_always_one_of_theirs(tmp_path):
    path = tmp_path / "f.json"
    words = [sys.executable, "-c", "import os; os.fsync = lambda handle: None\n" + textwrap.dedent(WRITER)]
    writers = [subprocess.Popen([*words, str(path), who]) for who in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            found = read_json(path)  # fails if it is not whole
            assert len(set(found["what"])) == 1
            seen.add(found["who"])
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen == {"a", "b"}
    assert os.listdir(tmp_path) == ["f.json"]
