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
from indelible.pixels import as_channels
from indelible.watermark._kernels import masking
from indelible.watermark._scratch import scratch
from indelible.watermark.carrier import TILE, carrier_of
from indelible.watermark.detection import SMALLEST_SIDE, detect
from indelible.watermark.keys import Key
from indelible.watermark.need import need_of
from indelible.watermark.pattern import drawn, period_of, size_class_for, variant_for
from indelible.watermark.result import Detection
from indelible.watermark.visibility import (
    LEAST_SHADE,
    SHADE_PER_LEVEL,
    Room,
    as_viewed,
    discount_of,
    room_of,
)

__all__ = ["BUDGETS", "Budget", "Plan", "can_carry", "embed", "plan_of"]


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

    def visibility(self, need: float, area: float) -> float:
        """Return how visible the mark of a picture is to be, given its need and its pixels."""
        shortage = min(max(1.0, ORDINARY_AREA / max(area, 1.0)), MOST_SHORTAGE)
        need *= max(1.0, area / LARGE_AREA) ** LARGE_EXPONENT
        wanted = min(max(self.margin * need, self.lowest), self.highest)
        return wanted * float(shortage**SMALL_EXPONENT)


# What they give is measured by python -m benchmarks.quality (what is seen) and
# benchmarks.robustness (what survives).
BUDGETS: dict[Strength, Budget] = {
    "robust": Budget(1.5, 0.8, 1.05),
    "balanced": Budget(1.1, 0.62, 0.87),
    "discreet": Budget(0.66, 0.33, 0.43),
}
# A small picture has little room, and is marked more visibly: by a fifth at most.
SMALL_EXPONENT = 0.35
ORDINARY_AREA = 700_000.0  # pixels, that generators make
MOST_SHORTAGE = 1.75  # 630 pixels a side: what is smaller would be seen
# A large picture needs more: it is reduced and cropped further than others before it is seen again.
# python -m benchmarks.robustness --groups none has a row that shrinks 4k to 320 pixels.
LARGE_AREA = 2_100_000.0  # pixels, full HD
LARGE_EXPONENT = 0.35  # 4k is marked 1.7 times as strongly as it would be
NARROW_SIDE = 128  # pixels, one tile: what is narrower shows no tile whole, and counts as small
# Where a mark may be lost at once, it is looked for before the picture is handed out: below so many
# samples (python -m benchmarks.everyday --rows small), or where it is needed so visible.
SMALL_AREA = 320 * 320
SURE_NEED = 1.4  # visibility
STEPS = (1.0, 1.3, 1.7)  # of the amplitude, tried until the mark is found
LEAST_TEXTURE = 0.001  # of the picture: with less, there is nowhere to put a mark
LITTLE_TEXTURE = 0.1  # of the picture: with less, too
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
        "balanced" is about as visible as JPEG of quality 80 to 90, "discreet" as quality 95;
        "robust" survives most.

    Returns
    -------
    uint8, like `image`
        A new array. Pixels that are fully transparent are left alone.

    Raises
    ------
    UnmarkableImageError
        If the picture cannot carry a mark: where that is in doubt, the mark is looked for, and made
        stronger once or twice, before this is raised.
    PayloadError
        If the payload is not 8 bytes.
    ConfigurationError
        If there is no such strength.
    KeyFileError
        If `key` is not a key.
    UnsupportedImageError
        If `image` is not such an array.
    """
    return _marked(image, payload, key, strength)[0]


def _marked(
    image: NDArray[np.uint8], payload: bytes, key: Key, strength: Strength
) -> tuple[NDArray[np.uint8], Detection | None]:
    """Embed a payload, and return what was found again; None where that was sure without a look."""
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
    with scratch() as memory:
        room = room_of(pixels, memory)
        if room.textured < LEAST_TEXTURE:
            raise UnmarkableImageError(
                "The picture is flat: nothing in it can carry a mark.",
                hint="A mark needs some texture or detail; a manifest alone (`sign`) does not.",
            )
        plan = plan_of(room, height, width, strength)
        size_class, variant = size_class_for(height, width), variant_for(key, payload)
        period = period_of(size_class)
        pattern, factor = drawn(carrier_of(key), variant, payload, size_class, period, memory)
        out = np.empty_like(pixels)
        for step in (1.0,) if plan.sure else STEPS:
            amplitude, shade = plan.amplitude * step * factor, (LEAST_SHADE, SHADE_PER_LEVEL)
            masking.add_pattern(pixels, room.mask, amplitude, pattern, *shade, out)
            found = None if plan.sure else detect(out, key)
            if found is None or found.payload == payload:
                return out.reshape(image.shape), found
    raise UnmarkableImageError(
        "The picture is too small, too flat or too dark: the mark cannot be found again in it.",
        hint="Use a larger picture, or one with more detail.",
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """How a picture is to be marked.

    Attributes
    ----------
    amplitude : float
        Factor of the picture's mask.
    sure : bool
        Whether the mark will be found in the untouched picture without looking for it.
    """

    amplitude: float
    sure: bool


def plan_of(room: Room, height: int, width: int, strength: Strength) -> Plan:
    """Plan how a picture of this room and size is to be marked."""
    scale = period_of(size_class_for(height, width)) / TILE
    area = room.shown * height * width
    samples = max(area / scale**2, 1.0)
    need = need_of(room.classes, samples)
    visibility = BUDGETS[strength].visibility(need, area)
    large = samples >= SMALL_AREA and min(height, width) >= NARROW_SIDE
    sure = large and need <= SURE_NEED and room.detailed >= LITTLE_TEXTURE
    return Plan(visibility * discount_of(scale * as_viewed(height, width)), sure)


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
        found = _marked(image, SAMPLE, key, DEFAULT_STRENGTH)[1]
    except UnmarkableImageError:
        return False
    return found is None or found.false_positive_probability < CLEARLY


def _as_payload(payload: bytes) -> bytes:
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise PayloadError(f"payload is exactly 8 bytes, not a {type(payload).__name__}.")
    if len(bytes(payload)) != 8:
        raise PayloadError(f"payload is exactly 8 bytes, not {len(bytes(payload))}.")
    return bytes(payload)
