"""Pillow, read side: from what a container reader left of a file to pixels of 8 bits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from indelible.errors import (
    ImageTooLargeError,
    IndelibleError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.imaging._container import Container, truncated
from indelible.imaging._png import picture_is_complete
from indelible.imaging._quiet import silence_tiff
from indelible.imaging.picture import Pixels

__all__ = ["check_complete", "codec_errors", "open_image", "to_eight_bits"]

# Called by class: `Image.open` would try every installed plugin, and warn about large pictures.
_PLUGINS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "gif": GifImagePlugin.GifImageFile,
}
_STRIP_PIXELS: Final = 1 << 16


@contextmanager
def codec_errors(title: str, *, writing: bool = False) -> Iterator[None]:
    """Turn whatever a codec raises into an error of ours.

    Parameters
    ----------
    title : str
        The format's name for people.
    writing : bool, optional
        Whether the codec encodes.
    """
    try:
        yield
    except IndelibleError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise ImageTooLargeError(
            f"The {title} picture needs more memory than there is.",
            hint="Scale it down, or lower max_pixels in the limits to refuse such pictures early.",
        ) from error
    except Exception as error:  # codecs raise nearly every type there is for hostile bytes
        reason = str(error).strip() or type(error).__name__
        if writing:
            raise UnsupportedImageError(
                f"The picture cannot be written as {title} ({reason}).",
                hint="Choose another format, or strip the metadata.",
            ) from error
        raise UnreadableImageError(
            f"The {title} file is damaged or cut short ({reason}).",
            hint="Export or download the picture again, or open and re-save it in an image editor.",
        ) from error


def open_image(name: str, data: bytes) -> Image.Image:
    """Return the fully decoded first frame of a file in Pillow's terms."""
    if name == "tiff":
        silence_tiff()
    image: Image.Image = _PLUGINS[name](io.BytesIO(data))
    image.load()
    return image


def check_complete(image: Image.Image, container: Container) -> None:
    """Refuse a PNG file with rows missing, which Pillow leaves black.

    Counting decompresses everything once more: only done where the end of the picture is black.
    """
    width, height = image.size
    last_row = image.crop((0, height - 1, width, height)).tobytes()
    if (container.interlaced or not any(last_row)) and not picture_is_complete(
        container.codec, container.stream_bytes
    ):
        raise truncated("PNG")


def to_eight_bits(
    image: Image.Image, container: Container, notes: list[str]
) -> tuple[Pixels, bytes | None]:
    """Return a decoded image as pixels, and the ICC profile that they are in.

    Parameters
    ----------
    image : Image
        From `open_image`.
    container : Container
        What the file said.
    notes : list of str
        Each conversion that loses something is added.

    Returns
    -------
    pixels : ndarray of uint8
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, not yet turned upright.
    icc_profile : bytes or None
        As stored, or None where the colours were converted to sRGB.
    """
    header, icc_profile = container.header, container.icc_profile
    if header.bit_depth > 8:
        notes.append(f"{header.bit_depth} bits per channel were reduced to 8.")
    key = image.info.get("transparency")
    if image.mode.startswith("I"):
        return _from_deep_grey(image, key), icc_profile
    if image.mode == "CMYK":
        image, managed = _srgb_from_cmyk(image, icc_profile)
        how = "with the file's colour profile" if managed else "without a profile: colours differ"
        notes.append(f"CMYK was converted to sRGB ({how}).")
        return _to_array(image), None
    if image.mode == "L" and isinstance(key, int) and header.bit_depth in (2, 4):
        # Pillow widens the pixels to 8 bits, but not the transparent value.
        image.info["transparency"] = key * 255 // (2**header.bit_depth - 1)
    pixels = _to_array(_to_plain_mode(image, transparent=key is not None))
    if header.mode == "L" and pixels.ndim == 3:  # codecs that know no grey
        pixels = np.ascontiguousarray(pixels[..., 1])
    return pixels, icc_profile


def _from_deep_grey(image: Image.Image, key: object) -> Pixels:
    """Return 16-bit grey as 8 bits; with one transparent value, as RGBA."""
    deep = np.asarray(image)
    grey = (deep >> 8).astype(np.uint8)
    if not isinstance(key, int):
        return grey
    alpha = np.where(deep == key, 0, 255).astype(np.uint8)
    return np.dstack([grey, grey, grey, alpha])


def _to_plain_mode(image: Image.Image, *, transparent: bool) -> Image.Image:
    """Return an image as L, RGB or RGBA; `transparent`: a colour or palette entry is."""
    if image.mode in ("La", "RGBa"):  # premultiplied
        image = image.convert(image.mode.upper())
    if image.mode in ("LA", "PA") or (transparent and image.mode != "RGBA"):
        return image.convert("RGBA")
    if image.mode == "1" or (image.mode == "P" and _is_grey(image)):
        return image.convert("L")
    return image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")


def _is_grey(image: Image.Image) -> bool:
    """Say whether every colour of a palette is grey."""
    palette = image.getpalette("RGB") or []
    return palette[0::3] == palette[1::3] == palette[2::3]


def _to_array(image: Image.Image) -> Pixels:
    """Return the pixels of an L, RGB or RGBA image as a new array.

    Copied strip by strip: in one piece Pillow makes two copies more.
    """
    width, height = image.size
    channels = len(image.getbands())
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = np.empty(shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


def _srgb_from_cmyk(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bool]:
    """Return a CMYK image in sRGB, and whether its profile was used.

    Relative colorimetric with black point compensation, as print previews do.
    """
    converted = None
    if profile is not None:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            converted = None  # a damaged profile
    if converted is None:
        return image.convert("RGB"), False
    return converted, True
