"""Taking an older mark out, so that the new one stands alone."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indelible.errors import WatermarkError
from indelible.watermark import Detection, Key, detect, embed, remove

pytestmark = pytest.mark.compiled
NEW = bytes.fromhex("fedcba9876543210")


def jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream))


def resized(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return np.array(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


EDITS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "none": lambda image: image,
    "shrunk": lambda image: jpeg(resized(image, 0.6), 80),
    "cropped": lambda image: np.ascontiguousarray(image[37:460, 21:480]),
    "turned": lambda image: np.ascontiguousarray(np.rot90(image)),
    "inverted": lambda image: 255 - image,
    "with alpha": lambda image: np.dstack([image, image[..., 0]]),
    "grey": lambda image: np.array(Image.fromarray(image).convert("L")),
}


def cleared(image: NDArray[np.uint8], key: Key) -> NDArray[np.uint8]:
    for _ in range(4):
        found = detect(image, key)
        if not found.found:
            return image
        image = remove(image, key, found)
    raise AssertionError("the mark is still there")


@pytest.mark.parametrize("edit", EDITS)
def test_a_removed_mark_is_not_found(marked: NDArray[np.uint8], key: Key, edit: str) -> None:
    image = EDITS[edit](marked)
    before = image.copy()
    image.flags.writeable = False
    clean = cleared(image, key)
    assert np.array_equal(image, before)
    assert clean.shape == image.shape
    assert clean.dtype == np.uint8
    if edit == "with alpha":
        assert np.array_equal(clean[..., 3], image[..., 3])


def test_the_picture_comes_nearer_to_what_it_was(
    photograph: NDArray[np.uint8], marked: NDArray[np.uint8], key: Key
) -> None:
    clean = cleared(marked, key)

    def error(image: NDArray[np.uint8]) -> float:
        return float(np.mean((image.astype(float) - photograph) ** 2))

    assert error(clean) < 0.6 * error(marked)


def test_a_place_without_the_mark_is_left_alone(
    photographs: dict[str, NDArray[np.uint8]], marked: NDArray[np.uint8], key: Key
) -> None:
    image = marked.copy()
    image[:, 300:] = photographs["retina"][400:912, 500:712]
    change = np.abs(remove(image, key, detect(image, key)).astype(int) - image).mean(axis=2)
    assert change[:, 400:].mean() < 0.5 * change[:, :250].mean()


def test_the_new_mark_wins(marked: NDArray[np.uint8], key: Key) -> None:
    image = jpeg(resized(marked, 0.7), 85)
    again = embed(cleared(image, key), NEW, key)
    for edited in (again, jpeg(again, 60), jpeg(resized(again, 0.6), 75), again[20:300, 30:330]):
        assert detect(edited, key).payload == NEW


def test_only_what_was_found_is_removed(marked: NDArray[np.uint8], key: Key) -> None:
    other = Key.from_bytes(bytes(32))
    with pytest.raises(WatermarkError, match="nothing was found"):
        remove(marked, key, Detection(found=False))
    with pytest.raises(WatermarkError, match="another key"):
        remove(marked, other, detect(marked, key))
