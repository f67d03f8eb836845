"""How much of a picture carries a mark, and whether the mark is reliably missing in a part of it.

`watermark.correlate_blocks` compares each block of the picture with the mark that was found. How
well a block keeps a mark depends on its texture (a codec leaves little of it in a smooth sky), so a
place is compared with places of similar texture in the same picture: their gain is its reference.
Places that are nearly of one colour (borders, captions, clipped highlights) cannot carry a mark,
however they came to be so, and say nothing.

Calling a repost altered is worse than missing a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible import watermark
from indelible.errors import WatermarkError
from indelible.verification.evidence import HALF
from indelible.watermark import (
    BlockCorrelations,
    Detection,
    Key,
    View,
    clipped_shares,
    plain_shares,
)

__all__ = ["Coverage", "measure_coverage", "measure_together"]

# Unless its comment derives it, a figure is the best one that was tried on the table "Coverage" of
# ``python -m benchmarks.localisation``: no honest edit is called altered, and with that condition
# as many pastes and collages as possible are.

# What may carry a mark at all.
_SMALLEST: Final = 128  # px a side: five windows of the presence map fit into no smaller picture
_LEAST_VARIANCE: Final = 3.0  # grey levels squared; flatter blocks hold less than rounding adds
_MOST_PLAIN: Final = 0.5  # share of a block's pixels that equal their neighbours: more is drawn
_LEAST_BLOCKS: Final = 9  # fewer have no quantiles

# What an undisturbed mark would show.
_TEXTURES: Final = 6  # classes; with one, honest edits of smooth skies are called altered
_LEAST_OF_CLASS: Final = 4  # blocks; a smaller class counts as one without a mark
_UNDISTURBED: Final = 0.95  # quantile of the gains: all but the best may be somebody else's
_SPREAD_OF_GAIN: Final = 0.04  # its variance among undisturbed blocks: a precision beyond 25 is one

# Where it is missing. Blocks are 32 px of a picture that is reduced to about 512 x 512, 16 apart.
_WINDOW: Final = 5  # blocks a side of the smallest region: 96 px, a thirtieth of the area
_FILLED: Final = 0.75  # share of a window's blocks that can carry a mark; below, captions are found
_UNEVEN: Final = 0.1  # deviation of an undisturbed region's gain, as a share of its reference
_DEVIATIONS: Final = 7.5  # below its reference; at 6, honest edits are called altered

# Where the presence map alone decides.
_CELL: Final = 8  # px: the map has a value for each cell, a sixteenth of the square's side
_ABSENT: Final = 0.02  # mean presence in a square of 128 px that was covered
_STANDING: Final = 0.6  # median presence of the picture; 0.5 is "cannot tell"
# Log likelihood ratio of a neighbourhood of blocks above which none of its squares is covered. In
# each of 243 pictures with a plain box that the map noticed, one had less than twice of that.
_DOUBT: Final = -35.0
_BLOCK: Final = 32  # px of the reduced picture
_LARGEST_BLOCK: Final = 2 / 3  # of the square: more, and a block in it has seen much else, too

# How much carries it.
_STANDING_ALONE: Final = 0.9  # quantile of a mark's gains, of one that stands in a part
_NEAR: Final = 3  # blocks a side that speak for the one in the middle: its neighbours overlap it
_NEIGHBOURHOOD: Final = 9  # blocks a side, twice: as far as known places speak for unknown ones
_PRIOR: Final = 0.02  # weight of the whole picture's mean beside them: decides far from all known

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a picture carries a mark.

    Attributes
    ----------
    area : float or None
        Share of it, 0 to 1, leaving aside what cannot carry one; None where that is not known.
    regions_gone : bool or None
        Whether the mark is reliably missing in a part of it; None where that is not known.
    """

    area: float | None = None
    regions_gone: bool | None = None


def measure_coverage(view: View, key: Key, found: Detection, *, regions: bool = True) -> Coverage:
    """Measure how much of a picture carries the mark that was found in it.

    Parameters
    ----------
    view : View
        The picture that was searched.
    key : Key
        The key whose mark was found.
    found : Detection
        What was found.
    regions : bool, optional
        Whether to look for parts where it is missing.

    Returns
    -------
    Coverage
        Unknown for a picture under 128 px a side, and where hardly anything could carry a mark.
    """
    return _measured(view, ((key, found),), regions=regions)


