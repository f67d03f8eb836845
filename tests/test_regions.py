"""Whether a mark is reliably missing somewhere: silence about reposts comes first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from indelible import imaging, watermark
from indelible.regions import _cells, _windows, mark_is_gone
from indelible.watermark import Detection, Key

Pixels = NDArray[np.uint8]
KEY = Key.from_bytes(bytes(range(32)))


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    return imaging.decode(imaging.encode(pixels, "jpeg", quality=quality)).pixels


def resized(pixels: Pixels, scale: float) -> Pixels:
    height, width = pixels.shape[:2]
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def gone(pixels: Pixels) -> bool | None:
    found = watermark.detect(pixels, KEY)
    assert found.found
    return mark_is_gone(pixels, KEY, found)


REPOSTS: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda p: p,
    "JPEG 75": lambda p: through_jpeg(p, 75),
    "JPEG 50": lambda p: through_jpeg(p, 50),
    "cropped": lambda p: np.ascontiguousarray(p[21:-30, 17:-40]),
    "smaller, JPEG 75": lambda p: through_jpeg(resized(p, 0.7), 75),
    "larger": lambda p: resized(p, 1.5),
    "blurred": lambda p: np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(1.5))),
    "black borders": lambda p: np.pad(p, ((80, 80), (40, 40), (0, 0))),
    "brighter": lambda p: np.clip(p.astype(int) + 25, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("name", ["astronaut", "coffee", "motorcycle"])
@pytest.mark.parametrize("repost", REPOSTS.values(), ids=REPOSTS.keys())
def test_a_repost_is_not_called_altered(
    photographs: dict[str, Pixels], name: str, repost: Callable[[Pixels], Pixels]
) -> None:
    marked = watermark.embed(photographs[name], b"12345678", KEY)
    assert gone(repost(marked)) in (False, None)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "motorcycle"])
def test_a_covered_region_is_noticed(photographs: dict[str, Pixels], name: str) -> None:
    marked = watermark.embed(photographs[name], b"12345678", KEY)
    covered = marked.copy()
    covered[90:310, 120:360] = (40, 90, 160)
    assert gone(covered)
    assert gone(through_jpeg(covered, 85))


def test_small_pictures_say_nothing(photograph: Pixels) -> None:
    tiny = np.ascontiguousarray(photograph[:100, :400])
    assert mark_is_gone(tiny, KEY, Detection(found=False)) is None


def test_without_a_mark_there_is_nothing_to_miss(photograph: Pixels) -> None:
    assert mark_is_gone(photograph, KEY, Detection(found=False)) is None


def test_windows_are_means_of_squares() -> None:
    random = np.random.default_rng(7)
    values = random.random((61, 83)).astype(np.float32)
    cells = _cells(values)
    assert cells.shape == (7, 10)
    assert np.isclose(cells[2, 3], values[16:24, 24:32].mean())
    windows = _windows(cells, 3)
    naive = [[cells[y : y + 3, x : x + 3].mean() for x in range(8)] for y in range(5)]
    assert np.allclose(windows, naive)
