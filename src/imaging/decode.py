"""Decoding: from a file's bytes to upright pixels of 8 bits, and the metadata beside them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

from indelible.imaging._container import Container, damaged, truncated
from indelible.imaging._png import picture_is_complete
from indelible.imaging.formats import format_from_suffix, lookup
from indelible.imaging.header import read_container
from indelible.imaging.metadata import Metadata, clean_exif, icc_channels, upright_xmp
from indelible.imaging.picture import DEFAULT_LIMITS, Limits, Picture, Pixels

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["decode"]

_CHANNEL_NAMES: Final = {1: "grey", 3: "RGB", 4: "CMYK"}


def decode(
    data: bytes, *, limits: Limits = DEFAULT_LIMITS, name: str | os.PathLike[str] | None = None
) -> Picture:
    """Decode an image file; of several frames the first one.

    What is stored otherwise is converted knowingly, and each conversion that loses something leaves
    a note: palettes and YCbCr become RGB, transparency of any kind becomes an alpha channel, one bit
    becomes grey, 10 to 16 bits per channel become 8, CMYK becomes sRGB through the file's profile.
    Grey stays grey. The EXIF orientation is applied.

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
        An image of a format or kind that Indelible does not read.
    ImageTooLargeError
        Over one of the limits, or more than the memory holds.
    MissingDependencyError
        HEIC without the extra ``heif``.
    """
    container = read_container(data, limits)
    header = container.header
    notes = list(container.notes)
    _note_suffix(header.format, name, notes)
    if header.animated:
        notes.append(f"the file has {header.frames} frames; only the first one was decoded")

    # Here, because importing Pillow takes as long as half of numpy.
    from indelible.imaging._pillow import codec_errors

    with codec_errors(lookup(header.format).title, "read"):
        image, container = _open(container)
        if image.size != (header.width, header.height) and header.format != "heic":
            damaged(lookup(header.format).title, "its header and its picture differ in size")
        pixels, icc_profile = _pixels(image, container, notes)
        if header.format == "png":
            _check_complete(image, container)
        del image
        metadata, orientation = _metadata(container, icc_profile, pixels.ndim, notes)
        pixels = _upright(pixels, orientation)
    return Picture(pixels, header.format, metadata, header, tuple(notes))


def _note_suffix(format_: str, name: str | os.PathLike[str] | None, notes: list[str]) -> None:
    expected = None if name is None else format_from_suffix(name)
    if expected is not None and expected != format_:
        notes.append(
            f"the name says {lookup(expected).title}, the content is {lookup(format_).title}; "
            "the content was followed"
        )


def _open(container: Container) -> tuple[Image.Image, Container]:
    """Return the decoded image, and the container with the metadata that only the codec knows."""
    from dataclasses import replace

    header = container.header
    if header.format == "heic":
        from indelible.imaging._heif import open_heif

        image = open_heif(container.codec)
        # libheif has applied the file's own rotation, which overrides EXIF's (HEIF, 7.2.3).
        exif = clean_exif(image.info.get("exif") or b"")[0]
    else:
        from indelible.imaging._pillow import open_image

        image = open_image(header.format, container.codec)
        exif = image.info.get("exif")
    if header.format in ("heic", "avif"):
        xmp = image.info.get("xmp")
        container = replace(
            container,
            icc_profile=image.info.get("icc_profile") or None,
            exif=exif or None,
            xmp=xmp.encode() if isinstance(xmp, str) else xmp or None,
        )
    return image, container


def _pixels(
    image: Image.Image, container: Container, notes: list[str]
) -> tuple[Pixels, bytes | None]:
    """Return pixels of 8 bits as L, RGB or RGBA, and the ICC profile that they are in."""
    from indelible.imaging._pillow import srgb_from_cmyk, to_array

    header = container.header
    icc_profile = container.icc_profile
    if header.bit_depth > 8:
        notes.append(f"{header.bit_depth} bits per channel were reduced to 8")
    key = image.info.get("transparency")
    if image.mode.startswith("I"):  # 16-bit grey, possibly with one transparent value
        deep = np.asarray(image)
        grey = (deep >> 8).astype(np.uint8)
        if not isinstance(key, int):
            return grey, icc_profile
        alpha = np.where(deep == key, 0, 255).astype(np.uint8)
        return np.dstack([grey, grey, grey, alpha]), icc_profile
    if image.mode == "CMYK":
        image, managed = srgb_from_cmyk(image, icc_profile)
        how = "with the file's colour profile" if managed else "without a profile: colours differ"
        notes.append(f"CMYK was converted to sRGB ({how})")
        return to_array(image), None
    if image.mode == "L" and isinstance(key, int) and header.bit_depth in (2, 4):
        # Pillow widens the pixels to 8 bits, but not the transparent value.
        image.info["transparency"] = key * 255 // (2**header.bit_depth - 1)
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    if image.mode in ("LA", "PA") or (image.mode != "RGBA" and key is not None):
        image = image.convert("RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGB")
    pixels = to_array(image)
    if header.mode == "L" and pixels.ndim == 3:  # codecs that know no grey
        pixels = np.ascontiguousarray(pixels[..., 1])
    return pixels, icc_profile


def _check_complete(image: Image.Image, container: Container) -> None:
    """Refuse a PNG file with rows missing, which Pillow leaves black.

    Counting decompresses everything once more: only done where the end of the picture is black.
    """
    width, height = image.size
    black_end = container.interlaced or not any(
        image.crop((0, height - 1, width, height)).tobytes()
    )
    if black_end and not picture_is_complete(container.codec, container.stream_bytes):
        truncated("PNG")


def _metadata(
    container: Container, icc_profile: bytes | None, dimensions: int, notes: list[str]
) -> tuple[Metadata, int]:
    """Return the metadata that fit the upright pixels, and the orientation to apply."""
    exif, orientation = clean_exif(container.exif) if container.exif else (None, 1)
    if container.exif and exif is None:
        notes.append("the EXIF block is damaged and was left out")
    xmp = container.xmp
    if xmp is not None and orientation != 1:
        xmp = upright_xmp(xmp)
    if icc_profile is not None:
        described = icc_channels(icc_profile)
        if described != (1 if dimensions == 2 else 3):
            kind = _CHANNEL_NAMES.get(described or 0, "something else")
            notes.append(
                f"the ICC profile is for {kind} and does not fit the pixels; sRGB is assumed"
            )
            icc_profile = None
    metadata = Metadata(
        icc_profile=icc_profile,
        exif=exif,
        xmp=xmp,
        iptc=container.iptc,
        text=container.text,
        dpi=container.dpi,
    )
    if metadata.dpi is not None and orientation >= 5:
        x, y = metadata.dpi
        metadata = Metadata(
            metadata.icc_profile, metadata.exif, metadata.xmp, metadata.iptc, metadata.text, (y, x)
        )
    return metadata, orientation


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
