"""The preview in a manifest."""

from __future__ import annotations

import pytest

from indelible import credentials, imaging
from indelible.credentials import (
    DevelopmentIdentity,
    Generator,
    ManifestRequest,
    read_thumbnail,
)
from indelible.credentials.store.jumbf import read_boxes
from indelible.errors import ManifestError
from tests.imaging import pictures


def signed(identity: DevelopmentIdentity, thumbnail: bool | int) -> bytes:
    request = ManifestRequest(credentials.new_manifest_id(), Generator("Acme"), thumbnail=thumbnail)
    picture = imaging.encode(pictures.scene(480, 640), "jpeg")
    return credentials.sign(picture, request, identity.signer).manifest_store


@pytest.mark.parametrize(("asked", "side"), [(True, 256), (64, 64), (512, 512)])
def test_a_preview_of_the_size_that_was_asked(
    identity: DevelopmentIdentity, asked: bool | int, side: int
) -> None:
    preview = read_thumbnail(signed(identity, asked))
    assert preview is not None
    assert max(imaging.decode(preview).pixels.shape[:2]) == side


def test_no_preview(identity: DevelopmentIdentity) -> None:
    assert read_thumbnail(signed(identity, False)) is None
    assert read_thumbnail(b"no manifest store") is None


@pytest.mark.parametrize("side", [63, 513, 100_000])
def test_previews_have_limits(side: int) -> None:
    with pytest.raises(ManifestError, match="preview"):
        ManifestRequest(credentials.new_manifest_id(), Generator("Acme"), thumbnail=side)


def test_a_preview_that_was_put_in_unsigned_is_nobodys(identity: DevelopmentIdentity) -> None:
    plain, other = signed(identity, False), signed(identity, True)
    boxes = read_boxes(other)
    preview = next(box for box in boxes if (box.label or "").startswith("c2pa.thumbnail.claim"))
    for store in (plain, other):
        forged = with_assertion(store, other[preview.start : preview.end])
        picture = imaging.encode(pictures.scene(480, 640), "jpeg")
        report = credentials.read(picture, trust=identity.trust(), manifest_store=forged)
        assert report.integrity in ("broken", "unreadable")
    assert read_thumbnail(with_assertion(other, other[preview.start : preview.end])) is None


def with_assertion(store: bytes, assertion: bytes) -> bytes:
    """Put one more assertion into the first manifest of a store, as its last one."""
    boxes = read_boxes(store)
    place = next(box for box in boxes if box.label == "c2pa.assertions")
    forged = bytearray(store[: place.end] + assertion + store[place.end :])
    for box in boxes:
        if box.start <= place.start and box.end >= place.end:
            size = box.end - box.start + len(assertion)
            forged[box.start : box.start + 4] = size.to_bytes(4, "big")
    return bytes(forged)
