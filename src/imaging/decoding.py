"""Decoding: from a file's bytes to upright pixels of 8 bits, and the metadata beside them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image

from indelible.imaging._container import Container, damaged, unsupported
from indelible.imaging._heif import open_heif
from indelible.imaging._pillow import check_complete, codec_errors, open_image, to_eight_bits
from indelible.imaging.formats import format_from_suffix, lookup
from indelible.imaging.header import read_container
from indelible.imaging.metadata import Metadata, clean_exif, icc_channels, upright_xmp
from indelible.imaging.picture import DEFAULT_LIMITS, Limits, Picture, Pixels

__all__ = ["decode"]

_ICC_TITLES: Final = {1: "grey", 3: "RGB", 4: "CMYK"}


def decode(
    data: bytes, *, limits: Limits = DEFAULT_LIMITS, name: str | os.PathLike[str] | None = None
) -> Picture:
    """Decode an image file; of several frames the first one.

    What is stored otherwise is converted knowingly, and each conversion that loses something leaves
    a note: palettes and YCbCr become RGB, transparency of any kind becomes an alpha channel, one
    bit becomes grey, 10 to 16 bits per channel become 8, CMYK becomes sRGB through the file's
    profile. Grey stays grey, a palette of greys too. The EXIF orientation is applied.

    A JPEG file whose compressed data were damaged, but which is closed properly, decodes to what
    every viewer shows: the format has no checksum.

    Parameters
    ----------
    data : bytes
        The whole file. Its content alone decides what format it is.
    limits : Limits, optional
        What the file may demand, checked before anything is decoded.
    name : str or path-like, optional
        The file's name. A suffix that stands for another format than the content leaves a note.

    Returns
    -------
    Picture
        Pixels, metadata, header and notes.

    Raises
    ------
    UnreadableImageError
        No image, empty, cut short, or damaged. Half a picture is never returned.
    UnsupportedImageError
        An image of a format or kind that Indelible does not read; a camera raw file, for one.
    ImageTooLargeError
        Over one of the limits, or more than the memory holds.
    MissingDependencyError
        HEIC without pi-heif.
    """
    container = read_container(data, limits)
    if container.raw is not None:
        raise unsupported(
            f"a camera raw file ({container.raw})",
            "What can be decoded of it is a small preview only. Develop it in a raw converter, and "
            "use the JPEG, TIFF or PNG file that comes out.",
        )
    header = container.header
    title = lookup(header.format).title
    notes = list(container.notes)
    _note_suffix(header.format, name, notes)
    if header.animated:
        kind = "pages" if header.format == "tiff" else "frames"
        notes.append(f"The file has {header.frames} {kind}; only the first one was decoded.")
    with codec_errors(title):
        image, container = _open(container)
        # libheif turns the picture as the file says, which may swap its sides.
        if header.format != "heic" and image.size != (header.width, header.height):
            raise damaged(title, "its header and its picture differ in size")
        limits.check_size(*image.size)
        if header.format == "png":
            check_complete(image, container)
        pixels, icc_profile = to_eight_bits(image, container, notes)
        del image  # not needed while the pixels are copied once more
        container = replace(container, icc_profile=icc_profile)
        metadata, orientation = _metadata(container, grey=pixels.ndim == 2, notes=notes)
        pixels = _upright(pixels, orientation)
    return Picture(pixels, header.format, metadata, header, tuple(notes))


def _note_suffix(format_: str, name: str | os.PathLike[str] | None, notes: list[str]) -> None:
    expected = None if name is None else format_from_suffix(name)
    if expected is not None and expected != format_:
        notes.append(
            f"The name says {lookup(expected).title}, the content is {lookup(format_).title}; "
            "the content was followed."
        )


def _open(container: Container) -> tuple[Image.Image, Container]:
    """Return the decoded image, and the container with the metadata that only the codec knows."""
    name = container.header.format
    if name not in ("heic", "avif"):
        return open_image(name, container.codec), container
    if name == "heic":
        image = open_heif(container.codec)
        # libheif has applied the file's own rotation, which overrides EXIF's (HEIF, 7.2.3).
        exif = clean_exif(container.exif or b"")[0]
        xmp = container.xmp
    else:
        image = open_image(name, container.codec)
        exif = image.info.get("exif") or None
        xmp = image.info.get("xmp") or None
    container = replace(
        container,
        icc_profile=image.info.get("icc_profile") or None,
        exif=exif,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp,
    )
    return image, container


def _metadata(container: Container, *, grey: bool, notes: list[str]) -> tuple[Metadata, int]:
    """Return the metadata that fit the upright pixels, and the orientation to apply."""
    exif, orientation = clean_exif(container.exif) if container.exif else (None, 1)
    if container.exif and exif is None:
        notes.append("The EXIF block is damaged and was left out.")
    xmp, dpi = container.xmp, container.dpi
    if xmp is not None and orientation != 1:
        xmp = upright_xmp(xmp)
    if dpi is not None and orientation >= 5:
        dpi = (dpi[1], dpi[0])
    icc_profile = container.icc_profile
    if icc_profile is not None and icc_channels(icc_profile) != (1 if grey else 3):
        kind = _ICC_TITLES.get(icc_channels(icc_profile) or 0, "something else")
        notes.append(f"The ICC profile is for {kind} and was left out; sRGB is assumed.")
        icc_profile = None
    return Metadata(icc_profile, exif, xmp, container.iptc, container.text, dpi), orientation


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return pixels turned as the EXIF orientation says (EXIF 2.32, 4.6.4, tag 274)."""
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
