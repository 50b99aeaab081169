"""What the site writes from the code has all of it, and what it says of files and options exists."""

import re
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from zwicky.cli import app
from zwicky.io.columns import OUR_COLUMNS
from zwicky.survey import COLUMNS

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
PAGES = [path for path in DOCS.rglob("*.md") if not {"_build", "_made", "made"} & set(path.parts)]
sys.path.insert(0, str(DOCS / "_ext"))

import command_line  # noqa: E402


def options_of(command):
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def test_the_page_of_commands_has_every_option():
    page = command_line.page_text()
    for name, command in get_command(app).commands.items():
        part = page.split(f"## zwicky {name}\n")[1].partition("\n## ")[0]
        assert options_of(command) - {"--help"} <= set(re.findall(r"--[a-z0-9-]+", part)), name


@pytest.mark.parametrize("page", [*PAGES, README], ids=lambda path: path.stem)
def test_what_a_page_tells_to_type_exists(page):
    """Every `zwicky` command in a page has the options that it is shown with."""
    commands = get_command(app).commands
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for name, words in re.findall(r"^ *zwicky ([a-z]+)\b(.*)$", text, re.MULTILINE):
        assert name in commands, f"zwicky {name}"
        assert set(re.findall(r"(?<!\S)--[a-z0-9-]+", words)) <= options_of(commands[name]) | {"--help"}


@pytest.mark.parametrize("page", [*PAGES, README], ids=lambda path: path.stem)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    made = {"command_line.md", "file_formats.md"}
    missing = [link for link in links if not (page.parent / link).exists() and Path(link).name not in made]
    assert not missing


def test_every_page_is_reached():
    """Each page of the site stands in a list of contents."""
    listed = set()
    for page in PAGES:
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            names = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{name}.md").resolve() for name in names}
    assert {page.resolve() for page in PAGES} - listed == {DOCS / "index.md"}


def test_the_page_of_formats_has_every_column():
    pytest.importorskip("numpydoc", reason="[docs] is not installed")
    import file_formats

    page = file_formats.page_text()
    for name in (*COLUMNS, *OUR_COLUMNS):
        assert f"| `{name}` |" in page
    assert "| `n_side` | `128` | at least 8 |" in page  # a setting with its default and its range
