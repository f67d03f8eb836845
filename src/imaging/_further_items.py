"""The items of AVIF and HEIC files besides the picture: what they are, for a note.

References
----------
ISO/IEC 14496-12, 8.11.6 (``iinf``) and 8.11.12 (``iref``); 23008-12 (HEIF).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from indelible.imaging._container import PREVIEW_NOTE

__all__ = ["Items", "other_items", "read_items", "read_references"]

# What is part of the picture itself, is kept as metadata, or shows the picture as it was.
_OWN: Final = frozenset({b"dimg", b"thmb", b"prem"})
_PICTURES: Final = frozenset(
    {b"hvc1", b"av01", b"avc1", b"grid", b"iovl", b"iden", b"jpeg", b"tmap", b"unci", b"vvc1"}
)
_METADATA: Final = frozenset({b"Exif", b"mime", b"uri "})
_MAX_ITEMS: Final = 20_000


@dataclass(slots=True)
class Items:
    """Items by number, and how they refer to each other."""

    kinds: dict[int, bytes] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)


def read_items(items: Items, body: bytes) -> None:
    """Take in the list of items; raises struct.error or IndexError where it is cut short."""
    at = 8 if body[0] else 6
    while at + 8 <= len(body) and len(items.kinds) < _MAX_ITEMS:
        size, kind, version = struct.unpack_from(">I4sB", body, at)
        if size < 12:
            return
        if kind == b"infe" and version in (2, 3):
            number_format = ">I" if version == 3 else ">H"
            (number,) = struct.unpack_from(number_format, body, at + 12)
            place = at + 12 + struct.calcsize(number_format) + 2
            items.kinds[number] = body[place : place + 4]
        at += size


def read_references(items: Items, body: bytes) -> None:
    """Take in the references; raises struct.error or IndexError where they are cut short."""
    code = "I" if body[0] else "H"
    width = struct.calcsize(code)
    at = 4
    while at + 8 + width + 2 <= len(body) and len(items.references) < _MAX_ITEMS:
        size, kind = struct.unpack_from(">I4s", body, at)
        source, count = struct.unpack_from(f">{code}H", body, at + 8)
        targets = struct.unpack_from(f">{count}{code}", body, at + 8 + width + 2)
        items.references.append((kind, source, targets))
        if size < 8:
            return
        at += size


def other_items(items: Items, primary: int, alphas: set[int]) -> tuple[str, ...]:
    """Return notes that name the pictures in a file which are no part of the primary one.

    Parameters
    ----------
    items : Items
        All of them.
    primary : int
        Number of the picture that is shown.
    alphas : set of int
        Numbers of the items that are transparency, of whichever picture.
    """
    own = _belonging(items, {primary, *alphas})
    further = auxiliary = 0
    sources = {source for kind, source, _ in items.references if kind == b"auxl"}
    for number, kind in items.kinds.items():
        if number in own or kind not in _PICTURES:
            continue
        if number in sources:
            auxiliary += 1
        else:
            further += 1
    notes: list[str] = []
    if any(kind == b"thmb" for kind, _, _ in items.references):
        notes.append(PREVIEW_NOTE)
    if auxiliary:
        notes.append("Auxiliary pictures (depth, gain map, mattes) are not kept.")
    if further:
        notes.append("Further pictures in the file (other views, a gain map) are not kept.")
    unknown = any(
        kind not in _PICTURES | _METADATA and number not in own
        for number, kind in items.kinds.items()
    )
    if unknown:
        notes.append("Items of other kinds in the file are not kept.")
    return tuple(notes)


def _belonging(items: Items, first: set[int]) -> set[int]:
    """Return these items, what they are made of, and their thumbnails."""
    own = set(first)
    made_of: dict[int, list[int]] = {}
    for kind, source, targets in items.references:
        if kind == b"dimg":
            made_of.setdefault(source, []).extend(targets)
    waiting = [*first]
    while waiting:
        for part in made_of.get(waiting.pop(), ()):
            if part not in own:
                own.add(part)
                waiting.append(part)
    previews = {s for k, s, targets in items.references if k in _OWN and own & {*targets}}
    return own | previews
