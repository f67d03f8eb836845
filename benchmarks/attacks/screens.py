"""Photographs of a screen that shows the picture.

The screen is modelled as what it is, stripes of red, green and blue below a black grid, so that
the camera's pixels make moire with it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.attacks import codecs
from benchmarks.attacks.edits import stranger
from benchmarks.attacks.geometry import fit_box, translation
from benchmarks.attacks.model import Attacked, Matrix, Pixels, unmoved

__all__ = ["screen_photo"]

_STRIPES = 3  # subpixels of a display's pixel, each as wide as a third of it
_LIT = 0.82  # height of a subpixel's lit part, as a share of a pixel
_BEZEL = 14  # display pixels


def screen_photo(
    image: Pixels,
    rng: np.random.Generator,
    *,
    shown: int = 900,
    fill: float = 0.85,
    frame: tuple[int, int] = (1600, 1200),
    tilt: float = 0.04,
    barrel: float = 0.0,
    moire: float = 0.5,
    light: float = 0.2,
    noise: float = 4.0,
    quality: int = 88,
) -> Attacked:
    """Photograph a display.

    Parameters
    ----------
    image, rng
        As everywhere.
    shown : int, optional
        Longest side of the picture on the display, in the display's pixels.
    fill : float, optional
        How much of the photograph the picture fills: its longest side over the frame's.
    frame : (int, int), optional
        Width and height of the photograph in pixels; turned upright for upright pictures.
    tilt : float, optional
        Each corner moves at random by up to this share of the sides: perspective.
    barrel : float, optional
        Distortion of the lens: `k` of `lenses.lens`, over the photograph's half diagonal.
    moire : float, optional
        Contrast of the display's stripes and grid, 0..1.
    light : float, optional
        Unevenness of the light and reflections, 0..1.
    noise : float, optional
        Of the sensor, in grey levels (standard deviation).
    quality : int, optional
        Of the JPEG.
    """
    portrait = image.shape[0] > image.shape[1]
    width, height = frame[::-1] if portrait else frame
    display, on_display = _display(image, rng, shown)
    to_photo = _view(on_display, image, rng, (width, height), fill, tilt)
    room = _room(rng, width, height)
    photo = _expose(display, to_photo, room, moire=moire, barrel=barrel)
    photo = _lit(photo, rng, light)
    photo += rng.normal(0, noise, photo.shape).astype(np.float32)
    saved = codecs.jpeg(unmoved(photo).pixels, rng, quality=quality)
    # A bent picture has no homography.
    return Attacked(saved.pixels, None if barrel else to_photo @ on_display)


def _display(image: Pixels, rng: np.random.Generator, shown: int) -> tuple[Pixels, Matrix]:
    """Show the picture in an application's window; return the display and the picture's place."""
    scaled = fit_box(image, shown, shown, "bilinear")
    height, width = scaled.pixels.shape[:2]
    margin = round(0.12 * shown)
    paper = (250, 250, 250) if rng.random() < 0.4 else (28, 29, 33)
    canvas = np.empty((height + 2 * margin, width + 2 * margin, 3), dtype=np.uint8)
    canvas[:] = paper
    for _ in range(14):  # what else is on the display: bars of text and buttons
        left = int(rng.integers(_BEZEL, width))
        top = int(rng.choice((rng.integers(0, margin - 16), height + margin + 8)))
        tone = int(rng.integers(90, 200))
        canvas[top : top + 8, left : left + int(rng.integers(20, 160))] = tone
    canvas[margin : margin + height, margin : margin + width] = scaled.pixels
    # The bezel, black, around the display.
    canvas[:_BEZEL] = canvas[-_BEZEL:] = 12
    canvas[:, :_BEZEL] = canvas[:, -_BEZEL:] = 12
    assert scaled.homography is not None  # noqa: S101 -- a resize always has one
    return canvas, translation(margin, margin) @ scaled.homography


def _view(
    on_display: Matrix,
    image: Pixels,
    rng: np.random.Generator,
    size: tuple[int, int],
    fill: float,
    tilt: float,
) -> Matrix:
    """Return the homography from the display to the photograph."""
    height, width = image.shape[:2]
    corners = np.array(
        [[0, 0, 1], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]], float
    ).T
    seen = on_display @ corners
    points = (seen[:2] / seen[2]).T
    span = np.ptp(points, axis=0)
    scale = fill * min(size[0] / span[0], size[1] / span[1])
    slack = np.maximum(0, (np.array(size) - scale * span) / 2)
    middle = np.array(size) / 2 + rng.uniform(-0.5, 0.5, 2) * slack
    by = rng.uniform(-tilt, tilt, (4, 2)) * scale * span
    moved = middle + scale * (points - points.mean(axis=0)) + by
    matrix = cv2.getPerspectiveTransform(points.astype(np.float32), moved.astype(np.float32))
    return np.asarray(matrix, dtype=np.float64)


def _room(rng: np.random.Generator, width: int, height: int) -> npt.NDArray[np.float32]:
    """Return what is behind the display, in linear light: dim, and out of focus."""
    behind = stranger(rng, width, height).astype(np.float32) / 255
    blurred = cv2.GaussianBlur(behind, (0, 0), 0.008 * max(width, height))
    return np.asarray(0.4 * np.asarray(blurred, dtype=np.float32) ** np.float32(2.2))


def _expose(
    display: Pixels,
    to_photo: Matrix,
    room: npt.NDArray[np.float32],
    *,
    moire: float,
    barrel: float,
) -> npt.NDArray[np.float32]:
    """Return what the sensor sees, as sRGB: stripes through a lens, in front of a room."""
    lit = _subpixels(display, moire)
    scale = float(np.sqrt(abs(np.linalg.det(to_photo[:2, :2])))) / _STRIPES
    # The lens and the sensor's pixels blur over about a pixel of the photograph.
    lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), max(0.4, 0.5 / scale)), dtype=np.float32)
    shrunk = np.diag([1 / _STRIPES, 1 / _STRIPES, 1.0])
    shrunk[:2, 2] = (1 / _STRIPES - 1) / 2
    matrix = to_photo @ shrunk
    height, width = room.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cx, cy = (width - 1) / 2, (height - 1) / 2
    x, y = x - np.float32(cx), y - np.float32(cy)
    bend = 1 + np.float32(barrel / (cx * cx + cy * cy)) * (x * x + y * y)
    inverse = np.linalg.inv(matrix)
    px, py = x * bend + np.float32(cx), y * bend + np.float32(cy)
    sx, sy, sw = (row[0] * px + row[1] * py + row[2] for row in inverse)
    seen = cv2.remap(
        lit,
        (sx / sw).astype(np.float32),
        (sy / sw).astype(np.float32),
        cv2.INTER_LINEAR,
        dst=room.copy(),
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return 255 * np.asarray(seen, dtype=np.float32).clip(0, 1) ** np.float32(1 / 2.2)


def _subpixels(display: Pixels, moire: float) -> npt.NDArray[np.float32]:
    """Return the display's linear light at three times its resolution, striped and gridded."""
    linear = ((np.arange(256) / 255) ** 2.2).astype(np.float32)[display]
    large = np.repeat(np.repeat(linear, _STRIPES, axis=0), _STRIPES, axis=1)
    rows = np.where(np.arange(large.shape[0]) % _STRIPES == _STRIPES - 1, 3 * _LIT - 2, 1)
    rows = 1 + moire * (rows / rows.mean() - 1)
    large *= rows.astype(np.float32)[:, None, None]
    for channel in range(3):
        columns = np.where(np.arange(large.shape[1]) % _STRIPES == channel, 3.0, 0.0)
        large[..., channel] *= (1 + moire * (columns - 1)).astype(np.float32)
    return large


def _lit(
    photo: npt.NDArray[np.float32], rng: np.random.Generator, light: float
) -> npt.NDArray[np.float32]:
    """Add uneven exposure, a reflection and a cast of colour."""
    height, width = photo.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    slope = 1 + light * (np.cos(angle) * x + np.sin(angle) * y) - light * (x * x + y * y)
    centre_x, centre_y = rng.uniform(-0.4, 0.4, 2)
    glare = np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / (2 * 0.18**2))
    cast = (1 + rng.uniform(-0.06, 0.06, 3)).astype(np.float32)
    photo = photo * slope[..., None].astype(np.float32) * cast
    photo += (90 * light * glare)[..., None].astype(np.float32)
    return photo
