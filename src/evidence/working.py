"""Working copies: pictures made of the original, for people to look at, blurred unless asked.

Each says of what bytes it was made and by which operation, so that another can make it again.
Blurred, a copy shows where something is and not what: whoever opens the bundle to check it, or to
file it, need not look at the picture.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from indelible import imaging
from indelible.evidence.layout import WORKING, WORKING_LIST, json_line
from indelible.evidence.packing import sha256
from indelible.imaging import ImageFile
from indelible.languages import translated
from indelible.verification import Verification, draw_changes
from indelible.verification.public import views
from indelible.verification.wording import map_legend
from indelible.watermark import ENOUGH_PIXELS, View

__all__ = ["working_parts"]

Pixels = NDArray[np.uint8]

_PREVIEW_SIDE: Final = 512  # px
_MAP_SIDE: Final = 1024  # px
_CELLS: Final = 16  # that the longer side of a blurred copy is reduced to: no face is left
_GAP: Final = 12  # px between two pictures


def working_parts(
    result: Verification, image: ImageFile, *, clear: bool, language: str
) -> dict[str, bytes]:
    """Return the working copies, and the list that says how they were made.

    Parameters
    ----------
    result : Verification
        What was found.
    image : ImageFile
        The picture.
    clear : bool
        Whether they are as sharp as they can be, instead of blurred.
    language : str
        Of what is written into them.

    Raises
    ------
    ImageError
        If the picture cannot be decoded.
    """
    source = sha256(image.data)
    drawn = views(result, image)
    made: list[tuple[str, str, Pixels]] = []
    yours = imaging.decode(drawn["yours"]).pixels
    made.append(("preview", "the picture, reduced", _shown(yours, _PREVIEW_SIDE, clear=clear)))
    original = drawn.get("original")
    if original is not None:
        theirs = imaging.decode(original).pixels
        other = _shown(theirs, _MAP_SIDE, clear=clear)
        beside = _beside(other, _shown(yours, _MAP_SIDE, clear=clear))
        aligned = "changes" in drawn or yours.shape == theirs.shape
        words = "the original as it was signed on the left, the picture on the right"
        made.append(("side-by-side", f"{words}{', aligned' if aligned else ''}", beside))
    if result.changes is not None and result.changes.state == "compared":
        words = "the picture, with what was changed since it was signed outlined in red"
        made.append(("change-map", words, _map(result, image, clear=clear, language=language)))
    parts: dict[str, bytes] = {}
    lines = []
    for name, operation, pixels in made:
        path = f"{WORKING}{name}.png"
        parts[path] = imaging.encode(np.ascontiguousarray(pixels), "png", fast=True)
        lines.append(json_line(_line(path, parts[path], source, operation, pixels, clear=clear)))
    return {**parts, WORKING_LIST: b"".join(lines)}


def _line(
    path: str, data: bytes, source: str, operation: str, pixels: Pixels, *, clear: bool
) -> dict[str, Any]:
    return {
        "file": path,
        "sha256": sha256(data),
        "source_sha256": source,
        "operation": operation,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "blurred": not clear,
        "blur": None if clear else f"reduced to {_CELLS} cells on the longer side, then enlarged",
    }


def _map(result: Verification, image: ImageFile, *, clear: bool, language: str) -> Pixels:
    """Draw the change map over the picture, or over a blur of it."""
    changes = result.changes
    assert changes is not None  # noqa: S101 - the caller asked
    picture = image.decode(tolerant=True, enough=ENOUGH_PIXELS)
    view = View(picture.pixels, picture.scale)
    if not clear:
        view = View(_blurred(view.pixels), picture.scale)
    legend = translated(map_legend(changes), language)
    return draw_changes(view, changes, legend)


def _shown(pixels: Pixels, side: int, *, clear: bool) -> Pixels:
    """Return a picture as RGB, at most `side` px a side, blurred or not."""
    rgb = _rgb(pixels)
    step = -(-max(rgb.shape[:2]) // side)
    if step > 1:
        rows, columns = (length // step for length in rgb.shape[:2])
        whole = rgb[: rows * step, : columns * step].astype(np.float32)
        means = whole.reshape(rows, step, columns, step, 3).mean(axis=(1, 3))
        rgb = np.clip(np.rint(means), 0, 255).astype(np.uint8)
    return rgb if clear else _blurred(rgb)


def _blurred(pixels: Pixels) -> Pixels:
    """Return a picture of which a few cells' mean colours are left, smoothly enlarged."""
    rgb = _rgb(pixels)
    height, width = rgb.shape[:2]
    scale = _CELLS / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    cells = np.empty((rows, columns, 3), np.float32)
    row_edges = np.linspace(0, height, rows + 1).astype(int)
    column_edges = np.linspace(0, width, columns + 1).astype(int)
    for row in range(rows):
        for column in range(columns):
            part = rgb[
                row_edges[row] : max(row_edges[row] + 1, row_edges[row + 1]),
                column_edges[column] : max(column_edges[column] + 1, column_edges[column + 1]),
            ]
            cells[row, column] = part.reshape(-1, 3).mean(axis=0)
    y = (np.arange(height, dtype=np.float32) + 0.5) * rows / height - 0.5
    x = (np.arange(width, dtype=np.float32) + 0.5) * columns / width - 0.5
    places = np.meshgrid(y, x, indexing="ij")
    out = np.empty((height, width, 3), np.uint8)
    for channel in range(3):
        plane = ndimage.map_coordinates(cells[..., channel], places, order=1, mode="nearest")
        out[..., channel] = np.clip(np.rint(plane), 0, 255)
    return out


def _rgb(pixels: Pixels) -> Pixels:
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    return pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, axis=2)


def _beside(left: Pixels, right: Pixels) -> Pixels:
    """Lay two pictures beside each other on grey."""
    height = max(left.shape[0], right.shape[0])
    out = np.full((height, left.shape[1] + _GAP + right.shape[1], 3), 128, np.uint8)
    out[: left.shape[0], : left.shape[1]] = left
    out[: right.shape[0], left.shape[1] + _GAP :] = right
    return out
