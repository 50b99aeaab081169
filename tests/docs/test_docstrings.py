"""What ``import zwicky`` offers, and the floor that it stands on, says of itself all that a caller needs."""

import dataclasses
import importlib
import inspect
import re

import pytest

import zwicky
from zwicky.tables import columns_of

#: What takes a universe or a file of one to show; the tutorials of the site do.
SHOWN_IN_TUTORIALS = {
    "make_mocks",
    "make_universe",
    "read_mocks",
    "read_sample",
    "train_model",
    "write_sample",
}


def offered():
    for module in ("zwicky", "zwicky.tables", "zwicky.units", "zwicky.cosmology"):
        for name in importlib.import_module(module).__all__:
            value = getattr(importlib.import_module(module), name)
            if inspect.isclass(value) or inspect.isroutine(value):
                yield pytest.param(value, id=f"{module}.{name}")


def sections(value):
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(value), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("value", list(offered()))
def test_docstring_is_whole(value):
    found, signature = sections(value), inspect.signature(value)
    is_table = dataclasses.is_dataclass(value) and bool(columns_of(value))  # its columns say it
    if signature.parameters and not is_table:
        names = re.findall(r"^([*\w, ]+?)(?: :.*)?$", found["Parameters"], flags=re.MULTILINE)
        named = {name.strip(" *") for line in names for name in line.split(",")}
        assert set(signature.parameters) <= named
    if inspect.isroutine(value) and signature.return_annotation not in (None, "None"):
        assert found["Returns"].strip()
    if value.__name__ not in SHOWN_IN_TUTORIALS and not is_table:
        assert ">>> " in found["Examples"]


def test_what_tutorials_show_is_offered():
    assert set(zwicky.__all__) >= SHOWN_IN_TUTORIALS
