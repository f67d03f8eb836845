"""Validation of the arrays that users pass in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.errors import UnsupportedImageError

__all__ = ["as_channels"]


def as_channels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image as C-contiguous uint8 (H, W, C), without a copy where possible.

    Raises
    ------
    UnsupportedImageError
        If it is not a uint8 array of shape (H, W), (H, W, 3) or (H, W, 4) with at least one pixel.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise UnsupportedImageError(
            f"Expected a uint8 array, not {kind}.",
            hint="Scale floating-point pixels to 0..255, then convert with .astype(numpy.uint8).",
        )
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or image.size == 0:
        raise UnsupportedImageError(
            f"Expected an image of shape (H, W), (H, W, 3) or (H, W, 4), not {image.shape}."
        )
    return np.ascontiguousarray(image)
