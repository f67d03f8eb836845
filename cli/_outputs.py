"""Where results go: one file, a folder, beside the input, or standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from indelible import imaging
from indelible.cli._console import is_terminal
from indelible.cli._errors import UsageError
from indelible.cli._inputs import STDIN, Input, format_of
from indelible.errors import UnsupportedImageError

__all__ = ["STDOUT", "targets", "without_existing"]

STDOUT: Final = "-"


def targets(
    inputs: Sequence[Input],
    output: str | None,
    *,
    format: str | None,
    infix: str,
    json: bool = False,
) -> dict[str, Path | None]:
    """Decide where each input's result goes.

    Parameters
    ----------
    inputs : sequence of Input
        What is worked on.
    output : str or None
        What ``-o`` says: a file, a folder, ``-``, or nothing.
    format : str or None
        What ``--format`` says.
    infix : str
        Put before the suffix where the result goes beside its input.
    json : bool
        Whether standard output is taken by a report.

    Returns
    -------
    dict
        A path for each input's name; None stands for standard output.

    Raises
    ------
    UsageError
        If the options contradict each other, or two results would get one name.
    """
    if output is None and [item.name for item in inputs] == [STDIN]:
        output = STDOUT
    if output == STDOUT:
        _check_stdout(inputs, json=json)
        return {item.name: None for item in inputs}
    if output is not None and not _is_folder(output, inputs):
        if len(inputs) != 1:
            raise UsageError(
                f"{len(inputs)} pictures cannot all become {output}.",
                hint="Name a folder: end it with a slash.",
            )
        parent = Path(output).parent
        if not parent.is_dir():
            raise UsageError(f"There is no folder {parent}.", hint="Make it, or check its name.")
        return {inputs[0].name: Path(output)}
    folder = None if output is None else _made(Path(output))
    found = {item.name: _place(item, folder, format, infix) for item in inputs}
    taken: dict[Path, str] = {}
    for name, path in found.items():
        if path in taken:
            raise UsageError(
                f"{taken[path]} and {name} would both become {path}.",
                hint="Work on them one by one, with a name for each.",
            )
        taken[path] = name
    for parent in {path.parent for path in found.values()} if folder is not None else ():
        _made(parent)
    return dict(found)


def without_existing(
    inputs: Sequence[Input], places: Mapping[str, Path | None]
) -> tuple[list[Input], int]:
    """Return the inputs whose result is not there yet, and how many are."""
    left = []
    for item in inputs:
        place = places[item.name]
        if place is None or not os.path.lexists(place):
            left.append(item)
    return left, len(inputs) - len(left)


def _check_stdout(inputs: Sequence[Input], *, json: bool) -> None:
    if len(inputs) != 1:
        raise UsageError("Only one picture can go to standard output.")
    if json:
        raise UsageError(
            "The picture and --json both want standard output.",
            hint="Name an output file with -o.",
        )
    if is_terminal(sys.stdout):
        raise UsageError(
            "A picture is not written to a terminal.",
            hint="Redirect it to a file, or name an output with -o.",
        )


def _is_folder(output: str, inputs: Sequence[Input]) -> bool:
    """Whether ``-o`` names a folder: by a slash, by being one, or because a folder becomes it."""
    path = Path(output)
    if output.endswith(("/", os.sep)) or path.is_dir():
        return True
    from_folder = any(item.below is not None for item in inputs)
    return from_folder and not os.path.lexists(path) and imaging.format_from_suffix(path) is None


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be made: {error.strerror or error}."
        ) from error
    return folder


def _place(item: Input, folder: Path | None, format: str | None, infix: str) -> Path:
    """Name a result after its input; its suffix says the format that it will have.

    That is the one that was asked for, else the one that the input's content has: a name may lie,
    and a picture keeps its format unless somebody wants another.
    """
    known = imaging.FORMATS.get((format or "").lower())
    if item.path is None:
        return (folder or Path()) / f"stdin{known.suffixes[0] if known else ''}"
    known = known or imaging.FORMATS.get(_content(item.path) or "")
    suffix = item.path.suffix
    if known is not None and known.name != imaging.format_from_suffix(item.path):
        suffix = known.suffixes[0]
    if folder is not None:
        return folder / (item.below or Path()) / f"{item.path.stem}{suffix}"
    return item.path.with_name(f"{item.path.stem}.{infix}{suffix}")


def _content(path: Path) -> str | None:
    try:
        return format_of(path)
    except UnsupportedImageError:
        return None  # reported when it is worked on
