"""What really happens to a picture: several attacks in a row."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.attacks import codecs, colour, edits, filters, geometry
from benchmarks.attacks.model import Attacked, Pixels, compose, unmoved

__all__ = [
    "beauty",
    "crop_jpeg",
    "meme",
    "nothing",
    "print_scan",
    "rotate_crop_jpeg",
    "scaled_jpeg",
    "screenshot",
    "seal_combination",
    "shifted_jpeg",
    "social",
    "waves_combination",
]


def nothing(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Leave the picture alone."""
    del rng
    return unmoved(image)


def social(image: Pixels, rng: np.random.Generator, *, side: int, quality: int = 71) -> Attacked:
    """Upload to a social network: longest side at most `side`, then JPEG."""
    steps = (partial(geometry.fit, side=side), partial(codecs.jpeg, quality=quality))
    return compose(steps, image, rng)


def screenshot(
    image: Pixels, rng: np.random.Generator, *, scale: float = 0.8, quality: int = 80
) -> Attacked:
    """Show scaled in an application, crop loosely, save as JPEG."""
    steps = (
        partial(geometry.resize, x=scale, resample="bilinear"),
        edits.loose_screenshot,
        partial(codecs.jpeg, quality=quality),
    )
    return compose(steps, image, rng)


def meme(
    image: Pixels,
    rng: np.random.Generator,
    *,
    first: int = 50,
    scale: float = 0.6,
    second: int = 60,
) -> Attacked:
    """Write on it, save as JPEG, shrink, save again."""
    steps = (
        edits.caption,
        partial(codecs.jpeg, quality=first),
        partial(geometry.resize, x=scale),
        partial(codecs.jpeg, quality=second),
    )
    return compose(steps, image, rng)


def print_scan(
    image: Pixels,
    rng: np.random.Generator,
    *,
    strength: float = 0.02,
    sigma: float = 1.0,
    exponent: float = 0.85,
    noise: float = 4.0,
    quality: int = 70,
) -> Attacked:
    """Print and photograph: perspective, blur, gamma, noise, JPEG."""
    steps = (
        partial(geometry.perspective, strength=strength, fill=(255, 255, 255)),
        partial(filters.blur, sigma=sigma),
        partial(colour.gamma, exponent=exponent),
        partial(filters.gaussian_noise, sigma=noise),
        partial(codecs.jpeg, quality=quality),
    )
    return compose(steps, image, rng)


def shifted_jpeg(
    image: Pixels, rng: np.random.Generator, *, pixels: int = 4, quality: int = 75
) -> Attacked:
    """Compress twice, on block grids that do not align."""
    steps = (
        partial(codecs.jpeg, quality=quality),
        partial(geometry.shift, dx=pixels, dy=pixels),
        partial(codecs.jpeg, quality=quality),
    )
    return compose(steps, image, rng)


def rotate_crop_jpeg(
    image: Pixels,
    rng: np.random.Generator,
    *,
    degrees: float,
    area: float = 0.5,
    quality: int = 50,
) -> Attacked:
    """Rotate, crop, compress."""
    steps = (
        partial(geometry.rotate, degrees=degrees),
        partial(geometry.crop, area=area),
        partial(codecs.jpeg, quality=quality),
    )
    return compose(steps, image, rng)


def crop_jpeg(
    image: Pixels, rng: np.random.Generator, *, area: float, aspect: float = 1.0, quality: int = 50
) -> Attacked:
    """Crop and compress."""
    steps = (
        partial(geometry.crop, area=area, aspect=aspect),
        partial(codecs.jpeg, quality=quality),
    )
    return compose(steps, image, rng)


def scaled_jpeg(image: Pixels, rng: np.random.Generator, *, scale: float, quality: int) -> Attacked:
    """Resize and compress."""
    steps = (partial(geometry.resize, x=scale), partial(codecs.jpeg, quality=quality))
    return compose(steps, image, rng)


def seal_combination(image: Pixels, rng: np.random.Generator) -> Attacked:
    """JPEG 40, side crop .71, brightness .5: the Seal papers' combination."""
    steps = (
        partial(codecs.jpeg, quality=40),
        partial(geometry.side_crop, side=0.71),
        partial(colour.brightness, factor=0.5),
    )
    return compose(steps, image, rng)


def waves_combination(
    image: Pixels,
    rng: np.random.Generator,
    *,
    strength: float = 1 / 3,
    sigma: float = 2,
) -> Attacked:
    """Geometric, photometric and degrading distortions at once (WAVES, all combined).

    Each runs at a share `strength` of its range, but for the blur of `sigma` pixels: WAVES blurs by
    up to 20, of which a third leaves nothing to see.
    """
    steps = (
        partial(geometry.rotate, degrees=45 * strength),
        partial(geometry.crop, area=1 - strength / 2, back=True),
        partial(edits.erase, share=strength / 4),
        partial(colour.brightness, factor=1 + strength),
        partial(colour.contrast, factor=1 + strength),
        partial(filters.blur, sigma=sigma),
        partial(filters.gaussian_noise, sigma=25.5 * strength),
        partial(codecs.jpeg, quality=round(90 - 80 * strength)),
    )
    return compose(steps, image, rng)


def beauty(
    image: Pixels,
    rng: np.random.Generator,
    *,
    sigma: float = 40.0,
    warmth: float = 0.06,
    quality: int = 85,
) -> Attacked:
    """Smooth the skin as a selfie filter does: a bilateral filter twice, a colour table, JPEG."""
    smooth = partial(filters.bilateral, sigma=sigma)
    graded = partial(colour.graded, warmth=warmth)
    return compose((smooth, smooth, graded, partial(codecs.jpeg, quality=quality)), image, rng)
