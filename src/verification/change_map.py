"""A picture for people that shows where another one was changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from indelible.errors import ArgumentError
from indelible.imaging.captions import caption
from indelible.verification.change_report import ChangeReport
from indelible.watermark import View

__all__ = ["draw_changes"]

_RED: Final = np.array([235, 30, 40], np.float32)  # what was changed; the legend says so as well
_TINTED: Final = 0.3
_FADED: Final = 0.5  # of its colours: what is as it was
_DARK: Final = 0.35  # of its brightness: what could not be compared
_LINE: Final = 0.005  # of the longer side: how thick outlines are


def draw_changes(view: View, report: ChangeReport, legend: Sequence[str]) -> NDArray[np.uint8]:
    """Draw the changed regions of a picture over it, with a legend below.

    Parameters
    ----------
    view : View
        The picture that was verified, or a reduced copy of it.
    report : ChangeReport
        What was found in it.
    legend : sequence of str
        Lines of text to be written below.

    Returns
    -------
    uint8 (h, w, 3)
        RGB, as wide as the view. What was changed is tinted red and outlined, what was not is
        paler, and what could not be compared is dark.

    Raises
    ------
    ArgumentError
        If nothing was compared.
    """
    if report.mask is None or report.compared is None or report.to_picture is None:
        raise ArgumentError("report", "Nothing was compared, so there is nothing to draw.")
    height, width, channels = view.pixels.shape
    colours = view.pixels[..., :3] if channels >= 3 else np.repeat(view.pixels[..., :1], 3, axis=2)
    to_cells = np.asarray(np.linalg.inv(view.from_picture(report.to_picture)), np.float64)
    compared = _laid(report.compared, to_cells, (height, width))
    changed = _laid(report.mask, to_cells, (height, width))
    line = max(2, round(_LINE * max(height, width)))
    inner = ndimage.binary_erosion(changed, iterations=line, border_value=0)
    drawn = np.empty((height, width, 3), np.uint8)
    for channel in range(3):
        plane = colours[..., channel].astype(np.float32)
        grey = colours.mean(axis=2, dtype=np.float32)
        out = np.where(compared, grey + _FADED * (plane - grey), _DARK * grey)
        out = np.where(changed, plane + _TINTED * (_RED[channel] - plane), out)
        out = np.where(changed & ~inner, _RED[channel], out)
        drawn[..., channel] = np.clip(np.rint(out), 0, 255)
    return np.vstack([drawn, caption(legend, width)])


def _laid(
    cells: NDArray[np.bool_], to_cells: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Lay a grid's cells on a picture, bool (height, width)."""
    y, x = (line.astype(np.float32) for line in np.indices(shape))
    column, row, depth = (a * x + b * y + c for a, b, c in to_cells.tolist())
    with np.errstate(divide="ignore", invalid="ignore"):
        rows, columns = np.rint(row / depth), np.rint(column / depth)
    inside = (depth > 0) & (rows >= 0) & (rows < cells.shape[0])
    inside &= (columns >= 0) & (columns < cells.shape[1])
    out = np.zeros(shape, np.bool_)
    out[inside] = cells[rows[inside].astype(np.intp), columns[inside].astype(np.intp)]
    return out
