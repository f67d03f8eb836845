"""Tone and colour changes: nothing moves."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from benchmarks.attacks.model import Attacked, Pixels, unmoved

__all__ = [
    "brightness",
    "contrast",
    "equalise",
    "gamma",
    "graded",
    "grayscale",
    "hue",
    "invert",
    "posterise",
    "saturation",
]


def brightness(image: Pixels, rng: np.random.Generator, *, factor: float) -> Attacked:
    """Multiply by `factor`."""
    del rng
    return unmoved(np.asarray(ImageEnhance.Brightness(Image.fromarray(image)).enhance(factor)))


def contrast(image: Pixels, rng: np.random.Generator, *, factor: float) -> Attacked:
    """Stretch by `factor` about the mean luma."""
    del rng
    return unmoved(np.asarray(ImageEnhance.Contrast(Image.fromarray(image)).enhance(factor)))


def saturation(image: Pixels, rng: np.random.Generator, *, factor: float) -> Attacked:
    """Blend away from (above 1) or towards (below 1) the grey picture."""
    del rng
    return unmoved(np.asarray(ImageEnhance.Color(Image.fromarray(image)).enhance(factor)))


def hue(image: Pixels, rng: np.random.Generator, *, turn: float) -> Attacked:
    """Rotate the hue of HSV by `turn` of the circle."""
    del rng
    hsv = np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
    hsv[..., 0] = (hsv[..., 0] + 360 * turn) % 360
    return unmoved(255 * np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)))


def gamma(image: Pixels, rng: np.random.Generator, *, exponent: float) -> Attacked:
    """Raise to a power: below 1 brightens."""
    del rng
    table = np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return unmoved(table[image])


def graded(image: Pixels, rng: np.random.Generator, *, warmth: float = 0.06) -> Attacked:
    """Apply a colour table as phone filters have it: lifted shadows, an S-curve, a warm tint."""
    del rng
    tone = np.arange(256) / 255
    curve = tone + 0.08 * np.sin(2 * np.pi * (tone - 0.5)) / np.pi
    lifted = 0.06 + 0.92 * curve
    gains = np.array([1 + warmth, 1 + warmth / 3, 1 - warmth])
    table = np.clip(np.rint(255 * lifted[:, None] * gains), 0, 255).astype(np.uint8)
    return unmoved(np.stack([table[image[..., c], c] for c in range(3)], axis=2))


def grayscale(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Keep the luma (BT.601) only."""
    del rng
    return unmoved(np.asarray(Image.fromarray(image).convert("L").convert("RGB")))


def equalise(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Equalise the histogram of each channel."""
    del rng
    return unmoved(np.asarray(ImageOps.equalize(Image.fromarray(image))))


def posterise(image: Pixels, rng: np.random.Generator, *, bits: int) -> Attacked:
    """Keep the `bits` highest bits of each channel."""
    del rng
    return unmoved(np.asarray(ImageOps.posterize(Image.fromarray(image), bits)))


def invert(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Turn into the negative."""
    del rng
    return unmoved(255 - image)
