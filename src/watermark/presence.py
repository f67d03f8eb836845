"""Where a mark that was found still stands: a local likelihood ratio.

Once payload and geometry are known, the whole pattern is. In each neighbourhood the whitened
picture is either noise, or noise plus the pattern at the strength that it has where it stands; the
ratio of the two likelihoods, with even odds before, is the presence. Where the picture
hides the mark so well that neither is likelier, the presence stays near one half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import alignment
from indelible.watermark._kernels import combining, masking, warp
from indelible.watermark._opencv import area_resized, box_filter
from indelible.watermark.carrier import TILES_PER_SUPER, carrier_of
from indelible.watermark.correlation import mark_of
from indelible.watermark.geometry import from_full_size, to_full_size
from indelible.watermark.keys import Key
from indelible.watermark.pattern import period_of, synthesise_canonical, variant_for
from indelible.watermark.resolution import resampled
from indelible.watermark.result import Detection
from indelible.watermark.view import View, view_of
from indelible.watermark.whitening import EXPONENT

__all__ = ["presence"]

# Side of the neighbourhood: pixels of the picture, and at least tiles. Larger ones are surer, and
# blur the border: python -m benchmarks.localisation shows both.
WINDOW = (42.0, 0.22)
ROOM_RADIUS = 4  # pixels of the reduced picture, about as far as embedding's mask and edges reach
ROOM_FLOOR = 2.0  # grey levels squared
CELL = 2  # canonical pixels a side that are summed first: a fraction of any neighbourhood
# For a mark in a quarter of a picture, intersection over union with where it is: .54 with 1, .67
# with 3, .69 with 6 (python -m benchmarks.several).
ROUNDS = 4
# Mean presence from which the strength is not estimated again: with 1.0 python -m
# benchmarks.localisation tells blocks that were replaced by .003 worse.
EVERYWHERE = 0.6
CLIP = 20.0  # of the log likelihood ratio: e^-20 is less than float32 keeps beside 1


def presence(
    image: NDArray[np.uint8] | View, key: Key, found: Detection, *, cell: int = 1
) -> NDArray[np.float32]:
    """Return the local probability that the mark still stands.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
        The picture that was given to :func:`detect`.
    key : Key
        The key whose mark was found.
    found : Detection
        What :func:`detect` returned for `image`.
    cell : int, optional
        Pixels a side for which one value is given, that of their middle.

    Returns
    -------
    float32 (H // cell, W // cell)
        0..1: near 1 where the mark is, near 0 where it was replaced, 0.5 where the picture leaves
        it open.

    Raises
    ------
    WatermarkError
        If nothing was found, or with another key.
    """
    mark = mark_of(key, found)
    view = view_of(image)
    height, width = view.shape
    shape = view.luminance.shape
    period = period_of(mark.size_class)
    to_pixels = np.diag([period, period, 1.0])
    map_ = from_full_size(mark.geometry @ to_pixels, shape, view.shape)
    canonical = alignment.canonical_of(view.white, map_)
    if canonical is None:
        return np.full((height // cell, width // cell), 0.5, np.float32)
    carrier, variant = carrier_of(key), variant_for(key, mark.payload)
    pattern = synthesise_canonical(
        carrier, variant, mark.payload, mark.size_class, canonical.samples
    )
    scale = float(np.sqrt(abs(np.linalg.det((mark.geometry @ to_pixels)[:2, :2]))))
    likelihood = _likelihoods(canonical, pattern * mark.polarity, _room(view), map_, scale)
    to_image = to_full_size(map_ @ canonical.step() @ _middles(CELL), shape, view.shape)
    return _to_image(likelihood, to_image, view.shape, cell)


def _room(view: View) -> NDArray[np.float32]:
    """Return the expected amplitude of the whitened mark, up to a factor, float32 (h, w)."""
    luminance = view.luminance
    mask = area_resized(view.mask, luminance.shape)
    out = np.empty_like(luminance)
    masking.whitened_room(luminance, mask, ROOM_RADIUS, ROOM_FLOOR, -EXPONENT, out)
    return out


def _likelihoods(
    canonical: alignment.Canonical,
    pattern: NDArray[np.float32],
    room: NDArray[np.float32],
    map_: NDArray[np.float64],
    pixels_per_tile: float,
) -> NDArray[np.float32]:
    """Return how likely the mark is around each cell, before which it had even odds.

    The strength is estimated where the mark stands, which takes the strength: a few rounds agree.
    Where it stands nearly everywhere, the whole picture is the better sample.
    """
    seen = canonical.pixels
    expected_room = np.empty_like(seen)
    warp.bilinear(room, np.ascontiguousarray(map_ @ canonical.step()), expected_room)
    left, top = (origin % TILES_PER_SUPER * canonical.samples for origin in canonical.origin)
    rows, columns = seen.shape
    sums = np.empty((3, rows // CELL, columns // CELL), np.float32)
    combining.cell_products(seen, expected_room, pattern, top, left, CELL, sums)
    tiles = max(WINDOW[0] / pixels_per_tile, WINDOW[1])
    side = tiles * canonical.samples + 1  # pixels
    window = 2 * round(side / CELL / 2 - 0.5) + 1  # about as many in cells, odd
    product, energy, power = (box_filter(box_filter(one, window), window) for one in sums)
    # So many independent samples of the band: both filters average over as much as one square of
    # 3/2 the side, and pi 0.22^2 = 0.15 of its pixels are independent, if a pixel is a sample.
    samples = 0.3 * side**2
    scale = samples / (power + 1e-3 * float(power.mean()) + 1e-20)
    there = np.ones_like(product)
    for _ in range(ROUNDS):
        strength = max(float((there * product).sum() / max((there * energy).sum(), 1e-20)), 0.0)
        there = _likelihood(scale * strength * (product - strength * energy / 2))
        if float(there.mean()) > EVERYWHERE:
            break
    return there


def _likelihood(ratio: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(ratio, -CLIP, CLIP))), np.float32)


def _to_image(
    values: NDArray[np.float32], to_image: NDArray[np.float64], shape: tuple[int, int], cell: int
) -> NDArray[np.float32]:
    """Resample a map of the canonical grid to the middles of the picture's cells.

    Parameters
    ----------
    values : float32 (h, w)
    to_image : float64 (3, 3)
        From the grid to the picture.
    shape : (int, int)
        Of the picture.
    cell : int
        Side of a cell, pixels.
    """
    to_canonical = np.asarray(np.linalg.inv(to_image) @ _middles(cell), np.float64)
    return resampled(values, to_canonical, (shape[0] // cell, shape[1] // cell))


def _middles(cell: int) -> NDArray[np.float64]:
    """Return the map from cells to the pixels in their middle."""
    return to_full_size(np.eye(3), (1, 1), (cell, cell))
