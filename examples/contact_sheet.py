"""Pictures side by side with labels, for people to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

PANEL: Final = 640  # px, the longer side
GAP: Final = 24
HEADING: Final = 62
PAPER: Final = (250, 250, 248)
INK: Final = (24, 24, 27)
FAINT: Final = (110, 110, 118)


def as_rgb(pixels: Pixels) -> Pixels:
    """Return grey, RGB or RGBA pixels as RGB (H, W, 3), transparency over white."""
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[:, :, 3:].astype(np.float32) / 255
    blended = pixels[:, :, :3] * alpha + 255 * (1 - alpha)
    return blended.round().astype(np.uint8)


def psnr(one: Pixels, other: Pixels) -> float:
    """Return the peak signal-to-noise ratio of two RGB pictures, in dB."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def difference(one: Pixels, other: Pixels, gain: int) -> Pixels:
    """Return `other` minus `one`, amplified, around middle grey."""
    change = other.astype(np.int32) - one.astype(np.int32)
    return np.clip(128 + gain * change, 0, 255).astype(np.uint8)


def draw(panels: Sequence[tuple[str, str, Pixels]]) -> Pixels:
    """Draw panels (title, caption, RGB pixels) two abreast; return RGB pixels.

    All are shown at one scale, the largest filling its place, so that a crop looks like a crop.
    """
    longest = max(max(pixels.shape[:2]) for _, _, pixels in panels)
    scale = min(1.0, PANEL / longest)
    images = [_scaled(pixels, scale) for _, _, pixels in panels]
    width = max(380, *(image.width for image in images))
    height = max(image.height for image in images)
    rows = -(-len(panels) // 2)
    sheet = Image.new(
        "RGB", (2 * width + 3 * GAP, rows * (height + HEADING + GAP) + GAP), color=PAPER
    )
    pen = ImageDraw.Draw(sheet)
    title_font, caption_font = ImageFont.load_default(size=24), ImageFont.load_default(size=15)
    for index, ((title, caption, _), image) in enumerate(zip(panels, images, strict=True)):
        left = GAP + (index % 2) * (width + GAP)
        top = GAP + (index // 2) * (height + HEADING + GAP)
        pen.text((left, top), title, fill=INK, font=title_font)
        pen.text((left, top + 32), caption, fill=FAINT, font=caption_font)
        place = (left + (width - image.width) // 2, top + HEADING + (height - image.height) // 2)
        sheet.paste(image, place)
    return np.asarray(sheet, dtype=np.uint8)


def _scaled(pixels: Pixels, scale: float) -> Image.Image:
    image = Image.fromarray(pixels)
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)
