import pytest

from zwicky.kernels.compiled import ROOT
from zwicky.kernels.sources import sources_digest, sources_of


@pytest.fixture
def package(tmp_path):
    """A package whose file a.py sees everything but alone.py."""
    root = tmp_path / "toy"
    (root / "room").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "a.py": "import os\nfrom toy.room import (\n  one,  # alone\n  two,\n)\n# from toy import alone\n",
        "b.py": "import toy.c, os\n",
        "c.py": "from numpy import alone\nfrom toy.a import x\n",
        "alone.py": "",
        "room/__init__.py": "from toy.room.inner import one\n",
        "room/inner.py": "def f():\n    from toy import b\n",
        "room/two.py": "",
    }
    for name, text in files.items():
        (root / name).write_text(text)
    return root


def names(sources, root):
    return {str(source.relative_to(root)) for source in sources}


def test_sources_are_all_files_that_imports_lead_to(package):
    seen = {"__init__.py", "a.py", "b.py", "c.py", "room/__init__.py", "room/inner.py", "room/two.py"}
    assert names(sources_of(package / "a.py", package), package) == seen
    assert names(sources_of(package / "alone.py", package), package) == {"alone.py"}


@pytest.mark.parametrize("name", ["a.py", "c.py", "room/two.py", "room/__init__.py"])
def test_digest_changes_with_any_source_and_with_no_other(package, name):
    import zwicky.kernels.sources as module

    before = sources_digest(package / "a.py", package)
    (package / "alone.py").write_text("x = 1\n")
    module._read.cache_clear()
    assert sources_digest(package / "a.py", package) == before
    with (package / name).open("a") as file:
        file.write("y = 2\n")
    module._read.cache_clear()
    assert sources_digest(package / "a.py", package) != before


def test_kernels_of_this_package_are_keyed_by_what_they_call_and_by_their_constants():
    pairs = names(sources_of(ROOT / "universe" / "pairs.py", ROOT), ROOT)
    assert {"universe/pairs.py", "universe/lanes.py", "kernels/vectors.py"} <= pairs
    assert "universe/fof.py" not in pairs
    assert "units.py" in names(sources_of(ROOT / "mocks" / "kernels.py", ROOT), ROOT)
