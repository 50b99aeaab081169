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
            help="A file or directory, Zwicky's or a simulation's, a pattern, or a shipped model's name.",
            show_default=False,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a universe, mocks, run, model, table or foreign catalogue is and where it came from.

    Example:  zwicky info hlist_0.89510.list
    """
    facts = _facts(path)
    if as_json:
        typer.echo(json.dumps(facts, indent=2, default=str))
        return
    _print(facts)


def _print(facts: dict[str, Any], indent: str = "") -> None:
    """A line a fact; what has several gets a line for each."""
    for key, value in facts.items():
        if isinstance(value, dict) and key in _LONG:
            typer.echo(f"{indent}{key}:")
            _print(value, indent + "  ")
            continue
        typer.echo(f"{indent}{key}: {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(item)}" for name, item in value.items() if item not in ("", None))
    if isinstance(value, list):
        return "; ".join(map(_words, value)) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


#: Facts that have a line for each of theirs.
_LONG = ("fields", "columns", "halos", "galaxies", "matching")

#: The command that makes each kind of directory.
_MAKERS = {"run": "reproduce", "universe": "universe", "imported universe": "import", "mocks": "mock"}


def _facts(name: str) -> dict[str, Any]:
    from zwicky.errors import ZwickyError
    from zwicky.estimators import load_model, read_provenance, shipped_models
    from zwicky.io.files import read_json
    from zwicky.simulations.describe import describe_map

    path = Path(name)
    if not name:
        raise ZwickyError("the path is empty; give a file, a directory or a shipped model")
    if path.is_file() and path.suffix == ".toml" and ".columns]" in path.read_text(errors="replace"):
        return describe_map(path)
    if path.is_file() and path.suffix == ".toml":
        raise ZwickyError(f"{name}: holds settings; give its directory, {path.parent}")
    if path.is_file():
        return _file(path)
    if name in shipped_models() or (path / "config.toml").exists():
        made = {k: v for k, v in read_provenance(name).items() if k != "evidence"}  # the card shows it
        return {"kind": "model", "content": repr(load_model(name)), **made}
    if set(name) & set("*?["):
        return _snapshot(name)
    if not path.is_dir():
        known = ", ".join(shipped_models()) or "none"
        raise ZwickyError(f"{name}: no such file, directory or shipped model; shipped models: {known}")
    kinds = {"run.toml": "run", "universe.toml": "universe", "import.toml": "imported universe"}
    kinds["mocks.toml"] = "mocks"
    for settings, kind in kinds.items():
        if (path / settings).exists():
            result = path / ("metrics.json" if kind == "run" else "provenance.json")
            facts: dict[str, Any] = {"kind": kind, "complete": result.exists()}
            if not result.exists():
                facts["to finish it"] = f"give the `zwicky {_MAKERS[kind]}` command again"
            else:
                facts |= _metrics(result) if kind == "run" else read_json(result)
            for table in sorted(path.glob("*.parquet")):
                if table.name != "predictions.parquet":
                    facts[table.name] = repr(_table(table))
            return facts
    if (path / "metrics.json").exists():
        return {"kind": "evaluation", **_metrics(path / "metrics.json")}
    try:
        return _snapshot(name)
    except ZwickyError as error:
        raise ZwickyError(
            f"{name}: holds no universe, mocks, run or model, nor a catalogue ({error})"
        ) from error


def _metrics(path: Path) -> dict[str, Any]:
    from zwicky.ho2019.metrics import read_metrics

    return read_metrics(path)


def _snapshot(place: str) -> dict[str, Any]:
    """A folder or a pattern of foreign files that belong together."""
    from zwicky.simulations.describe import describe_catalog
    from zwicky.simulations.formats import open_snapshot

    return describe_catalog(open_snapshot(place).reader)


def _file(path: Path) -> dict[str, Any]:
    """A table of ours, the masses that `zwicky predict` wrote, or a foreign catalogue."""
    from zwicky.simulations.describe import describe_file

    if _is_ours(path):
        return {"kind": "table", "content": repr(_table(path))}
    return _masses(path) or describe_file(path)


def _is_ours(path: Path) -> bool:
    """Whether the header says that it is a table of ours: a foreign one may be too large to be read."""
    import h5py
    import pyarrow.parquet as pq

    try:
        if path.suffix == ".parquet":
            return b"zwicky_table" in (pq.read_schema(path).metadata or {})
        if path.suffix in (".hdf5", ".h5"):
            with h5py.File(path, "r") as file:
                return "zwicky_table" in file.attrs
    except Exception:  # whatever the libraries raise over a damaged file: the others say what is wrong
        return False
    return False


def _masses(path: Path) -> dict[str, Any] | None:
    """Facts about a table of masses; None if it is something else."""
    import numpy as np

    from zwicky.errors import ZwickyError
    from zwicky.io.tabular import OUTPUT_FORMATS, read_any

    # Masses are a row a cluster: nothing large is read to see whether it is that.
    if path.suffix not in OUTPUT_FORMATS or path.stat().st_size > 1 << 28:
        return None
    try:
        table = read_any(path, ["cluster_id", "log10_m200c", "log10_m200c_err", "flag"])
    except ZwickyError:
        return None
    mass = np.ma.filled(np.ma.asarray(table["log10_m200c"], dtype=float), np.nan)
    weighed = np.isfinite(mass)
    facts: dict[str, Any] = {"kind": "masses", "clusters": len(table), "weighed": int(weighed.sum())}
    if weighed.any():
        facts["log10 M200c, Msun"] = f"{mass[weighed].min():.2f} to {mass[weighed].max():.2f}"
    flags, counts = np.unique(np.asarray(table["flag"], dtype=str), return_counts=True)
    facts["flags"] = {flag: int(n) for flag, n in zip(flags, counts, strict=True)}
    return facts | {name: value for name, value in table.meta.items() if name in ("model", "cosmo")}


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
    raise ZwickyError(problems[0])
