"""How strong a mark a picture needs: what its detail lets a mark score after hard handling.

A codec leaves nothing of a mark on smooth surfaces, and shrinking or blur leave little of it in
busy ones. How much of either a picture has thus predicts what a detector will score after each,
and no detector has to be run for it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DETAIL_CLASSES", "STANDARD_SAMPLES", "classes_of", "need_of"]

DETAIL_EDGES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # grey levels of detail, between classes
DETAIL_CLASSES: Final = len(DETAIL_EDGES) + 1  # one below and one above each edge
# What 512 x 512 samples of each class of detail score after a chain at visibility 1, and
# the score that is enough: a little above what the decoder needs. Fitted to 76 pictures, on which
# the predictions are off by 15 to 23 per cent; python -m benchmarks.need fits them again.
CHAINS: Final[dict[str, tuple[float, tuple[float, ...]]]] = {
    "WebP 20": (14.0, (3.8, 3.1, 3.7, 10.8, 19.0, 24.6, 24.8, 17.2)),
    "a quarter, JPEG 50": (14.0, (16.7, 10.8, 19.3, 28.9, 25.7, 18.2, 14.2, 7.8)),
    "blur 3": (13.0, (7.5, 14.8, 21.1, 21.0, 17.6, 19.0, 18.7, 8.0)),
}
STANDARD_SAMPLES = 512.0 * 512.0  # the score goes as the root of their number


def classes_of(detail: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of each class of detail, float64 (DETAIL_CLASSES,)."""
    above = [int(np.count_nonzero(detail > edge)) for edge in DETAIL_EDGES]
    return -np.diff([detail.size, *above, 0]) / max(detail.size, 1)


def need_of(classes: NDArray[np.float64], samples: float) -> float:
    """Return the visibility at which a mark would just outlast the hardest of the chains.

    Parameters
    ----------
    classes : float64 (DETAIL_CLASSES,)
        From :func:`classes_of`.
    samples : float
        Of the mark in the picture.
    """
    root = float(np.sqrt(samples / STANDARD_SAMPLES))
    return max(
        enough / max(float(np.dot(classes, scores)) * root, 1e-3)
        for enough, scores in CHAINS.values()
    )
