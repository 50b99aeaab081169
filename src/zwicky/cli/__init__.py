"""The command line: parse, call, print. Every command is a file of this folder."""

from __future__ import annotations

import signal
import sys
import warnings
from typing import Annotated

import typer

from zwicky import __version__
from zwicky.cli.calibrate import calibrate
from zwicky.cli.evaluate import evaluate
from zwicky.cli.import_ import import_
from zwicky.cli.info import info
from zwicky.cli.mock import mock
from zwicky.cli.predict import predict
from zwicky.cli.report import report
from zwicky.cli.reproduce import reproduce
from zwicky.cli.stack import stack
from zwicky.cli.train import train
from zwicky.cli.universe import universe
from zwicky.errors import ZwickyError
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
for command in (predict, calibrate, stack, universe, mock, train, evaluate, reproduce, report, info):
    app.command()(command)
app.command(name="import")(import_)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Masses of galaxy clusters from the motions of their galaxies."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; a user's mistake is one line on standard error and exit code 2.

    A signal ends it as `zwicky.stopping` says, with 128 and the signal's number: 130, 143, 129.
    """
    with ended_by_signals():
        return sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    """Exit code of the command."""
    warnings.formatwarning = _format_warning
    code = 2
    try:
        code = app(arguments, standalone_mode=False) or 0
    except ZwickyError as error:
        print(f"zwicky: {error}", file=sys.stderr)
    except _ClickError as error:
        print(f"zwicky: {_one_line(error)}", file=sys.stderr)
    except (typer.Abort, KeyboardInterrupt):  # where Python, not we, hears signals
        print(stopped_line(signal.SIGINT), file=sys.stderr)
        code = 130
    except BrokenPipeError:
        code = 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or error
        print(
            f"zwicky: {where}{reason}; check the path, its permissions and the disk's space", file=sys.stderr
        )
    return code


def _one_line(error: _ClickError) -> str:
    text = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    return f"{text} See `{context.command_path} --help`." if context is not None else text


_FORMAT_OF_PYTHON = warnings.formatwarning


def _format_warning(message, category, *where, **line) -> str:
    """Our own warnings in one line, which is not about our source code; others as Python has them."""
    ours = category.__module__.split(".")[0] == __name__.split(".")[0]
    return f"zwicky: {message}\n" if ours else _FORMAT_OF_PYTHON(message, category, *where, **line)
