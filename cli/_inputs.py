"""Which files a command is about: names, folders, patterns, and ``-`` for standard input.

In a folder everything that is a picture by its content is meant, whatever its name, and everything
that is named like one, so that a broken one is reported. What is passed over is counted.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indelible import imaging
from indelible.cli._console import remark
from indelible.errors import (
    ImageError,
    ImageTooLargeError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.files import open_regular
from indelible.imaging import Limits

__all__ = ["STDIN", "Input", "expand", "format_of"]

STDIN: Final = "-"
_HEAD: Final = 512  # bytes: enough to recognise every format
_PATTERN: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Input:
    """One picture that a command was asked about.

    Attributes
    ----------
    name : str
        As reports call it; ``-`` for standard input.
    path : Path or None
        Its file; None for standard input.
    below : Path or None
        The folders between the one that was named and the file: what a copy of the tree mirrors.
        None for a file that was named itself.
    error : ImageError or None
        Why there is no picture, where a name led nowhere.
    """

    name: str
    path: Path | None = None
    below: Path | None = None
    error: ImageError | None = None

    def source(self, limits: Limits) -> Path | bytes:
        """Return what `indelible.protect` and `indelible.verify` take.

        Raises
        ------
        ImageError
            If the name led nowhere, or standard input exceeds the limit.
        """
        if self.error is not None:
            raise self.error
        return _read_stdin(limits) if self.path is None else self.path


@dataclass(slots=True)
class _PassedOver:
    """How many files of folders are no input: no pictures, or pictures of a kind not read."""

    nothing: int = 0
    foreign: int = 0

    def say(self) -> None:
        """Say on stderr what was passed over, if something was."""
        if self.nothing:
            what = "file that is no picture" if self.nothing == 1 else "files that are no pictures"
            remark(f"Skipped {self.nothing} {what}.")
        if self.foreign:
            pictures = "picture" if self.foreign == 1 else "pictures"
            remark(f"Skipped {self.foreign} {pictures} of kinds that Indelible does not read.")


def expand(names: Iterable[str], *, output: str | None = None) -> list[Input]:
    """Turn arguments into inputs: folders into the pictures below them, patterns into matches.

    A name that leads nowhere becomes an input with an error, so that the others are still served.

    Parameters
    ----------
    names : iterable of str
        As given on the command line.
    output : str, optional
        Where results go: a folder below one of the inputs is passed over.
    """
    found: dict[str, Input] = {}
    passed_over = _PassedOver()
    for name in names:
        for item in _expand_one(name, passed_over, output):
            found.setdefault(item.name, item)
    passed_over.say()
    return list(found.values())


def format_of(path: Path) -> str | None:
    """Return the format that a file's first bytes announce, None where they are no picture's.

    Raises
    ------
    UnsupportedImageError
        If it is a picture of a kind that is not read.
    """
    try:
        with open_regular(path) as stream:
            return imaging.identify(stream.read(_HEAD))
    except (OSError, ValueError, UnreadableImageError):
        return None


def _expand_one(name: str, passed_over: _PassedOver, output: str | None) -> Iterator[Input]:
    if name == STDIN:
        yield Input(STDIN)
        return
    path = Path(name)
    try:
        if path.is_dir():
            yield from _folder(path, passed_over, output)
        elif not os.path.lexists(path) and _PATTERN & set(name):
            yield from _pattern(name, passed_over, output)
        elif not path.exists():
            yield _nowhere(name, "there is no such file", "Check the name and the folder.")
        else:
            yield Input(name, path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield _nowhere(name, f"it cannot be opened: {reason}", "Check the name.")


def _folder(folder: Path, passed_over: _PassedOver, output: str | None) -> Iterator[Input]:
    found = False
    results = None if output in (None, STDIN) else Path(str(output)).resolve()
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and Path(parent, f).resolve() != results
        )
        for file in sorted(files):
            path = Path(parent, file)
            if not file.startswith(".") and _is_picture(path, passed_over):
                found = True
                yield Input(str(path), path, Path(parent).relative_to(folder))
    if not found:
        yield _nowhere(
            str(folder), "the folder holds no pictures", "Check the folder, or name its files."
        )


def _is_picture(path: Path, passed_over: _PassedOver) -> bool:
    if imaging.format_from_suffix(path) is not None:
        return True
    try:
        # Pipes and devices are not opened: they might never answer.
        known = path.is_file() and format_of(path) is not None
    except UnsupportedImageError:
        passed_over.foreign += 1
        return False
    passed_over.nothing += not known
    return known


def _pattern(pattern: str, passed_over: _PassedOver, output: str | None) -> Iterator[Input]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - takes absolute ones
    if not matches:
        yield _nowhere(pattern, "no file matches", "Check the pattern and the folder.")
    for match in matches:
        path = Path(match)
        if path.is_dir():
            yield from _folder(path, passed_over, output)
        else:
            yield Input(match, path)


def _nowhere(name: str, reason: str, hint: str) -> Input:
    return Input(name, error=UnreadableImageError(reason, hint=hint))


def _read_stdin(limits: Limits) -> bytes:
    data = sys.stdin.buffer.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise ImageTooLargeError(
            f"standard input holds more than {limits.max_bytes} bytes",
            hint="Raise limits.max_bytes in the configuration if you trust where it comes from.",
        )
    return data
