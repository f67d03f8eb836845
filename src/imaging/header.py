"""Reading what a file says about itself, before anything of it is decoded."""

from __future__ import annotations

import dataclasses
import struct

from indelible.errors import UnreadableImageError
from indelible.imaging._container import PART_WAS_SEEN, Container
from indelible.imaging._gif import read_gif
from indelible.imaging._iso import read_iso
from indelible.imaging._jpeg import read_jpeg
from indelible.imaging._png import read_png
from indelible.imaging._tiff import read_tiff
from indelible.imaging._webp import read_webp
from indelible.imaging.formats import identify
from indelible.imaging.picture import Header
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = ["read_container", "read_header"]


def read_header(
    data: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    tolerant: bool = False,
    exact: bool = False,
) -> Header:
    """Return the header of an image file, without decoding a pixel.

    The whole file is walked, so that one that is cut short or damaged in its structure is found
    here already. The limits hold first.

    Parameters
    ----------
    data : bytes
        The whole file. Its content alone decides what format it is.
    limits : Limits, optional
        What the file may demand.
    tolerant : bool, optional
        Accept a file of whose picture only a part is left; its header says so in ``irregular``.
    exact : bool, optional
        Refuse a file that breaks the rules of its format in any way (``irregular``). For whoever
        signs its bytes: they must mean the same to every program.

    Raises
    ------
    UnreadableImageError
        No image, empty, cut short, or damaged.
    UnsupportedImageError
        An image of a format or kind that Indelible does not read.
    ImageTooLargeError
        Over one of the limits.
    """
    header = read_container(data, limits, tolerant=tolerant).header
    if exact and header.irregular:
        raise UnreadableImageError(
            f"{' '.join(header.irregular)} It cannot be signed as it is.",
            hint="Programs may show it all the same, but not all of them alike. Open and re-save "
            "the picture, or protect it, which encodes it anew.",
        )
    return header


def read_container(data: bytes, limits: Limits, *, tolerant: bool = False) -> Container:
    """Return a file taken apart by the reader of its format; raises as `read_header` does."""
    limits.check_bytes(len(data))
    container = _taken_apart(data, identify(data), limits)
    if container.cut is None:
        return container
    if not tolerant:
        raise container.cut
    header = container.header
    irregular = (*header.irregular, f"{container.cut} {PART_WAS_SEEN}")
    return dataclasses.replace(container, header=dataclasses.replace(header, irregular=irregular))


def _taken_apart(data: bytes, name: str, limits: Limits) -> Container:
    try:
        container = _read(data, name, limits)
    except (struct.error, IndexError, OverflowError, RecursionError) as error:
        # The readers check their bounds; this is the net under them, for hostile files.
        raise UnreadableImageError(
            f"The {name.upper()} file is damaged.",
            hint="Export or download the picture again.",
        ) from error
    header = container.header
    limits.check_decoded(header.width, header.height, header.decoded_channels)
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
