"""Whether a picture is of a recorded one, by the record's reference.

A watermark's id leads to a record. Somebody may have copied the mark from the recorded picture onto
another: then the id is right and the picture is not. Here the picture is laid on the reference by
the watermark's geometry, and compared where both are seen.

What is compared is *detail*: each cell's difference from its neighbourhood, over the detail that is
usual around it. Exposure, gamma and tone curves leave it as it is, inversion turns all signs, and a
codec, blur or noise that a watermark survives is finer than a cell. Details of two pictures
correlate by about 1 where they are of one scene, wherever else they differ, and about 0 otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from indelible.fingerprint.cropping import crops, nudged
from indelible.fingerprint.details import FAINT, LEAST_CELLS, TEXTURED, details
from indelible.fingerprint.placing import checked, origins, whole
from indelible.fingerprint.reference import Reference
from indelible.fingerprint.sampling import PIXELS, inverse, on_grid
from indelible.pixels import as_channels

__all__ = ["Comparison", "compare"]

LOCAL = 2.0  # cells: where details are correlated
# Local correlations. A residual brings faint traces of the recorded picture's edges along: they
# agree a little in many places, and closely in none.
AGREEING = 0.7
CERTAIN = 0.95
WITHIN = 0.6  # of a picture that a part of the original fills, rather than meets by chance
COARSE = PIXELS // 4  # of a picture, while its place is looked for

# The thresholds, by python -m benchmarks.copies (docs/fingerprint.md).
SAME, OTHER = 0.03, 0.015  # certainty from which on it is one picture, up to which another
# Agreement: a map that is off by half a cell, or a strong blur, leaves no certainty.
SAME_LOOSELY, OTHER_LOOSELY = 0.65, 0.2
# Agreement where the place was searched for: of 24 crops, mirrored crops and turned ones each .79
# and more, of 48 other pictures .26 and less (tests/fingerprint/test_cropping.py has some).
SAME_ANYWHERE, OTHER_ANYWHERE = 0.5, 0.3
LEAST_BUSY = (
    0.5  # of a picture's cells: with fewer it may be a part of the original that shows none
)
ROUNDS = 4  # of moving a crop to its place


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison with a reference says.

    Attributes
    ----------
    same : bool or None
        Whether what both show is of one picture; None where that cannot be told: too little is
        shared, or what is shared has no detail, or the evidence is in between. A picture into
        which a part of the recorded one was pasted is the same, where it is: see `within`.
    score : float
        Correlation of details over all that is shared, 0 to 1; near 0 for two pictures.
    agreement, certainty : float
        Shares of the cells that tell something in which both agree, and in which they do so as
        closely as only one picture's do, 0 to 1.
    telling : int
        How many cells that is: those that both show, and in which the original has detail.
    visible : float
        Share of the original that this picture shows, 0 to 1.
    within : float
        Share of this picture that is of the original, 0 to 1.
    geometry : float64 (3, 3) or None
        Homography from the original's pixels to this picture's: the one given, at its true origin,
        or of a picture that is all of the original. None unless `same` is true.
    """

    same: bool | None
    score: float
    agreement: float
    certainty: float
    telling: int
    visible: float
    within: float
    geometry: NDArray[np.float64] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Match:
    """A picture on the reference's grid, compared."""

    map: NDArray[np.float64]  # from the original's pixels to the picture's
    score: float  # of details, with a sign: -1 for a negative
    telling: int  # cells
    agreeing: int  # of these
    certain: int  # of these
    covered: float  # share of the reference
    area: float  # of the covered cells, in the picture's pixels

    @property
    def agreement(self) -> float:
        return self.agreeing / self.telling if self.telling else 0.0

    @property
    def certainty(self) -> float:
        return self.certain / self.telling if self.telling else 0.0

    @property
    def evidence(self) -> float:
        """How much speaks for this place: the more cells agree, the surer."""
        return self.agreeing * abs(self.score)


