"""Where a picture differs from the original, given a thumbnail of that.

Both are laid on one grid. What re-encoding, scaling and changes of colour and tone do to a picture
they do all over it: so the picture is first predicted from the original, with a map of colours that
fits most cells; what is left is judged against what is usual at cells of as much detail; and what
stands out over an area is a change. Fine geometry is fitted as well, because an edge that is off by
a fraction of a cell would look like a change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from indelible.fingerprint.placing import checked
from indelible.fingerprint.sampling import frame, inverse, on_grid, project
from indelible.pixels import as_channels

__all__ = ["Changes", "Region", "changes"]

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Tuned values: python -m benchmarks.changes
SIDE = 192  # cells of the longer side
SAMPLES = 1 << 20  # pixels of a picture that are taken, about
LEAST_CELLS = 200  # that both show
FITS = 4  # times that colours and geometry are fitted
OUTLYING = 3.0  # deviations: cells beyond do not take part in a fit
ALIKE = 3.0  # cells around which details are correlated
FLOOR = 2.0  # grey levels that are always usual: rounding, and what codecs do to colours
SMOOTH = 1.5  # cells over which differences are averaged
STRONG = 5.0  # times what is usual: where a change begins
WEAK = 2.5  # and how far it goes
CLOSED = 4  # cells: gaps of a change that are part of it
LEAST_SHARE = 0.004  # of what both show: smaller ones are no region
DETAILS = 6  # classes of cells by their detail


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture that was changed.

    Attributes
    ----------
    original, picture : (int, int, int, int)
        Boxes around it, in pixels of the original and of the picture in hand: left, top, right,
        bottom, the last two exclusive.
    share : float
        Of the area that both show, 0 to 1.
    """

    original: tuple[int, int, int, int]
    picture: tuple[int, int, int, int]
    share: float


@dataclass(frozen=True, slots=True)
class Changes:
    """Where a picture differs from the original.

    Attributes
    ----------
    mask : bool (rows, columns)
        On a grid that the original fills: the cells that were changed.
    compared : bool (rows, columns)
        The cells that both show; of the others nothing is known.
    share : float
        Of what was compared that was changed, 0 to 1.
    regions : tuple of Region
        Largest first.
    to_picture : float64 (3, 3)
        Homography from that grid's cells to the picture's pixels.
    """

    mask: Mask = field(repr=False)
    compared: Mask = field(repr=False)
    share: float
    regions: tuple[Region, ...]
    to_picture: NDArray[np.float64] = field(repr=False)


def changes(
    original: NDArray[np.uint8],
    size: tuple[int, int],
    image: NDArray[np.uint8],
    geometry: NDArray[np.float64],
) -> Changes:
    """Find where a picture differs from the original.

    Parameters
    ----------
    original : uint8 (h, w, 3) RGB, (h, w, 4) RGBA or (h, w) grey
        The original, or a thumbnail of all of it.
    size : (int, int)
        The original's height and width, to which the geometry refers.
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        The picture in hand.
    geometry : float64 (3, 3)
        Homography from the original's pixels to the picture's, with its exact origin, as
        :func:`compare` returns it.

    Raises
    ------
    UnsupportedImageError
        If one of the pictures is no such array.
    ArgumentError
        If the geometry is no homography.
    """
    thumbnail, pixels = as_channels(original), as_channels(image)
    shape = _grid(size)
    before, _ = _laid(thumbnail, inverse(frame(_size(thumbnail), shape)), shape)
    to_picture = checked(geometry) @ inverse(frame(size, shape))
    after, compared = _laid(pixels, to_picture, shape)
    mask = np.zeros(shape, np.bool_)
    if np.count_nonzero(compared) >= LEAST_CELLS:
        mask = _grown(_excess(before, after, compared), compared)
    return _described(mask, compared, to_picture, shape, size, _size(pixels))


def _size(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]


