"""Pictures of every kind that `protect` accepts, as pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from indelible.imaging import DEFAULT_LIMITS
from indelible.sources import open_source


def striped() -> Image.Image:
    """Return a picture with a palette of three colours."""
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) % 3, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return image


def test_a_palette_becomes_its_colours() -> None:
    source = open_source(striped(), DEFAULT_LIMITS)
    assert source.pixels.shape == (6, 8, 3)
    np.testing.assert_array_equal(source.pixels[0, :3], np.diag([255, 255, 255]))
    assert any("mode P" in note for note in source.notes)


@pytest.mark.parametrize("transparency", [1, b"\xff\x00\xff"])
def test_a_palette_with_a_transparent_entry_keeps_it(transparency: int | bytes) -> None:
    image = striped()
    image.info["transparency"] = transparency
    source = open_source(image, DEFAULT_LIMITS)
    assert source.pixels.shape == (6, 8, 4)
    np.testing.assert_array_equal(source.pixels[0, :3, 3], [255, 0, 255])


@pytest.mark.parametrize(("mode", "shape"), [("1", (6, 8)), ("LA", (6, 8, 4)), ("PA", (6, 8, 4))])
def test_other_kinds_of_pillow(mode: str, shape: tuple[int, ...]) -> None:
    image = striped().convert("RGB").convert("L").convert("LA" if mode != "1" else "1")
    source = open_source(image.convert(mode) if mode == "PA" else image, DEFAULT_LIMITS)
    assert source.pixels.shape == shape
    expected = np.asarray(striped().convert("L").convert("1" if mode == "1" else "L").convert("L"))
    plane = source.pixels if source.pixels.ndim == 2 else source.pixels[..., 0]
    np.testing.assert_array_equal(plane, expected)
