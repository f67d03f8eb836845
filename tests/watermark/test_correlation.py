"""Correlating blocks with a mark: as expected where it stands, nothing where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.errors import WatermarkError
from indelible.watermark import BlockCorrelations, Detection, Key, correlate_blocks, detect, embed

pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module")
def coffee(photographs: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A photograph without black parts, where rounding takes most of a mark."""
    return photographs["coffee"]


@pytest.fixture(scope="module")
def marked_coffee(coffee: NDArray[np.uint8], key: Key, payload: bytes) -> NDArray[np.uint8]:
    return embed(coffee, payload, key)


def gain(blocks: BlockCorrelations, rows: slice, columns: slice) -> float:
    """The mark's amplitude in a part of the picture, to that of the whole."""
    part = (rows, columns)
    weight = 1 / np.maximum(blocks.noise[part], 1e-3 * blocks.noise.mean())
    product, energy = blocks.product[part] * weight, blocks.energy[part] * weight
    return float(product.sum() / energy.sum())


def test_blocks_correlate_where_the_mark_stands(marked_coffee: NDArray[np.uint8], key: Key) -> None:
    blocks = correlate_blocks(marked_coffee, key, detect(marked_coffee, key))
    shapes = {
        values.shape for values in (blocks.product, blocks.energy, blocks.noise, blocks.power)
    }
    assert len(shapes) == 1
    assert 0.7 < gain(blocks, slice(None), slice(None)) < 1.5


def test_blocks_do_not_correlate_where_it_does_not(
    marked_coffee: NDArray[np.uint8], coffee: NDArray[np.uint8], key: Key
) -> None:
    image = marked_coffee.copy()
    image[:, :200] = coffee[:, :200]
    blocks = correlate_blocks(image, key, detect(image, key))
    columns = blocks.product.shape[1]
    first = slice(0, int(columns * 150 / image.shape[1]))
    rest = slice(int(columns * 250 / image.shape[1]), columns)
    assert abs(gain(blocks, slice(None), first)) < 0.2
    assert gain(blocks, slice(None), rest) > 0.8


def test_an_unmarked_picture_has_no_mark_to_correlate_with(
    marked: NDArray[np.uint8], photograph: NDArray[np.uint8], key: Key
) -> None:
    with pytest.raises(WatermarkError, match="nothing was found"):
        correlate_blocks(photograph, key, Detection(False))
    with pytest.raises(WatermarkError, match="another key"):
        correlate_blocks(marked, Key.from_bytes(bytes(32)), detect(marked, key))
