"""The only place that calls Pillow.

Imported when the first picture is decoded or encoded, because that costs as much as half of numpy.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

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
from indelible.imaging.picture import Pixels

__all__ = [
    "codec_errors",
    "from_array",
    "open_image",
    "png_text",
    "save_image",
    "srgb_from_cmyk",
    "to_array",
    "to_gif_palette",
]

# Called by class: `Image.open` would try every installed plugin, and warn about large pictures.
_PLUGINS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "gif": GifImagePlugin.GifImageFile,
}
_STRIP_PIXELS: Final = 1 << 20


@contextmanager
def codec_errors(title: str, doing: str) -> Iterator[None]:
    """Turn whatever a codec raises into an error of ours.

    Parameters
    ----------
    title : str
        The format's name for people.
    doing : str
        ``"read"`` or ``"written"``.
    """
    try:
        yield
    except IndelibleError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise ImageTooLargeError(
            f"the {title} picture needs more memory than there is",
            hint="Scale it down, or lower max_pixels in the limits to refuse such pictures early.",
        ) from error
    except Exception as error:  # codecs raise nearly every type there is for hostile bytes
        if doing == "written":
            raise UnsupportedImageError(
                f"the picture cannot be written as {title} ({_reason(error)})",
                hint="Choose another format, or strip the metadata.",
            ) from error
        raise UnreadableImageError(
            f"the {title} file is damaged or cut short ({_reason(error)})",
            hint="Export or download the picture again, or open and re-save it in an image editor.",
        ) from error


def _reason(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def open_image(name: str, data: bytes) -> Image.Image:
    """Return the fully decoded first frame of a file in Pillow's terms."""
    image: Image.Image = _PLUGINS[name](io.BytesIO(data))
    image.load()
    return image


def to_array(image: Image.Image) -> Pixels:
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


def from_array(pixels: Pixels) -> Image.Image:
    """Return an array of pixels as an image of mode L, RGB or RGBA."""
    return Image.fromarray(np.ascontiguousarray(pixels))


def srgb_from_cmyk(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bool]:
    """Return a CMYK image in sRGB, and whether its profile was used.

    Relative colorimetric with black point compensation, as print previews do.
    """
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
            converted = None
        if converted is not None:
            return converted, True
    return image.convert("RGB"), False


def to_gif_palette(pixels: Pixels) -> tuple[Image.Image, int | None]:
    """Return pixels with a palette of their own, and the index that is transparent, if any.

    Dithered (Floyd-Steinberg), which keeps gradients, and marks in them, on average.
    """
    if pixels.ndim == 2:
        return from_array(pixels), None
    transparent = pixels[..., 3] < 128 if pixels.shape[2] == 4 else None
    colours = from_array(pixels[..., :3])
    palette = colours.quantize(255 if transparent is not None else 256, Image.Quantize.MEDIANCUT)
    image = colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if transparent is None or not transparent.any():
        return image, None
    indices = np.array(image)
    indices[transparent] = 255
    result = Image.fromarray(indices)
    result.putpalette((image.getpalette("RGB") or []) + [0, 0, 0])
    return result, 255


def png_text(pairs: list[tuple[str, str]], xmp: bytes | None) -> PngImagePlugin.PngInfo:
    """Return the text chunks of a PNG file; what Latin-1 cannot express becomes UTF-8."""
    info = PngImagePlugin.PngInfo()
    for keyword, value in pairs:
        info.add_text(keyword, value)
    if xmp is not None:
        info.add_itxt("XML:com.adobe.xmp", xmp)  # type: ignore[arg-type]
    return info


def save_image(image: Image.Image, name: str, **options: Any) -> bytes:
    """Return an image encoded, with options as Pillow's writer of that format takes them."""
    buffer = io.BytesIO()
    image.save(buffer, format=name.upper(), **options)
    return buffer.getvalue()
