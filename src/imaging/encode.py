"""Encoding: from pixels and metadata to a file's bytes, and what a format cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from indelible.errors import ConfigurationError, UnsupportedImageError
from indelible.imaging._embed import gif_with_xmp, iptc_segment, tiff_with_metadata
from indelible.imaging.formats import FORMATS, Format, lookup
from indelible.imaging.metadata import Metadata, exif_without_orientation, icc_channels
from indelible.imaging.picture import Pixels

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Conformed", "conform", "encode"]

# Chroma is halved below this quality only, as libvips does: saturated edges and text suffer first.
_FULL_CHROMA_QUALITY: Final = 90

# A JPEG segment holds 65,533 bytes, its own identifier among them.
_JPEG_SEGMENT: Final = 65_533
_JPEG_ROOM: Final = {
    "exif": _JPEG_SEGMENT - len(b"Exif\0\0"),
    "xmp": _JPEG_SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\0"),
    "iptc": _JPEG_SEGMENT - len(b"Photoshop 3.0\0") - 13,
    "icc_profile": 255 * (_JPEG_SEGMENT - 14),
}
_FIELD_TITLES: Final = {
    "icc_profile": "ICC profile",
    "exif": "EXIF block",
    "xmp": "XMP packet",
    "iptc": "IPTC record",
    "text": "text",
    "dpi": "resolution",
}
_EMPTY: Final = Metadata()
_ROWS: Final = 256


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

    Transparency is laid over a background where the format has none (JPEG), or made fully opaque or
    fully transparent (GIF). Metadata that the format has no place for are left out. Each of these
    leaves a note.

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) or (H, W, 4) with straight alpha.
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
            notes.append(f"{target.title} has no transparency; the picture was laid over {colour}")
        elif bool(((alpha != 0) & (alpha != 255)).any()):
            pixels = pixels.copy()
            pixels[..., 3] = np.where(alpha < 128, 0, 255)
            notes.append(f"{target.title} has no half transparency; pixels became on or off")
    return Conformed(pixels, _fitting(metadata, target, notes), tuple(notes))


def encode(
    pixels: Pixels,
    format: str,
    *,
    quality: int | None = None,
    lossless: bool = False,
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
    metadata : Metadata, optional
        Written as far as the format has a place for it (`Format.metadata`); `conform` says what it
        has none for.

    Raises
    ------
    UnsupportedImageError
        Transparency in a format that has none, a side that is too long, a metadata block that is too
        large for the format, or an array that is no picture. `conform` solves all but the last.
    ConfigurationError
        A quality outside 1 to 100, or `lossless` for a format that always loses.
    ImageTooLargeError
        The memory does not suffice.
    MissingDependencyError
        HEIC without pillow-heif.
    """
    target = lookup(format)
    _check_pixels(pixels)
    _check_settings(target, quality, lossless)
    if max(pixels.shape[:2]) > target.max_side:
        raise UnsupportedImageError(
            f"{target.title} holds at most {target.max_side:,} px per side, "
            f"the picture has {pixels.shape[1]:,} x {pixels.shape[0]:,}",
            hint="Choose PNG or TIFF, or scale the picture down.",
        )
    pixels = _without_opaque_alpha(pixels, target)
    kept = metadata or _EMPTY
    if kept.icc_profile and icc_channels(kept.icc_profile) != (1 if pixels.ndim == 2 else 3):
        kept = replace(kept, icc_profile=None)  # a profile for other channels breaks the file
    if target.name == "jpeg":
        for field, room in _JPEG_ROOM.items():
            if len(getattr(kept, field) or b"") > room:
                raise UnsupportedImageError(
                    f"the {_FIELD_TITLES[field]} is too large for JPEG",
                    hint="Strip the metadata, or choose PNG, WebP or TIFF.",
                )

    # Here, because importing Pillow takes as long as half of numpy.
    from indelible.imaging._pillow import codec_errors

    with codec_errors(target.title, "written"):
        return _WRITERS[target.name](pixels, quality or target.quality or 0, lossless, kept)


def _check_pixels(pixels: Pixels) -> None:
    shape = getattr(pixels, "shape", ())
    sound = len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    if not sound or pixels.dtype != np.uint8 or 0 in shape:
        raise UnsupportedImageError(
            f"this is no picture: {getattr(pixels, 'dtype', type(pixels).__name__)} of shape {shape}",
            hint="Give uint8 pixels of shape (H, W), (H, W, 3) or (H, W, 4).",
        )


def _check_settings(target: Format, quality: int | None, lossless: bool) -> None:
    if quality is not None and not 1 <= quality <= 100:
        raise ConfigurationError(
            f"a quality of {quality} does not exist", hint="Choose 1 (smallest file) to 100 (best)."
        )
    if lossless and target.lossless is False:
        raise ConfigurationError(
            f"{target.title} cannot be written without loss",
            hint="Choose PNG, TIFF or WebP, or leave lossless out.",
        )


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
        f"the picture has transparency, which {target.title} cannot hold",
        hint="Choose PNG, WebP, AVIF or TIFF, or flatten it first (indelible.imaging.conform).",
    )


