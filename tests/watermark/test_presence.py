"""The map of where a mark still stands."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.errors import WatermarkError
from indelible.watermark import Detection, Key, detect, presence

pytestmark = pytest.mark.compiled

STRANGER = Key.from_bytes(b"the key of somebody else's marks")


def test_presence_of_a_whole_mark(marked: NDArray[np.uint8], key: Key) -> None:
    found = presence(marked, key, detect(marked, key))
    assert found.shape == marked.shape[:2]
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.mean(found > 0.5) > 0.85


@pytest.mark.parametrize("edit", ["original", "noise", "turned"])
def test_presence_shows_what_was_replaced(
    photograph: NDArray[np.uint8],
    marked: NDArray[np.uint8],
    key: Key,
    edit: str,
    rng: np.random.Generator,
) -> None:
    place = (slice(128, 320), slice(160, 352))
    image = marked.copy()
    image[place] = {
        "original": photograph[place],
        "noise": rng.integers(0, 256, (192, 192, 3), dtype=np.uint8),
        "turned": np.rot90(marked[place]),
    }[edit]
    seen = image if edit == "original" else np.rot90(image).copy()
    found = presence(seen, key, detect(seen, key))
    upright = found if edit == "original" else np.rot90(found, -1)
    inner = upright[160:288, 192:320]
    outer = upright.copy()
    outer[96:352, 128:384] = np.nan
    assert inner.mean() < 0.45
    assert np.nanmean(outer) > 0.75


def test_presence_takes_grey(marked: NDArray[np.uint8], key: Key) -> None:
    grey = marked[..., 1]
    assert presence(grey, key, detect(grey, key)).mean() > 0.7


def test_presence_of_nothing(photograph: NDArray[np.uint8], key: Key) -> None:
    with pytest.raises(WatermarkError, match="nothing was found"):
        presence(photograph, key, Detection(False))


def test_presence_with_another_key(marked: NDArray[np.uint8], key: Key) -> None:
    with pytest.raises(WatermarkError, match="another key"):
        presence(marked, STRANGER, detect(marked, key))
