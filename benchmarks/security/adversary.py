"""What an adversary does who knows everything but the key.

Every function takes marked pictures and public knowledge (the tile's period, the places of the
pilots' lines, the mask's formula), and returns an estimate of the mark in luminance, or a picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.attacks import Pixels
from benchmarks.attacks.filters import residual
from indelible.watermark.carrier import BAND, TILE, TILES_PER_SUPER, pilots_of
from indelible.watermark.keys import DEFAULT_FAMILY
from indelible.watermark.pattern import period_of, size_class_for
from indelible.watermark.visibility import room_of, spread

__all__ = [
    "Plane",
    "attenuated",
    "averaged",
    "combed",
    "correlation",
    "folded",
    "luminance",
    "notched",
    "public_period",
    "shaped",
    "subtracted",
    "transplanted",
]

Plane: TypeAlias = npt.NDArray[np.float32]

_NOTCH_RADIUS = 2.0  # bins of the picture's spectrum


def public_period(image: Pixels) -> int:
    """Return the tile's period in pixels, which follows from the picture's size."""
    return period_of(size_class_for(*image.shape[:2]))


def luminance(image: Pixels) -> Plane:
    """Return the luma (BT.601), float32, shape (H, W)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _deviation(plane: Plane) -> Plane:
    mean = np.asarray(cv2.blur(plane, (9, 9)), dtype=np.float32)
    square = np.asarray(cv2.blur(plane * plane, (9, 9)), dtype=np.float32)
    return np.sqrt(np.maximum(square - mean * mean, 1)).astype(np.float32)


def _flattened(image: Pixels) -> Plane:
    """Return the luma's residual at one level everywhere, so that edges do not drown the rest."""
    plane = residual(luminance(image))
    flat: Plane = np.clip(plane / _deviation(plane), -3, 3)
    return flat


def shaped(estimate: Plane, image: Pixels) -> Plane:
    """Give an estimate of the pattern the local strength that the mask gives the mark."""
    mask = spread(room_of(image).mask, *image.shape[:2])
    mask = np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)
    return estimate * np.asarray(mask[: image.shape[0], : image.shape[1]], np.float32)


def averaged(images: Iterable[Pixels]) -> Plane:
    """Average the flattened residuals of marked pictures of one size."""
    total: Plane | None = None
    for image in images:
        plane = _flattened(image)
        total = plane if total is None else total + plane
    if total is None:
        raise ValueError("There is nothing to average.")
    return total


def _fold(plane: Plane, period: int) -> Plane:
    """Return the plane's mean over all places at distances of `period`, laid out again."""
    height, width = plane.shape
    rows, columns = -(-height // period), -(-width // period)
    shape = (rows * period, columns * period)
    total, count = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    total[:height, :width], count[:height, :width] = plane, 1
    tiles = (rows, period, columns, period)
    mean = total.reshape(tiles).sum((0, 2)) / np.maximum(count.reshape(tiles).sum((0, 2)), 1)
    return np.tile(mean, (rows, columns))[:height, :width]


def _band(plane: Plane, period: int) -> Plane:
    """Keep the frequencies that the mark uses."""
    spectrum = np.fft.rfft2(plane)
    fy = np.fft.fftfreq(plane.shape[0])[:, None]
    fx = np.fft.rfftfreq(plane.shape[1])[None, :]
    radius = np.hypot(fx, fy) * period / TILE
    kept = np.where((radius >= BAND[0]) & (radius <= BAND[1]), spectrum, 0)
    return np.fft.irfft2(kept, s=plane.shape).astype(np.float32)


def folded(image: Pixels) -> tuple[Plane, Plane]:
    """Estimate the mark of one picture from its periods.

    Returns
    -------
    pilots, data : ndarray of float32, shape (H, W)
        What repeats with the pilots' period, and with the data's.
    """
    plane = _flattened(image)
    period = public_period(image)
    pilots = _fold(plane, period)
    data = _fold(plane - pilots, TILES_PER_SUPER * period)
    return _band(pilots, period), _band(data, period)


def notched(image: Pixels, depth: float = 1.0) -> Pixels:
    """Remove the lines of the default family's pilots from a picture that was not moved.

    A depth of 1 takes them out whole, one above 1 turns them round.
    """
    plane = luminance(image)
    height, width = plane.shape
    period = public_period(image)
    spectrum = np.fft.fft2(plane)
    fy, fx = np.fft.fftfreq(height)[:, None] * height, np.fft.fftfreq(width)[None, :] * width
    notch = np.zeros(plane.shape, bool)
    lines = pilots_of(DEFAULT_FAMILY).lines
    for u, v in np.concatenate([lines, -lines]):
        place_x, place_y = u * width / period, v * height / period
        notch |= np.hypot(fx - place_x, fy - place_y) <= _NOTCH_RADIUS
    taken = np.fft.ifft2(np.where(notch, spectrum, 0)).real
    return _add(image, (-depth * taken).astype(np.float32))


def combed(image: Pixels, depth: float) -> Pixels:
    """Remove whatever repeats with the data's period, in the mark's band, from the luma."""
    period = public_period(image)
    taken = _band(_fold(luminance(image), TILES_PER_SUPER * period), period)
    return _add(image, np.float32(-depth) * taken)


def attenuated(image: Pixels, depth: float) -> Pixels:
    """Remove a share of the mark's whole band from the luma."""
    return _add(image, np.float32(-depth) * _band(luminance(image), public_period(image)))


def subtracted(marked: Pixels, estimate: Plane, psnr: float) -> Pixels:
    """Subtract an estimate of the mark, scaled so that it costs `psnr` dB."""
    level = 255 / 10 ** (psnr / 20) / max(float(np.sqrt(np.mean(estimate**2))), 1e-9)
    return _add(marked, np.float32(-level) * estimate)


def transplanted(marked: Pixels, onto: Pixels, psnr: float) -> Pixels:
    """Copy attack: add one picture's residual to another of the same size, at `psnr` dB."""
    period = public_period(marked)
    pattern = shaped(_band(_flattened(marked), period), onto)
    return subtracted(onto, -pattern, psnr)


def _add(image: Pixels, plane: Plane) -> Pixels:
    changed: Pixels = np.clip(np.rint(image + plane[..., None]), 0, 255).astype(np.uint8)
    return changed


def correlation(estimate: Plane, mark: Plane) -> float:
    """Return the correlation coefficient of an estimate with the true mark; 0 for none."""
    if float(estimate.std()) == 0 or float(mark.std()) == 0:
        return 0.0
    return float(np.corrcoef(estimate.ravel(), mark.ravel())[0, 1])
