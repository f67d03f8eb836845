"""Blind detection: reduce, whiten, search, synchronise, decode, and decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import alignment, decoding, probability
from indelible.watermark._image import as_channels
from indelible.watermark._kernels import luminance
from indelible.watermark.carrier import Carrier, Pilots, carrier_of
from indelible.watermark.geometry import original_to_received, to_full_size
from indelible.watermark.keys import Key, as_key_ring
from indelible.watermark.pattern import period_of
from indelible.watermark.search import (
    FFT_SIZE, Candidate, Spectrum, search_affine, search_similarity, search_upright, spectrum_of, windows_of,
)  # fmt: skip
from indelible.watermark.whitening import whiten

__all__ = ["Detection", "detect"]

Search = Callable[[Spectrum, Pilots, int], list[Candidate]]

WORKING_SIDE = 512  # root of the area to which pictures are reduced
SMALLEST_SIDE = 32
CANDIDATES = 8
LEAST_SCORE = 5.8  # of the search; of unmarked photographs' candidates nine in ten stay below
LEAST_LOCK = 4.7  # of the coherent test; likewise
LOCKS = 3  # per candidate
OFFSET_TRIES = 3


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in a picture.

    Attributes
    ----------
    found : bool
    payload : bytes or None
        8 bytes; None where nothing is found.
    false_positive_probability : float
        Bound on the chance that an unmarked picture gives this result, over the whole search; 1.0 where
        nothing is found.
    geometry : float64 (3, 3) or None
        Homography from the original picture's pixel coordinates (x, y, 1), pixel centres at integers, to
        this picture's. After a crop the original's origin is known up to the mark's period: then it is the
        one nearest to this picture's.
    key_id : str or None
        Which key of the ring.
    size_class : int or None
        Class of the mark's period, for :func:`presence`.
    polarity : int
        -1 where the picture's tones are inverted.
    """

    found: bool
    payload: bytes | None = None
    false_positive_probability: float = 1.0
    geometry: NDArray[np.float64] | None = None
    key_id: str | None = None
    size_class: int | None = field(default=None, repr=False)
    polarity: int = field(default=1, repr=False)


def detect(image: NDArray[np.uint8], key: Key | Sequence[Key]) -> Detection:
    """Look for a mark of a key, or of any key of a ring, without any other knowledge.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
    key : Key or sequence of Key

    Returns
    -------
    Detection
        Never an exception for a valid array, however small or flat.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    KeyFileError
        If `key` is not a key or a non-empty sequence of keys.
    """
    ring = as_key_ring(key)
    pixels = as_channels(image)
    height, width, _ = pixels.shape
    if min(height, width) < SMALLEST_SIDE:
        return Detection(False)
    reduced = reduce_image(pixels)
    white = whiten(reduced)
    carriers = [carrier_of(one) for one in ring]
    families = {one.family: carrier.pilots for one, carrier in zip(ring, carriers, strict=True)}
    for part, search, reach in _plan(white):
        for family, pilots in families.items():
            members = [(i, carriers[i]) for i, one in enumerate(ring) if one.family == family]
            for candidate in search(part, pilots, CANDIDATES):
                if candidate.score < LEAST_SCORE:
                    break
                for lock in alignment.lock_candidates(part, candidate, pilots, members, LOCKS):
                    if lock.score < LEAST_LOCK:
                        break
                    detection = _decode(white, lock, reach, carriers, ring, (height, width))
                    if detection is not None:
                        return detection
    return Detection(False)


def _plan(white: NDArray[np.float32]) -> Iterator[tuple[Spectrum, Search, float]]:
    """Yield the searches in their order: the whole picture, then its parts; each with its reach."""
    whole = spectrum_of(white)
    yield whole, search_similarity, 1.0
    yield whole, search_upright, 1.0
    yield whole, search_affine, 1.0
    for part in windows_of(white):
        yield part, search_affine, 0.4


def reduce_image(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luminance at working resolution."""
    height, width, _ = pixels.shape
    factor = min(1.0, WORKING_SIDE / np.sqrt(height * width), FFT_SIZE / max(height, width))
    out = np.empty((max(1, round(height * factor)), max(1, round(width * factor))), np.float32)
    luminance.reduce_area(pixels, out)
    return out


def _decode(
    white: NDArray[np.float32],
    lock: alignment.Lock,
    reach: float,
    carriers: list[Carrier],
    ring: tuple[Key, ...],
    shape: tuple[int, int],
) -> Detection | None:
    """Synchronise on one hypothesis and decode; None unless chance is ruled out."""
    carrier = carriers[lock.ring_index]
    lock = alignment.refine(white, lock, carrier, reach)
    canonical = alignment.canonical_of(white, lock.map)
    if canonical is None:
        return None
    values = decoding.coefficients(canonical, carrier, lock.variant, lock.polarity)
    for decoded in decoding.decode_lines(
        values, carrier, lock.variant, lock.polarity, OFFSET_TRIES
    ):
        chance = probability.false_positive_bound(decoded.z, len(ring))
        if chance <= probability.LIMIT:
            lock = alignment.settle(white, lock, carrier)
            full = to_full_size(lock.map, white.shape, shape)
            geometry = original_to_received(
                full, period_of(decoded.size_class), decoded.offset, shape
            )
            return Detection(
                True, decoded.payload, chance, geometry, ring[lock.ring_index].id,
                decoded.size_class, lock.polarity,
            )  # fmt: skip
    return None
