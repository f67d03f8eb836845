"""How much of a picture carries a mark, and whether the mark is reliably missing in a part of it.

`watermark.correlate_blocks` compares each block of the picture with the mark that was found. How
well a block keeps a mark depends on its texture (a codec leaves little of it in a smooth sky), so
that a place is judged by what places of similar texture in the same picture show: the references.
Places that are nearly of one colour (borders, captions, clipped highlights) cannot carry a mark,
whoever made them so, and say nothing.

Calling a repost altered is worse than missing a change. What the rule does on honest edits and on
pastes is measured by ``python -m benchmarks.localisation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible import watermark
from indelible.errors import WatermarkError
from indelible.imaging import Pixels
from indelible.watermark import BlockCorrelations, Detection, Key

__all__ = ["Coverage", "measure_coverage"]

_SMALLEST: Final = 128  # px a side
_LEAST_VARIANCE: Final = 3.0  # grey levels squared: a block below is flat
_MOST_PLAIN: Final = 0.5  # of its pixels like their neighbours: a block above is drawn, or clipped
_SAMPLED: Final = 1_000_000  # px of which that is measured
_LEAST_BLOCKS: Final = 9
_TEXTURES: Final = 6  # classes of texture
_LEAST_OF_CLASS: Final = 4
_MOST_OF_ALL: Final = 1.3  # a class's reference to that of all
_WHOLE: Final = 0.85  # quantile of the gains that is taken for an undisturbed mark's ...
_PART: Final = 0.95  # ... and where most of the picture may be somebody else's
_NEAR: Final = 3  # blocks a side that speak for the one in the middle
_WINDOW: Final = 5  # blocks a side of the smallest region that is called gone
_FILLED: Final = 0.75  # of such a window are blocks that can tell
_UNEVEN: Final = 0.1  # deviation of an undisturbed gain from its reference
_DEVIATIONS: Final = 7.5  # below the reference: gone
_CONFIDENCE: Final = 2.5  # deviations: gone are places whose gain is so surely ...
_GONE: Final = 0.5  # ... below this part of the reference
_ELSEWHERE: Final = 0.5  # of the area: with less of the mark, most of the picture is another's
_CELL: Final = 8  # px: the presence map is averaged to cells
_ABSENT: Final = 0.02  # mean presence in a square of 128 px
_STANDING: Final = 0.6  # median presence in the picture, below which the map says nothing
_BLACK, _WHITE = 2, 253
_SPREAD: Final = 9  # blocks: as far as known places speak for unknown ones
_PRIOR: Final = 0.02  # weight of the whole picture's mean there

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What carries the mark.

    Attributes
    ----------
    area : float or None
        Share of the picture, 0 to 1, without what cannot carry one; None where that cannot be told.
    regions_gone : bool or None
        Whether the mark is reliably missing in a part, or None.
    """

    area: float | None = None
    regions_gone: bool | None = None


def measure_coverage(pixels: Pixels, key: Key, found: Detection) -> Coverage:
    """Tell how much of a picture carries the mark that was found in it.

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) RGB or (H, W, 4) RGBA: the picture that was searched.
    key : Key
        The key whose mark was found.
    found : Detection
        What was found.

    Returns
    -------
    Coverage
        Unknown for a picture under 128 px a side, and where hardly anything could carry a mark.
    """
    if min(pixels.shape[:2]) < _SMALLEST:
        return Coverage()
    try:
        evidence = watermark.correlate_blocks(pixels, key, found)
    except WatermarkError:
        return Coverage()
    able = (evidence.power > _LEAST_VARIANCE) & (_plain(pixels, evidence.power.shape) < _MOST_PLAIN)
    able &= _summed(able, _WINDOW) > _WINDOW**2 / 2
    if np.count_nonzero(able) < _LEAST_BLOCKS:
        return Coverage()
    classes = _textures(evidence, able)
    gain, weight = _gains(evidence, able, _WINDOW)
    area = _area(evidence, able, _references(gain, weight, able, classes, _PART))
    reference = _references(gain, weight, able, classes, _WHOLE)
    gone = area < _ELSEWHERE or _missing(evidence, able, reference)
    return Coverage(area, gone or _covered(pixels, key, found))


def _plain(pixels: Pixels, shape: tuple[int, ...]) -> Values:
    """Return which share of the pixels around each block are like the next one, in x or in y."""
    grey = pixels if pixels.ndim == 2 else pixels[:, :, 1]
    step = max(1, round((grey.size / _SAMPLED) ** 0.5))
    rows, columns = grey[::step].astype(np.int16), grey[:, ::step].astype(np.int16)
    across = _cells(np.abs(np.diff(rows, axis=1)) <= 1, shape)
    down = _cells(np.abs(np.diff(columns, axis=0)) <= 1, shape)
    return np.minimum(across, down)


def _cells(values: NDArray[np.bool_], shape: tuple[int, ...]) -> Values:
    """Average over a grid of cells, float64 of a shape."""
    ends = [
        np.linspace(0, n, cells + 1).astype(int)
        for n, cells in zip(values.shape, shape, strict=True)
    ]
    sums = np.add.reduceat(values, ends[0][:-1], axis=0, dtype=np.int64)
    sums = np.add.reduceat(sums, ends[1][:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(ends[0]), np.diff(ends[1])), np.float64)


