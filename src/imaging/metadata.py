"""What travels beside the pixels, and the small repairs that applying the orientation requires."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from indelible.imaging._ifd import (
    Entry,
    Layout,
    read_directory,
    read_layout,
    write_directory,
)

__all__ = [
    "Metadata",
    "clean_exif",
    "exif_within",
    "exif_without_orientation",
    "fit_exif",
    "has_preview",
    "icc_channels",
]

_ORIENTATION: Final = 0x0112
_RESOLUTIONS: Final = (0x011A, 0x011B)
_EXIF_POINTER: Final = 0x8769
# Tags that point to other directories, by how deep they stand: EXIF and GPS, interoperability.
_BELOW: Final = ((_EXIF_POINTER, 0x8825), (0xA005,), ())
_MAKER_NOTE: Final = 0x927C
# Width and height, in the main directory and in EXIF's own.
_SIZES: Final = {False: (0x0100, 0x0101), True: (0xA002, 0xA003)}
_EXIF_PREFIX: Final = b"Exif\0\0"
_MAX_VALUES: Final = 64 * 1024 * 1024

# Profile size of 128 is the header alone; the signature sits at byte 36 (ICC.1:2022, 7.2).
_ICC_CHANNELS: Final = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}


@dataclass(frozen=True, slots=True)
class Metadata:
    r"""Metadata kept from a decoded file, to be written back by `encode`.

    C2PA manifests are not part of it: `indelible.credentials` reads them from the file itself.

    Attributes
    ----------
    icc_profile : bytes or None
        ICC profile of the pixels. None means sRGB.
    exif : bytes or None
        EXIF block, from its TIFF header on, without the ``Exif\0\0`` of JPEG files. Its
        orientation is 1, because the pixels are upright, and its thumbnail is unlinked, because it
        shows the picture as it was before.
    xmp : bytes or None
        XMP packet, UTF-8.
    iptc : bytes or None
        IPTC-IIM record.
    photoshop : bytes or None
        Photoshop's image resources (clipping paths and the like), without IPTC and previews.
    segments : tuple of bytes
        JPEG segments that nothing else here holds, marker and length included: comments as they
        are stored, and what cameras and programs add. Written to JPEG only.
    text : tuple of (str, str)
        Keyword and value of textual chunks (PNG) and comments, in the file's order.
    dpi : tuple of float or None
        Horizontal and vertical resolution in px per inch.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    segments: tuple[bytes, ...] = ()
    text: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None

    def stripped(self) -> Metadata:
        """Return what is needed to show the pixels right, and nothing else: the ICC profile."""
        return Metadata(icc_profile=self.icc_profile)


def icc_channels(profile: bytes) -> int | None:
    """Return how many channels an ICC profile describes: 1, 3 or 4; None where it is none."""
    if len(profile) < 128 or profile[36:40] != b"acsp":
        return None
    return _ICC_CHANNELS.get(profile[16:20])


def clean_exif(exif: bytes) -> tuple[bytes | None, int]:
    """Return an EXIF block made upright, and the orientation (1 to 8) that it had.

    The block is patched in place, never rebuilt, so that maker notes with absolute offsets stay
    readable. A block that is no EXIF, or whose main directory is damaged, becomes None.
    """
    exif = _without_prefix(exif)
    found = _main_directory(exif)
    if found is None:
        return None, 1
    layout, end = found
    patched = bytearray(exif)
    orientation = 1
    for at in range(layout.first + 2, end, 12):
        tag, type_ = struct.unpack_from(f"{layout.order}HH", exif, at)
        if tag == _ORIENTATION and type_ in (3, 4):
            code = "H" if type_ == 3 else "I"
            (value,) = struct.unpack_from(f"{layout.order}{code}", exif, at + 8)
            orientation = value if 1 <= value <= 8 else 1
            struct.pack_into(f"{layout.order}{code}", patched, at + 8, 1)
    if end + 4 <= len(patched):
        patched[end : end + 4] = bytes(4)  # unlink the thumbnail's directory
    return bytes(patched), orientation


def has_preview(exif: bytes) -> bool:
    """Say whether an EXIF block, as stored, links to the directory of a thumbnail."""
    exif = _without_prefix(exif)
    found = _main_directory(exif)
    return found is not None and any(exif[found[1] : found[1] + 4])


def exif_without_orientation(exif: bytes) -> bytes:
    """Return an EXIF block without its orientation tag, every other offset unchanged.

    For formats that hold the orientation outside of EXIF (AVIF, HEIC). Tags whose value lies
    outside the block go too.
    """
    found = _main_directory(exif)
    if found is None:
        return exif
    layout, end = found
    sound = read_directory(exif, layout, layout.first, max_bytes=_MAX_VALUES)
    wanted = {entry.tag for entry in sound.entries} - {_ORIENTATION}
    entries = [exif[at : at + 12] for at in range(layout.first + 2, end, 12)]
    kept = [e for e in entries if struct.unpack(f"{layout.order}H", e[:2])[0] in wanted]
    # Fewer entries leave the freed room behind the link to the next directory, unused.
    directory = struct.pack(f"{layout.order}H", len(kept)) + b"".join(kept)
    directory += exif[end : end + 4]
    patched = bytearray(exif)
    patched[layout.first : layout.first + len(directory)] = directory
    return bytes(patched)


