"""What an attack is: named steps on pixels, and the homography that they amount to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Attack",
    "Attacked",
    "Matrix",
    "Operation",
    "Pixels",
    "compose",
    "generator",
    "unmoved",
]

Pixels: TypeAlias = npt.NDArray[np.uint8]
Matrix: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Attacked:
    """The outcome of an attack.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        The received picture, RGB.
    homography : ndarray of float64, shape (3, 3), or None
        Maps original to received pixel coordinates (x, y, 1), pixel centres at integers. The
        identity where nothing moved; None where no homography describes the motion.
    """

    pixels: Pixels
    homography: Matrix | None


class Operation(Protocol):
    """One step of an attack; parameters are bound beforehand with `functools.partial`."""

    def __call__(self, image: Pixels, rng: np.random.Generator, /) -> Attacked:
        """Attack `image`, taking every random choice from `rng`."""
        ...


@dataclass(frozen=True, slots=True)
class Attack:
    """A named sequence of operations.

    Attributes
    ----------
    name : str
        Name with parameters, such as ``"rotate 10 expanded"``; also the source of randomness.
    group : str
        The group of the table that it belongs to.
    steps : tuple of Operation
        Applied in order.
    source_side : int or None
        Longest side in pixels that the marked picture must have for the attack to mean what its
        name says (``"thumbnail 320 from 4k"``); None where any size will do.
    """

    name: str
    group: str
    steps: tuple[Operation, ...]
    source_side: int | None = None

    def __call__(self, image: Pixels, seed: int = 0) -> Attacked:
        """Attack a picture.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3)
            RGB; not modified.
        seed : int, optional
            Together with the attack's name, the only source of randomness.

        Returns
        -------
        Attacked
        """
        return compose(self.steps, image, generator(seed, self.name))


def compose(steps: Sequence[Operation], image: Pixels, rng: np.random.Generator) -> Attacked:
    """Apply `steps` in order and chain their homographies (None once one of them has none)."""
    homography: Matrix | None = np.eye(3)
    for step in steps:
        stepped = step(image, rng)
        image, moved = stepped.pixels, stepped.homography
        homography = None if homography is None or moved is None else moved @ homography
    if homography is not None:
        homography = homography / homography[2, 2]
    return Attacked(image, homography)


def unmoved(pixels: npt.NDArray[np.generic]) -> Attacked:
    """Wrap the result of an operation that moves no pixel; floats are rounded and clipped."""
    if pixels.dtype != np.uint8:
        pixels = np.clip(np.rint(pixels.astype(np.float32, copy=False)), 0, 255).astype(np.uint8)
    return Attacked(np.ascontiguousarray(pixels, dtype=np.uint8), np.eye(3))


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the random generator that belongs to a seed and a name, on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))
