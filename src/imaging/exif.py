"""EXIF blocks: what they say, made upright, fitted to a picture, and made small enough.

A block is patched in place where that is possible, never rebuilt, so that maker notes with absolute
offsets stay readable. What is no EXIF, or damaged, is never an error.

References
----------
EXIF 2.32 (CIPA DC-008-2019), 4.6.
"""

from __future__ import annotations

import struct
from typing import Final

from indelible.imaging._ifd import (
    EXIF_POINTER,
    Directory,
    Entry,
    Layout,
    read_directory,
    read_layout,
)
from indelible.imaging._ifd_writing import as_block

__all__ = [
    "camera",
    "clean_exif",
    "exif_within",
    "exif_without_orientation",
    "fit_exif",
    "has_preview",
    "text_fields",
]

_ORIENTATION: Final = 0x0112
_RESOLUTIONS: Final = (0x011A, 0x011B)
_MAKER_NOTE: Final = 0x927C
# Width and height, in the main directory and in EXIF's own.
_SIZES: Final = (0x0100, 0x0101)
_OWN_SIZES: Final = (0xA002, 0xA003)
_SHORT, _LONG, _IFD = 3, 4, 13
# Exposure time, f-number, sensitivity, focal length: what only taking a photograph gives.
_EXPOSURE: Final = frozenset({0x829A, 0x829D, 0x8827, 0x920A})
_TEXTS: Final = {
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
_PREFIX: Final = b"Exif\0\0"
_MAX_TEXT: Final = 64 * 1024  # bytes; generators' parameters reach a few kilobytes
_MAX_VALUES: Final = 64 * 1024 * 1024  # bytes of a directory; `Limits.max_metadata_bytes` is less


# --- what it says ---


def text_fields(exif: bytes | None) -> dict[str, str]:
    """Return EXIF's text fields by name, such as "Make", "Software" and "UserComment".

    Parameters
    ----------
    exif : bytes or None
        The block, from its TIFF header on. What cannot be read has no fields. Of a long field the
        first 64 KiB are read, of fields with one name the first.
    """
    found: dict[str, str] = {}
    for directory in _directories(exif):
        for entry in directory.entries:
            name = _TEXTS.get(entry.tag)
            if name is not None and name not in found and entry.value:
                found[name] = _text(name, entry.value[:_MAX_TEXT], directory.order)
    return {name: text for name, text in found.items() if text}


def _text(name: str, value: bytes, order: str) -> str:
    if name.startswith("XP"):  # Windows' own fields
        text = value.decode("utf-16-le", "replace")
    elif name == "UserComment" and value[:8] == b"UNICODE\0":
        text = value[8:].decode("utf-16-be" if order == ">" else "utf-16-le", "replace")
    else:
        text = value[8 if name == "UserComment" else 0 :].decode("utf-8", "replace")
    return text.strip("\0 \r\n\t")


def camera(exif: bytes | None) -> str | None:
    """Return the camera that took a picture, as its EXIF block says, None where it names none.

    A maker or a model alone is no camera: scanners and programs write them, too. One that says how
    it exposed the picture is.
    """
    fields = text_fields(exif)
    make, model = fields.get("Make", ""), fields.get("Model", "")
    exposed = any(_EXPOSURE & directory.tags.keys() for directory in _directories(exif))
    if not exposed or not (make or model):
        return None
    return model if model.startswith(make) else f"{make} {model}".strip()


def has_preview(exif: bytes) -> bool:
    """Say whether an EXIF block, as stored, links to the directory of a thumbnail."""
    found = _main(_without_prefix(exif))
    return found is not None and bool(found[1].extent.following)


# --- made upright ---


def clean_exif(exif: bytes) -> tuple[bytes | None, int]:
    """Return an EXIF block made upright, and the orientation (1 to 8) that it had.

    The thumbnail, which shows the picture as it was, is unlinked. A block that is no EXIF, or whose
    main directory is damaged, becomes None.
    """
    exif = _without_prefix(exif)
    found = _main(exif)
    if found is None:
        return None, 1
    layout, directory = found
    patched = bytearray(exif)
    orientation = 1
    for entry in directory.entries:
        value = _number(entry, layout)
        if entry.tag == _ORIENTATION and value is not None:
            orientation = value if 1 <= value <= 8 else 1
            _put(patched, layout, entry, 1)
    if directory.extent.following is not None:
        struct.pack_into(layout.word, patched, directory.extent.end, 0)
    return bytes(patched), orientation


def exif_without_orientation(exif: bytes) -> bytes:
    """Return an EXIF block without its orientation tag, every other offset unchanged.

    For formats that hold the orientation outside of EXIF (AVIF, HEIC). Tags whose value lies
    outside the block go too.
    """
    found = _main(exif)
    if found is None:
        return exif
    layout, directory = found
    _, start, _, end, _ = directory.extent
    wanted = directory.tags.keys() - {_ORIENTATION}
    entries = [exif[at : at + layout.entry_size] for at in range(start, end, layout.entry_size)]
    kept = [e for e in entries if struct.unpack(f"{layout.order}H", e[:2])[0] in wanted]
    # Fewer entries leave the freed room behind the link to the next directory, unused.
    shorter = struct.pack(layout.number, len(kept)) + b"".join(kept)
    shorter += exif[end : end + layout.word_size]
    return exif[: layout.first] + shorter + exif[layout.first + len(shorter) :]


def fit_exif(exif: bytes, width: int, height: int, orientation: int) -> bytes:
    """Return an EXIF block that fits the upright picture: sizes and resolutions turned with it.

    Sizes that do not belong to the picture as it was stored stay as they are.

    Parameters
    ----------
    exif : bytes
        From `clean_exif`.
    width, height : int
        The upright picture, in px.
    orientation : int
        How it was stored, 1 to 8.
    """
    found = _main(exif)
    if found is None:
        return exif
    layout, main = found
    patched = bytearray(exif)
    for directory, tags in zip(_directories(exif), (_SIZES, _OWN_SIZES), strict=False):
        wide, high = (directory.tags.get(tag) for tag in tags)
        if wide is None or high is None:
            continue
        if (_number(wide, layout), _number(high, layout)) == (height, width):
            _put(patched, layout, wide, width)
            _put(patched, layout, high, height)
    x, y = (main.tags.get(tag) for tag in _RESOLUTIONS)
    if orientation >= 5 and x is not None and y is not None and len(x.value) == len(y.value) == 8:
        patched[x.at : x.at + 8], patched[y.at : y.at + 8] = y.value, x.value
    return bytes(patched)


# --- made small enough ---


def exif_within(exif: bytes, room: int) -> tuple[bytes | None, str | None]:
    """Return an EXIF block in at most `room` bytes, and what that took.

    Bytes that no directory points to go first: a preview, mostly. If that is not enough, then the
    maker note.

    Returns
    -------
    exif : bytes or None
        None where it does not fit.
    lost : str or None
        What was left out, for a note; None where it is only unused bytes.
    """
    if len(exif) <= room:
        return exif, None
    found = _main(exif)
    if found is None:
        return None, "EXIF block"
    layout, main = found
    for without, lost in ((), None), ((_MAKER_NOTE,), "EXIF maker note"):
        compact = as_block(exif, layout, main.entries, max_bytes=_MAX_VALUES, without=without)
        if compact is not None and len(compact) <= room:
            return compact, lost
    return None, "EXIF block"


# --- its directories ---


def _without_prefix(exif: bytes) -> bytes:
    """Return an EXIF block from its TIFF header on; some writers repeat what stands before it."""
    start = 0
    while exif.startswith(_PREFIX, start):
        start += len(_PREFIX)
    return exif[start:]


def _main(exif: bytes | None) -> tuple[Layout, Directory] | None:
    """Return layout and main directory, None where there is none, or it is damaged."""
    layout = None if exif is None else read_layout(exif)
    if exif is None or layout is None or layout.big:
        return None
    try:
        return layout, read_directory(exif, layout, layout.first, max_bytes=_MAX_VALUES)
    except ValueError:
        return None


def _directories(exif: bytes | None) -> list[Directory]:
    """Return the main directory and EXIF's own, as far as they are sound."""
    found = _main(exif)
    if exif is None or found is None:
        return []
    layout, main = found
    pointers = (entry.first(layout.order) for entry in main.entries if entry.tag == EXIF_POINTER)
    try:
        own = read_directory(exif, layout, next(pointers, None) or 0, max_bytes=_MAX_VALUES)
    except ValueError:
        return [main]
    return [main, own]


def _number(entry: Entry, layout: Layout) -> int | None:
    """Return the value of an entry that is one SHORT or LONG, None where it is neither."""
    if entry.type not in (_SHORT, _LONG, _IFD) or entry.length != 1:
        return None
    return entry.first(layout.order)


def _put(patched: bytearray, layout: Layout, entry: Entry, value: int) -> None:
    if entry.type != _SHORT or value < 1 << 16:
        code = "H" if entry.type == _SHORT else "I"
        struct.pack_into(f"{layout.order}{code}", patched, entry.at, value)
