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
from indelible.watermark._kernels import masking
from indelible.watermark.carrier import TILE, carrier_of
from indelible.watermark.detection import SMALLEST_SIDE, detect
from indelible.watermark.keys import Key
from indelible.watermark.need import STANDARD_SAMPLES, need_of
from indelible.watermark.pattern import period_of, size_class_for, synthesise, variant_for
from indelible.watermark.visibility import (
    LEAST_SHADE,
    SHADE_PER_LEVEL,
    as_viewed,
    discount_of,
    room_of,
)

__all__ = ["BUDGETS", "Budget", "can_carry", "embed"]


@dataclass(frozen=True, slots=True)
class Budget:
    """How visible a mark may be: about its Butteraugli 3-norm.

    Attributes
    ----------
    margin : float
        Over what the picture needs (:func:`need.need_of`).
    lowest, highest : float
        Limits of the visibility: a picture that hides much, and one that hides little.
    """

    margin: float
    lowest: float
    highest: float

    def visibility(self, need: float, samples: float) -> float:
        """Return how visible the mark of a picture is to be, given its need and its samples."""
        shortage = max(1.0, STANDARD_SAMPLES / samples)
        return min(max(self.margin * need, self.lowest), self.highest * shortage**SMALL_EXPONENT)


# What they give is measured by python -m benchmarks.quality (what is seen) and
# benchmarks.robustness (what survives).
BUDGETS: dict[Strength, Budget] = {
    "robust": Budget(1.5, 0.95, 1.3),
    "balanced": Budget(1.15, 0.66, 0.92),
    "discreet": Budget(0.6, 0.35, 0.48),
}
SMALL_EXPONENT = 0.2  # a small picture may be marked a little more visibly: it has little room
NARROW_SIDE = 128  # pixels, one tile: what is narrower shows no tile whole, and counts as small
# Pixels; below, the mark is looked for before the picture is handed out. Where it begins to be lost
# is shown by python -m benchmarks.robustness --draws 200, in the row "tiny" (256 x 256).
SMALL_AREA = 200 * 200
LEAST_TEXTURE = 0.001  # of the picture: with less, there is nowhere to put a mark
LITTLE_TEXTURE = 0.1  # of the picture: with less, the mark is looked for, as in a small picture
SAMPLE = bytes(8)  # a payload to try with
# Chance of an accident in can_carry: what lies between this and the detector's limit of 1e-9 is
# left for the encoder to take.
CLEARLY = 1e-40


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
    strength : {"robust", "balanced", "discreet"}
        "robust" survives more, "discreet" is seen less.

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
    room = room_of(pixels)
    if room.textured < LEAST_TEXTURE:
        raise UnmarkableImageError(
            "The picture is flat: nothing in it can carry a mark.",
            hint="A mark needs some texture or detail; a manifest alone (`sign`) does not.",
        )
    carrier, size_class = carrier_of(key), size_class_for(height, width)
    pattern = synthesise(carrier, variant_for(key, payload), payload, size_class)
    out = np.empty_like(pixels)
    scale = period_of(size_class) / TILE
    samples = room.shown * height * width / scale**2
    visibility = BUDGETS[strength].visibility(need_of(room.classes, samples), samples)
    mask = room.mask
    mask *= np.float32(visibility * discount_of(scale * as_viewed(height, width)))
    masking.add_pattern(pixels, mask, pattern, LEAST_SHADE, SHADE_PER_LEVEL, out)
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
    if large and room_of(as_channels(image)).detailed >= LITTLE_TEXTURE:
        return True
    return detect(marked, key).false_positive_probability < CLEARLY


def _as_payload(payload: bytes) -> bytes:
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise PayloadError(f"payload is exactly 8 bytes, not a {type(payload).__name__}.")
    if len(bytes(payload)) != 8:
        raise PayloadError(f"payload is exactly 8 bytes, not {len(bytes(payload))}.")
    return bytes(payload)
