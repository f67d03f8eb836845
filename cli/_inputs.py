"""Which files a command is about: names, folders, patterns, and ``-`` for standard input."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indelible import imaging
from indelible.errors import ImageError, ImageTooLargeError, UnreadableImageError
from indelible.imaging import Limits

__all__ = ["STDIN", "Input", "expand"]

STDIN: Final = "-"
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
    error : ImageError or None
        Why there is no picture, where a name led nowhere.
    """

    name: str
    path: Path | None = None
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


def expand(names: Iterable[str]) -> list[Input]:
    """Turn arguments into inputs: folders into the pictures below them, patterns into matches.

    A name that leads nowhere becomes an input with an error, so that the others are still served.
    """
    found: dict[str, Input] = {}
    for name in names:
        for item in _expand_one(name):
            found.setdefault(item.name, item)
    return list(found.values())


def _expand_one(name: str) -> Iterator[Input]:
    if name == STDIN:
        yield Input(STDIN)
        return
    path = Path(name)
    try:
        if path.is_dir():
            yield from _folder(path)
        elif not os.path.lexists(path) and _PATTERN & set(name):
            yield from _pattern(name)
        elif not path.exists():
            yield _nowhere(name, "there is no such file", "Check the name and the folder.")
        else:
            yield Input(name, path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield _nowhere(name, f"it cannot be opened: {reason}", "Check the name.")


def _folder(folder: Path) -> Iterator[Input]:
    found = False
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            path = Path(parent, file)
            if imaging.format_from_suffix(path) is not None and not file.startswith("."):
                found = True
                yield Input(str(path), path)
    if not found:
        yield _nowhere(str(folder), "the folder holds no pictures", "Name the files one by one.")


def _pattern(pattern: str) -> Iterator[Input]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - takes absolute ones
    if not matches:
        yield _nowhere(pattern, "no file matches", "Check the pattern and the folder.")
    for match in matches:
        path = Path(match)
        if path.is_dir():
            yield from _folder(path)
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
