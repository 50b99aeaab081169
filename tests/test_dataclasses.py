"""Frozen dataclasses that hold arrays compare by identity: NumPy's `==` would raise."""

import ast
from pathlib import Path

import pytest

import zwicky

ROOT = Path(zwicky.__file__).parent
CLASSES = [
    (path.relative_to(ROOT), node)
    for path in sorted(ROOT.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.ClassDef)
]


def keywords(node):
    """Keywords of a class's ``@dataclass``; None if it is none."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "dataclass":
            return {keyword.arg: ast.literal_eval(keyword.value) for keyword in decorator.keywords}
    return None


def holds_arrays(node):
    return any(isinstance(s, ast.AnnAssign) and "ndarray" in ast.unparse(s.annotation) for s in node.body)


FROZEN = [
    pytest.param(node, id=f"{path}:{node.name}")
    for path, node in CLASSES
    if (keywords(node) or {}).get("frozen") and holds_arrays(node)
]


@pytest.mark.parametrize("node", FROZEN)
def test_it_compares_by_identity(node):
    assert keywords(node).get("eq") is False


def test_there_are_such_classes():
    assert len(FROZEN) > 20
