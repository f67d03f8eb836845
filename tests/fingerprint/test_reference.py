"""The reference: small, exact to read, and hard to break."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.errors import FingerprintError, UnsupportedImageError
from indelible.fingerprint import MOST_BYTES, Reference
from indelible.fingerprint.reference import HEADER, MAGIC


@pytest.mark.parametrize(
    "shape", [(1, 1), (5, 4000), (4000, 5), (3, 2, 3), (100, 100, 4), (481, 321), (999, 1501, 3)]
)
def test_small_and_read_back(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    reference = Reference.from_image(image)
    data = reference.to_bytes()
    assert len(data) <= MOST_BYTES
    again = Reference.from_bytes(data)
    assert again.size == reference.size == shape[:2]
    assert (again.luminance == reference.luminance).all()
    assert not again.luminance.flags.writeable
    assert again.to_bytes() == data


@pytest.mark.compiled
def test_cells_are_nearly_square(photograph: NDArray[np.uint8]) -> None:
    wide = Reference.from_image(photograph[:256])
    rows, columns = wide.luminance.shape
    assert columns / rows == pytest.approx(2, rel=0.05)
    assert 2700 < rows * columns <= 2880


@pytest.mark.compiled
def test_it_shows_the_picture(photograph: NDArray[np.uint8]) -> None:
    sketch = Reference.from_image(photograph).thumbnail()
    grey = photograph @ np.array([0.299, 0.587, 0.114])
    rows, columns = sketch.shape
    y, x = (np.arange(n) * 512 // n + 256 // n for n in (rows, columns))
    assert np.corrcoef(sketch.ravel(), grey[np.ix_(y, x)].ravel())[0, 1] > 0.9


def test_no_picture() -> None:
    floats: Any = np.zeros((3, 3), np.float32)
    with pytest.raises(UnsupportedImageError):
        Reference.from_image(floats)


def header(rows: int, columns: int, height: int, width: int) -> bytes:
    return HEADER.pack(MAGIC, rows, columns, height, width)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        header(1, 1, 1, 1),
        header(2, 2, 9, 9) + bytes(3),
        header(2, 2, 9, 9) + bytes(5),
        header(0, 4, 9, 9) + bytes(4),
        header(2, 2, 0, 9) + bytes(4),
        header(2, 2, 9, 1 << 31) + bytes(4),
        header(255, 255, 9, 9) + bytes(255 * 255),
        b"iRf2" + header(2, 2, 9, 9)[4:] + bytes(4),
    ],
)
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(FingerprintError):
        Reference.from_bytes(data)


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda tail: MAGIC + tail))
def test_any_bytes(data: bytes) -> None:
    try:
        reference = Reference.from_bytes(data)
    except FingerprintError:
        return
    assert reference.to_bytes() == data
