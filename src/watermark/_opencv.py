"""OpenCV, imported when it is first needed: its import is slow, and may fail on a slim machine."""

from __future__ import annotations

import importlib
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indelible.errors import MissingDependencyError

__all__ = ["Places", "area_resized", "box_filter", "places_of"]

MARGIN: Final = 3  # pixels around a period: bicubic samples reach two beyond it


def box_filter(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Average over squares of `side` pixels (odd); beyond the border the values are 0.

    Raises
    ------
    MissingDependencyError
        If OpenCV or a system library that it needs is not installed.
    """
    cv2 = _cv2()
    filtered = cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(filtered, dtype=np.float32)


def area_resized(
    values: NDArray[np.float32] | NDArray[np.uint8], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Resize to (h, w): averages over areas where it shrinks, bilinear where it grows."""
    cv2 = _cv2()
    shrinks = shape[0] <= values.shape[0] and shape[1] <= values.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(values, (shape[1], shape[0]), interpolation=how)
    return np.asarray(resized, dtype=np.float32)


class Places(NamedTuple):
    """Where a periodic picture is sampled, in pixels of its padded period, float32 (h, w) each."""

    across: NDArray[np.float32]
    down: NDArray[np.float32]

    def sampled(self, period: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sample a picture of which `period` is one period, bicubic, float32 (h, w)."""
        cv2 = _cv2()
        padded = cv2.copyMakeBorder(period, *(4 * [MARGIN]), cv2.BORDER_WRAP)
        return np.asarray(cv2.remap(padded, *self, cv2.INTER_CUBIC), dtype=np.float32)


def places_of(matrix: NDArray[np.float64], rows: range, width: int, side: int) -> Places:
    """Return the places ``matrix @ (column, row, 1)``.

    Parameters
    ----------
    matrix : float64 (3, 3)
        A homography.
    rows : range
        Which rows of the result's picture.
    width : int
        Of the result's picture.
    side : int
        Of the period, pixels.
    """
    x, y = np.arange(width, dtype=np.float64), np.array(rows, np.float64)[:, None]
    across = matrix[0, 0] * x + (matrix[0, 1] * y + matrix[0, 2])
    down = matrix[1, 0] * x + (matrix[1, 1] * y + matrix[1, 2])
    scale = matrix[2, 2]
    if matrix[2, :2].any():
        scale = matrix[2, 0] * x + (matrix[2, 1] * y + matrix[2, 2])
    return Places(*(_within(one, scale, side) for one in (across, down)))


def _within(
    places: NDArray[np.float64], scale: NDArray[np.float64] | float, side: int
) -> NDArray[np.float32]:
    """Return ``places / scale``, moved into the padded period; `places` is used up."""
    places /= scale
    periods = np.floor(places / side)  # `%` takes three times as long
    periods *= side
    places -= periods
    places += MARGIN
    return places.astype(np.float32)


def _cv2() -> Any:  # noqa: ANN401 -- a module without types
    try:
        return importlib.import_module("cv2")
    except ImportError as error:
        raise MissingDependencyError(
            f"OpenCV cannot be loaded: {error}.",
            hint="Install the system libraries libgl1 and libglib2.0-0, or replace the package "
            "opencv-python by opencv-python-headless, which needs neither.",
        ) from error
