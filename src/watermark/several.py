"""All marks of one picture: of a collage, of a picture pasted into another, one under another.

A mark that was found is subtracted, and the picture is looked at again: what stood beside it, or
under it, is then the strongest. A picture pasted into a larger one is a small part of that one's
spectrum, so overlapping windows are looked at, too, as if each were a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible.choices import DEFAULT_EFFORT, Effort
from indelible.errors import ConfigurationError
from indelible.watermark import probability
from indelible.watermark._opencv import box_filter, largest_component
from indelible.watermark.detection import SMALLEST_SIDE, detect
from indelible.watermark.keys import Key, as_key_ring
from indelible.watermark.presence import presence
from indelible.watermark.removal import remove
from indelible.watermark.result import Detection
from indelible.watermark.view import View, view_of

__all__ = ["REGION_CELL", "LocatedMark", "detect_all", "locate"]

REGION_CELL: Final = 8  # pixels a side of a cell of a region: the presence is no finer

# Of the picture's height and width: a picture pasted over a quarter of the area fills most of one
# of the first windows, one over a third of it most of one of the others. Each side has three, which
# overlap by half and more. How many are found with others: python -m benchmarks.several.
WINDOWS: Final = (1 / 2, 5 / 8)
STEPS: Final = 3  # of each side
MOST_REMOVALS: Final = 3  # in a row, of one mark: what is left of it after these hides what is left
MOST_MARKS: Final = 8  # of a picture: more are a mosaic, in which none is large enough
NEIGHBOURHOOD: Final = 5  # cells over which a region is smoothed
SURE: Final = 0.9  # presence


@dataclass(frozen=True, slots=True)
class LocatedMark:
    """One of the marks of a picture, and where it stands.

    Attributes
    ----------
    detection : Detection
        As :func:`detect` returns it; its geometry is in the whole picture's coordinates.
    region : bool (H // 8, W // 8)
        The cells of 8 pixels a side in which the mark rather stands than not.
    sure : bool (H // 8, W // 8)
        Those of them where hardly anything else can be.
    box : (int, int, int, int)
        Left, top, right and bottom of the largest connected part of `region`, px; right and bottom
        are exclusive.
    area : float
        Share of the picture that `region` covers, 0 to 1.
    """

    detection: Detection
    region: NDArray[np.bool_] = field(repr=False)
    sure: NDArray[np.bool_] = field(repr=False)
    box: tuple[int, int, int, int]
    area: float

    def overlap(self, other: LocatedMark) -> float:
        """Return the share of where either mark surely stands most that both surely do, 0 to 1.

        Near 1 where one mark lies over another, near 0 in a collage.
        """
        larger = max(int(self.sure.sum()), int(other.sure.sum()), 1)
        return int((self.sure & other.sure).sum()) / larger


def detect_all(
    image: NDArray[np.uint8] | View,
    key: Key | Sequence[Key],
    *,
    effort: Effort = DEFAULT_EFFORT,
    limit: int = MOST_MARKS,
    known: Sequence[Detection] = (),
) -> tuple[LocatedMark, ...]:
    """Look for every mark of a key, or of any key of a ring, each with its region.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
    key : Key or sequence of Key
    effort : "quick", "standard" or "thorough", optional
        How hard to look at the whole picture, as for :func:`detect`. Windows are looked at quickly,
        and by a thorough search as "standard" does. Of an unmarked picture it costs about ten times
        as much as :func:`detect`.
    limit : int, optional
        Return this many at most; 1 or more.
    known : sequence of Detection, optional
        What :func:`detect` found in this picture: located like the others, and not looked for
        again.

    Returns
    -------
    tuple of LocatedMark
        The largest region first; each id of a key once, where it covers most. Empty where nothing
        is found. The bound on false positives holds for the whole call.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    KeyFileError
        If `key` is not a key or a non-empty sequence of keys.
    ConfigurationError
        If `effort` is none of these words, or `limit` is below 1.
    """
    if limit < 1:
        raise ConfigurationError(f"limit (of marks) is {limit}.", hint="Give 1 or more.")
    ring = as_key_ring(key)
    view = view_of(image)
    keys = {one.id: one for one in ring}
    looking = _Looking(view.pixels, keys, limit)
    for one in known:
        looking.take_out(_from_picture(view, one))
    looking.look(_whole(view.pixels), effort)
    for window in _windows(view.pixels):
        looking.look(window, "standard" if effort == "thorough" else "quick")
    located = [_located(view, keys[one], found) for (one, _), found in looking.found.items()]
    return _largest_first(located)


def locate(
    image: NDArray[np.uint8] | View, key: Key | Sequence[Key], found: Sequence[Detection]
) -> tuple[LocatedMark, ...]:
    """Return where marks that were found stand: what :func:`detect_all` says of its own.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
        The picture that was given to :func:`detect`.
    key : Key or sequence of Key
        Those that found them.
    found : sequence of Detection
        What was found in `image`.

    Returns
    -------
    tuple of LocatedMark
        The largest region first; marks of which no region is seen are left out.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    KeyFileError
        If `key` is not a key or a non-empty sequence of keys.
    WatermarkError
        If one was found with a key that is not given.
    """
    view = view_of(image)
    ring = as_key_ring(key)
    keys = {one.id: one for one in ring}
    return _largest_first(
        [_region(view, keys.get(one.key_id or "", ring[0]), one) for one in found]
    )


def _largest_first(located: list[LocatedMark]) -> tuple[LocatedMark, ...]:
    return tuple(sorted((one for one in located if one.area > 0), key=lambda one: -one.area))


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of a picture: its rows and columns, px."""

    rows: slice
    columns: slice

    def moved(self, found: Detection) -> Detection:
        """Return what was found in the window in the whole picture's coordinates."""
        shift = np.array([[1, 0, self.columns.start], [0, 1, self.rows.start], [0, 0, 1.0]])
        return found if found.geometry is None else replace(found, geometry=shift @ found.geometry)


def _whole(pixels: NDArray[np.uint8]) -> _Window:
    height, width = pixels.shape[:2]
    return _Window(slice(0, height), slice(0, width))


def _windows(pixels: NDArray[np.uint8]) -> Iterator[_Window]:
    height, width = pixels.shape[:2]
    for share in WINDOWS:
        rows, columns = round(height * share), round(width * share)
        if min(rows, columns) < 2 * SMALLEST_SIDE:
            continue
        for top in np.linspace(0, height - rows, STEPS).astype(int).tolist():
            for left in np.linspace(0, width - columns, STEPS).astype(int).tolist():
                yield _Window(slice(top, top + rows), slice(left, left + columns))


@dataclass
class _Looking:
    """The picture as it is left after the marks found so far were taken out."""

    pixels: NDArray[np.uint8]
    keys: dict[str, Key]
    limit: int
    found: dict[tuple[str, bytes], Detection] = field(default_factory=dict)

    def look(self, window: _Window, effort: Effort) -> None:
        """Find marks in a window, and take out what was found, until nothing new is left."""
        known = 0
        while len(self.found) < self.limit and known < MOST_REMOVALS:
            part = np.ascontiguousarray(self.pixels[window.rows, window.columns])
            seen = detect(part, tuple(self.keys.values()), effort=effort)
            if seen.payload is None or seen.key_id is None:
                return
            found = _in_all_looks(window.moved(seen), self.limit)
            if found is None:
                return
            known += (seen.key_id, seen.payload) in self.found
            self.take_out(found)

    def take_out(self, found: Detection) -> None:
        """Remember a mark, and subtract it from the picture."""
        if found.key_id in self.keys and found.payload is not None:
            self.found.setdefault((found.key_id, found.payload), found)
            self.pixels = remove(self.pixels, self.keys[found.key_id], found)


def _in_all_looks(found: Detection, limit: int) -> Detection | None:
    """Return a detection with the bound for all looks together; None where that is too weak."""
    looks = (1 + len(WINDOWS) * STEPS**2) * MOST_REMOVALS + limit
    chance = min(found.false_positive_probability * looks, 1.0)
    return (
        replace(found, false_positive_probability=chance) if chance <= probability.LIMIT else None
    )


def _from_picture(view: View, found: Detection) -> Detection:
    """Return what was found in the coordinates of the pixels in hand."""
    if view.scale == 1 or found.geometry is None:
        return found
    return replace(found, geometry=view.from_picture(found.geometry))


def _located(view: View, key: Key, found: Detection) -> LocatedMark:
    """Return where a mark stands in the picture as it was given."""
    if view.scale > 1 and found.geometry is not None:
        found = replace(found, geometry=view.to_picture(found.geometry))
    return _region(view, key, found)


def _region(view: View, key: Key, found: Detection) -> LocatedMark:
    there = presence(view, key, found, cell=REGION_CELL)
    known = np.abs(there - 0.5) * (there - 0.5)  # what is even says nothing of its neighbours
    region = box_filter(box_filter(known, NEIGHBOURHOOD), NEIGHBOURHOOD) > 0
    left, top, right, bottom = (REGION_CELL * side for side in largest_component(region))
    area = float(region.mean()) if region.size else 0.0
    return LocatedMark(found, region, there > SURE, (left, top, right, bottom), area)
