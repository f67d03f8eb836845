"""What the container readers of each format have in common.

Every file is walked by a reader of its own before a codec sees it. The walk finds the dimensions,
so that limits hold before anything is decoded; it finds files that are cut short; and it separates
the metadata from the few parts that a codec needs to produce pixels, so that the codecs, which are
C, never parse the rest.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from indelible.errors import UnreadableImageError, UnsupportedImageError
from indelible.imaging.picture import Header, Limits

__all__ = ["Container", "damaged", "inflate", "truncated", "unsupported"]


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
    text : tuple of (str, str)
        Keyword and value.
    dpi : tuple of float or None
        Resolution in px per inch.
    notes : tuple of str
        What was left out, and why.
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
    text: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    stream_bytes: int = 0
    interlaced: bool = False
    raw: str | None = None


def truncated(
    title: str, what: str = "it ends before its picture is complete"
) -> UnreadableImageError:
    """Return the error for a file that is cut short."""
    return UnreadableImageError(
        f"The {title} file is cut short: {what}.",
        hint="The upload or download probably broke off. Fetch the picture again.",
    )


def damaged(title: str, what: str) -> UnreadableImageError:
    """Return the error for a file whose structure is wrong."""
    return UnreadableImageError(
        f"The {title} file is damaged: {what}.",
        hint="Export or download the picture again, or open and re-save it in an image editor.",
    )


def unsupported(what: str, hint: str) -> UnsupportedImageError:
    """Return the error for a kind of picture that is refused knowingly."""
    return UnsupportedImageError(f"{what[0].upper()}{what[1:]} is not supported.", hint=hint)


def inflate(data: bytes, used: int, limits: Limits) -> bytes | None:
    """Return zlib-compressed metadata decompressed, None where they are damaged.

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
    try:
        result = stream.decompress(data, room + 1)
    except zlib.error:
        return None
    limits.check_metadata(used + len(result))
    return result if stream.eof else None
