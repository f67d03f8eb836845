"""Lossy codecs, through Pillow."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from benchmarks.attacks.model import Attacked, Operation, Pixels, compose, unmoved

__all__ = ["avif", "gif", "jpeg", "jpeg2000", "reencode", "webp"]

_SUBSAMPLING = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def _round_trip(image: Pixels, file_format: str, **options: object) -> Attacked:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format=file_format, **options)
    with Image.open(buffer) as decoded:
        return unmoved(np.asarray(decoded.convert("RGB")))


def jpeg(
    image: Pixels, rng: np.random.Generator, *, quality: int, subsampling: str = "4:2:0"
) -> Attacked:
    """JPEG at a libjpeg quality, chroma subsampled 4:2:0 unless told otherwise."""
    del rng
    return _round_trip(image, "JPEG", quality=quality, subsampling=_SUBSAMPLING[subsampling])


def webp(image: Pixels, rng: np.random.Generator, *, quality: int) -> Attacked:
    """Lossy WebP."""
    del rng
    return _round_trip(image, "WEBP", quality=quality)


def avif(image: Pixels, rng: np.random.Generator, *, quality: int) -> Attacked:
    """AVIF, 4:2:0, one thread, so that parallel jobs do not fight over the cores."""
    del rng
    return _round_trip(image, "AVIF", quality=quality, max_threads=1)


def jpeg2000(image: Pixels, rng: np.random.Generator, *, ratio: float) -> Attacked:
    """JPEG 2000 (irreversible 9/7 wavelet) at a compression ratio."""
    del rng
    return _round_trip(
        image, "JPEG2000", irreversible=True, quality_mode="rates", quality_layers=[ratio]
    )


def gif(image: Pixels, rng: np.random.Generator, *, colours: int = 256) -> Attacked:
    """Palette of `colours` by median cut, Floyd-Steinberg dithering."""
    del rng
    palette = Image.fromarray(image).quantize(
        colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG
    )
    buffer = io.BytesIO()
    palette.save(buffer, format="GIF")
    with Image.open(buffer) as decoded:
        return unmoved(np.asarray(decoded.convert("RGB")))


def reencode(image: Pixels, rng: np.random.Generator, *, codecs: tuple[Operation, ...]) -> Attacked:
    """Several codecs, one after another."""
    return compose(codecs, image, rng)