def measure_together(view: View, marks: Sequence[tuple[Key, Detection]]) -> Coverage:
    """Measure how much of a picture carries one of several marks that stand beside each other.

    Parameters
    ----------
    view : View
        The picture that was searched.
    marks : sequence of (Key, Detection)
        What was found; at least one.

    Returns
    -------
    Coverage
        As for one mark that stands wherever one of these does.
    """
    return _measured(view, marks, regions=True)


def _measured(view: View, marks: Sequence[tuple[Key, Detection]], *, regions: bool) -> Coverage:
    if min(view.shape) < _SMALLEST:
        return Coverage()
    try:
        blocks = _best_of([watermark.correlate_blocks(view, *one) for one in marks])
    except WatermarkError:
        return Coverage()
    able = _able_to_carry(view, blocks)
    if np.count_nonzero(able) < _LEAST_BLOCKS:
        return Coverage()
    reference = _references(blocks, able)
    area = _area(blocks, able, reference)
    if not regions:
        return Coverage(area)
    gone = (
        area < HALF
        or _is_missing(blocks, able, reference)
        or (_is_in_doubt(view, blocks, able, reference) and _is_covered(view, marks))
    )
    return Coverage(area, gone)


def _best_of(several: Sequence[BlockCorrelations]) -> BlockCorrelations:
    """Return each block's correlation with the mark that stands in it, if one does.

    Of collages of two halves none is called altered; of those in which a tenth to a quarter of one
    half is a stranger's, all ten that were tried are (python -m benchmarks.several has the former).
    """
    best = several[0]
    if len(several) == 1:
        return best
    gains, scaled = [], []
    for one in several:
        gain, _ = _gains(one, np.ones(one.power.shape, np.bool_), _NEAR)
        # Where it stands alone, a mark's strength is that of its own place, not of the whole.
        usual = max(float(np.quantile(gain, _STANDING_ALONE)), 1e-3)
        gains.append(gain / usual)
        scaled.append((one.product * usual, one.energy * usual**2))
    chosen = np.argmax(gains, axis=0)
    product, energy = (
        np.choose(chosen, [pair[part] for pair in scaled]).astype(np.float32) for part in (0, 1)
    )
    return BlockCorrelations(product, energy, best.noise, best.power)


def _able_to_carry(view: View, blocks: BlockCorrelations) -> NDArray[np.bool_]:
    """Return the blocks that could carry a mark, among others that could."""
    rows, columns = blocks.power.shape
    plain = plain_shares(view, (rows, columns))
    able = (blocks.power > _LEAST_VARIANCE) & (plain < _MOST_PLAIN)
    return np.asarray(able & (_summed(able, _WINDOW) > _WINDOW**2 / 2), np.bool_)


def _summed(values: NDArray[np.generic], side: int) -> Values:
    """Return the sum over the square of `side` (odd) around each place, by an integral image."""
    rows, columns = values.shape
    half = side // 2
    integral = np.zeros((rows + 2 * half + 1, columns + 2 * half + 1))  # np.pad takes far longer
    integral[half + 1 : half + 1 + rows, half + 1 : half + 1 + columns] = values
    np.cumsum(integral, axis=0, out=integral)
    np.cumsum(integral, axis=1, out=integral)
    return np.asarray(
        integral[side:, side:]
        - integral[:-side, side:]
        - integral[side:, :-side]
        + integral[:-side, :-side]
    )


def _is_in_doubt(
    view: View, blocks: BlockCorrelations, able: NDArray[np.bool_], reference: Values
) -> bool:
    """Whether blocks of any kind of texture leave it possible that a square was covered.

    They cannot tell a plain box from a sky whose mark a codec took; the presence map does, and
    costs several times as much.
    """
    block = _BLOCK * view.shape[0] / view.luminance.shape[0]  # px of the picture
    if block > _LARGEST_BLOCK * _SMALLEST:
        return True
    gain, weight = _gains(blocks, np.ones_like(able), _NEAR)
    usual = float(np.median(reference[able]))
    return float((usual * weight * (gain - usual / 2)).min()) < _DOUBT


