"""The boxes of ISO base media files (AVIF, HEIC, HEIF), and the manifest store in one of them.

References
----------
ISO/IEC 14496-12, 4.2 (boxes); C2PA Technical Specification 2.2, A.5 (embedding in BMFF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._container import damaged, truncated
from indelible.imaging.structure.parts import (
    MAX_PARTS,
    MAX_STORE,
    TWO_STORES,
    Located,
    Segment,
    Span,
    Walk,
)

__all__ = ["C2PA_UUID", "XMP_UUID", "Boxes", "has_uuid", "locate", "problem", "walk"]

#: Types of the ``uuid`` boxes that hold a manifest, and an XMP packet.
C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_DAMAGED: Final = "the box that holds it is damaged"


def walk(data: bytes) -> Walk:
    """Return the boxes that lie directly in a file, up to where they make no sense.

    Of media data (``mdat``) that are cut short, readers take what is there: they are a part that
    ends with the file, where the walk ends too, and all the same the broken part.
    """
    parts: list[Segment] = []
    at = 0
    while at + 8 <= len(data):
        if len(parts) == MAX_PARTS:
            return Walk(tuple(parts), at, too_many=True)
        box = _box(data, at, len(data))
        if box.kind == b"mdat" and box.content <= len(data) < box.end:
            parts.append(box._replace(end=len(data)))
            return Walk(tuple(parts), len(data), box)
        if not box.content <= box.end <= len(data):
            return Walk(tuple(parts), at, box)
        parts.append(box)
        at = box.end
    return Walk(tuple(parts), at)


def _box(data: bytes, at: int, limit: int) -> Segment:
    """Return the box at an offset, whose header ends before `limit`; its end is as it says."""
    size, kind = struct.unpack_from(">I4s", data, at)
    content = at + 8
    if size == 1:
        content += 8
        if content > limit:
            return Segment(kind, at, content, content)
        (size,) = struct.unpack_from(">Q", data, at + 8)
    elif size == 0:
        size = limit - at
    return Segment(kind, at, content, at + size)


def problem(data: bytes, walked: Walk, title: str) -> UnreadableImageError | None:
    """Return why the walk did not reach the end of the file; None where it did.

    A few zeros behind the last box are padding.
    """
    if walked.too_many:
        return damaged(title, f"it has more than {MAX_PARTS} boxes")
    if walked.broken is not None and walked.broken.end < walked.broken.content:
        return damaged(title, "a box has an impossible length")
    whole = walked.broken is None and not any(data[walked.end :])
    return None if whole else truncated(title)


class Boxes:
    """The boxes inside the boxes of one file, and how many of them were looked at.

    Parameters
    ----------
    data : bytes
        The file.
    title : str
        What to call it in messages.
    """

    def __init__(self, data: bytes, title: str = "HEIF") -> None:
        self.data = data
        self.title = title
        self._left = MAX_PARTS

    def between(self, start: int, end: int) -> Iterator[Segment]:
        """Yield the boxes between two offsets.

        Raises
        ------
        UnreadableImageError
            One reaches further, or the file has more of them than any picture.
        """
        at = start
        while at < end:
            if at + 8 > end:
                if any(self.data[at:end]):
                    raise truncated(self.title)
                return  # padding
            box = _box(self.data, at, end)
            if box.end < box.content:
                raise damaged(self.title, "a box has an impossible length")
            if box.end > end:
                raise truncated(self.title)
            self._left -= 1
            if self._left < 0:
                raise damaged(self.title, f"it has more than {MAX_PARTS} boxes")
            yield box
            at = box.end


def has_uuid(data: bytes, box: Segment, uuid: bytes) -> bool:
    """Whether a box is one of an extended type: `C2PA_UUID` or `XMP_UUID`."""
    return box.kind == b"uuid" and data[box.content : box.content + 16] == uuid


def locate(data: bytes, walked: Walk) -> Located | None:
    """Return the manifest store; raises as `structure.locate`.

    An original and its update, in two boxes, are one store.
    """
    if walked.broken is not None and has_uuid(data, walked.broken, C2PA_UUID):
        raise ValueError(_DAMAGED)
    boxes = [box for box in walked.parts if has_uuid(data, box, C2PA_UUID)]
    if not boxes:
        return None
    parts = {}
    for box in boxes:
        purpose, store = _opened(data, box)
        if purpose in parts:
            raise ValueError(TWO_STORES)
        parts[purpose] = store
    spans = _joined(Span(box.start, box.end) for box in boxes)
    if set(parts) == {b"manifest"}:
        return Located(parts[b"manifest"], spans)
    if set(parts) == {b"original", b"update"}:
        return Located(_merged(parts[b"original"], parts[b"update"]), spans)
    raise ValueError(TWO_STORES)


def _opened(data: bytes, box: Segment) -> tuple[bytes, bytes]:
    """Return what a C2PA box is for, and the store in it.

    After the UUID come version and flags, the purpose as text, and the offset of a first auxiliary
    box, which pictures have no use for.
    """
    (size,) = struct.unpack_from(">I", data, box.start)
    body = data[box.content + 16 : box.end]
    purpose, end, rest = body[4:68].partition(b"\0")
    at = 4 + len(purpose) + 1
    if size < 2 or body[:4] != bytes(4) or not end or body[at : at + 8] != bytes(8):
        raise ValueError(_DAMAGED)
    store = body[at + 8 :]
    if len(rest) < 8 or len(store) > MAX_STORE:
        raise ValueError(_DAMAGED)
    return purpose, store


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order, with adjacent ones made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return tuple(joined)


def _merged(original: bytes, update: bytes) -> bytes:
    """Return one store with the manifests of both, as C2PA 2.2, A.5.3, says to read them."""
    if min(len(original), len(update)) < 12 or update[4:8] != b"jumb" != original[4:8]:
        raise ValueError(_DAMAGED)
    for store in (original, update):
        if int.from_bytes(store[:4], "big") != len(store) or store[4:8] != b"jumb":
            raise ValueError(_DAMAGED)
    description = int.from_bytes(update[8:12], "big")
    merged = original[4:] + update[8 + description :]
    return struct.pack(">I", len(merged) + 4) + merged
