"""What the container readers of each format have in common.

Every file is walked by a reader of its own before a codec sees it. The walk finds the dimensions,
so that limits hold before anything is decoded; it finds files that are cut short; and it separates
the metadata from the few parts that a codec needs to produce pixels, so that the codecs, which are
C, never parse the rest.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from indelible.errors import UnreadableImageError, UnsupportedImageError
from indelible.imaging._colour import Space
from indelible.imaging.picture import Header
from indelible.languages import say
from indelible.limits import Limits

__all__ = [
    "PART_WAS_SEEN",
    "PREVIEW_NOTE",
    "Container",
    "CutShortError",
    "damaged",
    "inflate",
    "names_note",
    "readable",
    "trailer_note",
    "truncated",
    "unsupported",
]

#: The note on thumbnails, wherever a file has one.
PREVIEW_NOTE: Final = "The preview in the file, which shows the picture as it was, is not kept."
#: What is said, besides why, of a picture of which only a part could be decoded.
PART_WAS_SEEN: Final = say("What is left of the picture was looked at.")

# Parts named in one note: more are no help to a reader.
_MAX_NAMES: Final = 8

# Metadata are decompressed in pieces of this size, so that a limit is noticed soon.
_INFLATE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Container:
    """A file taken apart: its header, its metadata as stored, and what the codec needs.

    Attributes
    ----------
    header : Header
        What the file announces.
    codec : bytes
        A file of the same format with what is needed for the pixels of the first frame.
    icc_profile, exif, xmp, iptc : bytes or None
        As stored; the EXIF block may still say any orientation.
    photoshop : bytes or None
        Photoshop's image resources, without those that other fields hold.
    segments : tuple of bytes
        JPEG only: whole segments that no other field holds.
    text : tuple of (str, str)
        Keyword and value.
    dpi : tuple of float or None
        Resolution in px per inch.
    notes : tuple of str
        What was left out, and why.
    space : Space or None
        Colour space that the file describes otherwise than by an ICC profile; None is sRGB.
    cut : UnreadableImageError or None
        Why only a part of the picture can be decoded, where that is so. `codec` has that part.
    decoding_error : UnreadableImageError or None
        The same, found by the codec.
    unclosed : bool
        JPEG only: the compressed data run to the end of the file. Whether all of them are there
        shows in decoding.
    stream_bytes : int
        PNG only: what the compressed picture data must decompress to.
    interlaced : bool
        PNG only: whether the picture is stored in seven passes.
    raw : str or None
        TIFF only: which kind of camera raw file it is. What a codec would find in one is a preview.
    """

    header: Header
    codec: bytes
    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    segments: tuple[bytes, ...] = ()
    text: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    space: Space | None = None
    cut: UnreadableImageError | None = None
    decoding_error: UnreadableImageError | None = None
    unclosed: bool = False
    stream_bytes: int = 0
    interlaced: bool = False
    raw: str | None = None


class CutShortError(UnreadableImageError):
    """The file ends too early; nothing else is wrong with it."""


_INCOMPLETE: Final = say("it ends before its picture is complete")


def truncated(title: str, what: str = _INCOMPLETE) -> CutShortError:
    """Return the error for a file that is cut short."""
    return CutShortError(
        say("The {format} file is cut short: {what}.", format=title, what=what),
        hint="The upload or download probably broke off. Fetch the picture again.",
    )


def damaged(title: str, what: str) -> UnreadableImageError:
    """Return the error for a file whose structure is wrong."""
    return UnreadableImageError(
        say("The {format} file is damaged: {what}.", format=title, what=what),
        hint="Export or download the picture again, or open and re-save it in an image editor.",
    )


def unsupported(what: str, hint: str) -> UnsupportedImageError:
    """Return the error for a kind of picture that is refused knowingly."""
    return UnsupportedImageError(f"{what[0].upper()}{what[1:]} is not supported.", hint=hint)


def inflate(data: bytes, used: int, limits: Limits) -> tuple[bytes | None, int]:
    """Return zlib-compressed metadata decompressed, and how many bytes that took.

    Damaged ones are None, but what was decompressed before the damage counts: else a file of many
    damaged ones would cost many times what its limit says.

    Parameters
    ----------
    data : bytes
        The compressed metadata.
    used : int
        Bytes of metadata found so far.
    limits : Limits
        The sum may not exceed ``max_metadata_bytes``.
    """
    room = max(limits.max_metadata_bytes - used, 0)
    stream = zlib.decompressobj()
    parts: list[bytes] = []
    size = 0
    try:
        while data and size <= room:
            parts.append(stream.decompress(data, min(_INFLATE_BYTES, room + 1 - size)))
            size += len(parts[-1])
            data = stream.unconsumed_tail
    except zlib.error:
        return None, size + _INFLATE_BYTES
    limits.check_metadata(used + size)
    return (b"".join(parts) if stream.eof else None), size


def readable(raw: bytes) -> str:
    """Return stored text of an unnamed encoding: UTF-8 if it can be that, else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def trailer_note(data: bytes, at: int) -> tuple[str, ...]:
    """Return a note that names what follows the end of a picture; zeros need none."""
    size = len(data) - at
    if size <= 0 or data.count(b"\0", at) == size:
        return ()
    begin = data[at : at + 64]
    kind = "other data"
    if begin[4:8] == b"ftyp" or b"MotionPhoto_Data" in begin:
        kind = "a video"
    elif begin.startswith(b"\xff\xd8\xff"):
        kind = "another picture"
    words = f"{size / 1000:,.0f} kB" if size >= 10_000 else f"{size:,} bytes"
    return (f"What follows the picture in the file ({kind}, {words}) is not kept.",)


def names_note(what: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return a note that names parts which are not kept, at most eight of them; none, no note."""
    unique = list(dict.fromkeys(names))
    if not unique:
        return ()
    more = f" and {len(unique) - _MAX_NAMES} others" if len(unique) > _MAX_NAMES else ""
    return (f"{what} are not kept: {', '.join(unique[:_MAX_NAMES])}{more}.",)
