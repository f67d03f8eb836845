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
from indelible.imaging.structure.parts import Walk
from indelible.languages import join
from indelible.limits import Limits

__all__ = ["read_container"]


def read_container(data: bytes, name: str, walked: Walk, limits: Limits) -> Container:
    """Return a file taken apart by the reader of its format.

    A file of whose picture only a part is there says so in its header, and why in ``cut``.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        Name of its format.
    walked : Walk
        Its parts.
    limits : Limits
        What it may demand.

    Raises
    ------
    UnreadableImageError, UnsupportedImageError, ImageTooLargeError
        Not even a part of a picture is there, its kind is not supported, or it is over a limit.
    """
    try:
        container = _read(data, name, walked, limits)
    except (struct.error, IndexError, OverflowError, RecursionError) as error:
        # The readers check their bounds; this is the net under them, for hostile files.
        raise UnreadableImageError(
            f"The {name.upper()} file is damaged.",
            hint="Export or download the picture again.",
        ) from error
    header = container.header
    limits.check_decoded(header.width, header.height, header.decoded_channels)
    if container.cut is None:
        return container
    irregular = (*header.irregular, join(" ", [container.cut.message, PART_WAS_SEEN]))
    return dataclasses.replace(container, header=dataclasses.replace(header, irregular=irregular))


def _read(data: bytes, name: str, walked: Walk, limits: Limits) -> Container:
    match name:
        case "jpeg":
            return read_jpeg(data, walked, limits)
        case "png":
            return read_png(data, walked, limits)
        case "webp":
            return read_webp(data, walked, limits)
        case "gif":
            return read_gif(data, walked, limits)
        case "tiff":
            return read_tiff(data, limits)
        case _:
            return read_iso(data, walked, name, limits)
