"""The page of file formats, written from the declarations that the code itself reads and writes by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from numpydoc.docscrape import ClassDoc

from made_pages import write_page
from zwicky.estimators import estimator_class, estimator_names
from zwicky.ho2019 import RunSettings
from zwicky.io.columns import COMMON_NAMES, OUR_COLUMNS
from zwicky.mocks import MockSettings
from zwicky.mocks.deep_universes import DeepSettings
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.simulations import FIELDS, UNITS
from zwicky.survey import COLUMNS, DensityPrior
from zwicky.survey.members import MEMBER_COLUMNS
from zwicky.tables import GALAXY_COLUMNS, ClusterSample, GalaxyTable, HaloTable, columns_of
from zwicky.universe import UniverseSettings

_ABOUT = """
Tables are written as Parquet or HDF5 (our own) or in any of the formats of `--out`; settings are TOML, in
which an unknown key is refused. Nothing is ever pickled. The directories that commands write (universes,
mocks, models, runs) have a `provenance.json` with versions, seeds and checksums, written last: where it is
missing, the directory is not complete.
"""
_OBSERVER = """
Galaxies have `r_proj` and `v_los`, or `ra`, `dec` and `z`; centres have `ra`, `dec` and `z`. Names that are
taken for ours without being told, letters and digits alone counting:
"""
_SAMPLES = """
Written by `zwicky.write_sample` and `zwicky.io.write_table` and found in the directories of mocks and
universes. The cosmology is in the header; a vector is stored by component.
"""
_MAPS = """
The fields that a map of `zwicky import --map` may name ([how to write
one](../../howto/bring_your_simulation.md)), and the units it may say.
"""

#: What each file of settings holds: heading, what it is for, and its dataclass.
_SETTINGS = {
    "Universe: `universe.toml`": ("`zwicky universe --config`; what it was made with.", UniverseSettings),
    "Mocks: `mocks.toml`": ("`zwicky mock --config`; what they were cut with.", MockSettings),
    "Views of universes": ("`zwicky train --views`, for the estimator `posterior`.", DeepSettings),
    "Survey conditions": ("The table `survey` of the views of universes.", SurveySettings),
    "A run: `run.toml`": ("`zwicky reproduce --config`.", RunSettings),
    "Density of a survey": (
        "By `zwicky calibrate`, for `zwicky predict --survey`.",
        DensityPrior,
    ),
}


def page_text() -> str:
    """Every table and file of settings that Zwicky reads or writes, as Markdown."""
    lines = [
        "# File formats",
        "",
        _ABOUT,
        "",
        "## What an observer gives",
        "",
        _OBSERVER,
        "",
        *_table(
            ("column", "also recognised as"),
            ((f"`{name}`", ", ".join(COMMON_NAMES.get(name, ())) or "no other name") for name in OUR_COLUMNS),
        ),
        "## Masses: `zwicky predict --out`",
        "",
        *_table(("column", "what it is"), ((f"`{name}`", about) for name, about in COLUMNS.items())),
        "## Galaxies: `zwicky predict --members`",
        "",
        *_table(("column", "what it is"), ((f"`{name}`", about) for name, about in MEMBER_COLUMNS.items())),
        "## Samples, halos, galaxies",
        "",
        _SAMPLES,
        "",
        "### Clusters",
        "",
        *_columns(ClusterSample),
        "And of each galaxy, as a list in the row of its cluster:",
        "",
        *_table(
            ("column", "type", "unit", "what it is"),
            ((f"`{n}`", kind.name, unit, about) for n, (kind, unit, about) in GALAXY_COLUMNS.items()),
        ),
        "### Halos",
        "",
        *_columns(HaloTable),
        "### Galaxies of a universe",
        "",
        *_columns(GalaxyTable),
        "## Column maps of simulations",
        "",
        _MAPS,
        "",
        *_table(
            ("field", "becomes", "what it is"),
            ((f"`{name}`", unit, about) for name, (_, unit, about) in FIELDS.items()),
        ),
        "Units: " + ", ".join(f"`{unit}`" for unit in UNITS if unit) + ".",
        "",
        "## Settings",
        "",
    ]
    for head, (use, cls) in _SETTINGS.items():
        lines += [f"### {head}", "", use, "", *_settings(cls)]
    for name in estimator_names():
        cls = estimator_class(name)
        if cls.__module__.startswith("zwicky."):
            lines += [f"### Training: `{name}`", "", f"`zwicky train --estimator {name} --config`.", ""]
            lines += _settings(cls.settings_class)
    return "\n".join(lines) + "\n"


def _columns(table: type) -> list[str]:
    rows = []
    for name, field in columns_of(table).items():
        said = field.metadata
        names = ", ".join(f"`{name}_{part}`" for part in said["components"]) or f"`{name}`"
        rows.append((names, said["dtype"].name, said["unit"], said["about"]))
    return _table(("column", "type", "unit", "what it is"), rows)


def _settings(cls: type) -> list[str]:
    """Keys of a dataclass of settings: default, allowed range, and what its docstring says."""
    about = {}
    for parameter in ClassDoc(cls)["Parameters"]:
        for name in parameter.name.split(","):
            about[name.strip()] = " ".join(parameter.desc).strip()
    rows = []
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        allowed = field.metadata["range"][-1] if "range" in field.metadata else ""
        rows.append((f"`{field.name}`", _default(field), allowed, about.get(field.name, "")))
    return _table(("key", "default", "allowed", "what it is"), rows)


def _default(field: dataclasses.Field) -> str:
    if field.default_factory is not dataclasses.MISSING:
        made = field.default_factory()
        return "a table" if dataclasses.is_dataclass(made) else f"`{made!r}`"
    if field.default is dataclasses.MISSING:
        return "needed"
    if dataclasses.is_dataclass(field.default):
        return "a table"
    if isinstance(field.default, float):
        return f"`{field.default:.6g}`"
    return "" if field.default is None else f"`{field.default!r}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    cells = [head, tuple("---" for _ in head)]
    cells += [tuple(" ".join(cell.split()).replace("|", "\\|") for cell in row) for row in rows]
    return [*(f"| {' | '.join(row)} |" for row in cells), ""]


def _write(app):
    write_page(app.srcdir, "file_formats.md", page_text())


def setup(app):
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}
