"""Embedding: mask, strength, and the pattern added to the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.errors import PayloadError, UnmarkableImageError
from indelible.watermark import coding
from indelible.watermark._image import as_channels
from indelible.watermark._kernels import luminance, masking
from indelible.watermark.carrier import carrier_of
from indelible.watermark.keys import Key
from indelible.watermark.pattern import size_class_for, synthesise, variant_for

__all__ = ["QUALITIES", "Quality", "embed"]

Quality = Literal["standard", "high"]


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong a mark is.

    Attributes
    ----------
    psnr : float
        dB, of a picture with typical room for the mark.
    spread : float
        How far a picture with less (more) room gets a stronger (weaker) mark: dB per dB of room.
    lowest, highest : float
        dB, limits of the result.
    """

    psnr: float
    spread: float
    lowest: float
    highest: float


QUALITIES: dict[str, Strength] = {
    "standard": Strength(43.2, 0.4, 40.6, 46.0),
    "high": Strength(46.2, 0.4, 43.6, 49.0),
}
TYPICAL_ROOM = 0.32
SMALLEST_SIDE = 32  # pixels
MASK_RADIUS = 2  # of the local variance, in pixels of half resolution
MASK_EXPONENT = 0.38  # of twice the variance plus SSIM's constant (2 sigma^2 + C2)
SSIM_C2 = 58.5
# The channels share a luminance change where it costs least squared error: in proportion to their weights.
LUMA = np.array([0.299, 0.587, 0.114])


def embed(
    image: NDArray[np.uint8], payload: bytes, key: Key, *, quality: Quality = "standard"
) -> NDArray[np.uint8]:
    """Embed a payload invisibly.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        sRGB; alpha is kept as it is.
    payload : bytes
        Exactly 8 bytes.
    key : Key
    quality : {"standard", "high"}
        "high" marks at 3 dB less.

    Returns
    -------
    uint8, like `image`
        A new array.

    Raises
    ------
    UnmarkableImageError
        If nothing in the picture can carry a mark.
    PayloadError
        If the payload is not 8 bytes.
    """
    if not isinstance(payload, bytes | bytearray | memoryview) or len(bytes(payload)) != 8:
        raise PayloadError("A payload is exactly 8 bytes.")
    payload = bytes(payload)
    if quality not in QUALITIES:
        raise PayloadError(f"quality is one of {', '.join(QUALITIES)}, not {quality!r}.")
    pixels = as_channels(image)
    height, width, channels = pixels.shape
    if min(height, width) < SMALLEST_SIDE:
        raise UnmarkableImageError(
            f"The picture is {width} x {height} pixels; a mark needs at least {SMALLEST_SIDE} a side."
        )
    half = np.empty((-(-height // 2), -(-width // 2)), np.float32)
    luminance.reduce_area(pixels, half)
    weights = LUMA / np.sum(LUMA**2) if channels >= 3 else np.ones(1)
    mask = _mask(half, QUALITIES[quality], float(np.mean(weights**2)), height * width)
    pattern = synthesise(
        carrier_of(key), variant_for(key, payload), payload, size_class_for(height, width)
    )
    out = np.empty_like(pixels)
    masking.add_pattern(pixels, mask, pattern, weights.astype(np.float32), out)
    return out.reshape(image.shape)


def _mask(
    half: NDArray[np.float32], strength: Strength, cost: float, n_pixels: int
) -> NDArray[np.float32]:
    """Return the mark's local amplitude in grey levels of luminance, at half resolution."""
    mean, variance = np.empty_like(half), np.empty_like(half)
    masking.box_moments(half, MASK_RADIUS, mean, variance)
    mask = (2 * variance + np.float32(SSIM_C2)) ** np.float32(MASK_EXPONENT)
    mean_square = float(np.mean(mask**2)) * cost
    at_psnr = 255.0 / 10 ** (strength.psnr / 20) / np.sqrt(mean_square)
    room = np.sqrt(float(np.mean((at_psnr * mask) ** 2 / (variance * 0.4 + 3.0))))
    psnr = strength.psnr + strength.spread * 20 * np.log10(room / TYPICAL_ROOM)
    psnr = min(max(psnr, strength.lowest), strength.highest)
    return mask * np.float32(at_psnr * 10 ** ((strength.psnr - psnr) / 20))
