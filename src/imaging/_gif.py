"""Reader of GIF files (GIF89a specification; XMP part 3 for the metadata)."""

from __future__ import annotations

import struct
from typing import Final

from indelible.imaging._container import Container, damaged, truncated
from indelible.imaging.picture import Header, Limits

__all__ = ["XMP_EXTENSION", "XMP_TRAILER", "read_gif"]

#: Application extension that carries an XMP packet, and the bytes after the packet.
XMP_EXTENSION: Final = b"\x21\xff\x0bXMP DataXMP"
XMP_TRAILER: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def read_gif(data: bytes, limits: Limits) -> Container:
    """Walk the blocks of a GIF file.

    Raises
    ------
    ImageError
        The file is cut short, damaged, or over a limit.
    """
    if len(data) < 13:
        truncated("GIF")
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    limits.check_size(width, height)
    # Blocks hold up to 255 bytes; many more of them than a real file has are an attack on our
    # patience.
    budget = len(data) // 32 + 10_000
    at = 13 + _table_bytes(packed)
    frames = 0
    first_end = 0
    transparent = False
    depth = (packed & 7) + 1
    xmp: bytes | None = None
    comments: list[tuple[str, str]] = []
    metadata_bytes = 0
    while True:
        if at >= len(data):
            truncated("GIF")
        kind = data[at]
        if kind == 0x3B:
            break
        if kind == 0x2C:
            if at + 10 > len(data):
                truncated("GIF")
            frames += 1
            limits.check_frames(frames)
            frame = struct.unpack_from("<HHHHB", data, at + 1)
            if frame[0] + frame[2] > width or frame[1] + frame[3] > height:
                damaged("GIF", "a frame is larger than the picture")
            table = _table_bytes(frame[4])
            if frames == 1 and table:
                depth = (frame[4] & 7) + 1
            transparent |= frames == 1 and frame[:4] != (0, 0, width, height)
            at, budget = _skip(data, at + 11 + table, budget)  # 1 byte: the code size
            first_end = first_end or at
        elif kind == 0x21:
            if data[at : at + 2] == b"\x21\xf9" and not frames and at + 3 < len(data):
                transparent = bool(data[at + 3] & 1)
            end, budget = _skip(data, at + 2, budget)
            if data.startswith(XMP_EXTENSION, at):
                xmp = xmp or data[at + len(XMP_EXTENSION) : max(end - len(XMP_TRAILER), at)]
                metadata_bytes += end - at
            elif data.startswith(b"\x21\xfe", at):
                comments.append(("Comment", _join(data, at + 2).decode("utf-8", "replace")))
                metadata_bytes += end - at
            limits.check_metadata(metadata_bytes)
            at = end
        else:
            damaged("GIF", "there is no block where one should be")
    if not frames:
        truncated("GIF", "it ends before any picture data")
    header = Header("gif", width, height, frames, "PA" if transparent else "P", depth)
    return Container(header, data[:first_end] + b"\x3b", xmp=xmp or None, text=tuple(comments))


def _table_bytes(packed: int) -> int:
    """Return the length of the colour table that a packed field announces."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _skip(data: bytes, at: int, budget: int) -> tuple[int, int]:
    """Return where a chain of sub-blocks ends, and what is left of the budget."""
    size = len(data)
    while True:
        if at >= size:
            truncated("GIF")
        length = data[at]
        at += 1 + length
        if not length:
            return at, budget
        budget -= 1
        if not budget:
            damaged("GIF", "it has too many blocks")


def _join(data: bytes, at: int) -> bytes:
    """Return the content of a chain of sub-blocks that `_skip` has found sound."""
    parts: list[bytes] = []
    while length := data[at]:
        parts.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return b"".join(parts)
