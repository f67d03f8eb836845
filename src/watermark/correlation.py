"""How well a picture correlates with the mark found in it, by frequency and block by block.

Payload, key and geometry give the pattern in the picture's own coordinates. It is compared with the
picture where the detector looks, in whitened blocks: there the noise is even. How much is left
differs from frequency to frequency (after shrinking, a codec, a blur) and from place to place
(where something was pasted, nothing); the first is fitted by least squares, the second is in
:class:`BlockCorrelations`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import WatermarkError
from indelible.watermark._opencv import Places, area_resized, places_of
from indelible.watermark.carrier import BAND, TILE, TILES_PER_SUPER, carrier_of
from indelible.watermark.geometry import to_full_size
from indelible.watermark.keys import Key
from indelible.watermark.pattern import (
    Response,
    level_of,
    period_of,
    synthesise_canonical,
    variant_for,
)  # fmt: skip
from indelible.watermark.resolution import WORKING_SIDE, reduced_shape
from indelible.watermark.result import Detection
from indelible.watermark.view import View, view_of
from indelible.watermark.whitening import gains_of, spectra_of

__all__ = [
    "BlockCorrelations",
    "Fit",
    "Mark",
    "between",
    "correlate_blocks",
    "energies",
    "mark_of",
    "products",
]

# Pixels of a tile from which the pattern is resampled: 5.7 to its finest wave, 28 cycles per tile,
# so that bicubic sampling keeps it.
SAMPLES = 160
NYQUIST = 0.5  # cycles per pixel: what lay beyond is not in the picture
STRIP = 4  # rows of blocks worked on at once: their spectra stay in the cache
RIDGE = 1e-3  # of the mean energy of a node: keeps those apart that a blur has left nothing


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark's pattern in the coordinates of a picture."""

    key: Key
    payload: bytes
    size_class: int
    geometry: NDArray[np.float64]
    polarity: int

    def level(self) -> NDArray[np.float32]:
        """Return the factor by which the pattern is levelled, the same for all of its parts."""
        carrier, variant = carrier_of(self.key), variant_for(self.key, self.payload)
        return level_of(carrier, variant, self.payload, self.size_class, SAMPLES)

    def period(
        self, response: Response, level: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return one period, as far as it was within the picture's Nyquist frequency."""
        finest = float(np.linalg.svd(self.geometry[:2, :2], compute_uv=False)[-1])
        finest *= period_of(self.size_class) / TILE  # pixels of the picture to a sample
        highest = NYQUIST * finest
        carrier, variant = carrier_of(self.key), variant_for(self.key, self.payload)

        def within(radius: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(radius < highest, self.polarity * response(radius), 0.0)

        return synthesise_canonical(
            carrier, variant, self.payload, self.size_class, SAMPLES, within, level
        )

    def to_period(self, scale: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the map from pixels to the period's, given that from pixels to the picture's."""
        factor = SAMPLES / period_of(self.size_class)
        return np.asarray(np.diag([factor, factor, 1.0]) @ np.linalg.inv(self.geometry) @ scale)


def mark_of(key: Key, found: Detection) -> Mark:
    """Return the mark that was found.

    Raises
    ------
    WatermarkError
        If nothing was found, or with another key.
    """
    if found.payload is None or found.geometry is None or found.size_class is None:
        raise WatermarkError("There is no mark to look at: nothing was found.")
    if found.key_id != key.id:
        raise WatermarkError(
            "The mark was found with another key.", hint="Pass the key whose id is found.key_id."
        )
    return Mark(key, found.payload, found.size_class, found.geometry, found.polarity)


def between(nodes: NDArray[np.float64], values: NDArray[np.float64]) -> Response:
    """Return the response that is linear between nodes."""

    def response(radius: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(radius, nodes, values), np.float64)

    return response


class Fit:
    """A picture's whitened blocks, and what a mark of full strength would add to them.

    Parameters
    ----------
    view : View
        The picture.
    mark : Mark
    nodes : float64 (n,)
        Cycles per sample; the mark's response is linear between them.
    side : float
        Root of the area at which the pattern is drawn.

    Attributes
    ----------
    response : float64 (n,)
        The mark's amplitude at each node, in terms of the picture's mask.
    gain : float32 (rows, columns)
        Factor of the amplitude in each block; the caller sets it.
    seen : complex64 (rows, columns, ...)
        The picture's whitened blocks.
    power : float32 (rows, columns)
        Variance of the picture in each block, grey levels squared.
    """

    def __init__(
        self,
        view: View,
        mark: Mark,
        nodes: NDArray[np.float64],
        side: float,
    ) -> None:
        blocks = spectra_of(view.luminance)
        weight = gains_of(blocks)
        self.power = energies(blocks) / np.float32(blocks.shape[2] ** 2 / 2)
        self.seen = np.multiply(blocks, weight, out=blocks)
        self.gain = np.ones(self.seen.shape[:2], np.float32)
        self._weight = weight
        drawing, level = _Drawing(view, mark, side), mark.level()
        units = np.eye(len(nodes))
        self._drawn = [drawing.of(mark.period(between(nodes, unit), level)) for unit in units]
        self._products = self._products_of_blocks()
        self.response = self._fitted()

    def _products_of_blocks(self) -> NDArray[np.float32]:
        """Return inner products of what each node adds to a block, and of the block itself.

        Returns
        -------
        float32 (rows, columns, nodes + 1, nodes + 1)
        """
        rows, columns = self.seen.shape[:2]
        n = len(self._drawn)
        found = np.empty((rows, columns, n + 1, n + 1), np.float32)
        for top in range(0, rows, STRIP):
            strip = range(top, min(top + STRIP, rows))
            here = slice(strip.start, strip.stop)
            weight = self._weight[here]
            parts = [spectra_of(drawn, weight, rows=strip) for drawn in self._drawn]
            parts.append(self.seen[here])
            for i, one in enumerate(parts):
                for j, other in enumerate(parts[: i + 1]):
                    found[here, :, i, j] = found[here, :, j, i] = products(one, other)
        return found

    def fit(self) -> None:
        """Fit the response, given the gain."""
        self.response = self._fitted()

    def expected(self) -> NDArray[np.complex64]:
        """Return what the mark adds where the gain is 1, like `seen`."""
        factors = self.response.astype(np.float32)
        drawn = sum(factor * one for factor, one in zip(factors, self._drawn, strict=True))
        return spectra_of(np.asarray(drawn, np.float32), self._weight)

    def _fitted(self) -> NDArray[np.float64]:
        n = len(self._drawn)
        gram = np.einsum(
            "rc,rcij->ij", np.square(self.gain, dtype=np.float64), self._products[..., :n, :n]
        )
        right = np.einsum("rc,rci->i", self.gain.astype(np.float64), self._products[..., :n, n])
        gram += (RIDGE * np.trace(gram) / n + 1e-12) * np.eye(n)
        return np.asarray(np.linalg.solve(gram, right), np.float64)


def products(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return each block's inner product, float32 (rows, columns)."""
    parts = (values.view(np.float32) for values in (one, other))
    return np.asarray(np.einsum("rcuv,rcuv->rc", *parts), np.float32)


def energies(blocks: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return each block's sum of squares, float32 (rows, columns)."""
    return products(blocks, blocks)


class _Drawing:
    """What draws periods of a mark where it lies in a picture: only the periods differ.

    Parameters
    ----------
    view : View
        The picture.
    mark : Mark
    side : float
        Root of the area at which periods are drawn.
    """

    def __init__(self, view: View, mark: Mark, side: float) -> None:
        height, width = view.luminance.shape
        rows, columns = reduced_shape(*view.shape, side)
        if rows < height or columns < width:
            rows, columns = height, width
        scale = to_full_size(np.eye(3), (rows, columns), view.shape)
        period = TILES_PER_SUPER * SAMPLES
        self._working = height, width
        self._places: Places = places_of(mark.to_period(scale), range(rows), columns, period)
        self._mask = area_resized(view.mask, (rows, columns))

    def of(self, period: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the masked pattern, given a period of it, at the size that is searched."""
        drawn = self._places.sampled(period)
        drawn *= self._mask
        return area_resized(drawn, self._working)


@dataclass(frozen=True, slots=True)
class BlockCorrelations:
    """How well each block of a picture correlates with a mark, float32 (rows, columns) each.

    The blocks are those of :func:`whitening.spectra_of` on the reduced picture; they overlap by
    half.

    Attributes
    ----------
    product : ndarray
        Inner product of the whitened block and what the mark adds to it at the strength that the
        whole picture shows.
    energy : ndarray
        Sum of squares of the latter: where the mark stands, `product` is this on average.
    noise : ndarray
        Variance of a coefficient: without the mark `product` has the variance noise x energy.
    power : ndarray
        Variance of the picture, grey levels squared.
    """

    product: NDArray[np.float32]
    energy: NDArray[np.float32]
    noise: NDArray[np.float32]
    power: NDArray[np.float32]


NODES = np.linspace(*BAND, 4)  # cycles per sample: a response falls or rises smoothly
SIDE = WORKING_SIDE  # root of the area at which the pattern is drawn


def correlate_blocks(
    image: NDArray[np.uint8] | View, key: Key, found: Detection
) -> BlockCorrelations:
    """Correlate a picture with the mark that was found in it, block by block.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
        The picture that was given to :func:`detect`.
    key : Key
        The key whose mark was found.
    found : Detection
        What :func:`detect` returned for `image`.

    Raises
    ------
    WatermarkError
        If nothing was found, or with another key.
    """
    fit = Fit(view_of(image), mark_of(key, found), NODES, SIDE)
    expected = fit.expected()
    noise = energies(fit.seen) / np.float32(fit.seen[0, 0].size)
    return BlockCorrelations(products(fit.seen, expected), energies(expected), noise, fit.power)
