"""What a file hides beside the picture that is marked is taken out, or holds it back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging
from indelible.gateway.errors import GatewayError
from indelible.gateway.hidden import shown
from indelible.imaging import Metadata

Pixels = NDArray[np.uint8]


@pytest.fixture
def pixels(faces: list[Pixels]) -> Pixels:
    return faces[0]


def with_alpha(pixels: Pixels, alpha: NDArray[np.uint8]) -> bytes:
    return imaging.encode(np.dstack([pixels, alpha]), "png")


def test_plain_pictures_stay_as_they_are(pixels: Pixels) -> None:
    for kind in ("png", "jpeg", "webp"):
        data = imaging.encode(pixels, kind)
        assert shown(data).data is data
        assert shown(data).format == kind
    head = b"\0\0\2\0" + b"\0" * 8 + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    profile = Metadata(icc_profile=head.ljust(512, b"\0"))
    data = imaging.encode(pixels, "png", metadata=profile)
    assert shown(data).data is data


def test_colours_that_nobody_sees_are_taken_out(pixels: Pixels) -> None:
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:60] = 0
    alpha[60:64] = np.array([[0], [64], [128], [192]], np.uint8)
    data = with_alpha(pixels, alpha)
    found = shown(data)
    assert found.came == data
    back = imaging.decode(found.data).pixels
    assert not back[:61, :, :3].any()
    assert (back[:, :, 3] == alpha).all()
    assert (back[64:, :, :3] == pixels[64:]).all()
    assert shown(found.data).data is found.data


def test_what_could_be_a_picture_itself_is_refused(pixels: Pixels) -> None:
    with pytest.raises(GatewayError) as caught:
        shown(with_alpha(pixels, np.ascontiguousarray(pixels[:, :, 1])))
    assert caught.value.code == "unprotected_picture"
    hidden = imaging.encode(pixels[:64, :64].copy(), "jpeg")
    size = 144 + len(hidden)
    profile = size.to_bytes(4, "big") + b"\0" * 8 + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    profile = profile.ljust(144, b"\0") + hidden
    for kind in ("png", "jpeg", "webp"):
        with pytest.raises(GatewayError):
            shown(imaging.encode(pixels, kind, metadata=Metadata(icc_profile=profile)))
