"""``zwicky info``: what is this file, directory or model?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["info"]


def info(
    path: Annotated[
        str,
        typer.Argument(
            help="A file or directory of Zwicky's, or a shipped model's name.", show_default=False
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a universe, mocks, run, model or table is and where it came from.

    Example:  zwicky info cnn_2d
    """
    facts = _facts(path)
    if as_json:
        typer.echo(json.dumps(facts, indent=2, default=str))
        return
    for key, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {item}" for name, item in value.items())
        typer.echo(f"{key}: {value}")


#: The command that makes each kind of directory.
_MAKERS = {"run": "reproduce", "universe": "universe", "mocks": "mock"}


def _facts(name: str) -> dict[str, Any]:
    from zwicky.errors import ZwickyError
    from zwicky.estimators import load_model, read_provenance, shipped_models
    from zwicky.io import read_json

    path = Path(name)
    if not name:
        raise ZwickyError("the path is empty; give a file, a directory or a shipped model")
    if path.is_file() and path.suffix == ".toml":
        raise ZwickyError(f"{name}: holds settings; give its directory, {path.parent}")
    if path.is_file():
        return {"kind": "table", "content": repr(_table(path))}
    if name in shipped_models() or (path / "config.toml").exists():
        made = read_provenance(name)
        return {"kind": "model", "content": repr(load_model(name)), **made}
    if not path.is_dir():
        known = ", ".join(shipped_models()) or "none"
        raise ZwickyError(f"{name}: no such file, directory or shipped model; shipped models: {known}")
    kinds = {"run.toml": "run", "universe.toml": "universe", "mocks.toml": "mocks"}
    for settings, kind in kinds.items():
        if (path / settings).exists():
            result = path / ("metrics.json" if kind == "run" else "provenance.json")
            facts: dict[str, Any] = {"kind": kind, "complete": result.exists()}
            if not result.exists():
                facts["to finish it"] = f"give the `zwicky {_MAKERS[kind]}` command again"
            else:
                facts |= read_json(result)
            for table in sorted(path.glob("*.parquet")):
                if table.name != "predictions.parquet":
                    facts[table.name] = repr(_table(table))
            return facts
    raise ZwickyError(f"{name}: holds no universe, mocks, run or model; give a directory that Zwicky wrote")


def _table(path: Path) -> Any:
    from zwicky.errors import ZwickyError
    from zwicky.io import read_sample, read_table
    from zwicky.tables import GalaxyTable, HaloTable

    problems = []
    for read in (
        read_sample,
        lambda p: read_table(HaloTable, p),
        lambda p: read_table(GalaxyTable, p),
    ):
        try:
            return read(path)
        except ZwickyError as error:
            problems.append(str(error))
    raise ZwickyError(
        problems[0] if "suffix" in problems[0] else f"{path}: is no table of Zwicky's; {problems[0]}"
    )
