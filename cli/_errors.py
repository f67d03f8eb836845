"""Every way out of a command: exit codes, short messages, never a stack trace."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import typer

from indelible.cli._console import describe, problem
from indelible.errors import (
    ArgumentError,
    CertificateError,
    ConfigurationError,
    ImageError,
    IndelibleError,
    KeyFileError,
    ManifestError,
    NoRecordError,
    OutputExistsError,
    PayloadError,
    TrustError,
    UnmarkableImageError,
    UnreadableBundleError,
    UnreadableExportError,
    UnreadableScanError,
)

__all__ = [
    "FAILURE",
    "INTERRUPTED",
    "PIPE_CLOSED",
    "UNREADABLE",
    "USAGE",
    "UsageError",
    "error_fields",
    "exit_code_of",
    "guarded",
    "report",
]

USAGE: Final = 2
UNREADABLE: Final = 4
FAILURE: Final = 5
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells expect
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE

_UNREADABLE: Final = (
    ImageError,
    UnmarkableImageError,
    UnreadableBundleError,
    UnreadableExportError,
    UnreadableScanError,
)
_USAGE: Final = (
    ArgumentError,
    CertificateError,
    ConfigurationError,
    KeyFileError,
    ManifestError,
    NoRecordError,
    OutputExistsError,
    PayloadError,
    TrustError,
)

P = ParamSpec("P")
R = TypeVar("R")


class UsageError(IndelibleError):
    """Options that do not go together."""


def exit_code_of(error: BaseException) -> int:
    """Return the exit code that an error stands for: 2 usage, 4 bad input, 5 everything else."""
    if isinstance(error, _UNREADABLE):
        return UNREADABLE
    if isinstance(error, (UsageError, *_USAGE)):
        return USAGE
    return FAILURE


def error_fields(error: Exception | None) -> dict[str, str | None]:
    """Return what went wrong in one sentence, what can be done about it, and its type: for JSON."""
    if isinstance(error, IndelibleError):
        said, hint = describe(error), error.hint
    else:
        said, hint = f"Internal error: {type(error).__name__}: {error}", None
    return {"error": said, "hint": hint, "error_type": type(error).__name__}


def report(error: Exception, *, about: str | None = None) -> None:
    """Print an error on stderr, for a person; a file called ``-`` is standard input."""
    about = "standard input" if about == "-" else about
    if isinstance(error, IndelibleError):
        problem(describe(error), about=about, hint=error.hint)
        return
    place = _save_traceback(error)
    kept = f" The details are in {place}." if place else ""
    problem(
        f"Internal error: {type(error).__name__}: {error}",
        about=about,
        hint=f"This is a bug in Indelible; please report it with the command you ran.{kept}",
    )


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command so that whatever goes wrong ends in a message and an exit code."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.BadParameter, typer.Abort):
            raise
        except KeyboardInterrupt:
            problem("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            discard_stdout()
            raise typer.Exit(PIPE_CLOSED) from None
        except Exception as error:  # noqa: BLE001 - the last line of defence
            report(error)
            raise typer.Exit(exit_code_of(error)) from None

    return wrapper


def discard_stdout() -> None:
    """Point stdout at nothing, so that Python does not complain about a closed pipe on exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _save_traceback(error: Exception) -> str | None:
    """Keep the traceback in a private file, so that a bug report can hold it."""
    try:
        handle, name = tempfile.mkstemp(prefix="indelible-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            # Without local variables: they could hold keys.
            file.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return name
