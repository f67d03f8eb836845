"""Encoding: from pixels and metadata to a file's bytes, and what a format cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from PIL import Image

from indelible.errors import ConfigurationError, UnsupportedImageError
from indelible.imaging._colour import grey_profile_as_rgb
from indelible.imaging._embed import COMMENT, JPEG_SEGMENT
from indelible.imaging._pillow import codec_errors, srgb_from
from indelible.imaging._writers import WRITERS, Job
from indelible.imaging.exif import exif_within
from indelible.imaging.formats import Format, lookup
from indelible.imaging.metadata import Metadata, icc_channels
from indelible.imaging.picture import Pixels
from indelible.imaging.xmp import without_address, without_padding

__all__ = ["Conformed", "as_pillow", "conform", "encode"]

# What JPEG segments hold of each field, without the identifiers and headers before them.
_JPEG_ROOM: Final = {
    "exif": JPEG_SEGMENT - len(b"Exif\0\0"),
    "xmp": JPEG_SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\0"),
    "icc_profile": 255 * (JPEG_SEGMENT - len(b"ICC_PROFILE\0") - 2),
}
_FIELD_TITLES: Final = {
    "icc_profile": "ICC profile",
    "exif": "EXIF block",
    "xmp": "XMP packet",
    "iptc": "IPTC record",
    "photoshop": "Photoshop resources (clipping paths and the like)",
    "text": "text",
    "dpi": "resolution",
}
# Formats whose only place for text is a comment without a name.
_COMMENTS: Final = frozenset({"jpeg", "gif"})
_NO_METADATA: Final = Metadata()
_ROWS: Final = 64  # of a strip, which Pillow holds twice


@dataclass(frozen=True, slots=True, eq=False)
class Conformed:
    """Pixels and metadata that a format can hold, and what it took to get there.

    Attributes
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) or (H, W, 4).
    metadata : Metadata
        Without what the format cannot hold.
    notes : tuple of str
        What was changed or left out, one sentence each.
    """

    pixels: Pixels
    metadata: Metadata
    notes: tuple[str, ...]


def conform(
    pixels: Pixels,
    metadata: Metadata,
    format: str,
    *,
    background: tuple[int, int, int] = (255, 255, 255),
) -> Conformed:
    """Fit pixels and metadata to what a format can hold, so that `encode` has nothing to refuse.

    Colours are converted to sRGB where the format has no place for a profile (GIF); where it knows
    no grey (WebP), a profile for grey becomes one for RGB that looks the same. Transparency is laid
    over a background where the format has none (JPEG), or made fully opaque or fully transparent
    (GIF). Metadata that the format has no place for are left out, EXIF that is too long only after
    its unused bytes, and the address of an older manifest always. Each of these leaves a note. To
    be called before a mark is embedded, which must lie in the final pixels.

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) or (H, W, 4) with straight alpha. Not changed.
    metadata : Metadata
        What is to be kept.
    format : str
        Name of the format.
    background : tuple of int, optional
        RGB, 0 to 255, in the pixels' own colour space. White unless given.

    Raises
    ------
    UnsupportedImageError
        No such format, or an array that is no picture.
    """
    target = lookup(format)
    _check_pixels(pixels)
    notes: list[str] = []
    if pixels.ndim == 3 and pixels.shape[2] == 4 and target.alpha != "full":
        alpha = pixels[..., 3]
        if bool((alpha == 255).all()):
            pixels = np.ascontiguousarray(pixels[..., :3])
        elif target.alpha == "none":
            pixels = _flatten(pixels, background)
            colour = "white" if background == (255, 255, 255) else f"the colour {background}"
            notes.append(f"{target.title} has no transparency; the picture was laid over {colour}.")
        elif bool(((alpha != 0) & (alpha != 255)).any()):
            pixels = pixels.copy()
            pixels[..., 3] = np.where(alpha < 128, 0, 255)
            notes.append(f"{target.title} has no half transparency; pixels became on or off.")
    pixels, metadata = _coloured(pixels, metadata, target, notes)
    if target.name == "gif" and pixels.ndim == 3:
        notes.append("GIF holds 256 colours; the picture is reduced to them.")
    return Conformed(pixels, _fitting(metadata, target, notes), tuple(notes))


def encode(
    pixels: Pixels,
    format: str,
    *,
    quality: int | None = None,
    lossless: bool = False,
    fast: bool = False,
    metadata: Metadata | None = None,
) -> bytes:
    """Encode a picture. The same input gives the same bytes.

    Grey stays grey, except in WebP, which has no grey. JPEG and AVIF keep full chroma resolution at
    quality 90 and more. An opaque alpha channel is dropped where the format has none.

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha, 0 to 255.
    format : str
        Name of the format, see `FORMATS`.
    quality : int, optional
        1 to 100 for JPEG, WebP, AVIF and HEIC (default: `FORMATS`); not used by the others.
    lossless : bool, optional
        Encode WebP without loss. PNG and TIFF always are; the others cannot.
    fast : bool, optional
        Encode PNG and WebP in about half the time: PNG files get some 4 % longer, those of
        drawings up to 40 %, and lossy WebP .4 dB worse. Not used by the others.
    metadata : Metadata, optional
        Written as far as the format has a place for it (`Format.metadata`); `conform` says what it
        has none for.

    Raises
    ------
    UnsupportedImageError
        Transparency in a format that has none, a side that is too long, a metadata block that is
        too large for the format, or an array that is no picture.
    ConfigurationError
        A quality outside 1 to 100, or `lossless` for a format that always loses.
    ImageTooLargeError
        The memory does not suffice.
    MissingDependencyError
        HEIC without pillow-heif.
    """
    target = lookup(format)
    _check_pixels(pixels)
    _check_settings(target, quality, lossless=lossless)
    if max(pixels.shape[:2]) > target.max_side:
        raise UnsupportedImageError(
            f"{target.title} holds at most {target.max_side:,} px per side, "
            f"the picture has {pixels.shape[1]:,} x {pixels.shape[0]:,}.",
            hint="Choose PNG or TIFF, or scale the picture down.",
        )
    pixels = _without_opaque_alpha(pixels, target)
    kept = metadata or _NO_METADATA
    # A profile for other channels breaks the file.
    kept = replace(kept, icc_profile=_fitting_profile(kept.icc_profile, pixels, target))
    for field, room in _JPEG_ROOM.items() if target.name == "jpeg" else ():
        if len(getattr(kept, field) or b"") > room:
            raise UnsupportedImageError(
                f"The {_FIELD_TITLES[field]} is too large for JPEG.",
                hint="Strip the metadata, or choose PNG, WebP or TIFF.",
            )
    job = Job(pixels, quality or target.quality or 0, lossless, kept, fast)
    with codec_errors(target.title, writing=True):
        return WRITERS[target.name](job)


def as_pillow(pixels: Pixels) -> Image.Image:
    """Return pixels as a PIL image, for programs that pass those around.

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.

    Raises
    ------
    UnsupportedImageError
        An array that is no picture.
    """
    _check_pixels(pixels)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _check_pixels(pixels: Pixels) -> None:
    shape: tuple[int, ...] = getattr(pixels, "shape", ())
    sound = len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    if not sound or pixels.dtype != np.uint8 or 0 in shape:
        kind = getattr(pixels, "dtype", type(pixels).__name__)
        raise UnsupportedImageError(
            f"This is no picture: {kind} of shape {shape}.",
            hint="Give uint8 pixels of shape (H, W), (H, W, 3) or (H, W, 4).",
        )


def _check_settings(target: Format, quality: int | None, *, lossless: bool) -> None:
    if quality is not None and not 1 <= quality <= 100:
        raise ConfigurationError(
            f"A quality of {quality} does not exist.",
            hint="Choose 1 (smallest file) to 100 (best).",
        )
    if lossless and target.lossless is False:
        raise ConfigurationError(
            f"{target.title} cannot be written without loss.",
            hint="Choose PNG, TIFF or WebP, or leave lossless out.",
        )


def _coloured(
    pixels: Pixels, metadata: Metadata, target: Format, notes: list[str]
) -> tuple[Pixels, Metadata]:
    """Return pixels and metadata with colours that the format can express."""
    profile = metadata.icc_profile
    if not profile:
        return pixels, metadata
    fitting = _fitting_profile(profile, pixels, target)
    if fitting is not None and "icc_profile" in target.metadata:
        return pixels, metadata
    converted = srgb_from(pixels, profile)
    if converted is None:
        notes.append("The ICC profile is damaged or for other channels, and is left out.")
    else:
        pixels = converted
        notes.append(f"The colours were converted to sRGB, which {target.title} expects.")
    return pixels, replace(metadata, icc_profile=None)


def _fitting_profile(profile: bytes | None, pixels: Pixels, target: Format) -> bytes | None:
    """Return the profile to write for pixels in a format, None where this one does not fit."""
    if not profile or icc_channels(profile) != (1 if pixels.ndim == 2 else 3):
        return None
    return profile if pixels.ndim == 3 or target.grey else grey_profile_as_rgb(profile)


def _without_opaque_alpha(pixels: Pixels, target: Format) -> Pixels:
    """Drop an alpha channel that says nothing; refuse one that the format would lose."""
    if pixels.ndim == 2 or pixels.shape[2] == 3 or target.alpha == "full":
        return pixels
    alpha = pixels[..., 3]
    if bool((alpha == 255).all()):
        return np.ascontiguousarray(pixels[..., :3])
    if target.alpha == "binary" and bool(((alpha == 0) | (alpha == 255)).all()):
        return pixels
    raise UnsupportedImageError(
        f"The picture has transparency, which {target.title} cannot hold.",
        hint="Choose PNG, WebP, AVIF or TIFF, or flatten it first (indelible.imaging.conform).",
    )


def _flatten(pixels: Pixels, background: tuple[int, int, int]) -> Pixels:
    """Lay RGBA pixels over a colour; strip by strip, to need little memory."""
    flat = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, pixels.shape[0], _ROWS):
        strip = Image.fromarray(np.ascontiguousarray(pixels[top : top + _ROWS]))
        base = Image.new("RGB", strip.size, background)
        base.paste(strip, mask=strip)
        flat[top : top + _ROWS] = np.asarray(base)
    return flat


def _fitting(metadata: Metadata, target: Format, notes: list[str]) -> Metadata:
    """Return metadata without what the format cannot hold."""
    if metadata.xmp:
        xmp = without_address(metadata.xmp)
        if xmp != metadata.xmp:
            notes.append("The address of an older manifest was taken out of the XMP packet.")
        if target.name == "gif" and b"\0" in xmp:  # which would end its place in the file
            xmp = b""
            notes.append("The XMP packet is no text, and is left out.")
        metadata = replace(metadata, xmp=xmp or None)
    if target.name == "jpeg":
        metadata = _within_segments(metadata, notes)
    if target.name in _COMMENTS:
        comments = tuple(pair for pair in metadata.text if pair[0] == "Comment")
        if comments != metadata.text:
            notes.append(f"Text entries other than comments have no place in {target.title}.")
        metadata = replace(metadata, text=comments)
    changes: dict[str, Any] = {}
    for field, title in _FIELD_TITLES.items():
        if not getattr(metadata, field) or field in target.metadata:
            continue
        if field == "text" and target.name in _COMMENTS:
            continue
        changes[field] = () if field == "text" else None
        if field != "dpi":
            notes.append(f"The {title} has no place in {target.title} and is left out.")
    if target.name != "jpeg" and metadata.segments:
        changes["segments"] = ()
        if any(segment[1] != COMMENT for segment in metadata.segments):
            notes.append(f"What programs added to the JPEG file has no place in {target.title}.")
    return replace(metadata, **changes)


def _within_segments(metadata: Metadata, notes: list[str]) -> Metadata:
    """Return metadata that fit the segments of a JPEG file, their unused bytes left out first."""
    changes: dict[str, Any] = {}
    if metadata.exif:
        changes["exif"], lost = exif_within(metadata.exif, _JPEG_ROOM["exif"])
        if lost is not None:
            notes.append(f"The {lost} is too large for JPEG and is left out.")
    if metadata.xmp and len(metadata.xmp) > _JPEG_ROOM["xmp"]:
        changes["xmp"] = without_padding(metadata.xmp)
    for field in ("xmp", "icc_profile"):
        if len(changes.get(field, getattr(metadata, field)) or b"") > _JPEG_ROOM[field]:
            changes[field] = None
            notes.append(f"The {_FIELD_TITLES[field]} is too large for JPEG and is left out.")
    if any(len(v.encode()) > JPEG_SEGMENT for name, v in metadata.text if name == "Comment"):
        notes.append("A comment is longer than JPEG can hold, and was cut.")
    return replace(metadata, **changes)
