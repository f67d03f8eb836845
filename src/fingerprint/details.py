"""Detail: what two pictures of one scene share, whatever else was done to one of them.

Each cell's difference from its neighbourhood, over the difference that is usual around it.
Exposure, gamma and tone curves leave it as it is, and inversion turns all signs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["FAINT", "LEAST_CELLS", "TEXTURED", "details"]

Plane = NDArray[np.float32]

SCALE = 1.5  # cells: what is coarser than this neighbourhood is no detail
AROUND = 3.0  # cells: where detail's usual size is taken
TEXTURED = 1.0  # grey levels of detail: a reference's cells below tell nothing
FAINT = 0.3  # grey levels: detail of a picture that was darkened, above its rounding
CLIPPED = 2.0  # of the usual detail: no single edge decides
LEAST_CELLS = 80  # that tell something; two unrelated pictures of fewer look alike too often


def details(values: Plane, covered: NDArray[np.bool_], floor: float) -> tuple[Plane, Plane]:
    """Return each cell's difference from its neighbourhood, in units of the usual one, and that."""
    weight = covered.astype(np.float32)
    difference = (values - _mean(values, weight, SCALE)) * weight
    usual = np.sqrt(_mean(difference**2, weight, AROUND))
    details = np.clip(difference / (usual + np.float32(floor)), -CLIPPED, CLIPPED)
    return details.astype(np.float32), usual


def _mean(values: Plane, weight: Plane, around: float) -> Plane:
    """Average around each cell, over those that count."""
    total = gaussian_filter(values * weight, around, mode="constant")
    count = gaussian_filter(weight, around, mode="constant")
    return np.asarray(total / np.maximum(count, np.float32(1e-3)), np.float32)
