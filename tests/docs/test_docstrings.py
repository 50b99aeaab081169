"""Whatever stands in the reference says of itself all that a caller needs, and shows it."""

import dataclasses
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from zwicky.tables import columns_of

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_ext"))

from public_names import homes


def offered():
    for page, objects in homes().items():
        for module, name in objects:
            value = getattr(import_module(module), name)
            if inspect.isclass(value) or inspect.isroutine(value):
                yield pytest.param(value, id=f"{page}.{name}")


def sections(value):
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(value), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("value", list(offered()))
def test_docstring_is_whole(value):
    found, signature = sections(value), inspect.signature(value)
    is_table = dataclasses.is_dataclass(value) and bool(columns_of(value))  # its columns say it
    if signature.parameters and not is_table and not getattr(value, "_is_protocol", False):
        names = re.findall(r"^([*\w, ]+?)(?: :.*)?$", found["Parameters"], flags=re.MULTILINE)
        named = {name.strip(" *") for line in names for name in line.split(",")}
        assert set(signature.parameters) <= named
    if inspect.isroutine(value) and signature.return_annotation not in (None, "None"):
        assert (found.get("Returns") or found["Yields"]).strip()
    assert is_table or ">>> " in found["Examples"]
