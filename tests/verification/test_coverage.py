"""How much carries a mark, and whether it is missing somewhere: silence about reposts first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from indelible import imaging, watermark
from indelible.verification.coverage import Coverage, _summed, measure_coverage
from indelible.watermark import Detection, Key, View

Pixels = NDArray[np.uint8]
KEY = Key.from_bytes(bytes(range(32)))


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    return imaging.decode(imaging.encode(pixels, "jpeg", quality=quality)).pixels


def resized(pixels: Pixels, scale: float) -> Pixels:
    height, width = pixels.shape[:2]
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def looked_at(pixels: Pixels) -> Coverage:
    found = watermark.detect(pixels, KEY)
    assert found.found
    return measure_coverage(View(pixels), KEY, found)


@pytest.fixture(scope="module")
def marked(photographs: dict[str, Pixels]) -> dict[str, Pixels]:
    """Marked photographs."""
    names = ("astronaut", "coffee", "motorcycle")
    return {name: watermark.embed(photographs[name], b"12345678", KEY) for name in names}


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
    marked: dict[str, Pixels], name: str, repost: Callable[[Pixels], Pixels]
) -> None:
    assert looked_at(repost(marked[name])).regions_gone in (False, None)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "motorcycle"])
def test_a_covered_region_is_noticed(marked: dict[str, Pixels], name: str) -> None:
    covered = marked[name].copy()
    covered[90:310, 120:360] = (40, 90, 160)
    assert looked_at(covered).regions_gone
    assert looked_at(through_jpeg(covered, 85)).regions_gone


@pytest.fixture(scope="module")
def pictures(marked: dict[str, Pixels], photographs: dict[str, Pixels]) -> dict[str, Pixels]:
    """A marked photograph, and what becomes of it among others."""
    whole = marked["astronaut"]
    quarter = photographs["motorcycle"].copy()  # 741 x 497
    quarter[120:440, 200:520] = resized(whole, 320 / 512)
    half = photographs["astronaut"].copy()
    half[:, 256:] = whole[:, 256:]
    pasted = whole.copy()
    pasted[150:380, 200:430] = photographs["motorcycle"][200:430, 300:530]
    return {"whole": whole, "quarter": quarter, "half": half, "pasted": pasted}


@pytest.mark.parametrize(
    "repost", [REPOSTS[name] for name in ("as it is", "JPEG 50", "cropped", "black borders")]
)
def test_a_whole_picture_carries_the_mark(
    pictures: dict[str, Pixels], repost: Callable[[Pixels], Pixels]
) -> None:
    area = looked_at(repost(pictures["whole"])).area
    assert area is not None
    assert area >= 0.8


def test_a_quarter_of_another_picture_carries_a_quarter(pictures: dict[str, Pixels]) -> None:
    seen = looked_at(through_jpeg(pictures["quarter"], 85))
    assert seen.area == pytest.approx(0.25, abs=0.15)
    assert seen.regions_gone


def test_half_of_a_picture(pictures: dict[str, Pixels]) -> None:
    seen = looked_at(pictures["half"])
    assert seen.area == pytest.approx(0.5, abs=0.15)


def test_a_paste_is_noticed(pictures: dict[str, Pixels]) -> None:
    seen = looked_at(through_jpeg(pictures["pasted"], 85))
    assert seen.regions_gone
    assert seen.area is not None
    assert 0.5 < seen.area < 0.95


def test_small_pictures_say_nothing(photograph: Pixels) -> None:
    tiny = np.ascontiguousarray(photograph[:100, :400])
    found = Detection(True, b"12345678", 1e-12, np.eye(3), KEY.id, 0)
    assert measure_coverage(View(tiny), KEY, found) == Coverage(None, None)


def test_a_flat_picture_says_nothing() -> None:
    found = Detection(True, b"12345678", 1e-12, np.eye(3), KEY.id, 0)
    assert measure_coverage(View(np.full((300, 300, 3), 90, np.uint8)), KEY, found) == Coverage(
        None, None
    )


def test_without_a_mark_there_is_nothing_to_miss(photograph: Pixels) -> None:
    assert measure_coverage(View(photograph), KEY, Detection(found=False)) == Coverage(None, None)


@pytest.mark.parametrize("kind", ["noise", "black and white", "grey", "alpha"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_whatever_the_pixels_are_it_answers(kind: str, scale: float) -> None:
    random = np.random.default_rng(3)
    shape = {"grey": (140, 200), "alpha": (140, 200, 4)}.get(kind, (140, 200, 3))
    pixels = random.integers(0, 256, shape, dtype=np.uint8)
    if kind == "black and white":
        pixels = np.where(pixels < 128, np.uint8(0), np.uint8(255))
    geometry = np.diag([scale, scale, 1.0])
    seen = measure_coverage(
        View(pixels), KEY, Detection(True, b"12345678", 1e-12, geometry, KEY.id, 0)
    )
    assert seen.area is None or 0 <= seen.area <= 1


def test_sums_over_squares() -> None:
    values = np.random.default_rng(7).random((9, 12))
    padded = np.pad(values, 2)
    naive = [[padded[y : y + 5, x : x + 5].sum() for x in range(12)] for y in range(9)]
    assert np.allclose(_summed(values, 5), naive)
