"""Where a picture lies in the original, when no watermark says so: a search over crops.

A crop shows a window of the original: turned by a little, perhaps, and at a scale that nobody
knows. For each scale and angle the picture's detail is correlated with the reference's at every
place at once, by Fourier transforms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.fingerprint.details import FAINT, LEAST_CELLS, TEXTURED, details
from indelible.fingerprint.reference import Reference
from indelible.fingerprint.sampling import on_grid

__all__ = ["crops", "nudged"]

Map = NDArray[np.float64]
Plane = NDArray[np.float32]

# Half a step of scale or angle moves a cell at the rim of a picture of 60 cells by 1.2: about the
# width of a detail.
RATIO = 1.08
SCALES = 14  # down to 0.35 of the original's height and width
ANGLES = tuple(range(-15, 16, 5))  # degrees
SAMPLES = 1 << 13  # pixels of the picture that are taken, about
KEPT = 3  # places
NUDGE = 0.5  # of a step


def crops(reference: Reference, pixels: NDArray[np.uint8]) -> list[Map]:
    """Return the places at which a picture fits best as a crop of the original.

    Parameters
    ----------
    reference : Reference
    pixels : uint8 (H, W, C)

    Returns
    -------
    list of float64 (3, 3)
        From the original's pixels to the picture's, the best first; empty where the reference has
        too little detail. That a place is the best does not say that it fits.
    """
    shape = reference.luminance.shape
    whole = np.ones(shape, bool)
    recorded, usual = details(reference.luminance.astype(np.float32), whole, TEXTURED)
    telling = usual > TEXTURED
    size = [scipy.fft.next_fast_len(2 * side, real=True) for side in shape]
    spectra = [
        scipy.fft.rfft2(np.where(telling, plane, np.float32(0)), size)
        for plane in (recorded, recorded**2, np.ones_like(recorded))
    ]
    found: list[tuple[float, Map]] = []
    for to_picture, grid in _grids(pixels.shape[:2], (shape[0], shape[1])):
        values, covered, _ = on_grid(pixels, to_picture, grid, SAMPLES)
        seen, _ = details(values, covered, FAINT)
        seen = np.where(covered, seen, np.float32(0))
        evidence, row, column = _best(spectra, seen, covered, size, (shape[0], shape[1]))
        shift = np.array([[1, 0, -column], [0, 1, -row], [0, 0, 1.0]])
        found.append((evidence, to_picture @ shift @ reference.to_cells()))
    found.sort(key=lambda one: -one[0])
    return [place for evidence, place in found[:KEPT] if evidence > 0]


def nudged(place: Map, received: tuple[int, int]) -> Iterator[Map]:
    """Yield a place moved, turned and scaled by half a step each way.

    Parameters
    ----------
    place : float64 (3, 3)
        From the original's pixels to the picture's.
    received : (int, int)
        The picture's height and width.
    """
    height, width = received
    middle = np.array([[1, 0, (width - 1) / 2], [0, 1, (height - 1) / 2], [0, 0, 1.0]])
    back = np.linalg.inv(middle)
    cell = NUDGE * max(height, width) / 60
    scale, turn = RATIO**NUDGE, np.deg2rad(NUDGE * (ANGLES[1] - ANGLES[0]))
    cosine, sine = np.cos(turn), np.sin(turn)
    for move in (
        np.diag([scale, scale, 1.0]),
        np.diag([1 / scale, 1 / scale, 1.0]),
        np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]),
        np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]]),
        np.array([[1, 0, cell], [0, 1, 0], [0, 0, 1]]),
        np.array([[1, 0, -cell], [0, 1, 0], [0, 0, 1]]),
        np.array([[1, 0, 0], [0, 1, cell], [0, 0, 1]]),
        np.array([[1, 0, 0], [0, 1, -cell], [0, 0, 1]]),
    ):
        yield middle @ move @ back @ place


def _grids(size: tuple[int, int], shape: tuple[int, int]) -> Iterator[tuple[Map, tuple[int, int]]]:
    """Yield maps from grids of cells to the picture, and the grids' rows and columns."""
    height, width = size
    whole = max(height / shape[0], width / shape[1])  # pixels of a cell, at the least
    for mirror in (1, -1):
        for angle in np.deg2rad(ANGLES):
            for step in range(SCALES):
                side = whole * RATIO**step
                rows = max(1, min(round(height / side), shape[0]))
                columns = max(1, min(round(width / side), shape[1]))
                if rows * columns < LEAST_CELLS:
                    break
                cosine, sine = side * np.cos(angle), side * np.sin(angle)
                turn = np.array(
                    [[mirror * cosine, -sine, 0], [mirror * sine, cosine, 0], [0, 0, 1]]
                )
                to_middle = np.array(
                    [[1, 0, -(columns - 1) / 2], [0, 1, -(rows - 1) / 2], [0, 0, 1]]
                )
                back = np.array([[1, 0, (width - 1) / 2], [0, 1, (height - 1) / 2], [0, 0, 1]])
                yield back @ turn @ to_middle, (rows, columns)


def _best(
    spectra: Sequence[NDArray[np.complexfloating]],
    seen: Plane,
    covered: NDArray[np.bool_],
    size: list[int],
    shape: tuple[int, int],
) -> tuple[float, int, int]:
    """Return the best evidence of all places, and the row and column of the picture's corner."""
    detail, squares, ones = spectra
    picture, there = (
        np.conj(scipy.fft.rfft2(plane, size)) for plane in (seen, covered.astype(np.float32))
    )
    energy = np.conj(scipy.fft.rfft2(seen**2, size))
    product, recorded, received, telling = (
        scipy.fft.irfft2(one, size)
        for one in (detail * picture, squares * there, ones * energy, ones * there)
    )
    score = np.abs(product) / np.sqrt(np.maximum(recorded * received, 1.0))
    evidence = np.where(telling > LEAST_CELLS, score * np.sqrt(np.maximum(telling, 0)), 0)
    # the picture lies inside the reference, or just beyond its rim by rounding
    rows, columns = shape[0] - seen.shape[0] + 1, shape[1] - seen.shape[1] + 1
    inside = evidence[:rows, :columns]
    row, column = divmod(int(inside.argmax()), inside.shape[1])
    return float(inside[row, column]), row, column
