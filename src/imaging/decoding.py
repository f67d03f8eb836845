"""Decoding: from a file's bytes to upright pixels of 8 bits, and the metadata beside them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

from PIL import Image

from indelible.errors import UnreadableImageError
from indelible.imaging._colour import Space, grey_profile_as_rgb
from indelible.imaging._container import (
    PART_WAS_SEEN,
    PREVIEW_NOTE,
    Container,
    damaged,
    unsupported,
)
from indelible.imaging._heif import open_heif
from indelible.imaging._pillow import (
    check_complete,
    codec_errors,
    open_image,
    open_reduced_jpeg,
    to_eight_bits,
)
from indelible.imaging.exif import clean_exif, has_preview
from indelible.imaging.fitting import fit_metadata, upright
from indelible.imaging.formats import format_from_suffix, lookup
from indelible.imaging.metadata import Metadata, icc_channels
from indelible.imaging.picture import Header, Picture, Pixels
from indelible.languages import join
from indelible.limits import Limits

__all__ = ["decode_container"]

_SCALES: Final = (8, 4, 2)  # at which JPEG's blocks of 8 pixels are decoded for less
_ICC_TITLES: Final = {1: "grey", 3: "RGB", 4: "CMYK"}


def decode_container(
    container: Container,
    limits: Limits,
    *,
    name: str | os.PathLike[str] | None = None,
    tolerant: bool = False,
    enough: int | None = None,
    grey: bool = False,
) -> Picture:
    """Decode a file that was taken apart; see `ImageFile.decode`."""
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
        image, container, scale = _open_reduced(container, enough, grey=grey) or (
            *_open(container, limits, tolerant=tolerant),
            1,
        )
        # libheif turns the picture as the file says, which may swap its sides.
        full = header.format != "heic" and scale == 1
        if full and image.size != (header.width, header.height):
            raise damaged(title, "its header and its picture differ in size")
        limits.check_size(*image.size)
        header = _checked(image, container, tolerant=tolerant)
        pixels, icc_profile = to_eight_bits(image, container, notes)
        del image  # not needed while the pixels are copied once more
        container = replace(container, icc_profile=icc_profile)
        if container.exif and has_preview(container.exif):
            notes.append(PREVIEW_NOTE)
        exif, orientation = clean_exif(container.exif) if container.exif else (None, 1)
        if container.exif and exif is None:
            notes.append("The EXIF block is damaged and was left out.")
        pixels = upright(pixels, orientation)
        icc_profile = _profile(container, pixels, notes, tolerant=tolerant)
        metadata = _metadata(replace(container, exif=exif), pixels, orientation, notes, scale)
        metadata = replace(metadata, icc_profile=icc_profile)
    notes = [*header.irregular, *notes]
    return Picture(pixels, header.format, metadata, header, tuple(dict.fromkeys(notes)), scale)


def _note_suffix(format_: str, name: str | os.PathLike[str] | None, notes: list[str]) -> None:
    expected = None if name is None else format_from_suffix(name)
    if expected is not None and expected != format_:
        notes.append(
            f"The name says {lookup(expected).title}, the content is {lookup(format_).title}; "
            "the content was followed."
        )


def _checked(image: Image.Image, container: Container, *, tolerant: bool) -> Header:
    """Return the header, after making sure that the picture is whole, or saying that it is not."""
    header, cut = container.header, container.decoding_error
    if cut is None:
        try:
            check_complete(image, container)
        except UnreadableImageError as error:
            if not tolerant:
                raise
            cut = error
    said = any(PART_WAS_SEEN in sentence for sentence in header.irregular)
    if cut is None or said:
        return header
    return replace(header, irregular=(*header.irregular, join(" ", [cut.message, PART_WAS_SEEN])))


def _open_reduced(
    container: Container, enough: int | None, *, grey: bool
) -> tuple[Image.Image, Container, int] | None:
    """Return a copy for less, and how much it is reduced; None: there is none.

    Only of what is whole and ordinary: all else is decoded as it is.
    """
    header = container.header
    ordinary = header.format == "jpeg" and header.mode in ("L", "RGB") and header.bit_depth == 8
    if enough is None or not ordinary or container.unclosed or container.cut is not None:
        return None
    width, height = header.width, header.height
    for scale in _SCALES:
        if (width // scale) * (height // scale) >= enough:
            break
    else:
        if not grey:
            return None
        scale = 1
    orientation = clean_exif(container.exif)[1] if container.exif else 1
    if orientation != 1 and (width % scale or height % scale):
        return None  # what is cut off would be at the beginning
    image = open_reduced_jpeg(container.codec, (width, height), scale, grey=grey)
    return None if image is None else (image, container, scale)


def _open(container: Container, limits: Limits, *, tolerant: bool) -> tuple[Image.Image, Container]:
    """Return the decoded image, and the container with the metadata that only the codec knows."""
    name = container.header.format
    if name not in ("heic", "avif"):
        image, error = open_image(name, container.codec, tolerant=tolerant)
        return image, replace(container, decoding_error=error)
    if name == "heic":
        image = open_heif(container.codec, limits)
        # libheif has applied the file's own rotation, which overrides EXIF's (HEIF, 7.2.3).
        exif = clean_exif(container.exif or b"")[0]
        xmp = container.xmp
    else:
        image, _ = open_image(name, container.codec)
        exif = image.info.get("exif") or None
        xmp = image.info.get("xmp") or None
    container = replace(
        container,
        icc_profile=image.info.get("icc_profile") or None,
        exif=exif,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp,
    )
    return image, container


def _metadata(
    container: Container, pixels: Pixels, orientation: int, notes: list[str], scale: int
) -> Metadata:
    """Return the metadata as they fit the upright pixels, the ICC profile aside."""
    stored = Metadata(
        None,
        container.exif,
        container.xmp,
        container.iptc,
        container.photoshop,
        container.segments,
        container.text,
        container.dpi,
    )
    fitted, changes = fit_metadata(stored, pixels, orientation, scale)
    notes.extend(changes)
    return fitted


def _profile(
    container: Container, pixels: Pixels, notes: list[str], *, tolerant: bool
) -> bytes | None:
    """Return the ICC profile that the pixels are in, None for sRGB."""
    grey = pixels.ndim == 2
    profile, space = container.icc_profile, container.space
    if profile is None and space is not None and container.header.mode != "CMYK":
        return _made_profile(space, notes, grey=grey, tolerant=tolerant)
    channels = None if profile is None else icc_channels(profile)
    if profile is None or channels == (1 if grey else 3):
        return profile
    if channels == 1:  # grey that has become RGBA, because it is transparent somewhere
        profile = grey_profile_as_rgb(profile)
        if profile is not None:
            return profile
    kind = _ICC_TITLES.get(channels or 0, "something else")
    notes.append(f"The ICC profile is for {kind} and was left out; sRGB is assumed.")
    return None


def _made_profile(space: Space, notes: list[str], *, grey: bool, tolerant: bool) -> bytes | None:
    if space.unsupported and not tolerant:
        raise unsupported(
            f"a picture in the colour space {space.title}",
            "Export it in sRGB or Display P3, with 8 bits per channel and without HDR.",
        )
    try:
        profile = None if space.unsupported else space.profile(grey=grey)
    except ValueError:
        profile = None
    if profile is None:
        notes.append(f"The colour space ({space.title}) was taken for sRGB; colours differ.")
    else:
        notes.append(
            f"The colour space ({space.title}) is given by numbers; a profile was made of them."
        )
    return profile
