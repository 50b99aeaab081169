"""Tables of the documentation that numbers are written into by whoever measured them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["replace_part", "table"]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def replace_part(page: Path, name: str, text: str) -> None:
    """Put `text` between the lines ``<!-- name -->`` and ``<!-- /name -->`` of a page."""
    before, found = page.read_text(encoding="utf-8"), f"<!-- {name} -->"
    start, stop = before.index(found) + len(found), before.index(f"<!-- /{name} -->")
    page.write_text(f"{before[:start]}\n\n{text}\n\n{before[stop:]}", encoding="utf-8")
