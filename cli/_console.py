"""Where words go: the answer to stdout, everything else to stderr.

Text from files and manifests is somebody else's: it reaches a terminal only through `clean`, as
plain text, never as markup.

rich is imported when something is drawn: ``--version`` and a shell's completion draw nothing.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import unicodedata
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, Final

from indelible.errors import IndelibleError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = [
    "Notices",
    "answer",
    "answer_json",
    "clean",
    "describe",
    "flowing",
    "is_terminal",
    "problem",
    "remark",
    "stderr",
    "stdout",
    "write_bytes",
]

# A pipe has no width: nothing is wrapped in it.
_PIPE_WIDTH: Final = 10_000
# With which messages begin that were written to stand after a colon.
_FIRST_WORDS: Final = frozenset(
    {"a", "an", "as", "connecting", "fetching", "it", "no", "nothing", "signing", "the", "there"}
)


def stdout() -> Console:
    """Return a console on the current standard output (tests replace it, so it is looked up)."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Return a console on the current standard error."""
    return _console(sys.stderr)


def _console(stream: IO[str]) -> Console:
    from rich.console import Console

    fitted = is_terminal(stream) or "COLUMNS" in os.environ
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if fitted else _PIPE_WIDTH,
    )


def flowing(text: str) -> str:
    """Return a help text whose paragraphs are lines, for a terminal of any width to break."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def is_terminal(stream: object) -> bool:
    """Whether a stream is somebody's terminal."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty is not None and isatty())


def clean(value: object) -> str:
    """Return text that cannot steer a terminal: one line, without control characters."""
    return "".join(
        "�" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter
        for letter in str(value)
    )


def answer(*parts: RenderableType) -> None:
    """Print a part of the answer to stdout."""
    console = stdout()
    if is_terminal(sys.stdout):
        console.print(*parts, sep="\n")
        return
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    # rich pads what it aligns; a pipe wants lines without trailing blanks.
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    sys.stdout.flush()


def answer_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object to stdout, on one line."""
    # Written directly: rich would wrap it. ASCII only, whatever the terminal's encoding.
    sys.stdout.write(json.dumps(value, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def write_bytes(data: bytes) -> None:
    """Write a picture to stdout."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def remark(text: str) -> None:
    """Say something beside the answer, on stderr."""
    from rich.text import Text

    stderr().print(Text(text, style="dim"), soft_wrap=True)


def problem(text: str, *, about: str | None = None, hint: str | None = None) -> None:
    """Report an error on stderr: what happened, and what to do about it."""
    from rich.text import Text

    line = Text()
    line.append("error: ", style="bold red")
    if about is not None and about not in text:
        line.append(f"{clean(about)}: ", style="bold")
    line.append(clean(text))
    console = stderr()
    console.print(line, soft_wrap=True)
    for part in (hint or "").splitlines():
        console.print(Text(f"  {clean(part)}", style="dim"), soft_wrap=True)


def describe(error: IndelibleError) -> str:
    """Return an error's message as a sentence."""
    text = clean(" ".join(error.message.split()))
    if text.partition(" ")[0] in _FIRST_WORDS:  # anything else may be somebody's file name
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


class Notices(logging.Handler):
    """Shows what the package logs (a new identity, a stale list) as remarks on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        from rich.text import Text

        line = Text("note: ", style="bold yellow")
        line.append(clean(record.getMessage()))
        stderr().print(line, soft_wrap=True)
