"""Embedding: mask, strength, and the pattern added to the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.choices import DEFAULT_STRENGTH, Strength
from indelible.errors import (
    ConfigurationError,
    KeyFileError,
    PayloadError,
    UnmarkableImageError,
)
from indelible.watermark._image import as_channels
from indelible.watermark._kernels import luminance, masking
from indelible.watermark.carrier import carrier_of
from indelible.watermark.detection import SMALLEST_SIDE, detect
from indelible.watermark.keys import Key
from indelible.watermark.pattern import size_class_for, synthesise, variant_for

__all__ = ["BUDGETS", "Room", "can_carry", "embed", "room_of"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a mark may cost, from which its amplitude follows.

    Attributes
    ----------
    psnr : float
        dB, of a picture with typical room for the mark.
    small : float
        By how many dB it falls for each dB of area below STANDARD_AREA.
    spread : float
        How far a picture with less (more) room gets a stronger (weaker) mark: dB per dB of room.
    lowest, highest : float
        Limits of the result in dB.
    """

    psnr: float
    small: float
    spread: float
    lowest: float
    highest: float


# What they give is measured by python -m benchmarks.quality (PSNR, SSIM) and benchmarks.robustness
# (what survives). "robust" is to keep 43 dB on average and 40 everywhere, "balanced" 46 on average:
# `lowest` adds what rounding and clipping take. `small` gives half of the loss back that a coherent
# sum over fewer samples has; `spread` is a compromise between the eye (0) and the detector (1).
BUDGETS: dict[Strength, Budget] = {
    "robust": Budget(43.2, 0.5, 0.55, 40.15, 44.8),
    "balanced": Budget(49.6, 0.5, 0.55, 43.4, 51.0),
}
# Of SSIM, by the estimate: every photograph is to keep 0.978 (python -m benchmarks.quality).
MOST_LOSS = 0.018
TYPICAL_ROOM = 0.42  # near the median of photographs: 0.45 in the Kodak suite, from 0.22 to 0.69
# The picture as the detector meets it is noise of so much of its texture's variance, and of so many
# grey levels squared where that is none: an estimate, for the order of pictures by their room only.
HOST_NOISE = (0.4, 3.0)
SAMPLES = 16384  # of the mask, for its averages: 1 / sqrt(SAMPLES) is 0.8 %, less than 0.1 dB
STANDARD_AREA = 512.0 * 512.0  # pixels: one super-tile, and the area at which pictures are searched
NARROW_SIDE = 128  # pixels, one tile: what is narrower shows no tile whole, and counts as small
# Pixels; below, the mark is looked for before the picture is handed out. Where it begins to be lost
# is shown by python -m benchmarks.robustness --draws 200, in the row "tiny" (256 x 256).
SMALL_AREA = 200 * 200
# Grey levels squared; below, the local picture is of one colour. Rounding to whole levels has 1/12.
FLAT_VARIANCE = 0.05
SMOOTH_VARIANCE = 1.0  # grey levels squared: below, a codec leaves little
LEAST_TEXTURE = 0.001  # of the picture: with less, there is nowhere to put a mark
LITTLE_TEXTURE = 0.1  # of the picture: with less, the mark is looked for, as in a small picture
SAMPLE = bytes(8)  # a payload to try with
# Chance of an accident in can_carry: what lies between this and the detector's limit of 1e-9 is
# left for the encoder to take.
CLEARLY = 1e-40
MASK_RADIUS = 2  # in pixels of half resolution: squares of 10 pixels, about a codec's block
# The variance of a texture is at most so many times that of its fine part: 1 for noise, 1.1 to 2.5
# for the textures of the Kodak suite. Edges and slopes have far more.
FINE_SHARE = np.float32(3.0)
# Grey levels squared; beyond, nothing more is hidden. One place in twenty of the Kodak suite.
MOST_TEXTURE = np.float32(900.0)
LEAST_SHADE = 0.35  # on black, where half of the mark is cut off and lightens the rest
SHADE_LEVEL = 12.0  # grey levels per unit of shade: from level 8 on the mark is whole
# Derived in docs/watermark.md: about 1 - whitening.EXPONENT, as far as texture exceeds SSIM_C2.
MASK_EXPONENT = 0.38
# How much more even the mask of a busy picture is, per dB that it lacks, and up to how many dB.
# Both derived in docs/watermark.md as to their sign, and tuned: python -m benchmarks.constants.
BUSY_SLOPE = 0.065
BUSY_RANGE = 3.5  # as above: with it the exponent falls to 0.15 at most
SSIM_C2 = 58.5  # (0.03 x 255)^2, SSIM's constant
# Rec. 601. The channels share a luminance change where it costs least squared error: in proportion
# to these weights.
LUMA = np.array([0.299, 0.587, 0.114])