def _flatten(pixels: Pixels, background: tuple[int, int, int]) -> Pixels:
    """Lay RGBA pixels over a colour; strip by strip, to need little memory."""
    flat = np.empty((*pixels.shape[:2], 3), np.uint8)
    colour = np.array(background, np.uint16)
    for top in range(0, pixels.shape[0], _ROWS):
        strip = pixels[top : top + _ROWS].astype(np.uint16)
        alpha = strip[..., 3:]
        flat[top : top + _ROWS] = (strip[..., :3] * alpha + colour * (255 - alpha) + 127) // 255
    return flat


def _fitting(metadata: Metadata, target: Format, notes: list[str]) -> Metadata:
    """Return metadata without the fields that the format cannot hold."""
    changes: dict[str, Any] = {}
    for field, title in _FIELD_TITLES.items():
        value = getattr(metadata, field)
        if not value:
            continue
        room = _JPEG_ROOM.get(field) if target.name == "jpeg" else None
        if field == "text" and target.name == "jpeg":
            kept = tuple(pair for pair in value if pair[0] == "Comment")[:1]
            if kept != value:
                changes[field] = kept
                notes.append(f"{len(value) - len(kept)} text entries have no place in JPEG")
        elif field not in target.metadata:
            changes[field] = () if field == "text" else None
            if field != "dpi":
                notes.append(f"the {title} has no place in {target.title} and is left out")
        elif room is not None and len(value) > room:
            changes[field] = None
            notes.append(f"the {title} is too large for {target.title} and is left out")
    return replace(metadata, **changes)


def _image(pixels: Pixels) -> Image.Image:
    from indelible.imaging._pillow import from_array

    return from_array(pixels)


def _save(pixels: Pixels, name: str, **options: Any) -> bytes:
    from indelible.imaging._pillow import save_image

    return save_image(_image(pixels), name, **options)


def _present(**options: Any) -> dict[str, Any]:
    """Return the options that are neither None nor empty."""
    return {name: value for name, value in options.items() if value}


def _write_jpeg(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    comment = next((value for keyword, value in metadata.text if keyword == "Comment"), "")
    # No optimised Huffman tables: 1.2 % smaller files, more than twice the time, and Pillow fails
    # on detailed pictures, because its buffer must then hold the whole file.
    return _save(
        pixels,
        "jpeg",
        quality=quality,
        subsampling="4:4:4" if quality >= _FULL_CHROMA_QUALITY else "4:2:0",
        **_present(
            icc_profile=metadata.icc_profile,
            exif=b"Exif\0\0" + metadata.exif if metadata.exif else None,
            xmp=metadata.xmp,
            comment=comment.encode()[:_JPEG_SEGMENT],
            dpi=_whole_dpi(metadata),
            extra=iptc_segment(metadata.iptc) if metadata.iptc else None,
        ),
    )


def _whole_dpi(metadata: Metadata) -> tuple[int, int] | None:
    if metadata.dpi is None:
        return None
    x, y = (min(max(round(value), 1), 65_535) for value in metadata.dpi)
    return x, y


def _write_png(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    from indelible.imaging._pillow import png_text

    pairs = [
        (keyword, value.replace("\0", ""))
        for keyword, value in metadata.text
        if 1 <= len(keyword.encode("latin-1", "ignore")) <= 79 and "\0" not in keyword
    ]
    return _save(
        pixels,
        "png",
        pnginfo=png_text(pairs, metadata.xmp),
        **_present(icc_profile=metadata.icc_profile, exif=metadata.exif, dpi=metadata.dpi),
    )


def _write_webp(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    # exact: keep the colour of transparent pixels, because the mark lies there too.
    return _save(
        pixels,
        "webp",
        quality=quality,
        lossless=lossless,
        exact=True,
        **_present(icc_profile=metadata.icc_profile, exif=metadata.exif, xmp=metadata.xmp),
    )


def _write_avif(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    full = "4:4:4" if quality >= _FULL_CHROMA_QUALITY else "4:2:0"
    return _save(
        pixels,
        "avif",
        quality=quality,
        subsampling="4:0:0" if pixels.ndim == 2 else full,
        speed=8,  # the same size as 6, three times as fast
        **_present(
            icc_profile=metadata.icc_profile,
            exif=exif_without_orientation(metadata.exif) if metadata.exif else None,
            xmp=metadata.xmp,
        ),
    )


def _write_tiff(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    # Predictor 2: horizontal differencing (TIFF 6.0, section 14).
    plain = _save(pixels, "tiff", compression="tiff_adobe_deflate", tiffinfo={317: 2})
    return tiff_with_metadata(plain, metadata)


def _write_gif(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    from indelible.imaging._pillow import save_image, to_gif_palette

    image, transparent = to_gif_palette(pixels)
    options = {} if transparent is None else {"transparency": transparent}
    return gif_with_xmp(save_image(image, "gif", **options), metadata.xmp)


def _write_heic(pixels: Pixels, quality: int, lossless: bool, metadata: Metadata) -> bytes:
    from indelible.imaging._heif import save_heif

    return save_heif(
        _image(pixels),
        quality=quality,
        **_present(
            icc_profile=metadata.icc_profile,
            exif=exif_without_orientation(metadata.exif) if metadata.exif else None,
            xmp=metadata.xmp,
        ),
    )


_WRITERS: Final = {
    "jpeg": _write_jpeg,
    "png": _write_png,
    "webp": _write_webp,
    "avif": _write_avif,
    "tiff": _write_tiff,
    "gif": _write_gif,
    "heic": _write_heic,
}
assert set(_WRITERS) == set(FORMATS)
