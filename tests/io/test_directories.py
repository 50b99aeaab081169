import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from zwicky.errors import ZwickyError
from zwicky.io import directories
from zwicky.io.directories import exclusive, free_directory, remove_directory, whole_directory


def content(path):
    return {str(p.relative_to(path)): p.read_text() for p in path.rglob("*") if p.is_file()}


def write(path, text):
    with whole_directory(path) as place:
        (place / "one.txt").write_text(text)
        (place / "deep").mkdir()
        (place / "deep" / "two.txt").write_text(text)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_takes_the_place_of_the_old_one(tmp_path, monkeypatch, at_once):
    if not at_once:
        monkeypatch.setattr(directories.ctypes, "CDLL", lambda *args, **options: object())
    write(tmp_path / "out", "first")
    (tmp_path / "out" / "more").write_text("")
    write(tmp_path / "out", "second")
    assert content(tmp_path / "out") == {"one.txt": "second", "deep/two.txt": "second"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_old_folder(tmp_path):
    write(tmp_path / "out", "first")
    with contextlib.suppress(RuntimeError), whole_directory(tmp_path / "out") as place:
        (place / "one.txt").write_text("second")
        raise RuntimeError
    assert content(tmp_path / "out")["one.txt"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "first")
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real")["one.txt"] == "first"
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere" / "not_yet")
    write(tmp_path / "dangling", "second")
    assert content(tmp_path / "elsewhere" / "not_yet")["one.txt"] == "second"


def test_what_a_killed_process_left_is_cleared(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = (f".out.{dead.pid}.part", f".out.{os.getpid()}.part", f".out.{dead.pid}.old")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "stale").write_text("")
    others = (".out.thesis.part", f".out.old.{dead.pid}.part", f".out.{os.getppid()}.part")
    for name in others:
        (tmp_path / name).mkdir()
    write(tmp_path / "out", "first")
    assert {path.name for path in tmp_path.iterdir()} == {"out", *others}
    assert set(content(tmp_path / "out")) == {"one.txt", "deep/two.txt"}


def test_a_folder_that_was_moved_aside_comes_back(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".out.{dead.pid}.old").mkdir()
    (tmp_path / f".out.{dead.pid}.old" / "one.txt").write_text("kept")
    with pytest.raises(RuntimeError), whole_directory(tmp_path / "out"):
        raise RuntimeError
    assert content(tmp_path / "out") == {"one.txt": "kept"}


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from zwicky.io.directories import whole_directory

path, last = Path(sys.argv[1]), int(sys.argv[2])
seen = 0

def hook(event, arguments):
    global seen
    if event in ("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "shutil.rmtree", "os.unlink",
                 "ctypes.dlsym"):
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
with whole_directory(path) as place:
    for name in "ab":
        (place / name).write_text("new")
print(seen)
"""


def test_a_kill_at_every_file_operation_leaves_the_old_or_the_new_folder(tmp_path):
    out = tmp_path / "out"
    outcomes = set()
    for last in range(1, 80):
        remove_directory(out)
        with whole_directory(out) as place:
            for name in "ab":
                (place / name).write_text("old")
        done = subprocess.run(
            [sys.executable, "-c", KILLED_AT, str(out), str(last)], capture_output=True, text=True
        )
        found = content(out)
        assert found in ({"a": "old", "b": "old"}, {"a": "new", "b": "new"}), last
        outcomes.add((done.returncode == 0, found["a"]))
        write(out, "after")
        assert [path.name for path in tmp_path.iterdir()] == ["out"], last
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert {(False, "old"), (False, "new"), (True, "new")} <= outcomes


def test_only_one_process_writes(tmp_path):
    out = tmp_path / "out"
    script = textwrap.dedent(
        """
        import sys, time
        from zwicky.io.directories import exclusive
        with exclusive(sys.argv[1]):
            print("in", flush=True)
            time.sleep(60)
        """
    )
    first = subprocess.Popen([sys.executable, "-c", script, str(out)], stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "in\n"
    with pytest.raises(ZwickyError, match="another zwicky is writing there") as error, exclusive(out):
        pytest.fail("two at once")
    assert "\n" not in str(error.value)
    with exclusive(tmp_path / "other"):
        pass
    first.kill()
    first.wait()
    with exclusive(out):
        time.sleep(0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_is_not_free(tmp_path):
    assert free_directory(tmp_path / "new", "a model", ["*.toml"]) == tmp_path / "new"
    (tmp_path / "a.toml").touch()
    (tmp_path / ".hidden").touch()
    assert free_directory(tmp_path, "a model", ["*.toml"]) == tmp_path
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ZwickyError, match=r"holds other things than a model \(thesis.tex\)"):
        free_directory(tmp_path, "a model", ["*.toml"])
    with pytest.raises(ZwickyError, match="a file stands in the way"):
        free_directory(tmp_path / "thesis.tex", "a model", ["*.toml"])
