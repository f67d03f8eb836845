"""The look at a picture that was not moved: its tiles lie where embedding put them.

The first step of every search, and all that is needed to see whether a mark that was just embedded
is still there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import alignment, decoding
from indelible.watermark.carrier import VARIANTS, carrier_of
from indelible.watermark.geometry import from_full_size
from indelible.watermark.judging import Judge
from indelible.watermark.keys import Key
from indelible.watermark.locking import Lock
from indelible.watermark.pattern import period_of, size_class_for
from indelible.watermark.resolution import reduced
from indelible.watermark.result import Detection
from indelible.watermark.view import View, view_of
from indelible.watermark.whitening import whiten

__all__ = ["READABLE_PIXELS", "Unmoved", "detect_unmoved", "read"]
# Pixels of the reduced picture to a tile, of a mark that is known to be there: the band ends at
# Nyquist's frequency. A third of the area that suits it best, and two thirds of the score.
LEAST_PERIOD = 58.0
# Of a copy whose tiles are hardly smaller than that, for pictures up to 16,000 pixels a side.
READABLE_PIXELS: Final = 225_000


@dataclass(frozen=True, slots=True)
class Unmoved:
    """A word that was read where an unmoved picture has it.

    Attributes
    ----------
    decoded : Decoded
    lock : Lock
        Where it was read.
    upright : bool
        Whether its pilots stand out, and as they were embedded.
    """

    decoded: decoding.Decoded
    lock: Lock
    upright: bool


def read(white: NDArray[np.float32], judge: Judge, *, pilots: bool = True) -> Unmoved | None:
    """Decode a whitened picture that was not moved; return the surest word that chance excludes.

    Parameters
    ----------
    white : float32 (h, w)
    judge : Judge
    pilots : bool, optional
        Look at them, too. They may have been removed; where they are too few for the search, they
        still show which frequencies are left.
    """
    size_class = size_class_for(*judge.shape)
    to_pixels = np.diag([period_of(size_class), period_of(size_class), 1.0])
    map_ = from_full_size(to_pixels, white.shape, judge.shape)
    canonical = alignment.canonical_of(white, map_)
    if canonical is None:
        return None
    fold = decoding.folded(canonical)
    values = decoding.coefficients(fold)
    best: Unmoved | None = None
    for index, carrier in enumerate(judge.carriers):
        tries = [(variant, values, False) for variant in range(VARIANTS)]
        for seen in decoding.pilots_unmoved(fold, carrier) if pilots else ():
            tries += [(seen.variant, decoding.coefficients(fold, seen), seen.high > 0)]
        for variant, weighted, upright in tries:
            lock = Lock(0.0, index, variant, 1, 0, map_, np.zeros(2))
            decoded = judge.read_unmoved(weighted, lock, size_class)
            if decoded is None:
                continue
            if best is None or decoded.z > best.decoded.z:
                best = Unmoved(decoded, lock, upright)
    return best


def detect_unmoved(image: NDArray[np.uint8] | View, key: Key) -> Detection:
    """Look for a key's mark in a picture that was not moved, and nowhere else.

    For who has just embedded one: it takes a fraction of the time of :func:`detect`, which begins
    with a closer look at the same place, and believes what it believes.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
    key : Key

    Returns
    -------
    Detection

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    """
    view = view_of(image)
    height, width = view.shape
    period = period_of(size_class_for(height, width))
    white = whiten(reduced(view.pixels, math.sqrt(height * width) * LEAST_PERIOD / period))
    judge = Judge(view.shape, (key,), [carrier_of(key)])
    found = read(white, judge, pilots=False)
    if found is None:
        return Detection(False)
    return judge.report(white.shape, found.lock, found.decoded)
