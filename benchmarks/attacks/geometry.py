"""Attacks that move pixels: resize, crop, rotation, shear, perspective, local warps, flips."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from benchmarks.attacks.model import Attacked, Matrix, Pixels, unmoved

__all__ = [
    "crop",
    "crop_box",
    "fit",
    "fit_box",
    "flip",
    "local_warp",
    "move_corners",
    "perspective",
    "perspective_inwards",
    "quarter_turn",
    "resize",
    "resize_to",
    "rotate",
    "shear",
    "shift",
    "side_crop",
    "stretch",
    "translation",
    "warp",
]

_FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_INTERPOLATIONS = {
    "nearest": cv2.INTER_NEAREST,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
_BLACK = (0, 0, 0)


def translation(dx: float, dy: float) -> Matrix:
    """Return the homography of a shift by (dx, dy) pixels."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def _scaling(sx: float, sy: float) -> Matrix:
    # Pixel centres sit at integers, so a resize also moves the origin by half a pixel.
    return np.array([[sx, 0.0, (sx - 1) / 2], [0.0, sy, (sy - 1) / 2], [0.0, 0.0, 1.0]])


def _about_centre(linear: Matrix, width: int, height: int) -> Matrix:
    cx, cy = (width - 1) / 2, (height - 1) / 2
    return translation(cx, cy) @ linear @ translation(-cx, -cy)


def warp(
    image: Pixels,
    homography: Matrix,
    *,
    size: tuple[int, int] | None = None,
    fill: Sequence[int] = _BLACK,
    interpolation: str = "bicubic",
) -> Attacked:
    """Warp by a homography into a canvas of `size` (width, height), by default the picture's."""
    height, width = image.shape[:2]
    warped = cv2.warpPerspective(
        image,
        homography,
        size or (width, height),
        flags=_INTERPOLATIONS[interpolation],
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[float(value) for value in fill],
    )
    return Attacked(unmoved(np.asarray(warped)).pixels, homography)


def resize_to(image: Pixels, width: int, height: int, resample: str = "bicubic") -> Attacked:
    """Resize to a size in pixels with an antialiasing Pillow filter."""
    resized = Image.fromarray(image).resize((width, height), _FILTERS[resample])
    matrix = _scaling(width / image.shape[1], height / image.shape[0])
    return Attacked(np.asarray(resized), matrix)


def resize(
    image: Pixels,
    rng: np.random.Generator,
    *,
    x: float,
    y: float | None = None,
    back: bool = False,
    resample: str = "bicubic",
) -> Attacked:
    """Resize by the factors `x` and `y` (`x` if None); `back` restores the original size after."""
    del rng
    height, width = image.shape[:2]
    new_width = max(1, round(width * x))
    new_height = max(1, round(height * (x if y is None else y)))
    resized = resize_to(image, new_width, new_height, resample)
    if not back:
        return resized
    return unmoved(resize_to(resized.pixels, width, height, resample).pixels)


def fit(
    image: Pixels, rng: np.random.Generator, *, side: int, resample: str = "lanczos"
) -> Attacked:
    """Shrink until the longest side is `side` pixels; smaller pictures stay as they are."""
    factor = side / max(image.shape[:2])
    if factor >= 1:
        return unmoved(image)
    return resize(image, rng, x=factor, resample=resample)


def fit_box(image: Pixels, width: int, height: int, resample: str = "lanczos") -> Attacked:
    """Resize, up or down, to the largest size that a box holds; the aspect ratio stays."""
    factor = min(width / image.shape[1], height / image.shape[0])
    new_width = min(width, max(1, round(image.shape[1] * factor)))
    new_height = min(height, max(1, round(image.shape[0] * factor)))
    return resize_to(image, new_width, new_height, resample)


def stretch(
    image: Pixels,
    rng: np.random.Generator,
    *,
    by: float = 1.0,
    ratio: float | None = None,
    resample: str = "bicubic",
) -> Attacked:
    """Change the aspect ratio and keep the area.

    Parameters
    ----------
    image, rng
        As everywhere.
    by : float, optional
        Factor of the aspect ratio (width / height).
    ratio : float, optional
        The aspect ratio that the picture gets, instead of `by`.
    resample : str, optional
        Filter.
    """
    height, width = image.shape[:2]
    factor = by if ratio is None else ratio * height / width
    return resize(image, rng, x=factor**0.5, y=factor**-0.5, resample=resample)


def crop_box(image: Pixels, left: int, top: int, width: int, height: int) -> Attacked:
    """Cut out a box given in pixels."""
    cut = np.ascontiguousarray(image[top : top + height, left : left + width])
    return Attacked(cut, translation(-left, -top))


def crop(
    image: Pixels,
    rng: np.random.Generator,
    *,
    area: float,
    aspect: float = 1.0,
    back: bool = False,
) -> Attacked:
    """Keep a share of the area, at a random place.

    Parameters
    ----------
    image, rng
        As everywhere.
    area : float
        Share of the area that is kept, 0..1.
    aspect : float, optional
        Aspect ratio of the crop relative to the picture's; bounded by what the area allows.
    back : bool, optional
        Resize the crop to the original size.
    """
    height, width = image.shape[:2]
    stretch = float(np.clip(aspect, area, 1 / area)) ** 0.5
    crop_width = min(width, max(1, round(width * area**0.5 * stretch)))
    crop_height = min(height, max(1, round(height * area**0.5 / stretch)))
    left = int(rng.integers(0, width - crop_width + 1))
    top = int(rng.integers(0, height - crop_height + 1))
    cut = crop_box(image, left, top, crop_width, crop_height)
    if not back:
        return cut
    resized = resize_to(cut.pixels, width, height)
    return Attacked(resized.pixels, _chain(resized.homography, cut.homography))


