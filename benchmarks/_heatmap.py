"""A heat map of shares: rows in named groups, a column per system, spread over several panels.

Drawn in inches on one empty pair of axes, so that the page is as large as its rows need and its
letters have one size. Values are printed in the cells; colour only guides the eye.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

__all__ = ["Groups", "heat_map", "share_text"]

Groups: TypeAlias = Mapping[str, Mapping[str, Sequence[float]]]
"""Title of a group, name of a row, one share per column (NaN where there is none)."""

_DOTS = 200  # per inch: a full page is 1800 wide
_WIDEST = 9.0  # inches, as are all lengths below
_LINE = 0.165
_HEADING = 0.30
_GAP = 0.30
_MARGIN = 0.12
_SIZE, _HEAD_SIZE = 7.5, 6.5  # points
# One hue from light to dark: read alike by everybody, and in print.
_COLOURS = LinearSegmentedColormap.from_list("shares", colormaps["Blues"]([0.0, 0.35, 0.62, 0.82]))


@dataclass(frozen=True, slots=True)
class _Layout:
    panels: list[list[str]]
    label: float
    cell: float
    head: float
    top: float
    width: float
    height: float


def share_text(share: float) -> str:
    """Return a share in two digits: 1 and 0 only where it is exactly that, a dash for NaN."""
    if math.isnan(share):
        return "–"
    if share in {0, 1}:
        return f"{share:g}"
    return f"{min(max(share, 0.01), 0.99):.2f}".removeprefix("0")


def heat_map(
    path: Path, title: str, notes: Sequence[str], groups: Groups, columns: Sequence[str]
) -> None:
    """Save a heat map of shares as a PNG picture.

    Parameters
    ----------
    path : Path
        Where to.
    title : str
        The heading.
    notes : sequence of str
        Lines below the heading.
    groups : mapping
        The shares, 0..1.
    columns : sequence of str
        Heads of the columns; a single one needs none and is not shown.
    """
    heads = [] if len(columns) == 1 else [name.replace("-", "-\n") for name in columns]
    layout = _arrange(title, notes, groups, heads)
    figure = Figure(figsize=(layout.width, layout.height), dpi=_DOTS)
    FigureCanvasAgg(figure)
    plot = figure.add_axes((0, 0, 1, 1))
    plot.set_xlim(0, layout.width)
    plot.set_ylim(layout.height, 0)
    plot.axis("off")
    plot.text(_MARGIN, _MARGIN, title, size=_SIZE + 3, weight="bold", va="top")
    for index, note in enumerate(notes):
        plot.text(_MARGIN, _MARGIN + 0.26 + 0.15 * index, note, size=_SIZE, va="top", color="0.25")
    left = _MARGIN
    for panel in layout.panels:
        _draw(plot, layout, left, {name: groups[name] for name in panel}, heads)
        left += layout.label + layout.cell * max(1, len(heads)) + _GAP
    partial = path.with_name(f".{path.name}")
    figure.savefig(partial, format="png")
    partial.replace(path)


def _arrange(title: str, notes: Sequence[str], groups: Groups, heads: Sequence[str]) -> _Layout:
    """Choose the number of panels that makes the page about as wide as it is high."""
    label = max(_inches(name) for rows in groups.values() for name in rows) + 0.1
    lines = [line for head in heads for line in head.split("\n")]
    cell = max([0.42, *(_inches(line, _HEAD_SIZE) + 0.06 for line in lines)])
    panel = label + cell * max(1, len(heads))
    words = [_inches(title, _SIZE + 3, bold=True), *map(_inches, notes)]
    head = 0.15 * max((name.count("\n") + 1 for name in heads), default=0)
    top = _MARGIN + 0.26 + 0.15 * len(notes) + 0.06
    heights = {name: _HEADING + _LINE * len(rows) for name, rows in groups.items()}
    layouts: list[_Layout] = []
    for count in range(1, len(groups) + 1):
        width = count * panel + (count - 1) * _GAP
        if layouts and width + 2 * _MARGIN > _WIDEST:
            break
        panels = _split(heights, count)
        rows = max(sum(heights[name] for name in some) for some in panels)
        height = top + head + rows + _MARGIN
        width = max(width, *words) + 2 * _MARGIN
        layouts.append(_Layout(panels, label, cell, head, top, width, height))
    return min(layouts, key=lambda layout: abs(math.log(layout.width / layout.height)))


def _split(heights: Mapping[str, float], count: int) -> list[list[str]]:
    """Cut the groups into `count` panels, in order, so that the highest is as low as can be."""
    names = list(heights)

    def parts(cuts: tuple[int, ...]) -> list[list[str]]:
        ends = zip((0, *cuts), (*cuts, len(names)), strict=True)
        return [names[start:stop] for start, stop in ends]

    every = map(parts, combinations(range(1, len(names)), count - 1))
    return min(every, key=lambda panels: max(sum(heights[n] for n in some) for some in panels))


def _draw(plot: Axes, layout: _Layout, left: float, groups: Groups, heads: Sequence[str]) -> None:
    first = left + layout.label
    for index, head in enumerate(heads):
        middle = first + (index + 0.5) * layout.cell
        plot.text(middle, layout.top + layout.head, head, size=_HEAD_SIZE, ha="center", va="bottom")
    y = layout.top + layout.head
    for title, rows in groups.items():
        y += _HEADING
        plot.text(left, y - 0.05, title, size=_SIZE + 0.5, weight="bold", va="bottom")
        for name, shares in rows.items():
            middle = y + _LINE / 2
            plot.text(left, middle, name, size=_SIZE, va="center_baseline")
            plot.plot([left, first], [y + _LINE] * 2, color="0.9", linewidth=0.5)
            for index, share in enumerate(shares):
                corner = (first + index * layout.cell, y)
                _cell(plot, corner, layout.cell, share)
            y += _LINE


def _cell(plot: Axes, corner: tuple[float, float], width: float, share: float) -> None:
    known = not math.isnan(share)
    colour = _COLOURS(share) if known else (1.0, 1.0, 1.0, 1.0)
    box = Rectangle(corner, width, _LINE, facecolor=colour, edgecolor="white", linewidth=0.8)
    plot.add_patch(box)
    luminance = 0.30 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
    ink = "white" if luminance < 0.55 else "0.15"
    middle = (corner[0] + width / 2, corner[1] + _LINE / 2)
    plot.text(*middle, share_text(share), size=_SIZE, ha="center", va="center_baseline", color=ink)


def _inches(text: str, size: float = _SIZE, *, bold: bool = False) -> float:
    properties = FontProperties(weight="bold" if bold else "normal")
    return float(TextPath((0, 0), text, size=size, prop=properties).get_extents().width) / 72
