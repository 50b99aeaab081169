"""A report of `zwicky predict --report` inside a page of a tutorial."""

import html
from pathlib import Path

from IPython.display import HTML


def frame(path: str, height: int) -> HTML:
    """The report in a frame of its own, `height` pixels high."""
    inside = html.escape(Path(path).read_text(encoding="utf-8"))
    style = f"width: 100%; height: {height}px; border: 1px solid #8888"
    return HTML(f'<div><iframe title="{path}" srcdoc="{inside}" style="{style}"></iframe></div>')
