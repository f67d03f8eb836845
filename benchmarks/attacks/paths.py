"""Twenty-two everyday paths of a document: screenshots, scans, chats, thumbnails, re-renders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
from PIL import Image

from benchmarks.attacks import chains, codecs, colour, edits, filters, geometry
from benchmarks.attacks.model import Attack, Attacked, Operation, Pixels, compose, unmoved

__all__ = ["PATHS"]


def _binary(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Turn into black and white by Otsu's threshold."""
    del rng
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    black = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    return unmoved(np.repeat(np.asarray(black)[..., None], 3, axis=2))


def _dithered(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Turn into black and white by Floyd-Steinberg dithering."""
    del rng
    return unmoved(np.asarray(Image.fromarray(image).convert("1").convert("RGB")))


def _palette(image: Pixels, rng: np.random.Generator, *, colours: int) -> Attacked:
    """Reduce to a palette, without dithering, as tools that shrink PNG files do."""
    del rng
    reduced = Image.fromarray(image).quantize(colours, dither=Image.Dither.NONE)
    return unmoved(np.asarray(reduced.convert("RGB")))


def _whitened(image: Pixels, rng: np.random.Generator, *, sharpen: float = 0.6) -> Attacked:
    """Clean up as scanner applications do: divide by the paper's brightness, raise the contrast."""
    del rng
    pixels = image.astype(np.float32)
    side = max(15, min(image.shape[:2]) // 12 | 1)
    paper = cv2.GaussianBlur(cv2.dilate(pixels, np.ones((9, 9))), (0, 0), side / 3)
    flat = np.clip(pixels / np.maximum(np.asarray(paper), 1), 0, 1)
    flat = np.clip((flat - 0.15) / 0.75, 0, 1)
    blurred = np.asarray(cv2.GaussianBlur(flat, (0, 0), 1.0))
    return unmoved(255 * (flat + sharpen * (flat - blurred)))


def _dark_mode(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Invert the lightness and keep the hue; white becomes nearly black, not black."""
    del rng
    pixels = image.astype(np.float32)
    # A colour's negative, turned by half the circle of hues.
    turned = pixels.max(axis=2, keepdims=True) + pixels.min(axis=2, keepdims=True) - pixels
    inverted = 255 - turned
    return unmoved(0.87 * inverted + 18)


def _paper_photo(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Photograph a page: tilted, on a desk, in uneven light, out of focus, noisy."""
    framed = edits.border(image, rng, share=0.06, colour=(96, 74, 58))
    tilted = geometry.perspective(framed.pixels, rng, strength=0.04, fill=(96, 74, 58))
    height, width = tilted.pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    light = 0.86 + 0.2 * (np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5))
    lit = unmoved(tilted.pixels * light[..., None].astype(np.float32) * (1.0, 0.97, 0.9))
    steps = (partial(filters.blur, sigma=0.9), partial(filters.gaussian_noise, sigma=5))
    photo = compose((*steps, partial(codecs.jpeg, quality=85)), lit.pixels, rng)
    assert framed.homography is not None  # noqa: S101 -- neither bends
    assert tilted.homography is not None  # noqa: S101
    return Attacked(photo.pixels, tilted.homography @ framed.homography)


def _tilted(image: Pixels, rng: np.random.Generator, *, most: float = 1.5) -> Attacked:
    """Lie a little askew on the scanner, on white."""
    degrees = float(rng.uniform(0.3, most) * rng.choice((-1, 1)))
    return geometry.rotate(image, rng, degrees=degrees, expand=True, fill=(255, 255, 255))


def _phone(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Show on a phone, as wide as its display of 1080 x 2340 pixels, between two bars."""
    del rng
    fitted = geometry.fit_box(image, 1080, 1900)
    height, width = fitted.pixels.shape[:2]
    canvas = np.full((2340, 1080, 3), 12, dtype=np.uint8)
    canvas[:120] = canvas[-180:] = 240
    left, top = (1080 - width) // 2, 120 + (2040 - height) // 2
    canvas[top : top + height, left : left + width] = fitted.pixels
    assert fitted.homography is not None  # noqa: S101 -- a resize always has one
    return Attacked(canvas, geometry.translation(left, top) @ fitted.homography)


def _shown(scale: float) -> tuple[Operation, ...]:
    return (partial(geometry.resize, x=scale, resample="bilinear"), edits.loose_screenshot)


def _jpeg(quality: int) -> Operation:
    return partial(codecs.jpeg, quality=quality)


def _sent(side: int, quality: int) -> Operation:
    return partial(chains.social, side=side, quality=quality)


def _noise(sigma: float) -> Operation:
    return partial(filters.gaussian_noise, sigma=sigma)


def _blur(sigma: float) -> Operation:
    return partial(filters.blur, sigma=sigma)


def _paths() -> Iterator[tuple[str, tuple[Operation, ...]]]:
    yield "untouched", (chains.nothing,)
    yield "screenshot 100 %", _shown(1.0)
    yield "screenshot 50 %", _shown(0.5)
    yield "screenshot 75 %, JPEG 80", (*_shown(0.75), _jpeg(80))
    yield "screenshot 125 %, cropped", (*_shown(1.25), partial(geometry.crop, area=0.5))
    yield "phone screenshot", (_phone, _jpeg(90))
    yield "scan", (_tilted, _blur(0.7), _noise(3), _jpeg(80))
    yield (
        "scan, grey, 2/3 size",
        (
            _tilted,
            partial(geometry.resize, x=2 / 3),
            colour.grayscale,
            _noise(4),
            _jpeg(75),
        ),
    )
    yield "scan, cleaned", (_tilted, _blur(0.7), _noise(4), _whitened, _jpeg(80))
    yield (
        "photocopy",
        (_blur(0.8), _noise(8), partial(colour.contrast, factor=1.6), colour.grayscale),
    )
    yield "fax", (_tilted, _blur(0.6), _binary)
    yield "one-bit printer", (_dithered, _blur(0.8), _noise(4), _jpeg(85))
    yield "photo of the page", (_paper_photo,)
    yield "photo of the page, cleaned", (_paper_photo, _whitened, _jpeg(80))
    yield "chat 1600, JPEG 70", (_sent(1600, 70),)
    yield "chat 1280, JPEG 80, forwarded", (_sent(1280, 80), _sent(1280, 60), _sent(1280, 75))
    yield "mail 800, JPEG 75", (_sent(800, 75),)
    yield "thumbnail 400, JPEG 80", (_sent(400, 80),)
    yield (
        "PDF at 3/4 size, rendered at 4/3",
        (
            partial(geometry.resize, x=0.75, resample="lanczos"),
            _jpeg(75),
            partial(geometry.resize, x=4 / 3, resample="bilinear"),
        ),
    )
    yield "dark mode", (_dark_mode,)
    yield "palette of 32", (partial(_palette, colours=32),)
    yield "cropped to half, JPEG 75", (partial(geometry.crop, area=0.5), _jpeg(75))


PATHS: tuple[Attack, ...] = tuple(Attack(name, "path", steps) for name, steps in _paths())
"""The twenty-two paths."""
