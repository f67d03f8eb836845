"""Alterations of a region, and what a picture goes through afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import attacks
from benchmarks.attacks import Attacked, Pixels, chains, codecs, compose, edits, geometry
from benchmarks.images import photograph

__all__ = ["ALTERATIONS", "PATHS", "Alteration", "Mask"]

Mask: TypeAlias = npt.NDArray[np.bool_]
Alteration: TypeAlias = Callable[[Pixels, Mask, np.random.Generator], Pixels]


def _blend(image: Pixels, other: npt.NDArray[np.generic], mask: Mask, sigma: float) -> Pixels:
    soft = np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma))[..., None]
    mixed = image + soft * (other.astype(np.float32) - image)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _replaced(image: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    other = edits.stranger(rng, image.shape[1], image.shape[0])
    return _blend(image, other, mask, 1.0)


def _inpainted(image: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    del rng
    filled = cv2.inpaint(image, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA)
    return np.asarray(filled, np.uint8)


def _written(image: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    """Lay a panel of text over the region's box."""
    rows, columns = np.nonzero(mask)
    top, left, bottom, right = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    panel = np.empty((bottom - top, right - left, 3), np.uint8)
    panel[:] = rng.integers(0, 256, 3)
    ink = [0.0] * 3 if panel[0, 0].mean() > 127 else [255.0] * 3
    for line in range(20, panel.shape[0], 26):
        words = "".join(rng.choice(list("abcdefghij klmnop "), 60))
        cv2.putText(panel, words, (4, line), cv2.FONT_HERSHEY_SIMPLEX, 0.7, ink, 1, cv2.LINE_AA)
    written = image.copy()
    written[mask] = panel[np.maximum(rows - top, 0), np.maximum(columns - left, 0)]
    return written


def _another_face(image: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    """Warp a face into the region, in the region's colours, as face swaps do."""
    face = photograph(0)[20:240, 140:310]
    rows, columns = np.nonzero(mask)
    top, left, bottom, right = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (right - left, bottom - top)
    moved = corners + rng.normal(0, 0.06, (4, 2)) * (right - left, bottom - top)
    source = np.array([[0, 0], [170, 0], [170, 220], [0, 220]])
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), moved.astype(np.float32))
    size = (int(right - left), int(bottom - top))
    warped = cv2.warpPerspective(face, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    under = image[top:bottom, left:right].astype(np.float32)
    matched = warped.astype(np.float32) - warped.mean((0, 1)) + under.mean((0, 1))
    canvas = image.astype(np.float32)
    canvas[top:bottom, left:right] = matched
    return _blend(image, np.clip(canvas, 0, 255), mask, 2.0)


ALTERATIONS: dict[str, Alteration] = {
    "replaced": _replaced,
    "inpainted": _inpainted,
    "text": _written,
    "another face": _another_face,
}


def _resized(image: Pixels, rng: np.random.Generator) -> Attacked:
    steps = (lambda i, r: codecs.jpeg(i, r, quality=75), lambda i, r: geometry.resize(i, r, x=0.7))
    return compose(steps, image, rng)


def _cropped(image: Pixels, rng: np.random.Generator) -> Attacked:
    return chains.rotate_crop_jpeg(image, rng, degrees=10)


_TONES = (
    "brightness 0.5",
    "contrast 0.5",
    "contrast 1.5",
    "gamma 0.6",
    "gamma 1.6",
    "grayscale",
    "saturation 2",
    "invert",
)


def _toned(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Change colours and tones, one of eight ways."""
    toned = attacks.SUITE[str(rng.choice(_TONES))](image, int(rng.integers(2**31))).pixels
    return codecs.jpeg(toned, rng, quality=75)


PATHS = {
    "jpeg 75, resize 0.7": _resized,
    "rotate 10, crop 50 %, jpeg 50": _cropped,
    "colours and tones, jpeg 75": _toned,
}
"""What follows: (picture, rng) -> attacked."""
