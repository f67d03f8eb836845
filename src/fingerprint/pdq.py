"""PDQ: 256 bits that near copies of a picture share, for finding it among millions.

A picture is reduced to 64 x 64 values of luminance by two passes of a box in each direction (a
tent, after Wojciech Jarosz), transformed by the cosine transform, and each of the 16 x 16 lowest
terms but the mean is compared with their median. Re-encoding, scaling and tones change few of the
bits; a crop, a turn or a border changes about as many as another picture would.

The bits are those of the reference implementation in C++ as the package ``pdqhash`` calls it. For
them, sums are rounded as there (`_kernels/hashing.py`).

References
----------
.. [1] Facebook, "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019.
   github.com/facebook/ThreatExchange, ``hashing/hashing.pdf`` and ``pdq/cpp``.
.. [2] C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010.
.. [3] W. Jarosz, "Fast Image Convolutions", SIGGRAPH Workshop, 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.errors import FingerprintError
from indelible.fingerprint._kernels import hashing
from indelible.pixels import as_channels

__all__ = ["BITS", "LEAST_QUALITY", "MATCHING", "Dihedral", "Pdq", "dihedral", "distance", "pdq"]

BITS = 256
LEAST_SIDE = 5  # pixels; below, the reference gives no bits and quality 0
MATCHING = 31  # bits; the reference's "match" of two pictures
LEAST_QUALITY = 50  # below, the reference tells to discard a hash


@dataclass(frozen=True, slots=True)
class Pdq:
    """A picture's PDQ hash.

    Attributes
    ----------
    hash : bytes
        32 bytes, the highest bit first, in the order of PDQ's hexadecimal form.
    quality : int
        How much there is to hash, 0 to 100; hashes below `LEAST_QUALITY` match too much.
    """

    hash: bytes
    quality: int

    def __post_init__(self) -> None:
        if len(self.hash) != BITS // 8:
            raise FingerprintError(f"A PDQ hash has 32 bytes, not {len(self.hash)}.")
        if not 0 <= self.quality <= 100:
            raise FingerprintError(f"A PDQ quality is 0 to 100, not {self.quality}.")

    @classmethod
    def from_hex(cls, text: str, quality: int = 100) -> Pdq:
        """Read the usual form, 64 hexadecimal digits.

        Raises
        ------
        FingerprintError
            If it is something else.
        """
        if len(text) != BITS // 4 or not text.isascii() or not text.isalnum():
            raise FingerprintError("A PDQ hash is written as 64 hexadecimal digits.")
        try:
            return cls(bytes.fromhex(text), quality)
        except ValueError as error:
            raise FingerprintError("A PDQ hash is written as 64 hexadecimal digits.") from error

    def hex(self) -> str:
        """Return the usual form, 64 hexadecimal digits."""
        return self.hash.hex()


@dataclass(frozen=True, slots=True)
class Dihedral:
    """The hashes of a picture turned and mirrored, in the reference's names and order.

    Whoever looks for a picture that may be mirrored looks for all eight of them.
    """

    original: Pdq
    rotate90: Pdq
    rotate180: Pdq
    rotate270: Pdq
    flip_x: Pdq
    flip_y: Pdq
    flip_plus: Pdq
    flip_minus: Pdq

    def hashes(self) -> tuple[Pdq, ...]:
        """Return all eight."""
        return (
            self.original,
            self.rotate90,
            self.rotate180,
            self.rotate270,
            self.flip_x,
            self.flip_y,
            self.flip_plus,
            self.flip_minus,
        )


def pdq(image: NDArray[np.uint8]) -> Pdq:
    """Return a picture's PDQ hash.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        Alpha is ignored. A picture below 5 x 5 pixels has no bits, and quality 0.

    Raises
    ------
    UnsupportedImageError
        If it is no such array.
    """
    terms, quality = _terms(image)
    return Pdq(_bits(terms), quality)


def dihedral(image: NDArray[np.uint8]) -> Dihedral:
    """Return the hashes of a picture and of its turned and mirrored forms, from one pass.

    They are the reference's of the one transform, with its signs and sides exchanged: close to the
    hashes of the turned pictures, not always the same (the reduced picture's places are not
    symmetric). Parameters and errors are those of :func:`pdq`.
    """
    terms, quality = _terms(image)
    signs = np.where(np.arange(hashing.TERMS) % 2, 1, -1).astype(np.float32)  # of a reflection
    down, across = terms * signs[:, None], terms * signs
    forms = (
        terms,
        across.T,
        down * signs,
        down.T,
        down,
        across,
        terms.T,
        (down * signs).T,
    )
    return Dihedral(*(Pdq(_bits(form), quality) for form in forms))


def distance(first: Pdq | bytes, second: Pdq | bytes) -> int:
    """Count the bits in which two hashes differ, 0 to 256; unrelated pictures are near 128."""
    one, other = (value.hash if isinstance(value, Pdq) else value for value in (first, second))
    if len(one) != len(other):
        raise FingerprintError(f"Hashes of {len(one)} and {len(other)} bytes cannot be compared.")
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _terms(image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
    """Return the terms that are hashed, float32 (16, 16), and the quality."""
    pixels = as_channels(image)
    terms = np.zeros((hashing.TERMS, hashing.TERMS), np.float32)
    if min(pixels.shape[:2]) < LEAST_SIDE:
        return terms, 0
    reduced = np.empty((hashing.SIDE, hashing.SIDE), np.float32)
    if pixels.shape[:2] == reduced.shape:  # the reference takes it for reduced already
        channels = pixels[..., [0, 1, 2] if pixels.shape[2] >= 3 else [0, 0, 0]].astype(np.float64)
        weights = (hashing.RED, hashing.GREEN, hashing.BLUE)
        red, green, blue = (channels[..., k] * weight for k, weight in enumerate(weights))
        reduced[:] = (red + green) + blue
    else:
        hashing.reduce(pixels, reduced)
    hashing.transform(reduced, _matrix(), terms)
    return terms, hashing.quality(reduced)


def _bits(terms: NDArray[np.float32]) -> bytes:
    """Compare each term with the lower median; the last is the highest bit."""
    values = terms.ravel()
    median = np.partition(values, BITS // 2 - 1)[BITS // 2 - 1]
    return np.packbits((values > median)[::-1]).tobytes()


@lru_cache(maxsize=1)
def _matrix() -> NDArray[np.float32]:
    """Return the rows 1 to 16 of the cosine transform's matrix, float32 (16, 64)."""
    row, column = np.arange(1, hashing.TERMS + 1)[:, None], np.arange(hashing.SIDE)
    angle = (np.pi / 2 / hashing.SIDE) * row * (2 * column + 1)
    scale = float(np.float32(np.sqrt(2 / hashing.SIDE)))
    return np.ascontiguousarray(scale * np.cos(angle), dtype=np.float32)