def _chain(second: Matrix | None, first: Matrix | None) -> Matrix | None:
    return None if second is None or first is None else second @ first


def side_crop(image: Pixels, rng: np.random.Generator, *, side: float) -> Attacked:
    """Keep a share of each side, that is its square of the area (the Seal papers' crop)."""
    return crop(image, rng, area=side * side)


def shift(image: Pixels, rng: np.random.Generator, *, dx: int, dy: int) -> Attacked:
    """Lose `dx` columns on the left and `dy` rows on top: block grids no longer align."""
    del rng
    height, width = image.shape[:2]
    return crop_box(image, dx, dy, width - dx, height - dy)


def rotate(
    image: Pixels,
    rng: np.random.Generator,
    *,
    degrees: float,
    expand: bool = False,
    inscribed: bool = False,
    fill: Sequence[int] = _BLACK,
    interpolation: str = "bicubic",
) -> Attacked:
    """Rotate counterclockwise about the centre.

    The canvas keeps its size and corners are lost; or it is `expand`-ed to hold every pixel; or it
    is cut to the largest `inscribed` box of the same aspect ratio, with no filled corner left.
    """
    del rng
    height, width = image.shape[:2]
    angle = np.deg2rad(degrees)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    linear = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    matrix = _about_centre(linear, width, height)
    new_width, new_height = width, height
    if expand:
        # The tolerance keeps a quarter turn from gaining a column to rounding.
        new_width = int(np.ceil(abs(width * cosine) + abs(height * sine) - 1e-6))
        new_height = int(np.ceil(abs(width * sine) + abs(height * cosine) - 1e-6))
    elif inscribed:
        scale = min(
            width / (abs(width * cosine) + abs(height * sine)),
            height / (abs(width * sine) + abs(height * cosine)),
        )
        new_width, new_height = max(1, int(width * scale)), max(1, int(height * scale))
    matrix = translation((new_width - width) / 2, (new_height - height) / 2) @ matrix
    size = (new_width, new_height)
    return warp(image, matrix, size=size, fill=fill, interpolation=interpolation)


def quarter_turn(image: Pixels, rng: np.random.Generator, *, turns: int) -> Attacked:
    """Turn counterclockwise by `turns` times 90 degrees, without resampling."""
    del rng
    matrix = np.eye(3)
    width, height = image.shape[1], image.shape[0]
    for _ in range(turns % 4):
        matrix = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, width - 1.0], [0.0, 0.0, 1.0]]) @ matrix
        width, height = height, width
    return Attacked(np.ascontiguousarray(np.rot90(image, turns)), matrix)


def flip(image: Pixels, rng: np.random.Generator, *, axis: str) -> Attacked:
    """Mirror: ``"h"`` swaps left and right, ``"v"`` top and bottom."""
    del rng
    height, width = image.shape[:2]
    if axis == "h":
        matrix = np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        return Attacked(np.ascontiguousarray(image[:, ::-1]), matrix)
    matrix = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, height - 1.0], [0.0, 0.0, 1.0]])
    return Attacked(np.ascontiguousarray(image[::-1]), matrix)


def shear(
    image: Pixels, rng: np.random.Generator, *, degrees_x: float, degrees_y: float = 0.0
) -> Attacked:
    """Shear along x, then along y, about the centre; the canvas keeps its size."""
    del rng
    along_x = np.array([[1.0, np.tan(np.deg2rad(degrees_x)), 0], [0, 1, 0], [0, 0, 1]])
    along_y = np.array([[1.0, 0, 0], [np.tan(np.deg2rad(degrees_y)), 1, 0], [0, 0, 1]])
    height, width = image.shape[:2]
    return warp(image, _about_centre(along_y @ along_x, width, height))


def perspective(
    image: Pixels, rng: np.random.Generator, *, strength: float, fill: Sequence[int] = _BLACK
) -> Attacked:
    """Move each corner at random by up to `strength` times the sides, in x and in y."""
    return move_corners(image, rng.uniform(-strength, strength, (4, 2)), fill)


def perspective_inwards(image: Pixels, rng: np.random.Generator, *, strength: float) -> Attacked:
    """Move each corner towards the middle by up to `strength` times the sides (torchvision)."""
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    return move_corners(image, inwards * rng.uniform(0, strength, (4, 2)))


def move_corners(image: Pixels, by: Matrix, fill: Sequence[int] = _BLACK) -> Attacked:
    """Move the corners by shares of the sides; `by` has shape (4, 2), clockwise from top left."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    moved = corners + by * (width, height)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
    return warp(image, np.asarray(matrix, dtype=np.float64), fill=fill)


def local_warp(
    image: Pixels, rng: np.random.Generator, *, amplitude: float, cells: int = 4
) -> Attacked:
    """Bend smoothly: random displacements on a grid of `cells`, at most `amplitude` pixels."""
    height, width = image.shape[:2]
    coarse = rng.uniform(-1, 1, (cells + 1, cells + 1, 2)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    field = np.asarray(smooth, dtype=np.float32)
    field *= np.float32(amplitude / np.hypot(field[..., 0], field[..., 1]).max())
    y, x = np.mgrid[:height, :width].astype(np.float32)
    bent = cv2.remap(
        image,
        x + field[..., 0],
        y + field[..., 1],
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return Attacked(unmoved(np.asarray(bent)).pixels, None)
