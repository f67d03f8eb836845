"""Filters and noise: nothing moves."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks.attacks.model import Attacked, Pixels, unmoved

__all__ = [
    "bilateral",
    "blur",
    "gaussian_noise",
    "kernel_blur",
    "median",
    "motion_blur",
    "nonlocal_means",
    "residual",
    "salt_and_pepper",
    "sharpen",
    "subtract_residual",
    "unsharp",
]


def blur(image: Pixels, rng: np.random.Generator, *, sigma: float) -> Attacked:
    """Gaussian blur; `sigma` in pixels."""
    del rng
    return unmoved(np.asarray(cv2.GaussianBlur(image, (0, 0), sigma)))


def kernel_blur(image: Pixels, rng: np.random.Generator, *, size: int) -> Attacked:
    """Gaussian blur given as an odd kernel size in pixels (the Seal papers' k)."""
    del rng
    return unmoved(np.asarray(cv2.GaussianBlur(image, (size, size), 0)))


def motion_blur(
    image: Pixels, rng: np.random.Generator, *, length: float, degrees: float
) -> Attacked:
    """Blur along a straight line of `length` pixels: the camera moved."""
    del rng
    side = 2 * int(np.ceil(length / 2)) + 1
    middle, angle = side // 2, np.deg2rad(degrees)
    kernel = np.zeros((side, side), dtype=np.float32)
    # Many points along the line, each spread over its four pixels.
    for offset in np.linspace(-(length - 1) / 2, (length - 1) / 2, 8 * side):
        x, y = middle + offset * np.cos(angle), middle + offset * np.sin(angle)
        left, top = int(np.floor(x)), int(np.floor(y))
        for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
            if 0 <= column < side and 0 <= row < side:
                kernel[row, column] += (1 - abs(x - column)) * (1 - abs(y - row))
    return unmoved(np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum())))


def median(image: Pixels, rng: np.random.Generator, *, size: int) -> Attacked:
    """Median over `size` x `size` pixels, per channel."""
    del rng
    return unmoved(np.asarray(cv2.medianBlur(image, size)))


def nonlocal_means(image: Pixels, rng: np.random.Generator, *, h: float) -> Attacked:
    """Non-local means denoising of strength `h`, luma and chroma alike."""
    del rng
    return unmoved(np.asarray(cv2.fastNlMeansDenoisingColored(image, None, h, h, 7, 21)))


def bilateral(
    image: Pixels, rng: np.random.Generator, *, diameter: int = 9, sigma: float = 75.0
) -> Attacked:
    """Bilateral filter; `sigma` in grey levels and in pixels."""
    del rng
    return unmoved(np.asarray(cv2.bilateralFilter(image, diameter, sigma, sigma)))


def sharpen(image: Pixels, rng: np.random.Generator, *, factor: float) -> Attacked:
    """Pillow's sharpness enhancer; 1 changes nothing."""
    del rng
    return unmoved(np.asarray(ImageEnhance.Sharpness(Image.fromarray(image)).enhance(factor)))


def unsharp(
    image: Pixels, rng: np.random.Generator, *, radius: float = 2.0, percent: int = 150
) -> Attacked:
    """Unsharp mask, as photo editors apply it."""
    del rng
    mask = ImageFilter.UnsharpMask(radius, percent, threshold=3)
    return unmoved(np.asarray(Image.fromarray(image).filter(mask)))


def gaussian_noise(image: Pixels, rng: np.random.Generator, *, sigma: float) -> Attacked:
    """Independent Gaussian noise in every channel; `sigma` in grey levels of 255."""
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    return unmoved(image + np.float32(sigma) * noise)


def salt_and_pepper(image: Pixels, rng: np.random.Generator, *, share: float) -> Attacked:
    """Set a share of the pixels to black or white."""
    noisy = image.copy()
    chance = rng.random(image.shape[:2])
    noisy[chance < share / 2] = 0
    noisy[chance > 1 - share / 2] = 255
    return unmoved(noisy)


def residual(pixels: npt.NDArray[np.float32], sigma: float = 1.0) -> npt.NDArray[np.float32]:
    """Return what a Wiener-like denoiser would remove: noise, and any mark like it.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W) or (H, W, C)
        Grey levels.
    sigma : float, optional
        Half the standard deviation of the Gaussian window, in pixels.
    """
    mean = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 2 * sigma), dtype=np.float32)
    square = np.asarray(cv2.GaussianBlur(pixels * pixels, (0, 0), 2 * sigma), dtype=np.float32)
    variance = square - mean * mean
    # Half the median local variance stands for the variance of the mark and the noise.
    noise = np.float32(0.5) * np.median(variance)
    kept = np.maximum(variance - noise, 0) / np.maximum(variance, np.float32(1e-3))
    removed: npt.NDArray[np.float32] = ((1 - kept) * (pixels - mean)).astype(np.float32)
    return removed


def subtract_residual(image: Pixels, rng: np.random.Generator, *, gain: float = 1.0) -> Attacked:
    """Take what a denoiser would remove for the mark, and subtract it `gain` times."""
    del rng
    pixels = image.astype(np.float32)
    return unmoved(pixels - np.float32(gain) * residual(pixels))