def _grid(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _laid(
    pixels: NDArray[np.uint8], matrix: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[Plane, Mask]:
    """Lay a picture's colours on a grid, float32 (rows, columns, 3)."""
    channels = (0, 1, 2) if pixels.shape[2] >= 3 else (0,)
    planes = []
    covered = np.ones(shape, np.bool_)
    for channel in channels:
        plane = np.ascontiguousarray(pixels[..., channel : channel + 1])
        values, covered, _ = on_grid(plane, matrix, shape, SAMPLES)
        planes.append(values)
    return np.stack([planes[min(channel, len(planes) - 1)] for channel in range(3)], 2), covered


def _excess(before: Plane, after: Plane, compared: Mask) -> Plane:
    """Return how far each cell's difference is beyond what is usual, as a multiple of that."""
    inside = ndimage.binary_erosion(compared, iterations=2)
    trusted = _alike(before, after, inside)
    excess = np.zeros(compared.shape, np.float32)
    for _ in range(FITS):
        colours = _colours(before, after, trusted)
        expected = _shifted((_features(before) @ colours).astype(np.float32), after, trusted)
        difference = _average(np.sqrt(np.mean((after - expected) ** 2, axis=2)), inside)
        excess = np.where(inside, difference / _usual(difference, before, trusted), np.float32(0))
        fitting = inside & (excess < OUTLYING)
        if np.count_nonzero(fitting) >= LEAST_CELLS // 4:
            trusted = fitting
    return excess


def _alike(before: Plane, after: Plane, inside: Mask) -> Mask:
    """Return the cells around which details correlate: where to begin."""
    details = []
    for plane in (before.mean(axis=2), after.mean(axis=2)):
        detail = np.where(inside, plane - ndimage.gaussian_filter(plane, ALIKE), np.float32(0))
        details.append(detail / (float(np.std(detail[inside])) + 0.1))
    product, *sizes = (
        ndimage.gaussian_filter(first * second, ALIKE)
        for first, second in ((details[0], details[1]), *zip(details, details, strict=True))
    )
    correlation = np.abs(product) / np.sqrt(sizes[0] * sizes[1] + 1e-3)
    alike = inside & (correlation > 0.5)
    return alike if np.count_nonzero(alike) >= LEAST_CELLS else inside.copy()


def _features(colours: Plane) -> NDArray[np.float64]:
    scaled = colours.astype(np.float64) / 255
    return np.concatenate([np.ones((*scaled.shape[:2], 1)), scaled, scaled**2], axis=2)


def _colours(before: Plane, after: Plane, trusted: Mask) -> NDArray[np.float64]:
    """Fit the map of colours, float64 (7, 3), to the cells that are trusted, outliers left out."""
    features, target = _features(before)[trusted], after[trusted].astype(np.float64)
    weight = np.ones(len(target))
    solution = np.zeros((features.shape[1], 3))
    ridge = 1e-6 * len(target) * np.eye(features.shape[1])  # more would dull rare colours
    ridge[0, 0] = 0
    for _ in range(5):
        weighted = features * weight[:, None]
        normal, right = features.T @ weighted + ridge, weighted.T @ target
        solution = np.asarray(np.linalg.solve(normal, right), np.float64)
        error = np.sqrt(np.mean((target - features @ solution) ** 2, axis=1))
        weight = 1 / (1 + (error / (np.median(error) + 0.5)) ** 2)
    return solution


def _shifted(expected: Plane, after: Plane, trusted: Mask) -> Plane:
    """Move what is expected by the affine map of small displacements that fits best."""
    luma, target = expected.mean(axis=2), after.mean(axis=2)
    slope_y, slope_x = np.gradient(ndimage.gaussian_filter(luma, 0.7))
    rows, columns = (line.astype(np.float64) for line in np.indices(luma.shape))
    y, x = rows / luma.shape[0] - 0.5, columns / luma.shape[1] - 0.5
    terms = [slope_y, slope_y * y, slope_y * x, slope_x, slope_x * y, slope_x * x]
    matrix = np.stack([term[trusted] for term in terms], axis=1)
    error = (target - luma)[trusted]
    weight = 1 / (1 + (error / (np.median(np.abs(error)) + 0.5)) ** 2)
    weighted = matrix * weight[:, None]
    ridge = 1e-3 * np.trace(matrix.T @ weighted) / 6 * np.eye(6) + 1e-6 * np.eye(6)
    move = np.linalg.solve(matrix.T @ weighted + ridge, weighted.T @ error)
    move = np.clip(move, -2, 2)  # cells
    by_y = move[0] + move[1] * y + move[2] * x
    by_x = move[3] + move[4] * y + move[5] * x
    places = (rows + by_y, columns + by_x)
    planes = [
        ndimage.map_coordinates(expected[..., channel], places, order=1, mode="nearest")
        for channel in range(3)
    ]
    return np.stack(planes, axis=2)


def _average(values: Plane, inside: Mask) -> Plane:
    weight = ndimage.gaussian_filter(inside.astype(np.float32), SMOOTH)
    total = ndimage.gaussian_filter(np.where(inside, values, np.float32(0)), SMOOTH)
    return np.asarray(total / np.maximum(weight, np.float32(1e-3)), np.float32)


def _usual(difference: Plane, before: Plane, trusted: Mask) -> Plane:
    """Return the usual difference of cells of as much detail: the median of each class."""
    luma = before.mean(axis=2)
    detail = ndimage.gaussian_filter(ndimage.gaussian_gradient_magnitude(luma, 1.0), SMOOTH)
    edges = np.quantile(detail[trusted], np.linspace(0, 1, DETAILS + 1)[1:-1])
    classes = np.digitize(detail, edges)
    middles, levels = [], []
    for index in range(DETAILS):
        members = trusted & (classes == index)
        if np.any(members):
            middles.append(float(np.median(detail[members])))
            levels.append(float(np.median(difference[members])) + FLOOR)
    usual = np.interp(detail, middles, np.maximum.accumulate(levels))
    return np.asarray(usual, np.float32)


def _grown(excess: Plane, compared: Mask) -> Mask:
    """Return the areas that stand out: strong places, and what is weaker around them."""
    weak, strong = excess > WEAK, excess > STRONG
    disc = _disc(CLOSED)
    closed = ndimage.binary_closing(np.pad(weak, CLOSED), disc)[CLOSED:-CLOSED, CLOSED:-CLOSED]
    opened = ndimage.binary_opening(closed, _disc(2))
    labels, count = ndimage.label(opened)
    least = LEAST_SHARE * np.count_nonzero(compared)
    kept = np.zeros_like(weak)
    for index in range(1, count + 1):
        member = labels == index
        area = np.count_nonzero(member)
        if area >= least and np.count_nonzero(member & strong) >= 0.15 * area:
            kept |= member
    return np.asarray(ndimage.binary_fill_holes(kept) & compared, np.bool_)


def _disc(radius: int) -> Mask:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(y**2 + x**2 <= radius**2 + 1, np.bool_)


def _described(
    mask: Mask,
    compared: Mask,
    to_picture: NDArray[np.float64],
    shape: tuple[int, int],
    size: tuple[int, int],
    received: tuple[int, int],
) -> Changes:
    """Describe each connected area, and say where it lies in both pictures."""
    total = max(1, int(np.count_nonzero(compared)))
    to_original = inverse(frame(size, shape))
    labels, _ = ndimage.label(mask)
    regions = []
    for index, place in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = place
        sides_x, sides_y = (columns.start, columns.stop), (rows.start, rows.stop)
        corners = np.array([[x, y] for x in sides_x for y in sides_y], np.float64) - 0.5
        share = float(np.count_nonzero(labels[place] == index) / total)
        original = _box(project(to_original, corners), size)
        regions.append(Region(original, _box(project(to_picture, corners), received), share))
    regions.sort(key=lambda region: -region.share)
    share = float(np.count_nonzero(mask) / total)
    return Changes(mask, compared, share, tuple(regions), to_picture)


def _box(corners: NDArray[np.float64], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box around points, within a picture: left, top, right, bottom."""
    height, width = size
    low, high = corners.min(axis=0) + 0.5, corners.max(axis=0) + 0.5
    left, top = min(width, max(0, math.floor(low[0]))), min(height, max(0, math.floor(low[1])))
    right, bottom = min(width, math.ceil(high[0])), min(height, math.ceil(high[1]))
    return left, top, max(left, right), max(top, bottom)
