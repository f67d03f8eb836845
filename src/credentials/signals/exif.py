"""The few fields of an EXIF block that name a program or a camera; nothing else of EXIF."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from indelible.credentials.source_types import SourceType

__all__ = ["camera", "camera_contradicts", "read_text_fields"]

_NAMES: Final = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x9C9C: "XPComment",
    0x9C9E: "XPKeywords",
}
_SUB_DIRECTORY: Final = 0x8769
# Exposure time, f-number, sensitivity, focal length: what only taking a photograph gives.
_EXPOSURE: Final = frozenset({0x829A, 0x829D, 0x8827, 0x920A})
_WANTED: Final = frozenset({*_NAMES, *_EXPOSURE, _SUB_DIRECTORY})
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
_MAX_ENTRIES: Final = 512
_MAX_VALUE: Final = 64 * 1024


class _Entry(NamedTuple):
    tag: int
    kind: int
    value: bytes


def read_text_fields(exif: bytes | None) -> dict[str, str]:
    """Return EXIF's text fields by name.

    Parameters
    ----------
    exif : bytes or None
        The block, from its TIFF header on. What cannot be read has no fields; nothing is raised.
        Of a long field the first 64 KiB are read, of fields with one name the first.
    """
    found: dict[str, str] = {}
    order = {b"II*\0": "<", b"MM\0*": ">"}.get((exif or b"")[:4])
    if exif is None or order is None or len(exif) < 8:
        return found
    (first,) = struct.unpack_from(order + "I", exif, 4)
    below = 0
    for entry in _entries(exif, order, first):
        if entry.tag != _SUB_DIRECTORY:
            _put(found, entry, order)
        elif not below and len(entry.value) == 4:
            (below,) = struct.unpack(order + "I", entry.value)
    for entry in _entries(exif, order, below) if below else ():
        _put(found, entry, order)
    return {name: text for name, text in found.items() if text}


def camera(exif: bytes | None) -> str | None:
    """Return the camera that took a picture, as its EXIF block says, None where it names none.

    A maker or a model alone is no camera: scanners and programs write them, too. One that says how
    it exposed the picture is.
    """
    fields = read_text_fields(exif)
    make, model = fields.get("Make", ""), fields.get("Model", "")
    if exif is None or not (make or model) or _EXPOSURE.isdisjoint(_tags(exif)):
        return None
    return model if model.startswith(make) else f"{make} {model}".strip()


def camera_contradicts(source_type: SourceType, exif: bytes | None) -> str | None:
    """Return a sentence where EXIF names a camera, but the claim is that AI made the picture."""
    taken_with = camera(exif) if source_type is SourceType.GENERATED else None
    if taken_with is None:
        return None
    return (
        f"Its EXIF says that a camera took it ({taken_with}), and the manifest now says that AI "
        "generated it. A photograph is captured, or ai-edited."
    )


def _tags(exif: bytes) -> Iterator[int]:
    """Yield the tags of the main directory and of EXIF's own."""
    order = "<" if exif[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", exif, 4)
    for entry in _entries(exif, order, first):
        yield entry.tag
        if entry.tag == _SUB_DIRECTORY and len(entry.value) >= 4:
            (below,) = struct.unpack_from(order + "I", entry.value)
            yield from (inner.tag for inner in _entries(exif, order, below))


def _entries(exif: bytes, order: str, offset: int) -> Iterator[_Entry]:
    if offset + 2 > len(exif):
        return
    (count,) = struct.unpack_from(order + "H", exif, offset)
    for index in range(min(count, _MAX_ENTRIES)):
        at = offset + 2 + 12 * index
        if at + 12 > len(exif):
            return
        tag, kind, length = struct.unpack_from(order + "HHI", exif, at)
        size = min(_SIZES.get(kind, 0) * length, _MAX_VALUE)
        if not size or tag not in _WANTED:
            continue
        start = at + 8
        if size > 4:
            (start,) = struct.unpack_from(order + "I", exif, start)
        yield _Entry(tag, kind, exif[start : start + size])


def _put(found: dict[str, str], entry: _Entry, order: str) -> None:
    name = _NAMES.get(entry.tag)
    if name is None or name in found:
        return
    value = entry.value
    if name.startswith("XP"):
        text = value.decode("utf-16-le", "replace")
    elif name == "UserComment" and value[:8] == b"UNICODE\0":
        encoding = "utf-16-be" if order == ">" else "utf-16-le"
        text = value[8:].decode(encoding, "replace")
    elif name == "UserComment":
        text = value[8:].decode("utf-8", "replace")
    else:
        text = value.decode("utf-8", "replace")
    found[name] = text.strip("\0 \r\n\t")  # an empty one too: each name is decoded once
