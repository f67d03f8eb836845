"""Butteraugli's local distances, read back from the colours of its heat map.

The command draws the map, but does not write it in numbers. Its colours lie on a line through the
RGB cube that never meets itself, so that each names one distance.
"""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from benchmarks._running import SettingsError
from benchmarks._visibility import butteraugli
from benchmarks.attacks import Pixels

__all__ = ["colours_of", "local_distances"]

# libjxl, tools/butteraugli_main.cc and lib/extras/butteraugli.cc: the distances at which its model
# of "good" gives 1.5 and .5, and the colours, 1/11 of the scale apart, of which it draws the root.
_GOOD, _BAD = 0.7170, 1.1556
_COLOURS = np.array(
    [
        *[(0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 1, 0), (1, 0, 0), (1, 0, 1)],
        *[(0.5, 0.5, 1), (1, 0.5, 0.5), (1, 1, 0.5), (1, 1, 1)],
    ]
)
_MOST, _STEP = 14.0, 0.005  # beyond, all is white


def colours_of(distances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the colours in which the command draws distances, float64 (n, 3), 0..1."""
    places = np.interp(distances, (0, _GOOD, _BAD, 13 * _BAD), (0, 0.3, 0.45, 0.95)) * 11
    stops = np.arange(len(_COLOURS))
    linear = [np.interp(places, stops, _COLOURS[:, channel]) for channel in range(3)]
    return np.asarray(np.sqrt(np.stack(linear, axis=1)), np.float64)


def local_distances(original: Pixels, other: Pixels) -> npt.NDArray[np.float32]:
    """Compare two pictures with Butteraugli, pixel by pixel, float32 (H, W).

    Raises
    ------
    SettingsError
        If the command is missing or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "map.png")
        butteraugli(original, other, path)
        drawn = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if drawn is None:
        raise SettingsError("butteraugli_main drew no heat map.")
    most = 65535.0 if drawn.dtype == np.uint16 else 255.0
    seen = np.asarray(drawn[..., 2::-1], np.float64) / most
    index = np.asarray(_tree().query(seen.reshape(-1, 3))[1])
    return np.asarray(index.reshape(seen.shape[:2]) * _STEP, np.float32)


@lru_cache(maxsize=1)
def _tree() -> KDTree:
    return KDTree(colours_of(np.arange(0, _MOST, _STEP)))
