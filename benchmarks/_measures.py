"""Measures of quality, geometry, chance and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

from benchmarks.attacks import Matrix, Pixels

__all__ = [
    "SSIM_SETTINGS",
    "corner_error",
    "decode_seconds",
    "encode_seconds",
    "mean",
    "psnr",
    "ssim",
    "ssim_map",
    "timed",
    "wilson",
]

SSIM_SETTINGS = "Gaussian window of sigma 1.5, K1 .01, K2 .03, mean over R, G and B (Wang 2004)"

_JPEG_Q90 = [cv2.IMWRITE_JPEG_QUALITY, 90]
_Result = TypeVar("_Result")


def psnr(original: Pixels, other: Pixels) -> float:
    """Return the peak signal-to-noise ratio in dB over R, G and B; infinite where equal."""
    difference = original.astype(np.float32) - other.astype(np.float32)
    error = float(np.mean(np.square(difference), dtype=np.float64))
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def _similarity(original: Pixels, other: Pixels, *, full: bool) -> Any:  # noqa: ANN401 -- untyped
    compute: Callable[..., Any] = structural_similarity
    return compute(
        original,
        other,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=full,
    )


def ssim(original: Pixels, other: Pixels) -> float:
    """Return the structural similarity (`SSIM_SETTINGS`)."""
    return float(_similarity(original, other, full=False))


def ssim_map(original: Pixels, other: Pixels) -> npt.NDArray[np.float64]:
    """Return the structural similarity of every pixel, shape (H, W)."""
    local = np.asarray(_similarity(original, other, full=True)[1], dtype=np.float64)
    averaged: npt.NDArray[np.float64] = local.mean(axis=2)
    return averaged


def corner_error(estimated: Matrix, true: Matrix, height: int, width: int) -> float:
    """Return the mean distance in pixels between the original's corners under two homographies."""
    corners = np.array(
        [[0, 0, 1], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]], float
    ).T
    found, expected = estimated @ corners, true @ corners
    return float(np.hypot(*(found[:2] / found[2] - expected[:2] / expected[2])).mean())


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a proportion (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    z = 1.959964
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = z * (share * (1 - share) / trials + z * z / (4 * trials**2)) ** 0.5
    half = spread / (1 + z * z / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def mean(values: list[float]) -> float:
    """Return the mean, NaN for no values."""
    return float(np.mean(values)) if values else float("nan")


def timed(function: Callable[[], _Result]) -> tuple[_Result, float]:
    """Return a result and the processor seconds that it took, over all threads of the process."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def encode_seconds(image: Pixels, repeats: int = 2) -> float:
    """Return the least processor seconds of an OpenCV JPEG encode at quality 90."""
    return min(timed(lambda: cv2.imencode(".jpg", image, _JPEG_Q90))[1] for _ in range(repeats))


def decode_seconds(image: Pixels, repeats: int = 2) -> float:
    """Return the least processor seconds of an OpenCV JPEG decode, the picture at quality 90."""
    data = cv2.imencode(".jpg", image, _JPEG_Q90)[1]
    decode = lambda: cv2.imdecode(data, cv2.IMREAD_COLOR)  # noqa: E731
    return min(timed(decode)[1] for _ in range(repeats))
