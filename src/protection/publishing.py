"""Showing a picture: all of it or nothing, and never one that its registry does not hold.

Everything that takes long or may run out of space comes before the registry commits. After the
commit only a rename is left (or a write to the caller's stream).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from indelible.errors import (
    IndelibleError,
    OutputError,
    OutputExistsError,
    RegistryError,
    RegistryOutcomeUnknownError,
)
from indelible.files import stage
from indelible.registry import Record, Registry, sealing_registry
from indelible.registry.private import SealedRecord

__all__ = ["Output", "check_free", "register_and_show", "show"]

Output: TypeAlias = "str | os.PathLike[str] | BinaryIO | bytearray | None"
"""Where a picture goes: a file, a stream, the end of a bytearray, or nowhere."""

_log: Final = logging.getLogger("indelible")


def check_free(output: Output, *, overwrite: bool) -> None:
    """Fail before any work is done; writing checks once more.

    Raises
    ------
    OutputExistsError
        If the output exists and may not be replaced.
    OutputError
        If it is a folder, or its folder is missing.
    """
    if not isinstance(output, str | os.PathLike):
        return
    if not overwrite and os.path.lexists(output):
        raise OutputExistsError(
            f"'{os.fspath(output)}' exists already.",
            hint="Choose another name, or allow overwriting (--force; in Python overwrite=True).",
        )
    if os.path.isdir(output) or not os.path.isdir(Path(output).parent):  # noqa: PTH112
        raise OutputError(
            f"'{os.fspath(output)}' cannot be written: it is a folder, or its folder is missing.",
            hint="Give a file's name in a folder that exists.",
        )


def show(data: bytes, output: Output, *, overwrite: bool) -> Path | None:
    """Make a picture visible; return its path, None where the output is no file.

    Raises
    ------
    OutputError
        If it cannot be written. A file is whole or absent; a stream may have taken a part.
    """
    with _prepared(data, output, overwrite=overwrite) as publish:
        return publish()


def register_and_show(
    record: Record,
    registry: Registry,
    data: bytes,
    output: Output,
    *,
    overwrite: bool,
    private: SealedRecord | None = None,
) -> Path | None:
    """Register a picture, then make it visible; if that fails, take the record back.

    With `private`, who had it made is kept with it, and taken back with it.

    Returns
    -------
    Path or None
        Its path; None where the output is no file.

    Raises
    ------
    BindingConflictError
        If the registry holds the watermark's id or the manifest's id already.
    RegistryError
        If it cannot register. The picture is not shown, and what the registry may hold of it all
        the same is withdrawn.
    OutputError
        If the picture cannot be written. The record is withdrawn.
    """
    with (
        _prepared(data, output, overwrite=overwrite) as publish,
        _registered(record, registry, private),
    ):
        return publish()


@contextmanager
def _prepared(
    data: bytes, output: Output, *, overwrite: bool
) -> Iterator[Callable[[], Path | None]]:
    """Do all of the writing that can be done unseen; yield the step that shows the picture."""
    if isinstance(output, str | os.PathLike):
        with stage(output, data, overwrite=overwrite) as staged:

            def publish() -> Path:
                staged.publish()
                return staged.path

            yield publish
    else:
        yield lambda: _hand_over(data, output)


@contextmanager
def _registered(record: Record, registry: Registry, private: SealedRecord | None) -> Iterator[None]:
    """Register, and withdraw the record unless the picture becomes visible."""
    held = False
    try:
        if private is None:
            registry.put(record)
        else:
            sealing_registry(registry).put(record, private=private)
        held = True
        yield
    except BaseException as error:
        if held or _may_be_held(error):
            _withdraw(record, registry, certain=held)
        raise


def _may_be_held(error: BaseException) -> bool:
    """Whether a record may be in the registry although putting it there raised this error.

    A registry that answers with its own error says that it stored nothing, unless it says that it
    does not know. An interrupt, or an error of foreign code, says nothing.
    """
    return isinstance(error, RegistryOutcomeUnknownError) or not isinstance(error, RegistryError)


def _withdraw(record: Record, registry: Registry, *, certain: bool) -> None:
    """Take a record back; log it where that fails, so that the first error is the one raised."""
    try:
        registry.withdraw(record.manifest_id)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not hide the first error
        # The record points to a complete manifest of a picture that nobody will see.
        _log.warning(
            "The registry %s %s, whose picture was not written: %s",
            "keeps" if certain else "may keep",
            record.manifest_id,
            error.reason() if isinstance(error, IndelibleError) else type(error).__name__,
            exc_info=not isinstance(error, IndelibleError),
        )


def _hand_over(data: bytes, output: BinaryIO | bytearray | None) -> None:
    if isinstance(output, bytearray):
        output += data
    elif output is not None:
        _write_stream(output, data)


def _write_stream(stream: BinaryIO, data: bytes) -> None:
    try:
        view = memoryview(data)
        while view:
            written = stream.write(view)
            # Buffered streams take everything; raw ones return how much they took.
            view = view[len(view) if written is None else written :]
        stream.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise OutputError(f"The picture cannot be written: {error}.") from error
