"""What ``import zwicky`` offers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import zwicky


def test_every_name_that_is_offered_is_there():
    for name in zwicky.__all__:
        assert getattr(zwicky, name) is not None
    assert set(zwicky.__all__) <= set(dir(zwicky))
    assert len(zwicky.__all__) < 20
    with pytest.raises(AttributeError, match="has no attribute 'weight'"):
        zwicky.weight  # noqa: B018


def test_type_checkers_are_told_the_same_names():
    tree = ast.parse(Path(zwicky.__file__).read_text())
    told = {
        name.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "zwicky.lazy"
        for name in node.names
        if name.asname
    }
    assert told | {"__version__"} == set(zwicky.__all__)
    assert (Path(zwicky.__file__).parent / "py.typed").exists()


def test_importing_it_imports_nothing_else():
    script = "import sys; before = set(sys.modules); import zwicky; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    modules = ast.literal_eval(done.stdout)
    assert {"zwicky", "zwicky.lazy"} <= set(modules)
    assert not [name for name in modules if name.startswith(("numpy", "astropy", "numba", "zwicky.io"))]
