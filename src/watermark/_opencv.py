"""OpenCV, imported when it is first needed: its import is slow, and may fail on a slim machine."""

from __future__ import annotations

import importlib
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from indelible.errors import MissingDependencyError

__all__ = ["area_resized", "box_filter", "largest_component", "use_one_thread"]

_Number = TypeVar("_Number", np.float32, np.uint8)


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


def area_resized(values: NDArray[_Number], shape: tuple[int, int]) -> NDArray[_Number]:
    """Resize to (h, w): averages over areas where it shrinks, bilinear where it grows.

    What has that size already is returned itself.

    Parameters
    ----------
    values : float32 or uint8 (H, W) or (H, W, channels)
    shape : (int, int)
        Height and width.
    """
    if values.shape[:2] == shape:
        return values
    cv2 = _cv2()
    shrinks = shape[0] <= values.shape[0] and shape[1] <= values.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(values, (shape[1], shape[0]), interpolation=how)
    return np.asarray(resized, values.dtype)


def largest_component(region: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the largest connected part; all 0 where there is none.

    Parts are connected by sides; right and bottom are exclusive.
    """
    cv2 = _cv2()
    _, _, parts, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
    if len(parts) < 2:  # the first is the background
        return 0, 0, 0, 0
    left, top, width, height, _ = max(parts[1:].tolist(), key=lambda part: part[4])
    return left, top, left + width, top + height


def use_one_thread() -> None:
    """Let OpenCV use no threads of its own in this process: for one of several, each with a core.

    Raises
    ------
    MissingDependencyError
        If OpenCV or a system library that it needs is not installed.
    """
    _cv2().setNumThreads(1)


def _cv2() -> Any:  # noqa: ANN401 -- a module without types
    try:
        return importlib.import_module("cv2")
    except ImportError as error:
        raise MissingDependencyError(
            f"OpenCV cannot be loaded: {error}.",
            hint="Install the system libraries libgl1 and libglib2.0-0, or replace the package "
            "opencv-python by opencv-python-headless, which needs neither.",
        ) from error
