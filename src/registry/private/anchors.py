"""Files of anchors: heads of the audit log that were written down elsewhere, one a line."""

from __future__ import annotations

import os
from typing import Final

from indelible.errors import RegistryError
from indelible.files import append_line, read_file
from indelible.registry.private.audit import Anchor

__all__ = ["append_anchor", "read_anchors"]

_MAX_BYTES: Final = 64 * 1024 * 1024


def read_anchors(path: str | os.PathLike[str]) -> tuple[Anchor, ...]:
    """Return the anchors in a file, in their order.

    Raises
    ------
    RegistryError
        If it cannot be read, or a line of it is no anchor.
    """
    try:
        content = read_file(path, _MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RegistryError(
            f"the file of anchors {os.fspath(path)!r} cannot be read: {reason}",
            hint="Without it, nobody can tell whether the log was changed.",
        ) from error
    if content and not content.endswith(b"\n"):
        raise RegistryError(
            f"the last line of the file of anchors {os.fspath(path)!r} was cut off",
            hint="Remove that line; the ones above it hold.",
        )
    return tuple(Anchor.decode(line) for line in content.splitlines() if line.strip())


def append_anchor(path: str | os.PathLike[str], anchor: Anchor) -> None:
    """Add an anchor to a file, which is made where it does not exist.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    append_line(path, anchor.encode())
