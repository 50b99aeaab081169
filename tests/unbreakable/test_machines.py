"""Other people's machines: full disks, little memory, links, masks, old terminals and odd names."""

import contextlib
import os
import resource
import stat
import subprocess
import sys

import numpy as np
import pytest
from astropy.table import QTable

from io_tables import sample_of
from survey_on_disk import write_survey
from synthetic_clusters import synthetic_clusters
from zwicky.cli import main
from zwicky.cli.failures import line_of
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import MassPosterior, MSigma, load_model, save_model
from zwicky.estimators.posterior_files import write_posterior
from zwicky.io import write_sample
from zwicky.io.files import read_json, write_json, written_whole
from zwicky.io.tabular import OUTPUT_FORMATS, read_any, write_any
from zwicky.resume import keep

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits and masks of Unix")

MANY = np.random.default_rng(1).random(20_000)


@contextlib.contextmanager
def full_disk(n_bytes=4096):
    """A disk that takes no more than so many bytes of each file: what a full one says, in another number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def array_file(path):
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.save(file, MANY)


WRITERS = {
    "a.json": lambda path: write_json(path, {"x": MANY}),
    "a.npy": array_file,
    "kept.safetensors": lambda path: keep(path, "digest", {"x": MANY}),
    "p.safetensors": lambda path: write_posterior(path, MassPosterior.from_gaussian(14 + MANY[:500], 0.1)),
    "s.parquet": lambda path: write_sample(path, synthetic_clusters(100)),
    "s.hdf5": lambda path: write_sample(path, synthetic_clusters(100)),
    **{f"t{end}": lambda path: write_any(path, QTable({"x": MANY})) for end in OUTPUT_FORMATS},
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_and_the_old_file_stays(tmp_path, name):
    path = tmp_path / name
    path.write_text("old")
    with full_disk(), pytest.raises(ZwickyError, match="cannot be written") as error:
        WRITERS[name](path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", WRITERS)
def test_files_are_as_open_as_the_mask_says(tmp_path, name):
    for mask in (0o002, 0o077):
        with umask(mask):
            WRITERS[name](tmp_path / name)
        assert mode_of(tmp_path / name) == 0o666 & ~mask


def relation():
    return MSigma().fit(synthetic_clusters(60), rng=np.random.default_rng(0))


def test_a_model_in_a_shared_folder(tmp_path):
    with umask(0o002):
        save_model(tmp_path / "model", relation(), {})
    assert mode_of(tmp_path / "model") == 0o775
    assert {mode_of(path) for path in (tmp_path / "model").iterdir()} == {0o664}


def test_a_full_disk_keeps_the_old_model(tmp_path):
    save_model(tmp_path / "model", relation(), {"seed": 1})
    before = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    with full_disk(300), pytest.raises((ZwickyError, OSError)) as error:
        save_model(tmp_path / "model", relation(), {"seed": 2})
    assert "\n" not in line_of(error.value)
    assert {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()} == before
    assert os.listdir(tmp_path) == ["model"]


def test_a_link_as_out_stays_one(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "real.json").write_text("{}")
    for name, target in (("link.json", "real.json"), ("dangling.json", "new.json")):
        (tmp_path / name).symlink_to(tmp_path / "disk" / target)
        write_json(tmp_path / name, {"a": 1})
        assert (tmp_path / name).is_symlink()
        assert read_json(tmp_path / "disk" / target) == {"a": 1}
    (tmp_path / "model").symlink_to(tmp_path / "disk" / "model")
    save_model(tmp_path / "model", relation(), {})
    assert (tmp_path / "model").is_symlink()
    assert load_model(tmp_path / "disk" / "model").name == "m_sigma"
    assert sorted(os.listdir(tmp_path / "disk")) == ["model", "new.json", "real.json"]


@pytest.mark.parametrize("folder", ["a**b", "[1-9]*", "**", "{x}", "a b%s", "Zürich", "-x"])
def test_letters_of_patterns_are_letters(tmp_path, folder):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    path = tmp_path / folder / f"{folder}.json"
    path.parent.mkdir()
    left = path.with_name(f".{folder}.{dead.pid}.part.json")
    left.touch()
    write_json(path, {"a": 1})
    assert os.listdir(path.parent) == [path.name]
    save_model(path.parent / folder, relation(), {})
    assert load_model(path.parent / folder).name == "m_sigma"
    write_sample(path.parent / f"{folder}.parquet", sample_of(paper_cosmology()))


GALAXIES = "cluster_id,r_proj,v_los\n" + "".join(
    f"Zürich,{0.1 + 0.02 * i:.2f},{v:.1f}\n"
    for i, v in enumerate(np.random.default_rng(3).normal(0, 700, 40))
)


def predicted(tmp_path, **options):
    (tmp_path / "g.csv").write_text(GALAXIES, encoding="utf-8")
    words = ["predict", "g.csv", "--redshift", "0.1", "--model", "m_sigma", "--out", "m.csv"]
    return subprocess.run(
        [sys.executable, "-m", "zwicky", *words], cwd=tmp_path, stderr=subprocess.PIPE, **options
    )


def test_a_terminal_of_ascii(tmp_path):
    done = predicted(tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii"}, stdout=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"Z\xfcrich" in done.stdout
    assert read_any(tmp_path / "m.csv")["cluster_id"].tolist() == ["Zürich"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_standard_output_on_a_full_disk(tmp_path):
    with open("/dev/full", "w") as full:
        done = predicted(tmp_path, stdout=full)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "zwicky: No space left on device; check the path, its permissions and the disk's space"
    ]
    assert len(read_any(tmp_path / "m.csv")) == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_streams_that_the_shell_has_closed(tmp_path, closed):
    """What is written next does not take their place."""
    out = tmp_path / "masses.csv"
    write_sample(tmp_path / "sample.parquet", synthetic_clusters(3, seed=1))
    words = f"predict {tmp_path / 'sample.parquet'} --model m_sigma --out {out}"
    done = subprocess.run(f"{sys.executable} -m zwicky {words} {closed}", shell=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert len(read_any(out)) == 3


@pytest.mark.slow
def test_workers_that_cannot_start_are_one_line(tmp_path):
    pytest.importorskip("lsdb")
    words = [*write_survey(tmp_path), "--out", tmp_path / "masses", "--workers", 2]
    (tmp_path / "gone").mkdir()
    command = " ".join(map(str, [sys.executable, "-m", "zwicky", *words]))
    script = f"cd {tmp_path / 'gone'} && rmdir {tmp_path / 'gone'} && {command}"
    done = subprocess.run(script, shell=True, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("zwicky: workers cannot be started here (")
    assert done.stderr.count("\n") == 1
    assert "--workers 0" in done.stderr


@pytest.mark.slow
def test_a_folder_for_temporary_files_whose_name_is_too_long_for_a_socket(tmp_path):
    pytest.importorskip("lsdb")
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    words = [*write_survey(tmp_path), "--out", tmp_path / "masses", "--workers", 2]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "zwicky", *map(str, words)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "masses" / "provenance.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space")
@pytest.mark.parametrize(("command", "gib"), [("predict", 0.3), ("train", 0.8)])
def test_a_limit_of_memory_is_one_line(tmp_path, command, gib):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (int(gib * 2**30), resource.RLIM_INFINITY))

    words = {"predict": ["g.csv", "--redshift=0.1"], "train": ["mocks", "--out=model"]}[command]
    done = subprocess.run(
        [sys.executable, "-m", "zwicky", command, *words],
        capture_output=True, text=True, cwd=tmp_path, preexec_fn=limit, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"zwicky: {command} needs ")
    assert "ulimit -v" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("Unable to allocate 9.1 GiB"), "not enough memory"),
        (RuntimeError("std::bad_alloc"), "not enough memory"),
        (RuntimeError("can't start new thread"), "not enough memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "not enough memory"),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos"), "disk's space"),
        (OSError(28, "No space left\non device", "x"), "x: No space left; check"),
    ],
)
def test_what_the_machine_refuses_is_one_line(error, words, capsys, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise error

    assert words in line_of(error)
    monkeypatch.setattr("zwicky.mocks.read_mocks", refuse)
    with pytest.raises(SystemExit) as end:
        main(["train", str(tmp_path), "--out", str(tmp_path / "model"), "--estimator", "m_sigma"])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_our_own_faults_are_shown_whole():
    assert line_of(KeyError("x")) is None
