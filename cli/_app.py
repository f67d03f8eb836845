"""The ``indelible`` command: its sub-commands, its global options, and how it starts and ends."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

import indelible
from indelible.cli._commands import Commands
from indelible.cli._console import Notices, flowing, problem
from indelible.cli._errors import INTERRUPTED, PIPE_CLOSED, discard_stdout, exit_code_of, report

__all__ = ["app", "run"]

HELP = """
Invisible watermarks and C2PA Content Credentials for generated images.

[bold]protect[/bold] marks and signs a picture; [bold]verify[/bold] finds out who vouches for one,
also after its metadata was stripped.
"""
EPILOG = """
[bold]Try it[/bold]

[cyan]indelible protect picture.png -o protected.jpg --source-type generated[/cyan]

[cyan]indelible verify protected.jpg[/cyan]

Every command explains itself: [cyan]indelible protect --help[/cyan]
"""

app = typer.Typer(
    name="indelible",
    cls=Commands,
    help=HELP,
    epilog=flowing(EPILOG),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"indelible {indelible.__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Configuration file instead of yours."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""
    del version  # dealt with by its callback
    if config is not None:
        os.environ["INDELIBLE_CONFIG"] = str(config)
    _quiet_libraries()
    logger = logging.getLogger("indelible")
    if not any(isinstance(handler, Notices) for handler in logger.handlers):
        logger.addHandler(Notices())
        logger.propagate = False
        # compiling takes long enough to be said, though it is no warning
        logging.getLogger("indelible.engine").setLevel(logging.INFO)


def _quiet_libraries() -> None:
    """Keep what libraries say to developers off the terminal of somebody who asked a question."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())  # else Python prints their warnings itself


def run() -> None:
    """Run the command; whatever happens ends in an exit code, never in a stack trace."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # a library's words are for developers
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows a question mark.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="indelible")
    except KeyboardInterrupt:
        problem("Interrupted.")
        _leave(INTERRUPTED)
    except BrokenPipeError:
        discard_stdout()
        _leave(PIPE_CLOSED)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        report(error)
        _leave(exit_code_of(error))
    finally:
        with contextlib.suppress(BrokenPipeError, ValueError):
            sys.stdout.flush()


def _leave(code: int) -> None:
    raise SystemExit(code)
