"""Where pages go that are written from the code: ``reference/made``, which git ignores."""

from pathlib import Path


def write_page(source: Path | str, name: str, text: str) -> None:
    """Write a page, unless it stands there with this text already: then nothing is built again."""
    path = Path(source) / "reference" / "made" / name
    path.parent.mkdir(exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
