"""Pillow, write side: one writer per format."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
from PIL import Image, PngImagePlugin

from indelible.imaging._embed import gif_with_metadata, jpeg_segments, tiff_with_metadata
from indelible.imaging._heif import save_heif
from indelible.imaging._png_fast import with_pixels
from indelible.imaging.exif import exif_without_orientation
from indelible.imaging.metadata import Metadata
from indelible.imaging.picture import Pixels

__all__ = ["WRITERS", "Job"]

# Chroma is halved below this quality only, as libvips does: saturated edges and text suffer first.
_FULL_CHROMA_QUALITY: Final = 90


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a writer is asked to write, already checked against what its format can hold."""

    pixels: Pixels
    quality: int
    lossless: bool
    metadata: Metadata
    fast: bool = False

    def chroma(self) -> str:
        """Return the chroma subsampling for the quality."""
        return "4:4:4" if self.quality >= _FULL_CHROMA_QUALITY else "4:2:0"


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels))


def _save(image: Image.Image, name: str, options: dict[str, Any]) -> bytes:
    """Return an image encoded; options that are None or empty are left out."""
    given = {key: value for key, value in options.items() if value is not None and value != b""}
    with _file_in_memory() as file:
        image.save(file, format=name, **given)
        file.seek(0)
        return file.read()


def _file_in_memory() -> IO[bytes]:
    """Return an empty file in memory: one of the system's, where it has such files.

    While Pillow encodes a JPEG into one of these, it lets go of the interpreter's lock.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # no more files, or a sandbox that has none of these
            return os.fdopen(os.memfd_create("picture"), "w+b")
    return io.BytesIO()


def _write_jpeg(job: Job) -> bytes:
    metadata = job.metadata
    # No optimised Huffman tables: 1.2 % smaller files, more than twice the time, and Pillow fails
    # on detailed pictures, because its buffer must then hold the whole file.
    options = {
        "quality": job.quality,
        "subsampling": job.chroma(),
        "icc_profile": metadata.icc_profile,
        "exif": b"Exif\0\0" + metadata.exif if metadata.exif else None,
        "xmp": metadata.xmp,
        "dpi": _whole_dpi(metadata.dpi),
        "extra": jpeg_segments(metadata),
    }
    return _save(_image(job.pixels), "JPEG", options)


def _whole_dpi(dpi: tuple[float, float] | None) -> tuple[int, int] | None:
    if dpi is None:
        return None
    x, y = (min(max(round(value), 1), 65_535) for value in dpi)
    return x, y


def _write_png(job: Job) -> bytes:
    metadata = job.metadata
    info = PngImagePlugin.PngInfo()
    for keyword, value in metadata.text:
        name = keyword.encode("latin-1", "replace").replace(b"\0", b" ")
        if 1 <= len(name) <= 79:
            info.add_text(name, value.replace("\0", ""))  # Latin-1 if it can be, else UTF-8
    if metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    options = {
        "pnginfo": info,
        "icc_profile": metadata.icc_profile,
        "exif": metadata.exif,
        "dpi": metadata.dpi,
        "compress_level": 3,  # the same size as the default 6, in half the time
    }
    if job.fast:
        return with_pixels(_save(_image(job.pixels[:1, :1]), "PNG", options), job.pixels)
    return _save(_image(job.pixels), "PNG", options)


def _write_webp(job: Job) -> bytes:
    options = {
        # without loss it is an effort; method 0 would make pixel art twenty times as long
        "quality": 30 if job.fast and job.lossless else job.quality,
        "method": 2 if job.fast else 4,
        "lossless": job.lossless,
        "exact": True,  # keep the colour of transparent pixels, because the mark lies there too
        "icc_profile": job.metadata.icc_profile,
        "exif": job.metadata.exif,
        "xmp": job.metadata.xmp,
    }
    return _save(_image(job.pixels), "WEBP", options)


def _write_avif(job: Job) -> bytes:
    options = {
        "quality": job.quality,
        "subsampling": "4:0:0" if job.pixels.ndim == 2 else job.chroma(),
        "speed": 8,  # the same size as Pillow's 6, in a third of the time
        "icc_profile": job.metadata.icc_profile,
        "exif": exif_without_orientation(job.metadata.exif) if job.metadata.exif else None,
        "xmp": job.metadata.xmp,
    }
    return _save(_image(job.pixels), "AVIF", options)


def _write_tiff(job: Job) -> bytes:
    predictor = {317: 2}  # horizontal differencing (TIFF 6.0, section 14)
    options = {"compression": "tiff_adobe_deflate", "tiffinfo": predictor}
    return tiff_with_metadata(_save(_image(job.pixels), "TIFF", options), job.metadata)


def _write_gif(job: Job) -> bytes:
    image, transparent = _with_palette(job.pixels)
    options = {} if transparent is None else {"transparency": transparent}
    return gif_with_metadata(_save(image, "GIF", options), job.metadata)


def _with_palette(pixels: Pixels) -> tuple[Image.Image, int | None]:
    """Return pixels with a palette of their own, and the index that is transparent, if any.

    Dithered (Floyd-Steinberg), which keeps gradients, and marks in them, on average.
    """
    if pixels.ndim == 2:
        return _image(pixels), None
    transparent = pixels[..., 3] == 0 if pixels.shape[2] == 4 else np.zeros((1, 1), np.bool_)
    colours = _image(pixels[..., :3])
    palette = colours.quantize(255 if transparent.any() else 256, Image.Quantize.MEDIANCUT)
    image = colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if not transparent.any():
        return image, None
    indices = np.array(image)
    indices[transparent] = 255
    entries = (image.getpalette("RGB") or [])[: 3 * 255]
    result = Image.fromarray(indices)
    result.putpalette(entries + [0] * (3 * 256 - len(entries)))
    return result, 255


def _write_heic(job: Job) -> bytes:
    options = {
        "quality": job.quality,
        "icc_profile": job.metadata.icc_profile,
        "exif": exif_without_orientation(job.metadata.exif) if job.metadata.exif else None,
        "xmp": job.metadata.xmp,
    }
    return save_heif(_image(job.pixels), {key: value for key, value in options.items() if value})


#: One writer for each format that can be written, by its name.
WRITERS: Final[dict[str, Callable[[Job], bytes]]] = {
    "jpeg": _write_jpeg,
    "png": _write_png,
    "webp": _write_webp,
    "avif": _write_avif,
    "tiff": _write_tiff,
    "gif": _write_gif,
    "heic": _write_heic,
}
