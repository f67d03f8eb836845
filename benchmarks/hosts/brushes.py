"""What the hosts are painted with: coordinates, colour ramps, clouds, grain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.images import Pixels

__all__ = ["Field", "blend", "blurred", "clouds", "finish", "grid", "ramp", "shrunk"]

Field: TypeAlias = npt.NDArray[np.floating[Any]]
"""One value per pixel, shape (H, W), or three, shape (H, W, 3)."""

Colour: TypeAlias = tuple[float, float, float]


def grid(side: int) -> tuple[Field, Field]:
    """Return x and y from 0 to 1."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / np.float32(side - 1)
    return x, y


def ramp(position: Field, stops: Sequence[tuple[float, Colour]]) -> Field:
    """Return the colours, shape (H, W, 3), of positions between stops, smoothly joined."""
    places = [place for place, _ in stops]
    fine = np.linspace(places[0], places[-1], 1024)
    channels: list[Field] = []
    for channel in range(3):
        values = np.interp(fine, places, [colour[channel] for _, colour in stops])
        # Corners of the ramp would be seen as edges.
        soft = cv2.GaussianBlur(values[None], (0, 0), 40, borderType=cv2.BORDER_REPLICATE)[0]
        channels.append(np.interp(position, fine, soft).astype(np.float32))
    return np.stack(channels, axis=2)


def clouds(
    side: int, rng: np.random.Generator, *, power: float = 1.8, stretch: float = 1.0
) -> Field:
    """Return noise with a spectrum of 1 / f^power, mean 0 and deviation 1.

    Parameters
    ----------
    side : int
    rng : Generator
    power : float, optional
        1 is rough, 2.5 is soft.
    stretch : float, optional
        How many times longer than high its forms are.
    """
    fy = np.fft.fftfreq(side)[:, None] * side
    fx = np.fft.rfftfreq(side)[None, :] * side
    # Half a wave across the picture at least, so that its borders are no neighbours.
    radius = np.hypot(fx * stretch, fy)
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) / np.maximum(radius, 2) ** power
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(side, side))
    return np.asarray(field / field.std(), np.float32)


def blurred(field: Field, sigma: float) -> Field:
    """Return the field after a Gaussian blur, its borders continued."""
    return np.asarray(
        cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32
    )


def blend(below: Field, above: Field | Colour, opacity: Field) -> Field:
    """Lay colours over colours, shapes (H, W, 3), with an opacity (H, W) of 0 to 1."""
    top = np.asarray(above, np.float32)
    return below + (top - below) * np.clip(opacity, 0, 1)[..., None]


def shrunk(large: npt.NDArray[np.uint8], side: int) -> Pixels:
    """Reduce what was drawn several times too large, so that its edges are smooth."""
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def finish(colours: Field, rng: np.random.Generator, *, grain: float, tint: float = 0.3) -> Pixels:
    """Round colours to a picture, with the noise that a camera or a decoder leaves.

    Parameters
    ----------
    colours : ndarray of float32, shape (H, W, 3)
        sRGB levels from 0 to 255.
    rng : Generator
    grain : float
        Deviation in levels; .5 hides the steps between levels.
    tint : float, optional
        How much of the noise is the channels' own.
    """
    height, width, _ = colours.shape
    shared = rng.standard_normal((height, width, 1)) * (1 - tint**2) ** 0.5
    own = rng.standard_normal((height, width, 3)) * tint
    noise = (shared + own).astype(np.float32)
    noise = 0.75 * noise + 0.25 * blurred(noise, 0.8) / np.float32(0.35)
    levels = np.rint(colours + grain * noise)
    picture: Pixels = np.clip(levels, 0, 255).astype(np.uint8)
    return picture
