"""A second id on the grid of the mark that was found."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging
from indelible.errors import WatermarkError
from indelible.watermark import Detection, Key, View, detect, detect_superposed, embed
from indelible.watermark.probability import LIMIT

pytestmark = pytest.mark.compiled
OTHER = bytes.fromhex("fedcba9876543210")
SECOND = Key.from_bytes(bytes(range(1, 33)))
Pixels = NDArray[np.uint8]


def compressed(pixels: Pixels, quality: int = 80) -> Pixels:
    return imaging.decode(
        imaging.encode(np.ascontiguousarray(pixels), "jpeg", quality=quality)
    ).pixels


@pytest.mark.parametrize("same_key", [True, False])
def test_both_ids_of_a_picture_marked_twice(
    marked: Pixels, key: Key, payload: bytes, same_key: bool
) -> None:
    twice = compressed(embed(marked, OTHER, key if same_key else SECOND))
    for pixels in (twice, compressed(twice[21:-40, 33:-17], 75)):
        view = View(pixels)
        found = detect(view, [key, SECOND])
        (other,) = detect_superposed(view, [key, SECOND], found)
        assert {found.payload, other.payload} == {payload, OTHER}
        assert other.geometry is found.geometry
        assert other.false_positive_probability <= LIMIT


def test_one_id_alone(marked: Pixels, key: Key) -> None:
    pixels = compressed(marked)
    assert detect_superposed(pixels, [key, SECOND], detect(pixels, key)) == ()


def test_nothing_was_found(photograph: Pixels, key: Key) -> None:
    with pytest.raises(WatermarkError, match="nothing was found"):
        detect_superposed(photograph, key, Detection(False))
