"""How much of a mark the eye overlooks, and where: the perceptual mask.

A faint pattern is seen least where the picture has fine detail of its own. Contrast masking: the
threshold grows with the masker's contrast to a power, and does not fall below a floor (Legge and
Foley, 1980, doi:10.1364/JOSA.70.001458). A lone edge is no such detail, however strong it is; what
masks is detail all around (Watson, Borthwick and Taylor, 1997, doi:10.1117/12.274501). The mean of
the *roots* of the local differences says so: an edge in it counts little, a texture fully.

The mask is absolute: the same place gets the same mark in any picture, whatever lies beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import luminance, masking
from indelible.watermark._opencv import area_resized
from indelible.watermark._scratch import Scratch
from indelible.watermark.need import classes_of

__all__ = [
    "LEAST_SHADE",
    "SHADE_PER_LEVEL",
    "Room",
    "as_viewed",
    "discount_of",
    "luminance_mask",
    "room_of",
    "shade_of",
    "spread",
]

LUMA = (luminance.RED, luminance.GREEN, luminance.BLUE)
# Grey levels (deviation) on a smooth surface at which a mark has a Butteraugli 3-norm of about 1.
# How even that is over pictures, and over the places of one: python -m benchmarks.quality.
CALM = 0.93
# Fitted, with KNEE, to Butteraugli's own map of an even pattern on 28 pictures: of the variance of
# log visibility these two explain .85. python -m benchmarks.need fits them, and CALM, again.
MASKING_EXPONENT = 0.40
KNEE = 0.65  # grey levels of detail at half resolution: with less, a surface is smooth
DETAIL_RADIUS = 1  # pixels of half resolution: waves of up to six pixels mask the mark's
POOL_RADIUS = 2  # pixels of half resolution: 10 pixels a side, about a codec's block
# In the dark a gamma curve lifts what is there, and clipping cuts half of the mark off; a channel
# that is dark takes less of it, so that a saturated colour keeps its hue.
LEAST_SHADE = 0.35
SHADE_PER_LEVEL = 1.0 / 40.0  # from level 26 on the mark is whole
# What shade_of gives each level: a table is read; computing it for each pixel costs more.
SHADES = np.minimum(LEAST_SHADE + SHADE_PER_LEVEL * np.arange(256), 1.0).astype(np.float32)
DARK = 8.0  # grey levels: below, rounding leaves little of it
# Coarse waves are seen better: by so much more for each factor in the size of a sample.
COARSE_EXPONENT = 0.35
# Pixels, root of the area: larger pictures are looked at reduced to about this, a full HD screen.
VIEWED_SIDE = 1440.0
SAMPLES = 16384  # of the detail, for shares of the picture: known to 1 in 100
LITTLE_DETAIL = 0.05  # grey levels: less is one colour. Rounding a gradient gives 0.1
SOME_DETAIL = 0.5  # grey levels: with less, a codec leaves little


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a mark a picture hides, and where.

    Attributes
    ----------
    mask : float32 (h, w)
        Amplitude in grey levels of a mark of visibility 1, where no channel is dark: at half of the
        size at which the picture is looked at, (ceil(H / 2), ceil(W / 2)) at most.
    textured, detailed : float
        Share of the picture that is not of one colour, and that has detail which a codec keeps.
    classes : float64 (DETAIL_CLASSES,)
        Share of each class of detail; see :mod:`need`.
    shown : float
        Share of the picture that is not fully transparent.
    """

    mask: NDArray[np.float32]
    textured: float
    detailed: float
    classes: NDArray[np.float64]
    shown: float


def room_of(pixels: NDArray[np.uint8], memory: Scratch | None = None) -> Room:
    """Measure a picture, uint8 (H, W, channels); the mask lies in `memory`, if that is given."""
    memory = memory or Scratch()
    height, width, channels = pixels.shape
    factor = as_viewed(height, width)
    shape = (max(1, round(-(-height // 2) * factor)), max(1, round(-(-width // 2) * factor)))
    half = memory.array("mask", shape, np.float32)
    luminance.reduce_area(pixels, half)
    root = memory.array("root", shape, np.float32)
    masking.root_detail(half, DETAIL_RADIUS, root)
    shown = _shown(pixels, shape) if channels == 4 else None
    pooled = memory.array("pooled", shape, np.float32)
    _pool(root, shown, pooled)
    step = max(1, int(np.sqrt(pooled.size / SAMPLES)))
    counted = np.square(pooled[::step, ::step])
    counted[half[::step, ::step] < DARK] = 0
    if shown is not None:
        counted = counted[shown[::step, ::step] > 0]
    masking.amplitudes(pooled, MASKING_EXPONENT, CALM, KNEE, half)
    return Room(
        half,
        textured=_share(counted > LITTLE_DETAIL),
        detailed=_share(counted > SOME_DETAIL),
        classes=classes_of(counted),
        shown=1.0 if shown is None else float(np.mean(shown)),
    )


def _pool(
    root: NDArray[np.float32], shown: NDArray[np.float32] | None, out: NDArray[np.float32]
) -> None:
    """Average the roots of detail around each place, over what is shown."""
    if shown is None:
        masking.box_mean(root, POOL_RADIUS, out)
        return
    masking.box_mean(root * shown, POOL_RADIUS, out)
    share = np.empty_like(out)
    masking.box_mean(shown, POOL_RADIUS, share)
    np.divide(out, share, out=out, where=share > 0)


def _shown(pixels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return 1 where a picture and all around is not fully transparent, else 0, float32 `shape`.

    None if nothing is hidden.
    """
    hidden = pixels[..., 3:] == 0
    if not hidden.any():
        return None
    share = np.empty(shape, np.float32)
    luminance.reduce_area(hidden.view(np.uint8), share)
    around = np.empty_like(share)
    masking.box_mean(share, DETAIL_RADIUS, around)
    return np.asarray(around <= 0, np.float32)


def spread(mask: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Return a mask's value at each 2 x 2 pixels, (ceil(H / 2), ceil(W / 2)), as embedding does."""
    rows, columns = (
        np.arange(-(-pixels // 2)) * values // -(-pixels // 2)
        for pixels, values in zip((height, width), mask.shape, strict=True)
    )
    return np.ascontiguousarray(mask[rows[:, None], columns])


def as_viewed(height: int, width: int) -> float:
    """Return the factor by which a picture is reduced to be looked at, at most 1."""
    return min(1.0, VIEWED_SIDE / float(np.sqrt(height * width)))


def _share(values: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(values)) / max(values.size, 1)


def shade_of(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return which share of the mark a channel of a level takes, float32, like `levels`."""
    return np.asarray(SHADES.take(levels), np.float32)


def luminance_mask(pixels: NDArray[np.uint8], room: Room) -> NDArray[np.float32]:
    """Return the amplitude of the luminance of a mark of visibility 1, like ``room.mask``."""
    colours = min(pixels.shape[2], 3)
    weights = np.array(LUMA if colours == 3 else [1.0], np.float32)
    small = area_resized(pixels[..., :colours], room.mask.shape)
    out = np.empty(room.mask.shape, np.float32)
    masking.shade(
        small.reshape(*out.shape, colours), room.mask, weights, LEAST_SHADE, SHADE_PER_LEVEL, out
    )
    return out


def discount_of(pixels_per_sample: float) -> float:
    """Return the factor by which a mark of coarse samples has to be weaker to be seen no better."""
    return float(pixels_per_sample**-COARSE_EXPONENT)
