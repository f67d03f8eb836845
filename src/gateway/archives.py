"""Zip archives of pictures: taken apart within limits, and made anew."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Final

from indelible.gateway.errors import GatewayError, unprotected

__all__ = ["pack", "unpack"]

_END: Final = struct.Struct("<4s4H2LH")  # of an archive without a comment
_MOST_DIRECTORY: Final = 64 * 1024  # bytes; a list of millions of names costs time and memory
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(data: bytes, *, most: int, size: int) -> list[tuple[str, bytes]]:
    """Return the members of an archive: names and files.

    Parameters
    ----------
    data : bytes
        The archive.
    most : int
        How many members it may have.
    size : int
        How many bytes all of them together may have, unpacked.

    Raises
    ------
    GatewayError
        If it is none, is damaged, or exceeds a limit.
    """
    _check_end(data, most)
    found: list[tuple[str, bytes]] = []
    left = size
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1 or member.compress_type not in _METHODS or member.is_dir():
                    raise unprotected("its archive holds what cannot be looked at")
                with archive.open(member) as stream:
                    held = stream.read(left + 1)
                left -= len(held)
                if left < 0:
                    raise unprotected("its archive is larger than the gateway takes")
                found.append((member.filename, held))
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
        RuntimeError, struct.error,
    ):  # fmt: skip
        raise unprotected("its archive is damaged") from None
    if not found:
        raise GatewayError(502, "no_picture", "The server sent an archive with nothing in it.")
    return found


def pack(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return an archive; names that are odd, or come twice, are made anew."""
    stream = io.BytesIO()
    used: set[str] = set()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, data) in enumerate(members):
            plain = name if _NAME.fullmatch(name) and name not in used else f"image_{number}"
            used.add(plain)
            archive.writestr(plain, data)
    return stream.getvalue()


def _check_end(data: bytes, most: int) -> None:
    """Look at an archive's own count before anything follows it."""
    if len(data) < _END.size:
        raise unprotected("its archive is damaged")
    mark, disk, first, here, count, size, _, comment = _END.unpack(data[-_END.size :])
    if mark != b"PK\x05\x06" or comment or disk or first or here != count:
        raise unprotected("its archive is damaged, or has more at its end")
    if count > most or size > _MOST_DIRECTORY:
        raise unprotected("its archive has more members than the gateway takes")
