"""Pictures to benchmark on: folders, the built-in set, generated ones, sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import images


def test_built_in_pictures_are_rgb() -> None:
    sources = images.built_in(images.PHOTOGRAPHS + images.TEXTURES)
    assert len({source.name for source in sources}) == len(sources) >= 12
    for source in sources:
        pixels = source.load()
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3


@pytest.mark.parametrize("kind", list(images.GENERATED))
def test_generated_pictures_are_reproducible(kind: str) -> None:
    (source,) = images.generated((kind,), height=200, width=260, seed=4)
    pixels = source.load()
    assert pixels.shape == (200, 260, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, source.load())
    (other,) = images.generated((kind,), height=200, width=260, seed=5)
    assert (other.load() != pixels).any()


def test_folder_is_sorted_and_decoded_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by a quarter turn
    Image.new("RGB", (30, 20), (200, 10, 10)).save(tmp_path / "b.jpg", exif=exif)
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("no picture")
    first, second = images.folder(tmp_path)
    assert (first.name, second.name) == ("a.png", "b.jpg")
    np.testing.assert_array_equal(first.load(), np.full((20, 30, 3), 255))
    assert second.load().shape == (30, 20, 3)


def test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no picture"):
        images.folder(tmp_path)
    with pytest.raises(NotADirectoryError):
        images.folder(tmp_path / "nowhere")


def test_sizes() -> None:
    picture = images.photograph(0)[:300]
    assert max(images.resize_side(picture, 700).shape) == 700
    height, width = images.resize_area(picture, 256).shape[:2]
    assert (height * width) ** 0.5 == pytest.approx(256, rel=0.01)
    assert images.square(picture, 256).shape == (256, 256, 3)


def test_limit_spreads_over_the_set() -> None:
    chosen = images.from_argument(None, 4)
    assert len(chosen) == 4
    assert chosen[0].name == images.PHOTOGRAPHS[0]
    assert chosen[-1].name != images.PHOTOGRAPHS[3]


def test_two_folders_take_turns(tmp_path: Path) -> None:
    for folder, names in (("first", "abc"), ("second", "ab")):
        (tmp_path / folder).mkdir()
        for name in names:
            Image.new("RGB", (8, 8)).save(tmp_path / folder / f"{name}.png")
    both = images.from_folders(tmp_path / "first", tmp_path / "second", None)
    assert [one.name for one in both] == [
        "a.png",
        "second/a.png",
        "b.png",
        "second/b.png",
        "c.png",
    ]
    assert len(images.from_folders(tmp_path / "first", None, 2)) == 2


def test_random_squares_fit_and_enlarge() -> None:
    rng = np.random.default_rng(0)
    picture = images.resize_side(images.photograph(2), 90)
    assert images.random_square(picture, 40, rng).shape == (40, 40, 3)
    assert images.random_square(picture, 120, rng).shape == (120, 120, 3)