def _summed(values: NDArray[np.generic], side: int) -> Values:
    """Return the sum over the square of `side` (odd) around each place, by an integral image."""
    half = side // 2
    padded = np.pad(np.asarray(values, np.float64), half)
    integral = np.pad(padded.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    return np.asarray(
        integral[side:, side:]
        - integral[:-side, side:]
        - integral[side:, :-side]
        + integral[:-side, :-side]
    )


def _covered(pixels: Pixels, key: Key, found: Detection) -> bool:
    """Tell whether the presence map rules the mark out all over some square.

    A plain box has no texture that other places could be compared with.
    """
    presence = watermark.presence(pixels, key, found)
    colours = pixels[:, :, :3] if pixels.ndim == 3 else pixels[:, :, None]
    # Where pixels are clipped no mark can stand, whoever clipped them: borders, highlights.
    clipped = ((colours <= _BLACK) | (colours >= _WHITE)).any(axis=2)
    presence = np.where(clipped, np.float32(0.5), presence)
    if float(np.median(presence)) < _STANDING:
        return False
    size, n = _SMALLEST // _CELL, _CELL
    whole = presence[: presence.shape[0] // n * n, : presence.shape[1] // n * n]
    cells = whole.reshape(whole.shape[0] // n, n, -1, n).mean(axis=(1, 3), dtype=np.float64)
    sums = _summed(np.pad(cells, 1), size + 1)  # odd squares; what hangs over is left out
    half = size // 2 + 1
    inside = sums[half:-half, half:-half]
    return inside.size > 0 and float(inside.min()) < _ABSENT * (size + 1) ** 2


def _noise(evidence: BlockCorrelations) -> Values:
    noise = evidence.noise.astype(np.float64)
    return np.asarray(np.maximum(noise, 1e-3 * noise.mean() + 1e-30), np.float64)


def _gains(
    evidence: BlockCorrelations, able: NDArray[np.bool_], side: int
) -> tuple[Values, Values]:
    """Return the mark's amplitude around each block, to that of the whole, and its precision."""
    noise = _noise(evidence)
    product = _summed(np.where(able, evidence.product / noise, 0), side)
    weight = _summed(np.where(able, evidence.energy / noise, 0), side)
    return np.asarray(product / np.maximum(weight, 1e-9)), weight


def _textures(evidence: BlockCorrelations, able: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return each place's class of texture, in equal parts."""
    texture = np.where(able, np.log2(np.maximum(evidence.power, 1)), 0)
    texture = _summed(texture, _WINDOW) / np.maximum(_summed(able, _WINDOW), 1)
    limits = np.quantile(texture[able], np.linspace(0, 1, _TEXTURES + 1))[1:-1]
    return np.digitize(texture, limits)


def _references(
    gain: Values,
    weight: Values,
    able: NDArray[np.bool_],
    classes: NDArray[np.intp],
    quantile: float,
) -> Values:
    """Return the gain of an undisturbed mark at each place; 0 where none of its kind has one."""
    of_all = _quantile(gain[able], weight[able], quantile)
    references = np.zeros(_TEXTURES)
    for index in range(_TEXTURES):
        mine = able & (classes == index)
        if np.count_nonzero(mine) >= _LEAST_OF_CLASS:
            references[index] = _quantile(gain[mine], weight[mine], quantile)
    return np.asarray(np.clip(references, 0, max(_MOST_OF_ALL * of_all, 0))[classes], np.float64)


def _quantile(gain: Values, weight: Values, quantile: float) -> float:
    """Return a quantile in which uncertain gains count little."""
    shares = 1 / (1 / np.maximum(weight, 1e-9) + 0.04)
    order = np.argsort(gain)
    reached = np.cumsum(shares[order]) / shares.sum()
    return float(gain[order][min(int(np.searchsorted(reached, quantile)), len(gain) - 1)])


def _area(evidence: BlockCorrelations, able: NDArray[np.bool_], reference: Values) -> float:
    """Return the share of the places that can carry a mark which do.

    Each place's two hypotheses, the mark at its reference and no mark, have even odds beforehand.
    Places that cannot tell them apart are filled from those nearby.
    """
    gain, weight = _gains(evidence, able, _NEAR)
    ratio = reference * weight * (gain - reference / 2)
    there = 1 / (1 + np.exp(-np.clip(ratio, -20, 20)))
    known = np.abs(2 * there - 1) * able
    mean = float(np.sum(known * there) / max(float(known.sum()), 1e-9))
    n = _SPREAD**2
    near = (_spread(known * there) + _PRIOR * n * mean) / (_spread(known) + _PRIOR * n)
    filled = known * there + (1 - known) * near
    return float(np.clip(filled[able].mean(), 0, 1))


def _spread(values: Values) -> Values:
    """Sum over the neighbourhood, the near ones more."""
    return np.asarray(_summed(_summed(values, _SPREAD), _SPREAD) / _SPREAD**2, np.float64)


def _missing(evidence: BlockCorrelations, able: NDArray[np.bool_], reference: Values) -> bool:
    """Tell whether some window's gain is surely far below its reference."""
    inner = able & (_summed(~able, 3) == 0)  # what touches a border or a letter is none of these
    gain, weight = _gains(evidence, inner, _WINDOW)
    error = 1 / np.sqrt(np.maximum(weight, 1e-9))
    deviation = np.sqrt(error**2 + (_UNEVEN * reference) ** 2) + 1e-9
    surely = gain + _CONFIDENCE * error < _GONE * reference
    full = _summed(inner, _WINDOW) > _FILLED * _WINDOW**2
    return bool(np.any(surely & full & (reference - gain > _DEVIATIONS * deviation)))
