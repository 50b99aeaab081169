"""What every public function does the same way."""

import ast
from pathlib import Path

import zwicky

ROOT = Path(zwicky.__file__).parent


def public_functions():
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{path.relative_to(ROOT)}: {node.name}", node.args


def test_random_generators_are_given_by_name():
    by_name = [where for where, args in public_functions() if "rng" in {a.arg for a in args.kwonlyargs}]
    by_place = [
        where for where, args in public_functions() if "rng" in {a.arg for a in args.posonlyargs + args.args}
    ]
    assert len(by_name) > 20
    assert by_place == []