def embed(
    image: NDArray[np.uint8], payload: bytes, key: Key, *, strength: Strength = DEFAULT_STRENGTH
) -> NDArray[np.uint8]:
    """Embed a payload invisibly.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        sRGB; alpha is kept as it is.
    payload : bytes
        Exactly 8 bytes.
    key : Key
    strength : {"robust", "balanced"}
        "balanced" is about 3 dB fainter and survives less.

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
    ConfigurationError
        If there is no such strength.
    KeyFileError
        If `key` is not a key.
    UnsupportedImageError
        If `image` is not such an array.
    """
    payload = _as_payload(payload)
    if not isinstance(strength, str) or strength not in BUDGETS:
        raise ConfigurationError(
            f"strength (of the mark) is one of {', '.join(BUDGETS)}, not {strength!r}."
        )
    if not isinstance(key, Key):
        raise KeyFileError(
            f"key is a watermark key, not a {type(key).__name__}.",
            hint="Load one with watermark.Key.load, or make one with watermark.Key.generate.",
        )
    pixels = as_channels(image)
    height, width, _ = pixels.shape
    if min(height, width) < SMALLEST_SIDE:
        raise UnmarkableImageError(
            f"The picture is {width} x {height} pixels; a mark needs {SMALLEST_SIDE} a side."
        )
    room = room_of(pixels, BUDGETS[strength])
    if room.textured < LEAST_TEXTURE:
        raise UnmarkableImageError(
            "The picture is flat: nothing in it can carry a mark.",
            hint="A mark needs some texture or detail; a manifest alone (`sign`) does not.",
        )
    carrier, size_class = carrier_of(key), size_class_for(height, width)
    pattern = synthesise(carrier, variant_for(key, payload), payload, size_class)
    out = np.empty_like(pixels)
    masking.add_pattern(pixels, room.mask, pattern, room.weights, out)
    small = height * width < SMALL_AREA or min(height, width) < NARROW_SIDE
    doubtful = small or room.detailed < LITTLE_TEXTURE
    if doubtful and detect(out, key).payload != payload:
        raise UnmarkableImageError(
            "The picture is too small or too flat: the mark cannot be found again in it.",
            hint="Use a larger picture, or one with more detail.",
        )
    return out.reshape(image.shape)


def can_carry(image: NDArray[np.uint8], key: Key) -> bool:
    """Whether a picture could carry a mark that is found again: large and rich enough for it.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
    key : Key

    Returns
    -------
    bool
        False also where it would be a close call.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    """
    try:
        marked = embed(image, SAMPLE, key)
    except UnmarkableImageError:
        return False
    height, width = image.shape[:2]
    large = height * width >= 4 * SMALL_AREA and min(height, width) >= NARROW_SIDE
    if large and room_of(as_channels(image), BUDGETS["robust"]).detailed >= LITTLE_TEXTURE:
        return True
    return detect(marked, key).false_positive_probability < CLEARLY


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a mark a picture hides, and where.

    Attributes
    ----------
    mask : float32 (ceil(H / 2), ceil(W / 2))
        Amplitude in grey levels of luminance.
    weights : float32 (colour channels,)
        How much of a grey level each channel takes.
    textured, detailed : float
        Share of the picture that is not of one colour, and that has detail which a codec keeps.
    """

    mask: NDArray[np.float32]
    weights: NDArray[np.float32]
    textured: float
    detailed: float


def room_of(pixels: NDArray[np.uint8], budget: Budget) -> Room:
    """Measure a picture, uint8 (H, W, channels)."""
    height, width, channels = pixels.shape
    half = np.empty((-(-height // 2), -(-width // 2)), np.float32)
    luminance.reduce_area(pixels, half)
    mean, variance = np.empty_like(half), np.empty_like(half)
    masking.box_moments(half, MASK_RADIUS, mean, variance)
    textured = np.count_nonzero(variance > FLAT_VARIANCE) / variance.size
    detailed = np.count_nonzero(variance > SMOOTH_VARIANCE) / variance.size
    texture = _texture(np.subtract(half, mean, out=half), variance)
    weights = LUMA / np.sum(LUMA**2) if channels >= 3 else np.ones(1)
    cost = float(np.mean(weights**2))
    mask = _mask(texture, mean, budget, cost, height * width)
    return Room(mask, weights.astype(np.float32), textured, detailed)


def _texture(fine: NDArray[np.float32], variance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much local variance hides a mark, float32 (h, w).

    A slope (a soft edge, a round body) varies but hides little: only its fine part counts. An
    edge between flat sides hides little, too: what counts is the least variance nearby.

    Parameters
    ----------
    fine : float32 (h, w)
        The luminance at half resolution without its local mean.
    variance : float32 (h, w)
        The luminance's local variance.
    """
    texture, least = np.empty_like(fine), np.empty_like(fine)
    masking.box_moments(fine, MASK_RADIUS, least, texture)
    texture *= FINE_SHARE
    np.minimum(variance, texture, out=texture)
    masking.least_nearby(texture, least)
    return np.minimum(least, MOST_TEXTURE, out=least)


