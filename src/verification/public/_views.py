"""What a page shows beside the words: the original, the picture in hand, and what was changed."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible import imaging
from indelible.imaging import ImageFile
from indelible.verification.change_report import ChangeReport
from indelible.verification.public._coarse import CELL
from indelible.verification.public._drawing import (
    Homography,
    Pixels,
    fitted,
    projected,
    rgb,
    scaling,
    warped,
)
from indelible.verification.public._original import find_original
from indelible.verification.result import Verification
from indelible.watermark import ENOUGH_PIXELS, View

__all__ = ["original_picture", "views"]

_MOST_SIDE: Final = 1024  # px of what is drawn; a page is no wider
_OUTSIDE: Final = (128, 128, 128)  # what of the original the picture in hand does not show
_CHANGED: Final = (235, 30, 40, 150)  # RGBA, so that the page lays it over either picture
_UNKNOWN: Final = (0, 0, 0, 120)  # what could not be compared


def original_picture(
    result: Verification, image: ImageFile | None = None
) -> tuple[str, bytes] | None:
    """Return the original as it was signed, encoded anew.

    Parameters
    ----------
    result, image
        As for `public_report`, whose ``original`` says what it is and what it is worth.

    Returns
    -------
    (str, bytes) or None
        Media type and file, at most 512 px a side; None where ``original`` is.
    """
    original = find_original(result, image)
    return None if original is None else ("image/png", _png(original.pixels))


def views(result: Verification, image: ImageFile) -> dict[str, bytes]:
    """Return the pictures that a page shows of a verification, as PNG by their names.

    Parameters
    ----------
    result : Verification
        What was found.
    image : ImageFile
        The picture that it was found in.

    Returns
    -------
    dict of str to bytes
        ``"yours"``, the picture in hand, and ``"original"`` where there is one to show. Where the
        public report's ``original`` is ``aligned``, ``"yours"`` is laid on the original, and both
        are of one size, so that a page may slide between them. ``"changes"``, where these were
        compared, is of that size, too, to be laid over either: red where the picture was changed,
        dark where that is not known, clear elsewhere; its cells are at least 16 px of the picture
        in hand. No side is longer than 1024 px. All are decoded pixels, encoded anew.

    Raises
    ------
    ImageError
        If the picture cannot be decoded.
    """
    picture = image.decode(tolerant=True, enough=ENOUGH_PIXELS)
    view = View(picture.pixels, picture.scale)
    yours = rgb(view.pixels)
    original = find_original(result, image)
    if original is None:
        return {"yours": _png(fitted(yours, _MOST_SIDE))}
    geometry, size = original.geometry, original.size
    if geometry is None or size is None:
        return {"original": _png(original.pixels), "yours": _png(fitted(yours, _MOST_SIDE))}
    height, width = original.pixels.shape[:2]
    to_picture = geometry @ scaling((height, width), size)
    laid, inside = warped(yours, view.from_picture(to_picture), (height, width))
    laid[~inside] = _OUTSIDE
    drawn = {"original": _png(original.pixels), "yours": _png(laid)}
    changes = result.changes
    if changes is not None and changes.about == original.about:
        drawn["changes"] = _png(_overlay(changes, to_picture, (height, width), view.shape))
    return drawn


def _overlay(
    changes: ChangeReport, to_picture: Homography, shape: tuple[int, int], size: tuple[int, int]
) -> Pixels:
    """Draw what was changed, in coarse cells.

    Parameters
    ----------
    changes : ChangeReport
        What was compared.
    to_picture : float64 (3, 3)
        From the drawing's pixels to the picture's.
    shape, size : (int, int)
        Height and width of the drawing, and of the picture in hand.
    """
    drawn = np.zeros((*shape, 4), np.uint8)
    if changes.mask is None or changes.compared is None or changes.to_picture is None:
        return drawn
    cell = _cell(changes.to_picture, changes.mask.shape)
    grid = (math.ceil(size[0] / cell), math.ceil(size[1] / cell))
    rows, columns, inside = _cells(changes.to_picture, changes.mask.shape, cell, grid)
    changed, compared = np.zeros(grid, np.bool_), np.zeros(grid, np.bool_)
    for mask, coarse in ((changes.mask, changed), (changes.compared, compared)):
        there = mask & inside
        coarse[rows[there], columns[there]] = True
    rows, columns, inside = _cells(to_picture, shape, cell, grid)
    drawn[~inside | ~compared[rows, columns]] = _UNKNOWN
    drawn[inside & changed[rows, columns]] = _CHANGED
    return drawn


def _cell(to_picture: Homography, shape: tuple[int, ...]) -> int:
    """Return the side of a coarse cell in the picture's pixels: none holds less than a fine one."""
    middle = np.array([shape[1] / 2, shape[0] / 2, 1.0])
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        fine = np.sqrt(np.abs(np.linalg.det(to_picture) / (to_picture[2] @ middle) ** 3))
    return max(CELL, math.ceil(2 * fine)) if np.isfinite(fine) else CELL


def _cells(
    matrix: Homography, shape: tuple[int, ...], cell: int, grid: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return in which coarse cell each point of a frame lies, and whether it lies in any."""
    x, y, front = projected(matrix, (shape[0], shape[1]))
    inside = front & (x >= 0) & (y >= 0) & (x < grid[1] * cell) & (y < grid[0] * cell)
    rows, columns = (np.where(inside, line, 0) // cell for line in (y, x))
    return rows.astype(np.intp), columns.astype(np.intp), inside


def _png(pixels: Pixels) -> bytes:
    return imaging.encode(np.ascontiguousarray(pixels), "png", fast=True)
