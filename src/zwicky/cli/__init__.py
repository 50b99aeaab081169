"""The command line: parse, call, print. Every command is a file of this folder."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from typing import Annotated

import typer

from zwicky import __version__
from zwicky.cli.calibrate import calibrate
from zwicky.cli.evaluate import evaluate
from zwicky.cli.export import export
from zwicky.cli.failures import check_memory, line_of
from zwicky.cli.import_ import import_
from zwicky.cli.info import info
from zwicky.cli.mock import mock
from zwicky.cli.predict import predict
from zwicky.cli.report import report
from zwicky.cli.reproduce import reproduce
from zwicky.cli.sky import sky
from zwicky.cli.stack import stack
from zwicky.cli.survey import hats, survey
from zwicky.cli.train import train
from zwicky.cli.universe import universe
from zwicky.stopping import ended_by_signals, stopped_line

__all__ = ["app", "main"]

# Typer carries its own click from 0.28 on and the installed one before: reach the class through Typer.
_ClickError = typer.BadParameter.__base__.__base__

app = typer.Typer(
    name="zwicky",
    help="Masses of galaxy clusters from the motions of their galaxies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    predict, calibrate, stack, export, survey, hats, universe, sky, mock, train, evaluate, reproduce, report,
    info,
):  # fmt: skip
    app.command()(command)
app.command(name="import")(import_)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit()


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Masses of galaxy clusters from the motions of their galaxies."""
    check_memory(context.invoked_subcommand or "")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; a user's mistake is one line on standard error and exit code 2.

    A signal ends it as `zwicky.stopping` says, with 128 and the signal's number: 130, 143, 129.
    """
    with ended_by_signals():
        return sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    """Exit code of the command."""
    warnings.formatwarning = _format_warning
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):  # a name is shown in ASCII where the terminal has no more
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(arguments, standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except _ClickError as error:
        line = _one_line(error)
    except (typer.Abort, KeyboardInterrupt):  # where Python, not we, hears signals
        print(stopped_line(signal.SIGINT), file=sys.stderr)
        return 130
    except BrokenPipeError:
        _no_more_output()
        return 0
    except Exception as error:
        line = line_of(error)
        if line is None:
            raise
        if isinstance(error, OSError) and error.filename is None:
            _no_more_output()  # which Python would try again at its end, and fail with lines of its own
    print(f"zwicky: {line}", file=sys.stderr)
    return 2


def _open_what_is_closed() -> None:
    """A standard stream that the shell has closed goes nowhere: else the next file opened would be it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))


def _no_more_output() -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: _ClickError) -> str:
    text = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    return f"{text} See `{context.command_path} --help`." if context is not None else text


_FORMAT_OF_PYTHON = warnings.formatwarning


def _format_warning(message, category, *where, **line) -> str:
    """Our own warnings in one line, which is not about our source code; others as Python has them."""
    ours = category.__module__.split(".")[0] == __name__.split(".")[0]
    return f"zwicky: {message}\n" if ours else _FORMAT_OF_PYTHON(message, category, *where, **line)
