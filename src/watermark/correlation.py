"""How well a picture correlates with the mark found in it, by frequency and block by block.

Payload, key and geometry give the pattern in the picture's own coordinates. It is compared with the
picture where the detector looks, in whitened blocks: there the noise is even. How much is left
differs from frequency to frequency (after shrinking, a codec, a blur) and from place to place
(where something was pasted, nothing); the first is fitted by least squares, the second is in
:class:`BlockCorrelations`.

The pattern is drawn and transformed once, with all lines at full strength. What a response leaves
of it is taken from the blocks' bins, not from the lines: a block tells frequencies apart by 1/32
cycles per pixel, and a response that the fit can follow changes little over that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import WatermarkError
from indelible.watermark._kernels import warp
from indelible.watermark._opencv import area_resized
from indelible.watermark.carrier import BAND, TILE, carrier_of
from indelible.watermark.geometry import to_full_size
from indelible.watermark.keys import Key
from indelible.watermark.pattern import Response, period_of, synthesise_canonical, variant_for
from indelible.watermark.resolution import WORKING_SIDE, reduced_shape
from indelible.watermark.result import Detection
from indelible.watermark.view import View, view_of
from indelible.watermark.whitening import BLOCK, block_products, frequencies

__all__ = [
    "BlockCorrelations",
    "Fit",
    "Mark",
    "between",
    "correlate_blocks",
    "mark_of",
]

# Pixels of a tile from which the pattern is resampled: 4.6 to its finest wave, 28 cycles per tile,
# of which bilinear sampling keeps .85; the fit makes up for it. 160 correlate by no more.
SAMPLES = 128
NYQUIST = 0.5  # cycles per pixel: what lay beyond is not in the picture
RIDGE = 1e-3  # of the mean energy of a node: keeps those apart that a blur has left nothing


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark's pattern in the coordinates of a picture."""

    key: Key
    payload: bytes
    size_class: int
    geometry: NDArray[np.float64]
    polarity: int

    def period(self, samples: int, response: Response | None = None) -> NDArray[np.float32]:
        """Return one period, as far as it was within the picture's Nyquist frequency.

        Parameters
        ----------
        samples : int
            Pixels a side of a tile.
        response : callable, optional
            Factor of each frequency, as for :func:`synthesise_canonical`.
        """
        finest = float(np.linalg.svd(self.geometry[:2, :2], compute_uv=False)[-1])
        finest *= period_of(self.size_class) / TILE  # pixels of the picture to a sample
        highest = NYQUIST * finest

        def within(radius: NDArray[np.float64]) -> NDArray[np.float64]:
            factor = np.ones_like(radius) if response is None else response(radius)
            return np.where(radius < highest, factor, 0.0)

        whole = response is None and highest > BAND[1]
        period = synthesise_canonical(
            carrier_of(self.key),
            variant_for(self.key, self.payload),
            self.payload,
            self.size_class,
            samples,
            None if whole else within,
        )
        return np.multiply(period, np.float32(self.polarity), out=period)

    def to_period(self, samples: int, scale: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the map from pixels to the period's, given that from pixels to the picture's."""
        factor = samples / period_of(self.size_class)
        return np.ascontiguousarray(
            np.diag([factor, factor, 1.0]) @ np.linalg.inv(self.geometry) @ scale
        )


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
    noise : float32 (rows, columns)
        Variance of a coefficient of each whitened block.
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
        radius = _radii(view, mark)
        position = np.interp(radius, nodes, np.arange(len(nodes))).astype(np.float32)
        self._blocks = block_products(
            view.luminance, _drawn(view, mark, side), position, len(nodes)
        )
        self.noise = self._blocks.white / np.float32(radius.size)
        self.power = self._blocks.plain / np.float32(BLOCK**2 / 2)
        self.gain = np.ones(self.noise.shape, np.float32)
        self.response = self._fitted()

    def fit(self) -> None:
        """Fit the response, given the gain."""
        self.response = self._fitted()

    def product(self) -> NDArray[np.float32]:
        """Return each block's inner product with what the mark adds to it where the gain is 1."""
        return np.asarray(self._blocks.product @ self.response, np.float32)

    def energy(self) -> NDArray[np.float32]:
        """Return the sum of squares of what the mark adds to each block where the gain is 1."""
        shared = self._blocks.shared[..., :-1] @ (self.response[:-1] * self.response[1:])
        return np.asarray(self._blocks.energy @ self.response**2 + 2 * shared, np.float32)

    def _fitted(self) -> NDArray[np.float64]:
        gain = self.gain.astype(np.float64)
        right = np.tensordot(gain, self._blocks.product, 2)
        energy = np.tensordot(gain**2, self._blocks.energy, 2)
        shared = np.tensordot(gain**2, self._blocks.shared, 2)[:-1]
        gram = np.diag(energy) + np.diag(shared, 1) + np.diag(shared, -1)
        n = len(right)
        gram += (RIDGE * np.trace(gram) / n + 1e-12) * np.eye(n)
        return np.asarray(np.linalg.solve(gram, right), np.float64)


def _radii(view: View, mark: Mark) -> NDArray[np.float64]:
    """Return the frequency of each bin of a block in the middle, cycles per sample, like a block.

    Of a picture that is seen at an angle, the middle stands for all of it.
    """
    height, width = view.luminance.shape
    scale = to_full_size(np.eye(3), view.luminance.shape, view.shape)
    map_ = mark.to_period(TILE, scale)
    x, y, z = map_ @ np.array([width / 2, height / 2, 1.0])
    local = (map_[:2, :2] - np.outer([x / z, y / z], map_[2, :2])) / z  # samples to a pixel
    return np.asarray(np.linalg.norm(frequencies() @ np.linalg.inv(local), axis=-1))


def _drawn(view: View, mark: Mark, side: float) -> NDArray[np.float32]:
    """Return the masked pattern where it lies in a picture, at the size that is searched.

    Parameters
    ----------
    view : View
        The picture.
    mark : Mark
    side : float
        Root of the area at which the pattern is drawn.
    """
    height, width = view.luminance.shape
    rows, columns = reduced_shape(*view.shape, side)
    if rows < height or columns < width:
        rows, columns = height, width
    scale = to_full_size(np.eye(3), (rows, columns), view.shape)
    drawn = np.empty((rows, columns), np.float32)
    warp.periodic(mark.period(SAMPLES), mark.to_period(SAMPLES, scale), drawn)
    drawn *= area_resized(view.mask, (rows, columns))
    return area_resized(drawn, (height, width))


@dataclass(frozen=True, slots=True)
class BlockCorrelations:
    """How well each block of a picture correlates with a mark, float32 (rows, columns) each.

    The blocks are those of :func:`whitening.whiten` on the reduced picture; they overlap by
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
    return BlockCorrelations(fit.product(), fit.energy(), fit.noise, fit.power)
