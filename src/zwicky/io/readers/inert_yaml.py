"""The YAML that astropy writes into tables, as plain values: no tag makes an object, no alias a bomb."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from zwicky.io.foreign import ForeignColumn

__all__ = ["described", "inert_yaml", "plain_meta"]

#: Most letters, values with every alias written out, and lists in lists that a header may have.
MOST_LETTERS, MOST_VALUES, DEEPEST = 4_000_000, 200_000, 100


class _Inert(yaml.SafeLoader):
    """YAML's safe loader that takes an unknown tag for what is under it."""


def _untagged(loader: _Inert, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Inert.add_multi_constructor("", _untagged)


def inert_yaml(text: str) -> Any:
    """A YAML document as dicts, lists, text and numbers.

    Raises
    ------
    ValueError
        If it is no YAML, or larger than any header of a table.
    """
    if len(text) > MOST_LETTERS:
        raise ValueError(f"a header of {len(text)} letters")
    if _depth(text) > DEEPEST:
        raise ValueError("a header of lists nested beyond all measure")
    loader = _Inert(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > MOST_VALUES:
            raise ValueError("a header whose aliases grow beyond all measure")
        return loader.construct_document(node)
    except (yaml.YAMLError, TypeError, RecursionError) as error:
        raise ValueError(f"a header that is no YAML: {' '.join(str(error).split())[:80]}") from error
    finally:
        loader.dispose()


def _depth(text: str) -> int:
    """How deep the brackets of a text are nested, at most."""
    deepest = depth = 0
    for letter in text:
        if letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth = max(depth - 1, 0)
    return deepest


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Values under a node with every alias written out; a node inside itself is beyond all measure."""
    if id(node) not in known:
        known[id(node)] = MOST_VALUES  # what is met again while it is open contains itself
        parts = []
        if isinstance(node, yaml.SequenceNode):
            parts = node.value
        elif isinstance(node, yaml.MappingNode):
            parts = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]


def described(header: Any) -> dict[str, dict]:
    """What an astropy header says of each column, by name; an empty dict for anything else.

    >>> described({"datatype": [{"name": "ra", "unit": "deg", "datatype": "float64"}]})["ra"]["unit"]
    'deg'
    """
    if not isinstance(header, dict) or not isinstance(header.get("datatype"), list):
        return {}
    columns = [c for c in header["datatype"] if isinstance(c, dict) and "name" in c]
    return {str(column["name"]): column for column in columns}


def unit_in(description: dict) -> str | None:
    """The unit that a header gives a column, as text."""
    unit = description.get("unit")
    unit = unit.get("unit") if isinstance(unit, dict) else unit
    return str(unit) if unit not in (None, "") else None


def plain_meta(header: Any) -> dict[str, Any]:
    """The plain values among the metadata of an astropy header."""
    meta = header.get("meta", {}) if isinstance(header, dict) else {}
    if isinstance(meta, list):  # an ordered map is a list of pairs, or of dicts of one
        pairs = [(k, v) for item in meta for k, v in (item.items() if isinstance(item, dict) else [item])]
        meta = dict(pairs)
    if not isinstance(meta, dict):
        return {}
    return {str(k): v for k, v in meta.items() if isinstance(v, str | int | float | bool)}


def with_masks(columns: list[ForeignColumn]) -> tuple[ForeignColumn, ...]:
    """Columns without those that astropy adds to say where another, ``X`` of ``X.mask``, is masked."""
    by_name = {column.name: column for column in columns}
    out = []
    for column in columns:
        if column.name.endswith(".mask") and column.name.removesuffix(".mask") in by_name:
            continue
        mask = by_name.get(f"{column.name}.mask")
        out.append(column if mask is None else _masked(column, mask))
    return tuple(out)


def _masked(column: ForeignColumn, mask: ForeignColumn) -> ForeignColumn:
    def read():
        import numpy as np

        contents, gaps = column.read(), mask.read()
        gaps = np.array([str(gap).lower() in ("true", "1") for gap in gaps.data])
        return np.ma.MaskedArray(contents.data, mask=np.ma.getmaskarray(contents) | gaps)

    return replace(column, read=read)
