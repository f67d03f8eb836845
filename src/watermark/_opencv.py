"""OpenCV, imported when it is first needed: its import is slow, and may fail on a slim machine."""

from __future__ import annotations

import importlib

import numpy as np
from numpy.typing import NDArray

from indelible.errors import MissingDependencyError

__all__ = ["box_filter"]


def box_filter(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Average over squares of `side` pixels (odd); beyond the border the values are 0.

    Raises
    ------
    MissingDependencyError
        If OpenCV or a system library that it needs is not installed.
    """
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError as error:
        raise MissingDependencyError(
            f"OpenCV cannot be loaded: {error}.",
            hint="Install the system libraries libgl1 and libglib2.0-0, or replace the package "
            "opencv-python by opencv-python-headless, which needs neither.",
        ) from error
    filtered = cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(filtered, dtype=np.float32)
