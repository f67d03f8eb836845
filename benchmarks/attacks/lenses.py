"""Bent pictures: lenses, tilted cameras, swirls, waves, and what warping brushes do."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.attacks.geometry import move_corners
from benchmarks.attacks.model import Attacked, Pixels, unmoved

__all__ = ["elastic", "keystone", "lens", "liquify", "swirl", "wave"]

_Field: TypeAlias = npt.NDArray[np.float32]


def _grid(height: int, width: int) -> tuple[_Field, _Field]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x, y


def _remap(image: Pixels, x: _Field, y: _Field, border: int = cv2.BORDER_REFLECT_101) -> Attacked:
    """Take every pixel from where `x` and `y` say; no homography describes this."""
    bent = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=border)
    return Attacked(unmoved(np.asarray(bent)).pixels, None)


def lens(image: Pixels, rng: np.random.Generator, *, k: float) -> Attacked:
    """Distort as a lens does, about the centre.

    A point at the distance r shows what was at r (1 + k r^2), with r in half diagonals: barrel
    distortion, with black corners, for `k` above 0; pincushion distortion, which loses the edges,
    below.
    """
    del rng
    height, width = image.shape[:2]
    x, y = _grid(height, width)
    cx, cy = (width - 1) / 2, (height - 1) / 2
    x, y = x - np.float32(cx), y - np.float32(cy)
    stretch = 1 + np.float32(k / (cx * cx + cy * cy)) * (x * x + y * y)
    return _remap(image, x * stretch + cx, y * stretch + cy, cv2.BORDER_CONSTANT)


def keystone(image: Pixels, rng: np.random.Generator, *, strength: float) -> Attacked:
    """Tilt: the corners of one side, drawn at random, approach each other.

    Each of the two moves by `strength` times the side, as when a projector or a camera stands too
    low; the rest of the canvas is black.
    """
    by = np.zeros((4, 2))
    side = int(rng.integers(0, 4))
    axis = side % 2  # the upper and the lower side shrink in x, the others in y
    forwards = 1 if side < 2 else -1
    by[side, axis] = forwards * strength
    by[(side + 1) % 4, axis] = -forwards * strength
    return move_corners(image, by)


def swirl(image: Pixels, rng: np.random.Generator, *, strength: float) -> Attacked:
    """Twist about the centre: by `strength` radians there, by nothing at the farthest edge.

    The angle falls linearly with the distance from the centre.
    """
    del rng
    height, width = image.shape[:2]
    x, y = _grid(height, width)
    cx, cy = (width - 1) / 2, (height - 1) / 2
    x, y = x - np.float32(cx), y - np.float32(cy)
    angle = np.float32(strength) * np.maximum(0, 1 - np.hypot(x, y) / np.float32(max(cx, cy)))
    cosine, sine = np.cos(angle), np.sin(angle)
    return _remap(image, cosine * x - sine * y + cx, sine * x + cosine * y + cy)


def wave(
    image: Pixels, rng: np.random.Generator, *, amplitude: float, length: float, both: bool = True
) -> Attacked:
    """Shift rows, and columns too if `both`, by a sine.

    Parameters
    ----------
    image, rng
        As everywhere; the phases are drawn.
    amplitude : float
        Largest shift in pixels.
    length : float
        Of a wave, as a share of the shorter side.
    both : bool, optional
    """
    height, width = image.shape[:2]
    x, y = _grid(height, width)
    turn = np.float32(2 * np.pi / (length * min(height, width)))
    first, second = rng.uniform(0, 2 * np.pi, 2).astype(np.float32)
    moved_x = x + np.float32(amplitude) * np.sin(turn * y + first)
    moved_y = y + np.float32(amplitude if both else 0) * np.sin(turn * x + second)
    return _remap(image, moved_x, moved_y)


def liquify(
    image: Pixels,
    rng: np.random.Generator,
    *,
    pushes: int = 12,
    pixels: float = 20.0,
    radius: float = 0.12,
) -> Attacked:
    """Push with a soft brush: the warping brush of a retoucher.

    Parameters
    ----------
    image, rng
        As everywhere; places and directions are drawn.
    pushes : int, optional
    pixels : float, optional
        How far the middle of the brush moves what is below it.
    radius : float, optional
        Of the brush (where its Gaussian falls to 1/e), as a share of the shorter side.
    """
    height, width = image.shape[:2]
    x, y = _grid(height, width)
    reach = np.float32(radius * min(height, width))
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for _ in range(pushes):
        px, py = rng.uniform(0, (width, height)).astype(np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        # Each push moves what the earlier ones left, so that displacements compose.
        brush = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (reach * reach))
        step_x = x - np.float32(pixels * np.cos(angle)) * brush
        step_y = y - np.float32(pixels * np.sin(angle)) * brush
        dx = step_x - x + cv2.remap(dx, step_x, step_y, cv2.INTER_LINEAR)
        dy = step_y - y + cv2.remap(dy, step_x, step_y, cv2.INTER_LINEAR)
    return _remap(image, x + dx, y + dy)


def elastic(
    image: Pixels, rng: np.random.Generator, *, amplitude: float, smoothness: float
) -> Attacked:
    """Deform elastically: every pixel moves at random, smoothly.

    Parameters
    ----------
    image, rng
        As everywhere.
    amplitude : float
        Shift in pixels: the root of its mean square. The largest is about 2.5 times that.
    smoothness : float
        Standard deviation in pixels of the Gaussian window that smooths the random shifts (Simard
        et al. 2003, doi:10.1109/ICDAR.2003.1227801).
    """
    height, width = image.shape[:2]
    x, y = _grid(height, width)
    shifts = rng.uniform(-1, 1, (height, width, 2)).astype(np.float32)
    shifts = np.asarray(cv2.GaussianBlur(shifts, (0, 0), smoothness), dtype=np.float32)
    shifts *= np.float32(amplitude / np.sqrt(2 * np.mean(shifts * shifts)))
    return _remap(image, x + shifts[..., 0], y + shifts[..., 1])