def _as_payload(payload: bytes) -> bytes:
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise PayloadError(f"payload is exactly 8 bytes, not a {type(payload).__name__}.")
    if len(bytes(payload)) != 8:
        raise PayloadError(f"payload is exactly 8 bytes, not {len(bytes(payload))}.")
    return bytes(payload)


def _mask(
    texture: NDArray[np.float32],
    mean: NDArray[np.float32],
    budget: Budget,
    cost: float,
    n_pixels: int,
) -> NDArray[np.float32]:
    """Return the mark's local amplitude in grey levels of luminance, at half resolution.

    Parameters
    ----------
    texture : float32 (h, w)
        Local variance of the luminance at half resolution, where it is more than an edge.
    mean : float32 (h, w)
        Local mean of the luminance: near black the mark is weaker.
    budget : Budget
    cost : float
        Mean square error of the channels for a unit change of luminance.
    n_pixels : int
        Of the picture: a small one has fewer samples of the mark, and gets a stronger one.
    """
    step = max(1, int(np.sqrt(texture.size / SAMPLES)))
    sparse = np.ascontiguousarray(texture[::step, ::step])  # enough for averages
    sparse_mean = np.ascontiguousarray(mean[::step, ::step])
    shortage = max(0.0, 10 * np.log10(STANDARD_AREA / n_pixels))
    psnr = budget.psnr - budget.small * shortage
    mask, amplitude = _at(sparse, sparse_mean, MASK_EXPONENT, psnr, cost)
    room = np.sqrt(
        float(np.mean((amplitude * mask) ** 2 / (HOST_NOISE[0] * sparse + HOST_NOISE[1])))
    )
    wanted = psnr + budget.spread * 20 * np.log10(room / TYPICAL_ROOM)
    limited = min(max(wanted, budget.lowest), budget.highest)
    # A busy picture hides more than its limit allows: spread the mark over its calmer parts, too.
    exponent = MASK_EXPONENT - BUSY_SLOPE * min(max(budget.psnr - wanted, 0.0), BUSY_RANGE)
    mask, amplitude = _at(sparse, sparse_mean, exponent, limited, cost)
    # What SSIM loses to added noise: its variance over that of the picture (and SSIM's constant).
    loss = amplitude**2 * cost * float(np.mean(mask**2 / (2 * sparse + SSIM_C2)))
    amplitude *= min(1.0, float(np.sqrt(MOST_LOSS / loss)))
    return _shape(texture, mean, exponent, amplitude)


def _at(
    texture: NDArray[np.float32],
    mean: NDArray[np.float32],
    exponent: float,
    psnr: float,
    cost: float,
) -> tuple[NDArray[np.float32], float]:
    """Return a mask's shape, and the factor with which it costs `psnr`."""
    mask = _shape(texture, mean, exponent)
    return mask, 255.0 / 10 ** (psnr / 20) / float(np.sqrt(np.mean(mask**2) * cost))


def _shape(
    texture: NDArray[np.float32],
    mean: NDArray[np.float32],
    exponent: float,
    amplitude: float = 1.0,
) -> NDArray[np.float32]:
    """Return the mask, up to a factor if no amplitude is given."""
    mask = np.empty_like(texture)
    limits = (SSIM_C2, LEAST_SHADE, 1.0 / SHADE_LEVEL)
    masking.amplitudes(texture, mean, exponent, amplitude, *limits, mask)
    return mask
