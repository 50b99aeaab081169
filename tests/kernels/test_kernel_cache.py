"""What runs is what is written: compiled code that is kept must be of today's sources, wherever that is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zwicky
from zwicky.kernels import kernel

KICK = """
import numpy as np
from zwicky.universe.cells import cell_sort
from zwicky.universe.pairs import ShortRange, _kick_slab, kick_short

position = np.array([[1.0, 1.0, 1.0], [1.5, 1.0, 1.0]], dtype=np.float32)
order, starts = cell_sort(position, 20.0, 4)
momentum = np.zeros((2, 3), dtype=np.float32)
kick_short(position[order], momentum, starts, 4, 20.0, ShortRange(0.05, 1.0, 4.5), 1.0)
print(momentum[0, 0], sum(_kick_slab.stats.cache_hits.values()))
"""
TOY = """
from zwicky.kernels import kernel

@kernel
def double(x):
    return 2 * x
"""
DOUBLE = """
from zwicky.toy import double
print(double(3), sum(double.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path):
    """A copy of this package, without anything compiled, in a folder of its own."""
    copy = tmp_path / "site" / "zwicky"
    shutil.copytree(
        Path(zwicky.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "models")
    )
    (copy / "toy.py").write_text(TOY)
    return copy


def run(package, script, **environment):
    """Standard output in words, and standard error, of a script that imports the copy."""
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    process = subprocess.run(
        [sys.executable, "-c", script],
        env={**inherited, "PYTHONPATH": str(package.parent), **environment},
        cwd=package.parent,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.split(), process.stderr


def test_a_kernel_follows_a_change_in_another_file(package):
    (pull, hits), _ = run(package, KICK)
    assert float(pull) > 1
    assert int(hits) == 0
    assert run(package, KICK)[0] == [pull, "1"]
    lanes = package / "universe" / "lanes.py"
    text = lanes.read_text()
    old = "multiply(weight, d)"
    assert text.count(old) == 1
    lanes.write_text(text.replace(old, f"multiply(code.filled(2.0), {old})"))
    (doubled, hits), _ = run(package, KICK)
    assert float(doubled) == pytest.approx(2 * float(pull), rel=1e-5)
    assert int(hits) == 0


@pytest.fixture
def nowhere(package, tmp_path):
    """An environment in which neither the package's folder nor the user's cache can be written to."""
    (package / "kernels" / "__pycache__").write_text("a file where a folder would have to be")
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    home, temporary = str(tmp_path / "file" / "home"), str(tmp_path / "temporary")
    return {"HOME": home, "XDG_CACHE_HOME": home, "TMPDIR": temporary, "PYTHONDONTWRITEBYTECODE": "1"}


def test_without_a_home_compiled_code_is_kept_among_temporary_files(package, nowhere, tmp_path):
    first, said = run(package, DOUBLE, **nowhere)
    assert said.count("Warning:") == 1
    assert str(tmp_path / "temporary") in said.splitlines()[0]
    assert first == ["6", "0"]
    assert run(package, DOUBLE, **nowhere)[0] == ["6", "1"]


def test_without_any_folder_code_is_compiled_anew(package, nowhere, tmp_path):
    run(package, DOUBLE, **nowhere)
    (folder,) = (tmp_path / "temporary").iterdir()
    folder.chmod(0o777)  # anybody may have put code there
    for _ in range(2):
        out, said = run(package, DOUBLE, **nowhere)
        assert out == ["6", "0"]
        assert said.count("Warning:") == 1
        assert "compiles it anew" in said.splitlines()[0]


def test_a_folder_that_is_named_is_used(package, nowhere, tmp_path):
    named = str(tmp_path / "named")
    assert run(package, DOUBLE, **nowhere, NUMBA_CACHE_DIR=named) == (["6", "0"], "")
    assert run(package, DOUBLE, **nowhere, NUMBA_CACHE_DIR=named) == (["6", "1"], "")


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_damaged_compiled_code_is_compiled_again(package, suffix):
    run(package, DOUBLE)
    for path in (package / "kernels" / "__pycache__").glob(f"*double*.{suffix}"):
        path.write_bytes(path.read_bytes()[:-200])
    assert run(package, DOUBLE) == (["6", "0"], "")
    assert run(package, DOUBLE) == (["6", "1"], "")


def test_the_command_line_warns_in_one_line(package, nowhere):
    # A command whose whole work is to ask where compiled code is kept.
    script = """
import zwicky.cli
from zwicky.kernels.compiled import kept_in
zwicky.cli.app = lambda *_, **__: kept_in() and 0
try:
    zwicky.cli.main([])
except SystemExit:
    pass
"""
    _, said = run(package, script, **nowhere)
    (line,) = said.splitlines()
    assert line.startswith("zwicky: compiled code cannot be kept in ")


def test_functions_from_elsewhere_are_compiled_and_not_kept():
    @kernel
    def plus_one(x):
        return x + 1

    assert plus_one(2) == 3
    assert plus_one.stats.cache_path is None


def test_every_compiled_function_of_this_package_goes_by_this_way():
    for path in Path(zwicky.__file__).parent.rglob("*.py"):
        if path.parent.name != "kernels":
            assert not re.search(r"\bnjit\b|import .*\bjit\b|cache=True", path.read_text()), path
