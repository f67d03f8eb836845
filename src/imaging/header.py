"""Reading what a file says about itself, before anything of it is decoded."""

from __future__ import annotations

import struct

from indelible.errors import UnreadableImageError
from indelible.imaging._container import Container
from indelible.imaging._gif import read_gif
from indelible.imaging._iso import read_iso
from indelible.imaging._jpeg import read_jpeg
from indelible.imaging._png import read_png
from indelible.imaging._tiff import read_tiff
from indelible.imaging._webp import read_webp
from indelible.imaging.formats import identify
from indelible.imaging.picture import DEFAULT_LIMITS, Header, Limits

__all__ = ["read_container", "read_header"]


def read_header(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Return the header of an image file, without decoding a pixel.

    The whole file is walked, so that one that is cut short or damaged in its structure is found
    here already. The limits hold first.

    Parameters
    ----------
    data : bytes
        The whole file. Its content alone decides what format it is.
    limits : Limits, optional
        What the file may demand.

    Raises
    ------
    UnreadableImageError
        No image, empty, cut short, or damaged.
    UnsupportedImageError
        An image of a format or kind that Indelible does not read.
    ImageTooLargeError
        Over one of the limits.
    """
    return read_container(data, limits).header


def read_container(data: bytes, limits: Limits) -> Container:
    """Return a file taken apart by the reader of its format; raises as `read_header` does."""
    limits.check_bytes(len(data))
    name = identify(data)
    try:
        container = _read(data, name, limits)
    except (struct.error, IndexError, RecursionError) as error:
        # The readers check their bounds; this is the net under them, for hostile files.
        raise UnreadableImageError(
            f"The {name.upper()} file is damaged.",
            hint="Export or download the picture again.",
        ) from error
    limits.check_decoded(container.header)
    return container


def _read(data: bytes, name: str, limits: Limits) -> Container:
    match name:
        case "jpeg":
            return read_jpeg(data, limits)
        case "png":
            return read_png(data, limits)
        case "webp":
            return read_webp(data, limits)
        case "gif":
            return read_gif(data, limits)
        case "tiff":
            return read_tiff(data, limits)
        case _:
            return read_iso(data, name, limits)
