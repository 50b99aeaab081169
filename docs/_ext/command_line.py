"""The page of the command line, written from the commands themselves."""

from __future__ import annotations

import inspect
import types
import typing
from pathlib import Path

from typer.models import ArgumentInfo, OptionInfo

from made_pages import write_page
from zwicky.cli import app as zwicky_app

_ABOUT = """
Every command prints its options with `--help`. What is wrong with the input is one line on standard error and
exit code 2; Ctrl-C is exit code 130. Remarks go to standard error, results to standard output.
"""
_KINDS = {int: "INT", float: "NUMBER", str: "TEXT", Path: "PATH"}


def page_text() -> str:
    """Every command with its words, options, types and defaults, as Markdown."""
    lines = [
        "# Command line",
        "",
        _ABOUT,
        "",
    ]
    for command in zwicky_app.registered_commands:
        name = command.name or command.callback.__name__
        parameters = [_parameter(*each) for each in _declared(command.callback)]
        arguments = [row for row in parameters if not row[0].startswith("-")]
        options = [row for row in parameters if row[0].startswith("-")]
        needed = [f"{row[0]} {row[1]}" for row in options if row[3] == "needed"]
        usage = " ".join(["zwicky", name, *(row[0] for row in arguments), *needed, "[options]"])
        lines += [f"## zwicky {name}", "", *_help(command.callback), "```text", usage, "```", ""]
        lines += _table([*arguments, *options])
    return "\n".join(lines) + "\n"


def _declared(function):
    """The parameters of a command: name, default, Python type, and what is said of it."""
    hints = typing.get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, *said = typing.get_args(hints[name])
        yield name, parameter.default, kind, next(s for s in said if isinstance(s, ArgumentInfo | OptionInfo))


def _parameter(name, default, kind, said) -> tuple[str, str, str, str]:
    """Spelling, kind of value, meaning and default, as the page has them."""
    many = typing.get_origin(kind) is list
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        kind = next(each for each in typing.get_args(kind) if each is not type(None))
        many = typing.get_origin(kind) is list
    value = _KINDS.get(typing.get_args(kind)[0] if many else kind, "")
    if isinstance(said, ArgumentInfo):
        spelt = said.metavar or name.upper() + ("..." if many else "")
    else:
        # In an annotation the first spelling stands where a default would.
        spellings = [*([said.default] if isinstance(said.default, str) else []), *(said.param_decls or [])]
        spelt = ", ".join(spellings or ["--" + name.replace("_", "-")])
    if default is inspect.Parameter.empty:
        shown = "needed"
    else:
        shown = "" if default is None or default is False or default == "" else f"`{default}`"
    return spelt, value, said.help or "", shown


def _help(function) -> list[str]:
    """Paragraphs of the help, its examples as listings."""
    lines, examples = [], []
    for paragraph in inspect.getdoc(function).split("\n\n"):
        if paragraph.startswith("Example:"):
            examples.append(" ".join(paragraph.removeprefix("Example:").split()))
        else:
            lines += [" ".join(paragraph.split()), ""]
    return [*lines, "```sh", *examples, "```", ""] if examples else lines


def _table(rows: list[tuple[str, str, str, str]]) -> list[str]:
    lines = ["| | what it is | default |", "| --- | --- | --- |"]
    for spelt, value, about, default in rows:
        names = ", ".join(f"`{each}`" for each in spelt.split(", "))
        shown = f"{names} {value}".strip() if spelt.startswith("-") else names
        lines.append(f"| {shown} | {about} | {default} |".replace("MOCKS|", "MOCKS\\|"))
    return [*lines, ""]


def _write(app):
    write_page(app.srcdir, "command_line.md", page_text())


def setup(app):
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}
