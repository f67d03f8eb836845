"""Taking a mark out again, which whoever holds its key can: so that a new one stands alone.

Payload, key and geometry give the pattern in the picture's own coordinates. How much of it is left
differs from frequency to frequency (after shrinking, a codec, a blur) and from place to place
(where something was pasted, nothing). Both are estimated where the detector looks, in the whitened
picture: there the noise is even, and what was fitted by least squares there no longer correlates
with the mark once it is subtracted, whatever the estimate misses at single places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from indelible.errors import WatermarkError
from indelible.watermark._image import as_channels
from indelible.watermark._opencv import area_resized, box_filter, sampled
from indelible.watermark.carrier import BAND, TILE, carrier_of
from indelible.watermark.detection import Detection
from indelible.watermark.embedding import QUALITIES, Room, room_of
from indelible.watermark.keys import Key
from indelible.watermark.pattern import Response, period_of, synthesise_canonical, variant_for
from indelible.watermark.resolution import reduced_shape, working_luminance
from indelible.watermark.whitening import gains_of, spectra_of

__all__ = ["remove"]

NODES = np.linspace(*BAND, 8)  # cycles per sample: the response is linear between them
SAMPLES = 160  # pixels of a tile from which the pattern is resampled
NYQUIST = 0.5  # cycles per pixel: what lay beyond is not in the picture
FINE_SIDE = 1024.0  # root of the area at which the pattern is drawn for the estimate
STRIP = 256  # rows of the picture that are changed at once
WINDOW = 5  # blocks: over about twice as many the gain is estimated
SPREAD = 0.5  # deviation of the local gain beforehand
MOST_GAIN = 2.0
ROUNDS = 2  # of frequencies, then places
RIDGE = 1e-3


def remove(image: NDArray[np.uint8], key: Key, found: Detection) -> NDArray[np.uint8]:
    """Subtract a mark that was found, as far as it can be told from the picture.

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
    if found.payload is None or found.geometry is None or found.size_class is None:
        raise WatermarkError("There is no mark to remove: nothing was found.")
    if found.key_id != key.id:
        raise WatermarkError(
            "The mark was found with another key.", hint="Pass the key whose id is found.key_id."
        )
    pixels = as_channels(image)
    mark = _Mark(key, found.payload, found.size_class, found.geometry, found.polarity)
    room = room_of(pixels, QUALITIES["standard"])
    response, gain = _estimate(pixels, mark, room)
    return _subtract(pixels, mark, response, gain, room).reshape(image.shape)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark's pattern in the coordinates of a picture."""

    key: Key
    payload: bytes
    size_class: int
    geometry: NDArray[np.float64]
    polarity: int

    def period(self, response: Response) -> NDArray[np.float32]:
        """Return one period, as far as it was within the picture's Nyquist frequency."""
        finest = np.linalg.svd(self.geometry[:2, :2], compute_uv=False)[-1]
        finest *= period_of(self.size_class) / TILE  # pixels of the picture to a sample
        highest = NYQUIST * finest
        carrier, variant = carrier_of(self.key), variant_for(self.key, self.payload)

        def within(radius: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(radius < highest, self.polarity * response(radius), 0.0)

        return synthesise_canonical(
            carrier, variant, self.payload, self.size_class, SAMPLES, within
        )

    def to_period(self, scale: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the map from pixels to the period's, given that from pixels to the picture's."""
        factor = SAMPLES / period_of(self.size_class)
        return np.diag([factor, factor, 1.0]) @ np.linalg.inv(self.geometry) @ scale


def _estimate(
    pixels: NDArray[np.uint8], mark: _Mark, room: Room
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the mark's amplitude at each of NODES, and its local gain, in terms of the mask.

    Returns
    -------
    response : float64 (len(NODES),)
    gain : float32 (rows, columns)
        Of blocks all over the picture.
    """
    picture = working_luminance(pixels)
    blocks = spectra_of(picture)
    weight = gains_of(blocks)
    seen = weight * blocks
    shapes = []
    for node in range(len(NODES)):
        drawn = _drawn(pixels.shape[:2], mark, node, room, picture.shape)
        shapes.append(weight * spectra_of(drawn))
    gain = np.ones(seen.shape[:2], np.float32)
    response = np.zeros(len(NODES))
    for _ in range(ROUNDS):
        gram = np.zeros((len(NODES), len(NODES)))
        right = np.zeros(len(NODES))
        for i, one in enumerate(shapes):
            right[i] = np.sum(_products(one, seen) * gain)
            for j in range(i + 1):
                gram[i, j] = gram[j, i] = np.sum(_products(one, shapes[j]) * gain**2)
        gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
        response = np.linalg.solve(gram, right)
        expected = sum(np.float32(a) * one for a, one in zip(response, shapes, strict=True))
        gain = _local_gain(seen, expected)
    return response, gain


def _drawn(
    shape: tuple[int, ...], mark: _Mark, node: int, room: Room, working: tuple[int, ...]
) -> NDArray[np.float32]:
    """Return the masked pattern of the frequencies around one node at the reduced size."""
    height, width = shape
    fine = reduced_shape(height, width, FINE_SIDE)
    scale_y, scale_x = height / fine[0], width / fine[1]
    scale = np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]])
    one = np.eye(len(NODES))[node]
    period = mark.period(partial(np.interp, xp=NODES, fp=one))
    drawn = sampled(period, mark.to_period(scale), range(fine[0]), fine[1])
    drawn *= area_resized(room.mask, fine)
    return area_resized(drawn, (working[0], working[1]))


def _products(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return each block's inner product, float32 (rows, columns)."""
    return np.asarray(np.einsum("rcuv,rcuv->rc", one, other.conj()).real, np.float32)


def _local_gain(
    seen: NDArray[np.complex64], expected: NDArray[np.complex64]
) -> NDArray[np.float32]:
    """Return by what the expected mark is to be multiplied at each block, near 1 if unknown."""

    def around(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return box_filter(box_filter(values, WINDOW), WINDOW) * np.float32(WINDOW**2)

    product, energy = around(_products(seen, expected)), around(_products(expected, expected))
    noise = around(_products(seen, seen)) / (WINDOW**2 * seen[0, 0].size)
    noise += 1e-3 * float(noise.mean()) + 1e-20
    before = noise / SPREAD**2
    return np.clip((product + before) / (energy + before), 0, MOST_GAIN).astype(np.float32)


def _subtract(
    pixels: NDArray[np.uint8],
    mark: _Mark,
    response: NDArray[np.float64],
    gain: NDArray[np.float32],
    room: Room,
) -> NDArray[np.uint8]:
    height, width, channels = pixels.shape
    period = mark.period(partial(np.interp, xp=NODES, fp=response))
    matrix = mark.to_period(np.eye(3))
    amplitude = room.mask * area_resized(gain, (room.mask.shape[0], room.mask.shape[1]))
    colours = min(channels, len(room.weights))
    out = pixels.copy()
    dither = np.random.default_rng(0)
    for top in range(0, height, STRIP):
        rows = range(top, min(top + STRIP, height))
        strength = amplitude[top // 2 : -(-rows.stop // 2)]
        strength = np.repeat(np.repeat(strength, 2, axis=0), 2, axis=1)[: len(rows), :width]
        change = sampled(period, matrix, rows, width) * strength
        part = out[rows.start : rows.stop, :, :colours]
        changed = part - change[:, :, None] * room.weights
        # Half of a grey level and less is what remains to be removed: plain rounding would lose it.
        part[:] = np.clip(np.floor(changed + dither.random(changed.shape)), 0, 255).astype(np.uint8)
    return out
