"""Views of a picture that undo a perspective or a lens.

Under a strong perspective no part that is large enough to show the mark is flat: the spectrum's
lines are smeared. So a few tilts and lenses are undone, each on suspicion. Where one is nearly
right the parts of its view are flat, and all fit the same affine map: the mean of their spectra
shows it, though each of them may be too weak.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import mesh
from indelible.watermark._scratch import Scratch
from indelible.watermark.search import Spectrum, windows_of

__all__ = ["Straightened", "as_seen", "averaged", "straightened"]

# Change of scale over half a side, along x and along y: 0.18 makes a side shorter by 30 %. Parts
# tolerate what is between two: steps of 0.18 found 4 of 6 perspectives of 0.3 to 0.5, these all.
TILTS = (0.0, -0.09, 0.09, -0.18, 0.18)
STEEPEST = 0.21  # of a tilt along x and y together: the four corners found nothing
LENSES = (-0.2, -0.1, 0.1, 0.2)  # a point at r shows what was at r (1 + k r^2), in half diagonals
CELL = 16  # pixels a side: within one a view is taken as straight
PARTS = 5  # of a view, whose spectra are averaged
ROUNDS = 12  # of the fixed point that inverts a lens; each leaves a third, at most
LARGEST = 1.8  # times the picture's area


@dataclass(frozen=True)
class Straightened:
    """A whitened picture with a tilt and a lens undone.

    Attributes
    ----------
    white : float32 (h, w)
        0 beyond the picture's border.
    shape : (int, int)
        Height and width of the picture itself.
    origin : float64 (2,)
        Of the view's first pixel (x, y), in pixels of the undone plane.
    tilt : (float, float)
        Change of scale over half a side, to the right and downwards.
    lens : float
        The k of `LENSES`.
    """

    white: NDArray[np.float32]
    shape: tuple[int, int]
    origin: NDArray[np.float64]
    tilt: tuple[float, float] = (0.0, 0.0)
    lens: float = 0.0

    def places(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where pixels (..., 2) of the view are in the picture."""
        half = _half(self.shape)
        plane = (points + self.origin - half) / half
        plane = plane / (1 + plane @ np.array(self.tilt))[..., None]
        bent = plane
        for _ in range(ROUNDS if self.lens else 0):
            bent = plane / (1 + self.lens * _squared_radius(bent, half))
        return np.asarray(bent * half + half)

    def flattened(self, map_: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the affine map (3, 3) to the picture that a map to the view comes nearest to."""
        height, width = self.white.shape
        x, y = np.meshgrid(np.linspace(0, width - 1, 9), np.linspace(0, height - 1, 9))
        seen = np.stack([x, y], -1).reshape(-1, 2)
        placed = self.places(seen)
        inside = np.all((placed >= 0) & (placed < np.array(self.shape)[::-1]), axis=1)
        tiles = np.column_stack([seen, np.ones(len(seen))]) @ np.linalg.inv(map_).T
        tiles /= tiles[:, 2:]
        fitted = np.linalg.lstsq(tiles[inside], placed[inside], rcond=None)[0]
        return np.vstack([fitted.T, [0.0, 0.0, 1.0]])


def as_seen(white: NDArray[np.float32]) -> Straightened:
    """Return the view that undoes nothing."""
    return Straightened(white, (white.shape[0], white.shape[1]), np.zeros(2))


def straightened(white: NDArray[np.float32]) -> Iterator[Straightened]:
    """Yield the picture as it is, then with each tilt and each lens undone."""
    plain = as_seen(white)
    yield plain
    every = [(x, y) for x in TILTS for y in TILTS]
    for tilt in [tilt for tilt in every if 0 < np.hypot(*tilt) < STEEPEST]:
        yield _undone(white, replace(plain, tilt=tilt))
    for lens in LENSES:
        yield _undone(white, replace(plain, lens=lens))


def averaged(white: NDArray[np.float32], memory: Scratch) -> Spectrum:
    """Return the mean of the spectra of a picture's middle and its four quarters.

    Its power is scaled so that it deviates as much as that of a single one; its values are those of
    the last quarter. It is good as long as `memory`, in which it lies, is not used for another one.
    """
    parts = windows_of(white, memory)
    first = next(parts)
    one = _deviation(first.power)
    total = memory.array("total", first.power.shape, np.float32)
    total[:] = first.power
    last = first
    for last in parts:
        total += last.power
    scale = one / (_deviation(total) + 1e-9)  # of the sum of five
    total *= np.float32(scale)
    total += np.float32(1 - PARTS * scale)
    return replace(last, power=total)


def _deviation(power: NDArray[np.float32]) -> float:
    values = power.ravel()
    return float(np.sqrt(max(float(values @ values) / values.size - float(values.mean()) ** 2, 0)))


def _half(shape: tuple[int, int]) -> NDArray[np.float64]:
    return (np.array([shape[1], shape[0]], float) - 1) / 2


def _squared_radius(plane: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared distance from the centre in half diagonals, (..., 1)."""
    return np.asarray(np.square(plane) @ np.square(half) / (half @ half))[..., None]


def _undone(white: NDArray[np.float32], view: Straightened) -> Straightened:
    """Return a view with its pixels: all of the picture, if that isn't too large."""
    half = _half(view.shape)
    along = np.linspace(-1, 1, 17)
    edge = np.ones_like(along)
    border = np.concatenate(
        [
            np.stack(pair, -1)
            for pair in ((along, edge), (along, -edge), (edge, along), (-edge, along))
        ]
    )
    border = border * (1 + view.lens * _squared_radius(border, half))
    border = border / (1 - border @ np.array(view.tilt))[:, None] * half + half
    first, last = border.min(axis=0), border.max(axis=0)
    excess = np.sqrt(min(1.0, LARGEST * white.size / float(np.prod(last - first))))
    middle = (first + last) / 2
    first, last = middle + excess * (first - middle), middle + excess * (last - middle)
    view = replace(view, origin=first)
    columns, rows = (np.ceil((last - first + 1) / CELL)).astype(int).tolist()
    x, y = np.meshgrid(CELL * np.arange(columns + 1.0), CELL * np.arange(rows + 1.0))
    places = np.ascontiguousarray(view.places(np.stack([x, y], -1)))
    cells = np.empty((rows * columns, CELL * CELL), np.float32)
    mesh.resample_mesh(white, places, CELL, cells)
    pixels = cells.reshape(rows, columns, CELL, CELL).transpose(0, 2, 1, 3)
    return replace(view, white=np.ascontiguousarray(pixels).reshape(rows * CELL, columns * CELL))
