"""The two kinds of pictures: edits of the marked picture, and others that were given its mark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import attacks, images
from benchmarks.attacks import Attack, Pixels, codecs
from benchmarks.attacks.everyday import EVERYDAY
from benchmarks.attacks.filters import residual
from benchmarks.security import adversary

__all__ = ["COPIES", "Copier", "averaged", "drawn_edit", "fitted", "paste", "with_jpeg"]

Plane: TypeAlias = npt.NDArray[np.float32]
Copier: TypeAlias = Callable[[Pixels, Pixels, np.random.Generator], Pixels]

_GROUPS = ("codec", "signal", "resize", "crop", "rotation", "warp", "edit", "chain", "stretch")
_SUITE = tuple(attack for attack in attacks.SUITE.values() if attack.source_side is None)
_EVERYDAY = tuple(row for row in EVERYDAY.values() if row.tool is None and row.side is None)


def drawn_edit(rng: np.random.Generator) -> Attack:
    """Draw an honest edit: of the suite, of the promised rows, of everyday paths, a third each."""
    kind = int(rng.integers(3))
    if kind == 0:
        return _SUITE[int(rng.integers(len(_SUITE)))]
    if kind == 1:
        return attacks.draw(_GROUPS[int(rng.integers(len(_GROUPS)))], rng)
    return _EVERYDAY[int(rng.integers(len(_EVERYDAY)))].draw(rng)


def fitted(image: Pixels, model: Pixels) -> Pixels:
    """Resize and cut a picture to the size of another."""
    height, width = model.shape[:2]
    scale = max(height / image.shape[0], width / image.shape[1])
    resized = images.resize_side(image, math.ceil(scale * max(image.shape[:2])) + 1)
    return np.ascontiguousarray(resized[:height, :width])


def _added(onto: Pixels, taken: Plane, gain: float) -> Pixels:
    changed = np.rint(onto + np.float32(gain) * taken)
    return np.clip(changed, 0, 255).astype(np.uint8)


def _wiener(marked: Pixels, onto: Pixels, rng: np.random.Generator) -> Pixels:
    sigma = float(rng.uniform(1, 2))
    return _added(onto, residual(marked.astype(np.float32), sigma), float(rng.uniform(1, 3)))


def _median(marked: Pixels, onto: Pixels, rng: np.random.Generator) -> Pixels:
    smooth = cv2.medianBlur(marked, int(rng.choice((3, 5, 7))))
    taken = np.clip(marked.astype(np.float32) - smooth, -12, 12)
    return _added(onto, taken, float(rng.uniform(1, 3)))


def _nonlocal_means(marked: Pixels, onto: Pixels, rng: np.random.Generator) -> Pixels:
    smooth = cv2.fastNlMeansDenoising(marked, None, float(rng.uniform(6, 14)), 5, 15)
    taken = np.clip(marked.astype(np.float32) - smooth, -16, 16)
    return _added(onto, taken, float(rng.uniform(1, 3)))


def _shaped(marked: Pixels, onto: Pixels, rng: np.random.Generator) -> Pixels:
    return adversary.transplanted(marked, onto, float(rng.uniform(34, 40)))


COPIES: dict[str, Copier] = {
    "wiener residual": _wiener,
    "median residual": _median,
    "non-local means residual": _nonlocal_means,
    "flattened residual": _shaped,
}
"""Copy attacks: (marked, onto, rng) -> forged, of one size."""


def paste(marked: Pixels, onto: Pixels, rng: np.random.Generator) -> Pixels:
    """Paste a part of the marked picture, less than half, into another one at its place."""
    height, width = marked.shape[:2]
    share = float(rng.uniform(0.1, 0.45))
    side = math.sqrt(share)
    box_height, box_width = round(height * side), round(width * side)
    top = int(rng.integers(0, height - box_height + 1))
    left = int(rng.integers(0, width - box_width + 1))
    pasted = onto.copy()
    place = slice(top, top + box_height), slice(left, left + box_width)
    pasted[place] = marked[place]
    return pasted


def with_jpeg(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Encode as JPEG of quality 75, in two of three cases."""
    return codecs.jpeg(image, rng, quality=75).pixels if rng.random() < 2 / 3 else image


def averaged(pictures: Iterator[Pixels], onto: Pixels, gain: float) -> Pixels:
    """Add the mean of many pictures' flattened residuals, of one key and payload."""
    estimate = adversary.shaped(adversary.averaged(pictures), onto)
    return adversary.subtracted(onto, -estimate, gain)
