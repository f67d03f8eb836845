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

__all__ = ["LEAST_SHADE", "SHADE_PER_LEVEL", "Room", "room_of", "shade_of"]

# Grey levels (deviation) on a smooth surface at which a mark has a Butteraugli 3-norm of about 1.
# How even that is over pictures, and over the places of one: python -m benchmarks.quality.
CALM = 0.93
# Fitted, with KNEE, to Butteraugli's own map of an even pattern on 28 pictures: of the variance of
# log visibility these two explain .85.
MASKING_EXPONENT = 0.40
KNEE = 0.65  # grey levels of detail at half resolution: with less, a surface is smooth
DETAIL_RADIUS = 1  # pixels of half resolution: waves of up to six pixels mask the mark's
POOL_RADIUS = 2  # pixels of half resolution: 10 pixels a side, about a codec's block
# In the dark a gamma curve lifts what is there, and clipping cuts half of the mark off; a channel
# that is dark takes less of it, so that a saturated colour keeps its hue.
LEAST_SHADE = 0.35
SHADE_PER_LEVEL = 1.0 / 40.0  # from level 26 on the mark is whole
LITTLE_DETAIL = 0.05  # grey levels: less is one colour. Rounding a gradient gives 0.1
SOME_DETAIL = 0.5  # grey levels: with less, a codec leaves little


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a mark a picture hides, and where.

    Attributes
    ----------
    mask : float32 (ceil(H / 2), ceil(W / 2))
        Amplitude in grey levels of a mark of visibility 1, where no channel is dark.
    textured, detailed : float
        Share of the picture that is not of one colour, and that has detail which a codec keeps.
    """

    mask: NDArray[np.float32]
    textured: float
    detailed: float


def room_of(pixels: NDArray[np.uint8]) -> Room:
    """Measure a picture, uint8 (H, W, channels)."""
    height, width, channels = pixels.shape
    half = np.empty((-(-height // 2), -(-width // 2)), np.float32)
    luminance.reduce_area(pixels, half)
    mean, root = np.empty_like(half), np.empty_like(half)
    masking.box_mean(half, DETAIL_RADIUS, mean)
    masking.root_detail(half, mean, root)
    shown = _shown(pixels) if channels == 4 else None
    pooled = _pooled(root, shown, mean)
    counted = pooled if shown is None else pooled[shown > 0]
    textured = _share(counted > np.sqrt(LITTLE_DETAIL))
    detailed = _share(counted > np.sqrt(SOME_DETAIL))
    masking.amplitudes(pooled, MASKING_EXPONENT, CALM, KNEE, root)
    return Room(root, textured, detailed)


def _pooled(
    root: NDArray[np.float32], shown: NDArray[np.float32] | None, out: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Average the roots of detail around each place, over what is shown."""
    if shown is None:
        masking.box_mean(root, POOL_RADIUS, out)
        return out
    masking.box_mean(root * shown, POOL_RADIUS, out)
    share = np.empty_like(out)
    masking.box_mean(shown, POOL_RADIUS, share)
    return np.divide(out, share, out=out, where=share > 0)


def _shown(pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Return 1 where a picture and all around is not fully transparent, else 0, at half resolution.

    None if nothing is hidden.
    """
    hidden = pixels[..., 3] == 0
    if not hidden.any():
        return None
    height, width = hidden.shape
    padded = np.pad(hidden, ((0, height % 2), (0, width % 2)), mode="edge")
    clear = 1.0 - padded.reshape(-(-height // 2), 2, -1, 2).any(axis=(1, 3)).astype(np.float32)
    around = np.empty_like(clear)
    masking.box_mean(clear, DETAIL_RADIUS, around)
    return np.asarray(around > 1 - 1e-3, np.float32)


def _share(values: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(values)) / max(values.size, 1)


def shade_of(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return which share of the mark a channel of a level takes, float32, like `levels`."""
    table = np.minimum(LEAST_SHADE + SHADE_PER_LEVEL * np.arange(256), 1.0).astype(np.float32)
    return np.asarray(table[levels])