def _without_prefix(exif: bytes) -> bytes:
    """Return an EXIF block from its TIFF header on; some writers repeat what stands before it."""
    start = 0
    while exif.startswith(_EXIF_PREFIX, start):
        start += len(_EXIF_PREFIX)
    return exif[start:]


def _main_directory(exif: bytes) -> tuple[Layout, int] | None:
    """Return layout and end of the entries of the main directory, None without."""
    layout = read_layout(exif)
    if layout is None or layout.big:
        return None
    try:
        read_directory(exif, layout, layout.first, max_bytes=_MAX_VALUES)
    except ValueError:
        return None
    (count,) = struct.unpack_from(f"{layout.order}H", exif, layout.first)
    return layout, layout.first + 2 + 12 * count


def fit_exif(exif: bytes, width: int, height: int, orientation: int) -> bytes:
    """Return an EXIF block that fits the upright picture: sizes and resolutions turned with it.

    Patched in place. Sizes that do not belong to the picture as it was stored stay as they are.

    Parameters
    ----------
    exif : bytes
        From `clean_exif`.
    width, height : int
        The upright picture, in px.
    orientation : int
        How it was stored, 1 to 8.
    """
    found = _main_directory(exif)
    if found is None:
        return exif
    layout = found[0]
    patched = bytearray(exif)
    places = _places(exif, layout, layout.first)
    below = _places(exif, layout, _number(exif, layout, places.get(_EXIF_POINTER)) or 0)
    for own in (False, True):
        here = below if own else places
        wide, high = (here.get(tag) for tag in _SIZES[own])
        sizes = _number(exif, layout, wide), _number(exif, layout, high)
        if sizes == (height, width) and wide is not None and high is not None:
            _put(patched, layout, wide, width)
            _put(patched, layout, high, height)
    x, y = (places.get(tag) for tag in _RESOLUTIONS)
    if orientation >= 5 and x is not None and y is not None:  # where their values lie
        patched[x + 8 : x + 12], patched[y + 8 : y + 12] = (
            exif[y + 8 : y + 12],
            exif[x + 8 : x + 12],
        )
    return bytes(patched)


def _places(exif: bytes, layout: Layout, offset: int) -> dict[int, int]:
    """Return where the entries of a directory stand, by tag; empty where there is none."""
    if not 0 < offset <= len(exif) - 2:
        return {}
    (count,) = struct.unpack_from(f"{layout.order}H", exif, offset)
    ends = min(offset + 2 + 12 * count, len(exif) - 11)
    return {
        struct.unpack_from(f"{layout.order}H", exif, at)[0]: at
        for at in range(offset + 2, ends, 12)
    }


def _number(exif: bytes, layout: Layout, at: int | None) -> int | None:
    """Return the value of an entry that is one SHORT or LONG, None where it is neither."""
    if at is None:
        return None
    type_, count = struct.unpack_from(f"{layout.order}HI", exif, at + 2)
    code = {3: "H", 4: "I", 13: "I"}.get(type_)
    if code is None or count != 1:
        return None
    return int(struct.unpack_from(f"{layout.order}{code}", exif, at + 8)[0])


def _put(patched: bytearray, layout: Layout, at: int, value: int) -> None:
    (type_,) = struct.unpack_from(f"{layout.order}H", patched, at + 2)
    if type_ != 3 or value < 1 << 16:
        struct.pack_into(f"{layout.order}{'H' if type_ == 3 else 'I'}", patched, at + 8, value)


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
    found = _main_directory(exif)
    if found is None:
        return None, "EXIF block"
    layout = found[0]
    compact = _rebuilt(exif, layout, frozenset())
    if len(compact) <= room:
        return compact, None
    compact = _rebuilt(exif, layout, frozenset({_MAKER_NOTE}))
    return (compact, "EXIF maker note") if len(compact) <= room else (None, "EXIF block")


def _rebuilt(exif: bytes, layout: Layout, without: frozenset[int]) -> bytes:
    """Return an EXIF block with nothing but its directories and their values."""
    block = bytearray(exif[:4] + bytes(4))
    main = _rebuild(exif, layout, layout.first, without, block)
    part, first = write_directory(main, layout, len(block))
    struct.pack_into(f"{layout.order}I", block, 4, first)
    return bytes(block + part)


def _rebuild(
    exif: bytes,
    layout: Layout,
    offset: int,
    without: frozenset[int],
    block: bytearray,
    level: int = 0,
) -> list[Entry]:
    """Return the entries of a directory, after those that it points to went into the block."""
    try:
        entries = read_directory(exif, layout, offset, max_bytes=_MAX_VALUES).entries
    except ValueError:
        return []
    kept: list[Entry] = []
    # Of entries with one tag the last counts: a pointer said many times is followed once.
    for entry in {entry.tag: entry for entry in entries}.values():
        targets = entry.integers(layout.order) if entry.tag in _BELOW[level] else ()
        if targets:
            below = _rebuild(exif, layout, targets[0], without, block, level + 1)
            part, first = write_directory(below, layout, len(block))
            block += part + bytes(len(part) % 2)
            kept.append(Entry(entry.tag, 4, 1, struct.pack(f"{layout.order}I", first)))
        elif entry.tag not in without:
            kept.append(entry)
    return kept
