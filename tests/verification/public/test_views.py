"""What a page shows: the original, the picture in hand laid on it, and what was changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import credentials, imaging
from indelible.credentials import Trust
from indelible.imaging import ImageFile
from indelible.settings import current
from indelible.verification import Verification, Verifier
from indelible.verification.public import original_picture, public_report, views

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """A picture that somebody sent, and what was found in it."""

    image: ImageFile
    result: Verification

    @property
    def pictures(self) -> dict[str, Pixels]:
        drawn = views(self.result, self.image)
        assert all(data.startswith(b"\x89PNG") for data in drawn.values())
        return {name: imaging.decode(data).pixels for name, data in drawn.items()}


def seen(data: bytes) -> Seen:
    return Seen(imaging.open_image(data), Verifier.from_settings(changes=True).verify(data))


@pytest.fixture
def signed(at_home: Path, photograph: Pixels) -> bytes:
    return indelible.protect(photograph, format="jpeg", thumbnail=True).data


def edited(data: bytes, photographs: dict[str, Pixels]) -> Pixels:
    pixels = imaging.decode(data).pixels.copy()
    pixels[180:300, 220:340] = photographs["coffee"][100:220, 100:220]
    return pixels


def cropped_and_turned(pixels: Pixels) -> bytes:
    turned = Image.fromarray(pixels).rotate(5, Image.Resampling.BICUBIC)
    part = np.ascontiguousarray(np.array(turned.resize((620, 620)))[40:590, 50:600])
    return imaging.encode(part, "jpeg", quality=85)


def distance(one: Pixels, other: Pixels, where: NDArray[np.bool_]) -> float:
    return float(np.abs(one.astype(int) - other.astype(int))[where].mean())


def test_a_cropped_turned_and_edited_picture(signed: bytes, photographs: dict[str, Pixels]) -> None:
    one = seen(cropped_and_turned(edited(signed, photographs)))
    report = public_report(one.result, image=one.image)
    original = report["original"]
    assert original is not None
    assert (original["kind"], original["where"], original["claim"], original["aligned"]) == (
        "thumbnail",
        "recovered",
        False,
        True,
    )
    drawn = one.pictures
    assert set(drawn) == {"original", "yours", "changes"}
    shape = (original["height"], original["width"])
    assert {picture.shape[:2] for picture in drawn.values()} == {shape}
    assert shape == (256, 256)

    overlay = drawn["changes"]
    red = (overlay[..., 3] > 0) & (overlay[..., 0] > 200)
    unknown = (overlay[..., 3] > 0) & ~red
    clear = overlay[..., 3] == 0
    pasted = np.zeros(shape, np.bool_)
    pasted[90:150, 110:170] = True
    assert red[pasted].mean() > 0.8
    assert red[~pasted].mean() < 0.05
    assert 0.02 < unknown.mean() < 0.5  # what the crop left out
    # Laid on each other they agree where nothing was changed; a pixel off they would not.
    aligned = distance(drawn["original"], drawn["yours"], clear)
    off = distance(np.roll(drawn["original"], 2, axis=1), drawn["yours"], clear)
    assert aligned < 10
    assert aligned < 0.8 * off
    assert distance(drawn["original"], drawn["yours"], pasted) > 20


def test_a_map_is_no_finer_than_16_pixels(signed: bytes, photographs: dict[str, Pixels]) -> None:
    pixels = np.ascontiguousarray(edited(signed, photographs)[:, 16:])
    one = seen(imaging.encode(pixels, "jpeg", quality=85))
    overlay = one.pictures["changes"]
    red = (overlay[..., 3] > 0) & (overlay[..., 0] > 200)
    assert red.any()
    # The picture in hand lies on the original's grid, 16 px further left: so do the cells.
    cells = red.reshape(32, 8, 32, 8).mean(axis=(1, 3))
    assert np.count_nonzero((cells > 0.2) & (cells < 0.8)) <= 4


def test_a_sketch_where_there_is_no_preview(at_home: Path, reposted: bytes) -> None:
    one = seen(reposted)
    report = public_report(one.result, image=one.image)
    original = report["original"]
    assert original is not None
    assert original["kind"] == "sketch"
    assert "blurred sketch" in original["label"]
    drawn = one.pictures
    assert set(drawn) == {"original", "yours"}
    assert drawn["original"].shape == drawn["yours"].shape == (384, 384, 3)
    assert np.array_equal(drawn["original"][..., 0], drawn["original"][..., 2])
    found = original_picture(one.result)
    assert found is not None
    assert found[0] == "image/png"


def test_an_intact_picture_is_its_own_original(signed: bytes) -> None:
    one = seen(signed)
    assert public_report(one.result, image=one.image)["original"] is None
    assert set(one.pictures) == {"yours"}
    assert original_picture(one.result, one.image) is None


def test_the_preview_of_the_files_own_manifest(signed: bytes) -> None:
    data = bytearray(signed)
    data[-len(data) // 8] ^= 0x01
    one = seen(bytes(data))
    assert one.result.fingerprint.about == "recovered"
    alone = replace(
        one.result,
        registry=replace(one.result.registry, credential=None, manifest_store=None),
        fingerprint=replace(one.result.fingerprint, about="manifest"),
    )
    original = public_report(alone, image=one.image)["original"]
    assert original is not None
    assert (original["where"], original["kind"]) == ("manifest", "thumbnail")
    # Without the file its manifest is not at hand, and its sketch is.
    sketched = public_report(alone)["original"]
    assert sketched is not None
    assert sketched["kind"] == "sketch"
    # Anybody can sign a preview into a file.
    stranger = replace(alone.credential, signer_trusted=False)
    assert public_report(replace(alone, credential=stranger), image=one.image)["original"] is None


def test_nothing_is_shown_of_what_must_not_be_believed(at_home: Path, reposted: bytes) -> None:
    result = seen(reposted).result
    registry, looks = result.registry, result.fingerprint
    hidden = [
        replace(result, registry=replace(registry, names_payload=False)),
        replace(result, registry=replace(registry, status="withdrawn")),
        replace(result, registry=replace(registry, credential=None)),
        replace(result, fingerprint=replace(looks, state="mismatch", geometry=None)),
    ]
    assert [original_picture(one) for one in hidden] == [None] * 4
    assert original_picture(result) is not None


def test_the_preview_of_an_untrusted_recovered_manifest_is_labelled(
    at_home: Path, signed: bytes
) -> None:
    pixels = np.ascontiguousarray(imaging.decode(signed).pixels[20:, 20:])
    data = imaging.encode(pixels, "jpeg", quality=85)
    result = Verifier(
        keys=current().detection_keys(), registry=current().registry(), trust=Trust.nobody()
    ).verify(data)
    original = public_report(result)["original"]
    assert original is not None
    assert (original["standing"], original["claim"]) == ("untrusted", True)
    assert "said to be the original" in original["label"]


@pytest.mark.parametrize("preview", [b"GIF89a and no more", b"", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_a_preview_that_is_no_picture(
    signed: bytes, preview: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.ascontiguousarray(imaging.decode(signed).pixels[20:, 20:])
    one = seen(imaging.encode(pixels, "jpeg", quality=85))
    monkeypatch.setattr(credentials, "read_thumbnail", lambda _: preview)
    original = public_report(one.result, image=one.image)["original"]
    assert original is not None
    assert original["kind"] == "sketch"


def test_a_large_picture_is_drawn_small(home: Path, photographs: dict[str, Pixels]) -> None:
    large = np.ascontiguousarray(np.tile(photographs["coffee"], (4, 4, 1)))
    one = seen(imaging.encode(large, "jpeg", quality=80))
    assert max(one.pictures["yours"].shape) <= 1024
