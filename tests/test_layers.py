"""The house: a room imports only from rooms below it, and nothing runs in a circle."""

import ast
from pathlib import Path

import pytest

import zwicky

#: From the ground up. Files of one room may import each other.
FLOORS = [
    [
        "errors",
        "units",
        "extras",
        "lazy",
        "pages",
        "parallel",
        "velocities",
        "kernels",
        "cosmology",
        "mass_function",
        "settings",
        "theory",
        "progress",
        "stopping",
        "processes",
    ],
    ["tables"],
    ["io"],
    ["resume"],
    ["universe"],
    ["simulations"],
    ["mocks"],
    ["images"],
    ["estimators"],
    ["diagnostics"],
    ["plots"],
    ["evaluation"],
    ["survey"],
    ["weighing"],
    ["ho2019"],
    ["cli"],
    ["__main__"],
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
ROOT = Path(zwicky.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room_of(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("zwicky."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if name.name.startswith("zwicky."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    room = room_of(path)
    assert room in LEVEL, f"{room} stands on no floor"
    for other in imported_rooms(path):
        assert LEVEL[other] < LEVEL[room] or other == room or LEVEL[other] == LEVEL[room] == 0, (
            f"{room} -> {other}"
        )


def test_the_whole_tree_is_seen():
    assert {room_of(path) for path in FILES} == set(LEVEL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_is_a_warehouse(path):
    assert len(path.read_text().splitlines()) <= 400
