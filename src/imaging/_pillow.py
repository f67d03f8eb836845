"""Pillow, read side: from what a container reader left of a file to pixels of 8 bits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageChops,
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
from indelible.imaging._container import Container, damaged, truncated
from indelible.imaging._png import picture_is_complete
from indelible.imaging._quiet import silence_tiff
from indelible.imaging.metadata import icc_channels
from indelible.imaging.picture import Pixels

__all__ = [
    "check_complete",
    "codec_errors",
    "open_image",
    "open_reduced_jpeg",
    "srgb_from",
    "to_eight_bits",
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
_STRIP_PIXELS: Final = 1 << 16
# Compressed data of no meaning, without a byte that could begin a marker.
_NOT_MARKERS: Final = bytes(byte for byte in hashlib.sha512(b"").digest() * 4 if byte != 0xFF)

# From a strip of an image to something that NumPy takes for its pixels.
Converter: TypeAlias = Callable[[Image.Image], Any]


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


def open_image(
    name: str, data: bytes, *, tolerant: bool = False
) -> tuple[Image.Image, UnreadableImageError | None]:
    """Return the decoded first frame of a file in Pillow's terms.

    `tolerant`: of a frame that cannot be decoded to its end, what there is, and why that is not
    all. Pillow's own switch for this is global.
    """
    if name == "tiff":
        silence_tiff()
    image = _PLUGINS[name](io.BytesIO(data))
    if hasattr(image, "_decoder"):
        return _only_frame(name, image), None
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        if not tolerant:
            raise
        image.tile = []  # nothing more to decode: Pillow then shows what it has, if anything
        image.load()
        if image.getbbox() is None:
            raise
        return image, damaged(name.upper(), str(error).strip() or "it cannot be decoded to its end")
    return image, None


def open_reduced_jpeg(
    data: bytes, size: tuple[int, int], scale: int, *, grey: bool
) -> Image.Image | None:
    """Return a JPEG picture at a fraction of its sides; None where that does not go smoothly.

    Parameters
    ----------
    data : bytes
        The file.
    size : (int, int)
        Width and height that it should have.
    scale : {1, 2, 4, 8}
        By what they are divided, rounded down.
    grey : bool
        Decode the luminance alone.
    """
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    reduced = size[0] // scale, size[1] // scale
    if image.size != size:
        return None
    image.draft("L" if grey else None, reduced)
    if image.size != (-(-size[0] // scale), -(-size[1] // scale)):
        return None
    try:
        image.load()
    except (OSError, SyntaxError, ValueError):
        return None
    return image if image.size == reduced else image.crop((0, 0, *reduced))


def _only_frame(name: str, image: ImageFile.ImageFile) -> Image.Image:
    """Return the first frame of a WebP or AVIF file.

    Pillow's own `load` keeps the decoder's canvases while it copies the frame.
    """
    decoder: Any = getattr(image, "_decoder", None)
    frame = decoder.get_next() if name == "webp" else decoder.get_frame(0)
    if frame is None:
        raise EOFError("it has no frame")
    mode = getattr(image, "rawmode", image.mode)
    plain = Image.frombuffer(mode, image.size, frame[0], "raw", mode, 0, 1)
    plain.info = image.info
    return plain


def check_complete(image: Image.Image, container: Container) -> None:
    """Refuse a picture with rows missing, which a decoder leaves black (PNG) or grey (JPEG).

    Finding out takes as long as decoding. PNG: only done where the end of the picture is black.
    JPEG: only done where the data run to the end of the file. More data behind them change nothing
    where every block was there, and something where one was missing.
    """
    if container.header.format == "jpeg":
        if container.unclosed:
            longer = container.codec[:-2] + _NOT_MARKERS + container.codec[-2:]
            if ImageChops.difference(open_image("jpeg", longer)[0], image).getbbox() is not None:
                raise truncated("JPEG")
        return
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
        convert, managed = _srgb_from_cmyk(image, icc_profile)
        how = "with the file's colour profile" if managed else "without a profile: colours differ"
        notes.append(f"CMYK was converted to sRGB ({how}).")
        return _to_array(image, 3, convert), None
    if image.mode == "L" and isinstance(key, int) and header.bit_depth in (2, 4):
        # Pillow widens the pixels to 8 bits, but not the transparent value.
        image.info["transparency"] = key * 255 // (2**header.bit_depth - 1)
    coloured = icc_profile is not None and icc_channels(icc_profile) == 3
    mode = _plain_mode(image, transparent=key is not None, coloured=coloured)
    if header.mode == "L" and mode != "L":  # codecs that know no grey
        return _to_array(image, 1, lambda strip: _plain(strip, mode).getchannel("G")), icc_profile
    return _to_array(image, len(mode), lambda strip: _plain(strip, mode)), icc_profile


def _from_deep_grey(image: Image.Image, key: object) -> Pixels:
    """Return 16-bit grey as 8 bits; with one transparent value, as RGBA."""
    if not isinstance(key, int):
        return _to_array(image, 1, lambda strip: np.asarray(strip) >> 8)

    def convert(strip: Image.Image) -> NDArray[np.integer]:
        deep = np.asarray(strip)
        grey = deep >> 8
        return np.dstack([grey, grey, grey, np.where(deep == key, 0, 255)])

    return _to_array(image, 4, convert)


def _plain_mode(image: Image.Image, *, transparent: bool, coloured: bool) -> str:
    """Return which of L, RGB and RGBA an image becomes.

    `transparent`: a colour or palette entry is. `coloured`: the profile is for RGB, so that a
    palette of greys is best left in colour.
    """
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or transparent:
        return "RGBA"
    grey = image.mode == "P" and not coloured and _is_grey(image)
    return "L" if grey or image.mode in ("L", "1") else "RGB"


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """Return an image in another mode."""
    if image.mode in ("La", "RGBa"):  # premultiplied
        image = image.convert(image.mode.upper())
    return image if image.mode == mode else image.convert(mode)


def _is_grey(image: Image.Image) -> bool:
    """Say whether every colour of a palette is grey."""
    palette = image.getpalette("RGB") or []
    return palette[0::3] == palette[1::3] == palette[2::3]


def _to_array(image: Image.Image, channels: int, convert: Converter) -> Pixels:
    """Return the pixels of an image, each strip of it converted, as a new array.

    In one piece, Pillow makes a copy for each conversion, and two more for the array.
    """
    width, height = image.size
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = np.empty(shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = convert(image.crop((0, top, width, bottom)))
    return pixels


def _srgb_from_cmyk(image: Image.Image, profile: bytes | None) -> tuple[Converter, bool]:
    """Return how strips of a CMYK image become sRGB, and whether its profile is used."""
    transform = None if profile is None else _to_srgb(profile, "CMYK")
    if transform is None:
        return lambda strip: strip.convert("RGB"), False
    transform.apply(image.crop((0, 0, 1, 1)))
    return transform.apply, True


def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return what converts images of a mode to sRGB, None where the profile is damaged.

    Relative colorimetric with black point compensation, as print previews do.
    """
    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def srgb_from(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Return pixels in sRGB, strip by strip; None where the profile is damaged or does not fit.

    Grey stays grey, and an alpha channel stays what it is.
    """
    transform = _to_srgb(profile, "L" if pixels.ndim == 2 else "RGB")
    if transform is None:
        return None
    converted = pixels.copy()
    rows = max(1, _STRIP_PIXELS // pixels.shape[1])
    for top in range(0, pixels.shape[0], rows):
        strip = converted[top : top + rows]  # a view: written to in place
        colours = strip if strip.ndim == 2 else strip[..., :3]
        image = Image.fromarray(np.ascontiguousarray(colours))
        result = np.asarray(transform.apply(image))
        colours[:] = result[..., 1] if strip.ndim == 2 else result
    return converted
