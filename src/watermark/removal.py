"""Taking a mark out again, which takes its key, so that a new one stands alone.

The mark is fitted to the whitened picture by least squares. Once that is subtracted, nothing
correlates with the mark any more, whatever the estimate misses at single places.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import warp
from indelible.watermark._opencv import area_resized, box_filter
from indelible.watermark.carrier import BAND
from indelible.watermark.correlation import Fit, Mark, between, mark_of
from indelible.watermark.keys import Key
from indelible.watermark.result import Detection
from indelible.watermark.view import View
from indelible.watermark.visibility import shade_of, spread

__all__ = ["remove"]

# What these leave of an older mark, and what they cost: python -m benchmarks.chains.
NODES = np.linspace(*BAND, 8)  # cycles per sample; twice as fine as for correlation
SIDE = 1024.0  # root of the area at which the pattern is drawn: twice that at which it is compared
STRIP = 256  # rows of the picture changed at once, to bound memory; even: the mask has half of them
WINDOW = 5  # blocks: the gain is estimated over about twice as many, 160 pixels
# Pixels of a tile from which the pattern is resampled: 11 to its finest wave, of which bilinear
# sampling keeps .97.
SAMPLES = 320
SPREAD = 0.5  # deviation of the local gain beforehand: a half to one and a half is ordinary
MOST_GAIN = 2.0  # two deviations above 1: more would be the picture's own texture


def remove(image: NDArray[np.uint8], key: Key, found: Detection) -> NDArray[np.uint8]:
    """Subtract a mark that was found, as well as it can be estimated.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        The picture that was given to :func:`detect`.
    key : Key
        The key whose mark was found.
    found : Detection
        What :func:`detect` returned for `image`.

    Returns
    -------
    uint8, like `image`
        A new array.

    Raises
    ------
    WatermarkError
        If nothing was found, or with another key.
    """
    mark = mark_of(key, found)
    view = View(image)
    fit = Fit(view, mark, NODES, SIDE)
    fit.gain = _local_gain(fit)
    fit.fit()
    fit.gain = _local_gain(fit)
    return _subtract(view, mark, fit).reshape(image.shape)


def _local_gain(fit: Fit) -> NDArray[np.float32]:
    """Return the factor of the expected mark at each block, near 1 where that is unknown."""

    def around(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return box_filter(box_filter(values, WINDOW), WINDOW) * np.float32(WINDOW**2)

    product, energy = around(fit.product()), around(fit.energy())
    noise = around(fit.noise) / WINDOW**2
    noise += 1e-3 * float(noise.mean()) + 1e-20
    before = noise / SPREAD**2
    gain = (product + before) / (energy + before)
    return np.asarray(np.clip(gain, 0, MOST_GAIN), np.float32)


def _subtract(view: View, mark: Mark, fit: Fit) -> NDArray[np.uint8]:
    pixels = view.pixels
    height, width, channels = pixels.shape
    mask = spread(view.room.mask, height, width)
    period = mark.period(SAMPLES, between(NODES, fit.response))
    amplitude = mask * area_resized(fit.gain, (mask.shape[0], mask.shape[1]))
    colours = min(channels, 3)
    out = pixels.copy()
    dither = np.random.default_rng(0)
    for top in range(0, height, STRIP):
        rows = range(top, min(top + STRIP, height))
        strength = amplitude[top // 2 : -(-rows.stop // 2)]
        strength = np.repeat(np.repeat(strength, 2, axis=0), 2, axis=1)[: len(rows), :width]
        change = np.empty(strength.shape, np.float32)
        below = np.array([[1, 0, 0], [0, 1, top], [0, 0, 1.0]])
        warp.periodic(period, mark.to_period(SAMPLES, below), change)
        change *= strength
        part = out[rows.start : rows.stop, :, :colours]
        changed = part - change[:, :, None] * shade_of(part)
        # Half of a grey level and less is what remains to be removed: plain rounding would lose it.
        part[:] = np.clip(np.floor(changed + dither.random(changed.shape)), 0, 255).astype(np.uint8)
    return out
