"""Embedding: mask, strength, and the pattern added to the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.errors import PayloadError, UnmarkableImageError
from indelible.watermark._image import as_channels
from indelible.watermark._kernels import luminance, masking
from indelible.watermark.carrier import carrier_of
from indelible.watermark.detection import detect
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
    small : float
        dB less for each dB of area below STANDARD_AREA.
    spread : float
        How far a picture with less (more) room gets a stronger (weaker) mark: dB per dB of room.
    lowest, highest : float
        dB, limits of the result.
    """

    psnr: float
    small: float
    spread: float
    lowest: float
    highest: float


QUALITIES: dict[str, Strength] = {
    "standard": Strength(43.35, 0.5, 0.55, 40.15, 46.5),
    "high": Strength(49.6, 0.5, 0.55, 43.4, 49.5),
}
TYPICAL_ROOM = 0.32
STANDARD_AREA = 512.0 * 512.0  # pixels
SMALLEST_SIDE = 32  # pixels
SMALL_AREA = 200 * 200  # pixels: below, the mark is looked for before the picture is handed out
FLAT_VARIANCE = (
    1.0  # grey levels squared: where the local variance is below, a codec leaves nothing
)
LEAST_TEXTURE = 0.001  # of the picture
LITTLE_TEXTURE = 0.1  # below, the mark is looked for, too
MASK_RADIUS = 2  # of the local variance, in pixels of half resolution
MASK_EXPONENT = 0.38  # of twice the variance plus SSIM's constant (2 sigma^2 + C2)
BUSY_SLOPE = 0.05  # per dB: how much more even the mask of a busy picture is
BUSY_RANGE = 3.5  # dB
SSIM_C2 = 58.5
# The channels share a luminance change where it costs least squared error: in proportion to their
# weights.
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
    payload = _as_payload(payload)
    if quality not in QUALITIES:
        raise PayloadError(f"quality is one of {', '.join(QUALITIES)}, not {quality!r}.")
    pixels = as_channels(image)
    height, width, channels = pixels.shape
    if min(height, width) < SMALLEST_SIDE:
        raise UnmarkableImageError(
            f"The picture is {width} x {height} pixels; a mark needs {SMALLEST_SIDE} a side."
        )
    half = np.empty((-(-height // 2), -(-width // 2)), np.float32)
    luminance.reduce_area(pixels, half)
    mean, variance = np.empty_like(half), np.empty_like(half)
    masking.box_moments(half, MASK_RADIUS, mean, variance)
    textured = float(np.mean(variance > FLAT_VARIANCE))
    if textured < LEAST_TEXTURE:
        raise UnmarkableImageError(
            "The picture is flat: nothing in it can carry a mark.",
            hint="A mark needs some texture or detail; add none just for it.",
        )
    weights = LUMA / np.sum(LUMA**2) if channels >= 3 else np.ones(1)
    mask = _mask(variance, QUALITIES[quality], float(np.mean(weights**2)), height * width)
    carrier, size_class = carrier_of(key), size_class_for(height, width)
    pattern = synthesise(carrier, variant_for(key, payload), payload, size_class)
    out = np.empty_like(pixels)
    masking.add_pattern(pixels, mask, pattern, weights.astype(np.float32), out)
    doubtful = textured < LITTLE_TEXTURE or height * width < SMALL_AREA
    if doubtful and detect(out, key).payload != payload:
        raise UnmarkableImageError(
            "The picture is too small or too flat: the mark cannot be found again in it.",
            hint="Use a larger picture, or one with more detail.",
        )
    return out.reshape(image.shape)


def _as_payload(payload: bytes) -> bytes:
    if not isinstance(payload, bytes | bytearray | memoryview) or len(bytes(payload)) != 8:
        raise PayloadError("A payload is exactly 8 bytes.")
    return bytes(payload)


def _mask(
    variance: NDArray[np.float32], strength: Strength, cost: float, n_pixels: int
) -> NDArray[np.float32]:
    """Return the mark's local amplitude in grey levels of luminance, at half resolution.

    Parameters
    ----------
    variance : float32 (h, w)
        Local variance of the luminance at half resolution.
    strength : Strength
    cost : float
        Mean square error of the channels for a unit change of luminance.
    n_pixels : int
        Of the picture: a small one has fewer samples of the mark, and gets a stronger one.
    """
    shortage = max(0.0, 10 * np.log10(STANDARD_AREA / n_pixels))
    psnr = strength.psnr - strength.small * shortage
    mask, amplitude = _at(variance, MASK_EXPONENT, psnr, cost)
    room = np.sqrt(float(np.mean((amplitude * mask) ** 2 / (variance * 0.4 + 3.0))))
    wanted = psnr + strength.spread * 20 * np.log10(room / TYPICAL_ROOM)
    limited = min(max(wanted, strength.lowest), strength.highest)
    # A busy picture hides more than its limit allows: spread the mark over its calmer parts, too.
    exponent = MASK_EXPONENT - BUSY_SLOPE * min(max(strength.psnr - wanted, 0.0), BUSY_RANGE)
    mask, amplitude = _at(variance, exponent, limited, cost)
    return mask * np.float32(amplitude)


def _at(
    variance: NDArray[np.float32], exponent: float, psnr: float, cost: float
) -> tuple[NDArray[np.float32], float]:
    """Return a mask's shape, and the factor with which it costs `psnr`."""
    mask = (2 * variance + np.float32(SSIM_C2)) ** np.float32(exponent)
    return mask, 255.0 / 10 ** (psnr / 20) / float(np.sqrt(np.mean(mask**2) * cost))