def compare(
    reference: Reference,
    image: NDArray[np.uint8],
    geometry: NDArray[np.float64] | None = None,
    *,
    period: float | None = None,
) -> Comparison:
    """Compare a picture with a recorded one's reference.

    Parameters
    ----------
    reference : Reference
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        The picture in hand; alpha is ignored.
    geometry : float64 (3, 3), optional
        Homography from the original's pixel coordinates (x, y, 1), pixel centres at integers, to
        this picture's, as the watermark's detection has it. Without it the picture may be all of
        the original, turned or mirrored by right angles, or a crop of a tenth of its area and more,
        turned by 15 degrees at most.
    period : float, optional
        Where the geometry's origin is known up to multiples of a length: that length, in the
        original's pixels. The place at which the pictures agree is chosen.

    Returns
    -------
    Comparison

    Raises
    ------
    UnsupportedImageError
        If the image is no such array.
    ArgumentError
        If the geometry is no homography, or the period no length.

    Notes
    -----
    Costs some milliseconds for each origin that the period leaves, and half a second where a crop's
    place is searched for.
    """
    pixels = as_channels(image)
    size = pixels.shape[0], pixels.shape[1]
    marked: list[NDArray[np.float64]] = []
    if geometry is not None:
        marked = origins(checked(geometry), reference.size, size, period)
    tried: list[_Match] = []
    for place in [*marked, *whole(reference.size, size)]:
        tried.append(_match(reference, pixels, place, COARSE))
        if tried[-1].agreement > 0.8 and tried[-1].telling > 4 * LEAST_CELLS:
            break  # no other place will do better
    best = _match(reference, pixels, max(tried, key=_evidence).map, PIXELS)
    if geometry is None:
        same = _judge_anywhere(best, pixels)
        if not same:
            best = _match(reference, pixels, _as_a_crop(reference, pixels, best).map, PIXELS)
            same = _judge_anywhere(best, pixels)
    else:
        same = _judge(best)
        if same is False and _is_open(tried[: len(marked)], size):
            same = None
    return Comparison(
        same=same,
        score=abs(best.score),
        agreement=best.agreement,
        certainty=best.certainty,
        telling=best.telling,
        visible=best.covered * best.agreement,
        within=min(1.0, best.area / (size[0] * size[1])) * best.agreement,
        geometry=best.map if same else None,
    )


def _is_open(tried: list[_Match], size: tuple[int, int]) -> bool:
    """Return whether the picture may be of a part of the original that tells nothing: a sky."""
    silent = [match for match in tried if match.telling < LEAST_CELLS]
    likely = WITHIN * size[0] * size[1]
    return len(silent) == len(tried) or any(match.area > likely for match in silent)


def _as_a_crop(reference: Reference, pixels: NDArray[np.uint8], whole: _Match) -> _Match:
    """Return the best match of a window of the original, or of all of it."""
    best = whole
    for place in crops(reference, pixels):
        near = _match(reference, pixels, place, COARSE)
        for _ in range(ROUNDS):
            moves = nudged(near.map, (pixels.shape[0], pixels.shape[1]))
            better = max((_match(reference, pixels, one, COARSE) for one in moves), key=_evidence)
            if better.evidence <= near.evidence:
                break
            near = better
        best = max(best, near, key=_evidence)
        if best.agreement >= SAME_ANYWHERE:
            break
    return best


def _evidence(match: _Match) -> float:
    return match.evidence


def _judge(match: _Match) -> bool | None:
    if match.telling < LEAST_CELLS:
        return None
    if match.certainty >= SAME or match.agreement >= SAME_LOOSELY:
        return True
    if match.certainty <= OTHER and match.agreement <= OTHER_LOOSELY:
        return False
    return None


def _judge_anywhere(match: _Match, pixels: NDArray[np.uint8]) -> bool | None:
    """Judge the best of so many places that a few cells agree somewhere by chance."""
    if match.telling < LEAST_CELLS or OTHER_ANYWHERE < match.agreement < SAME_ANYWHERE:
        return None
    if match.agreement >= SAME_ANYWHERE:
        return True
    # A crop of the sky fits nowhere, or everywhere.
    own = Reference.from_image(pixels).luminance
    _, usual = details(own.astype(np.float32), np.ones(own.shape, bool), TEXTURED)
    return False if float((usual > TEXTURED).mean()) > LEAST_BUSY else None


def _match(
    reference: Reference, pixels: NDArray[np.uint8], place: NDArray[np.float64], samples: int
) -> _Match:
    """Lay a picture on the reference's grid, and compare."""
    shape = reference.luminance.shape
    matrix = place @ inverse(reference.to_cells())
    values, covered, area = on_grid(pixels, matrix, (shape[0], shape[1]), samples)
    share = float(covered.mean())
    if np.count_nonzero(covered) < LEAST_CELLS:
        return _Match(place, 0.0, 0, 0, 0, share, area)
    recorded, usual = details(reference.luminance.astype(np.float32), covered, TEXTURED)
    seen, shown = details(values, covered, FAINT)
    telling = covered & (usual > TEXTURED)
    if np.count_nonzero(telling & (shown > FAINT)) < LEAST_CELLS:  # a picture of nothing, or dark
        return _Match(place, 0.0, 0, 0, 0, share, area)
    product = np.where(telling, recorded * seen, np.float32(0))
    energies = [np.where(telling, plane * plane, np.float32(0)) for plane in (recorded, seen)]
    score = float(product.sum() / np.sqrt(energies[0].sum() * energies[1].sum() + 1e-6))
    local, *sizes = (
        gaussian_filter(plane, LOCAL, mode="constant") for plane in (product, *energies)
    )
    correlation = local / np.sqrt(sizes[0] * sizes[1] + 1e-6) * np.sign(score)
    agreeing, certain = (
        int(np.count_nonzero(telling & (correlation > least))) for least in (AGREEING, CERTAIN)
    )
    return _Match(place, score, int(np.count_nonzero(telling)), agreeing, certain, share, area)
