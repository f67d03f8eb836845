"""The result of looking for a mark."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Detection"]


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in a picture.

    Attributes
    ----------
    found : bool
    payload : bytes or None
        8 bytes; None where nothing is found.
    false_positive_probability : float
        Bound on the chance that an unmarked picture gives this result, over the whole search; 1.0
        where nothing is found.
    geometry : float64 (3, 3) or None
        Homography from the original picture's pixel coordinates (x, y, 1), pixel centres at
        integers, to this picture's. After a crop the original's origin is known up to the mark's
        period: then it is the one nearest to this picture's. Of a picture that was bent, by a lens
        for example, the map that fits best on the whole.
    key_id : str or None
        Which key of the ring.
    size_class : int or None
        Class of the mark's period, for :func:`presence`.
    polarity : int
        -1 where the picture's tones are inverted, else 1.
    algorithm : str or None
        Version of the mark that was found, as manifests and registries name it; None where nothing
        is found.
    period : int or None
        After how many pixels of the original the mark repeats, in both directions: by multiples of
        this the origin in `geometry` may be wrong.
    """

    found: bool
    payload: bytes | None = None
    false_positive_probability: float = 1.0
    geometry: NDArray[np.float64] | None = None
    key_id: str | None = None
    size_class: int | None = field(default=None, repr=False)
    polarity: int = field(default=1, repr=False)
    algorithm: str | None = None
    period: int | None = field(default=None, repr=False)