def _is_covered(view: View, marks: Sequence[tuple[Key, Detection]]) -> bool:
    """Whether the presence maps rule the marks out all over a square.

    A plain box has no texture that other places could be compared with.
    """
    maps = [watermark.presence(view, key, found, cell=_CELL) for key, found in marks]
    presence = np.max(maps, axis=0)
    # Where pixels are clipped no mark can stand, whoever clipped them: borders, highlights.
    presence += clipped_shares(view, _CELL) * (np.float32(0.5) - presence)
    if float(np.median(presence)) < _STANDING:
        return False
    size = _SMALLEST // _CELL
    sums = _summed(np.pad(presence, 1), size + 1)  # odd squares; what hangs over is left out
    half = size // 2 + 1
    inside = sums[half:-half, half:-half]
    return inside.size > 0 and float(inside.min()) < _ABSENT * (size + 1) ** 2


def _noise(blocks: BlockCorrelations) -> Values:
    noise = blocks.noise.astype(np.float64)
    return np.asarray(np.maximum(noise, 1e-3 * noise.mean() + 1e-30), np.float64)


def _gains(blocks: BlockCorrelations, able: NDArray[np.bool_], side: int) -> tuple[Values, Values]:
    """Return the mark's amplitude around each block, relative to the whole, and its precision."""
    noise = _noise(blocks)
    product = _summed(np.where(able, blocks.product / noise, 0), side)
    weight = _summed(np.where(able, blocks.energy / noise, 0), side)
    return np.asarray(product / np.maximum(weight, 1e-9)), weight


def _textures(blocks: BlockCorrelations, able: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return each place's class of texture; the classes are of equal size."""
    texture = np.where(able, np.log2(np.maximum(blocks.power, 1)), 0)
    texture = _summed(texture, _WINDOW) / np.maximum(_summed(able, _WINDOW), 1)
    limits = np.quantile(texture[able], np.linspace(0, 1, _TEXTURES + 1))[1:-1]
    return np.digitize(texture, limits)


def _references(blocks: BlockCorrelations, able: NDArray[np.bool_]) -> Values:
    """Return the gain of an undisturbed mark at each place; 0 where its kind shows none."""
    gain, weight = _gains(blocks, able, _WINDOW)
    classes = _textures(blocks, able)
    references = np.zeros(_TEXTURES)
    for index in range(_TEXTURES):
        mine = able & (classes == index)
        if np.count_nonzero(mine) >= _LEAST_OF_CLASS:
            references[index] = max(0.0, _quantile(gain[mine], weight[mine], _UNDISTURBED))
    return np.asarray(references[classes], np.float64)


def _quantile(gain: Values, weight: Values, quantile: float) -> float:
    """Return a quantile in which gains count by their precision."""
    shares = 1 / (1 / np.maximum(weight, 1e-9) + _SPREAD_OF_GAIN)
    order = np.argsort(gain)
    reached = np.cumsum(shares[order]) / shares.sum()
    return float(gain[order][min(int(np.searchsorted(reached, quantile)), len(gain) - 1)])


def _area(blocks: BlockCorrelations, able: NDArray[np.bool_], reference: Values) -> float:
    """Return the share of the places that can carry a mark which do.

    At each place the mark at its reference and no mark have even odds beforehand. Places that
    cannot distinguish the two are filled from those nearby.
    """
    gain, weight = _gains(blocks, able, _NEAR)
    ratio = reference * weight * (gain - reference / 2)
    there = 1 / (1 + np.exp(-np.clip(ratio, -20, 20)))
    known = np.abs(2 * there - 1) * able
    mean = float(np.sum(known * there) / max(float(known.sum()), 1e-9))
    n = _NEIGHBOURHOOD**2
    near = (_spread(known * there) + _PRIOR * n * mean) / (_spread(known) + _PRIOR * n)
    filled = known * there + (1 - known) * near
    return float(np.clip(filled[able].mean(), 0, 1))


def _spread(values: Values) -> Values:
    """Sum over the neighbourhood, with more weight on what is near."""
    twice = _summed(_summed(values, _NEIGHBOURHOOD), _NEIGHBOURHOOD)
    return np.asarray(twice / _NEIGHBOURHOOD**2, np.float64)


def _is_missing(blocks: BlockCorrelations, able: NDArray[np.bool_], reference: Values) -> bool:
    """Whether the gain of a window is reliably far below its reference."""
    inner = able & (_summed(~able, 3) == 0)  # what touches a border or a letter is disturbed by it
    gain, weight = _gains(blocks, inner, _WINDOW)
    deviation = np.sqrt(1 / np.maximum(weight, 1e-9) + (_UNEVEN * reference) ** 2) + 1e-9
    full = _summed(inner, _WINDOW) > _FILLED * _WINDOW**2
    return bool(np.any(full & (reference - gain > _DEVIATIONS * deviation)))
