"""Pictures behind a picture are seen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging
from indelible.errors import UnsupportedImageError
from indelible.gateway.embedded import is_animation, pictures_behind
from tests.gateway.upstream import encode


def test_pictures_behind(faces: list[NDArray[np.uint8]]) -> None:
    first, second = (imaging.encode(one, "jpeg") for one in faces[:2])
    assert list(pictures_behind(first)) == []
    assert list(pictures_behind(first + b"between" + second)) == [second]
    assert list(pictures_behind(first + second[:600])) == []
    preview = imaging.encode(np.ascontiguousarray(faces[1][:100, :100]), "jpeg")
    assert list(pictures_behind(first + preview)) == []
    with pytest.raises(UnsupportedImageError):
        list(pictures_behind(first + second * 20))
    assert list(pictures_behind(b"\x89PNG\r\n\x1a\n" + second)) == []


def test_animations(faces: list[NDArray[np.uint8]]) -> None:
    plain = encode(faces[0])
    assert not is_animation(plain)
    assert is_animation(plain.replace(b"IDAT", b"fdAT"))
