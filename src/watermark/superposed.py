"""Further ids that stand exactly where a mark was found: a picture that was marked twice.

Whoever embeds a second id without taking the first one out puts it on the same grid of tiles. The
place is known then, and one more look at it costs a fraction of a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import alignment, coding, decoding
from indelible.watermark.carrier import VARIANTS, Carrier, carrier_of
from indelible.watermark.correlation import Mark, mark_of
from indelible.watermark.geometry import from_full_size
from indelible.watermark.judging import Judge
from indelible.watermark.keys import Key, as_key_ring
from indelible.watermark.locking import Lock
from indelible.watermark.pattern import period_of, variant_for
from indelible.watermark.result import Detection
from indelible.watermark.view import View, view_of

__all__ = ["detect_superposed"]


def detect_superposed(
    image: NDArray[np.uint8] | View, key: Key | Sequence[Key], found: Detection
) -> tuple[Detection, ...]:
    """Look for other ids of a key, or of any key of a ring, on the grid of a mark that was found.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
        The picture that was given to :func:`detect`.
    key : Key or sequence of Key
        Among them the one whose mark was found.
    found : Detection
        What :func:`detect` returned for `image`.

    Returns
    -------
    tuple of Detection
        The surest first; each has the geometry of `found`. Marks that lie elsewhere, or on another
        grid, are not among them: see :func:`detect_all`.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    KeyFileError
        If `key` is not a key or a non-empty sequence of keys.
    WatermarkError
        If nothing was found, or with a key that is not given.
    """
    ring = as_key_ring(key)
    view = view_of(image)
    own = next((one for one in ring if one.id == found.key_id), ring[0])
    mark = mark_of(own, found)
    period = period_of(mark.size_class)
    to_pixels = mark.geometry @ np.diag([period, period, 1.0])
    map_ = from_full_size(to_pixels, view.white.shape, view.shape)
    canonical = alignment.canonical_of(view.white, map_)
    if canonical is None:
        return ()
    values = _without(decoding.folded(canonical), mark)
    judge = Judge(view.shape, ring, [carrier_of(one) for one in ring])
    others: dict[tuple[str | None, bytes | None], tuple[float, Detection]] = {}
    for index in range(len(ring)):
        for variant in range(VARIANTS):
            lock = Lock(0.0, index, variant, mark.polarity, 0, map_, np.zeros(2))
            decoded = judge.read_unmoved(values, lock, mark.size_class)
            if decoded is None:
                continue
            seen = judge.report(view.white.shape, lock, decoded)
            if (seen.key_id, seen.payload) != (found.key_id, found.payload):
                one = replace(seen, geometry=found.geometry)
                others[seen.key_id, seen.payload] = decoded.z, one
    return tuple(one for _, one in sorted(others.values(), key=lambda pair: -pair[0]))


def _without(fold: decoding.Fold, mark: Mark) -> NDArray[np.complex64]:
    """Return the data lines, weighted for decoding, the mark that was found taken out of them."""
    carrier, variant = carrier_of(mark.key), variant_for(mark.key, mark.payload)
    seen = decoding.PilotsSeen(carrier, variant, mark.polarity)
    values = np.float32(mark.polarity) * decoding.coefficients(fold, seen)
    return decoding.without(values, _word(carrier, variant, mark))


def _word(carrier: Carrier, variant: int, mark: Mark) -> NDArray[np.int8]:
    """Return the signs of the mark's coefficients, int8 (2 n_lines,)."""
    word = coding.encode(carrier.cipher.encrypt(mark.payload), mark.size_class)
    return np.asarray(carrier.signs[variant] * word[carrier.coded_bit], np.int8)
