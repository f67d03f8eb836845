"""The pixel leg: what is in the pixels, of whole and damaged pictures of every kind."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import imaging, watermark
from indelible.credentials import CredentialReport, ManifestReport, SoftBinding
from indelible.errors import MissingDependencyError
from indelible.imaging import ImageFile
from indelible.protection import ProtectedImage
from indelible.verification import pixel_leg
from indelible.verification.pixel_leg import examine_pixels
from indelible.watermark import ALGORITHM, Detection, Key, View, embed
from tests.imaging import pictures

Pixels = NDArray[np.uint8]


def test_altered_where_the_mark_is_gone(protected: ProtectedImage) -> None:
    pixels = imaging.decode(protected.data).pixels.copy()
    pixels[130:350, 150:390] = (40, 90, 160)
    result = indelible.verify(imaging.encode(pixels, "jpeg", quality=90))
    assert result.watermark.payload == protected.payload
    assert result.watermark.regions_gone is True
    assert result.verdict == "altered"


def test_a_collage_says_how_much_of_it_is_marked(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    whole = indelible.verify(protected.data).watermark
    assert whole.area is not None
    assert whole.area > 0.6
    sheet = photographs["motorcycle"][:480, :740].copy()
    sheet[:400, :250] = imaging.decode(protected.data).pixels[:400, 100:350]
    result = indelible.verify(imaging.encode(sheet, "jpeg", quality=90))
    assert result.watermark.payload == protected.payload
    assert result.watermark.area is not None
    assert result.watermark.area < 0.5
    assert result.watermark.others == ()
    assert any("the rest may come from elsewhere" in note for note in result.notes)


def test_a_picture_with_a_patch_says_how_much_of_it_is_marked(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    patched = imaging.decode(protected.data).pixels.copy()
    patched[40:300, 40:360] = photographs["motorcycle"][40:300, 40:360]
    result = indelible.verify(imaging.encode(patched, "jpeg", quality=90))
    assert result.verdict == "altered"
    assert any("of the picture carries the watermark" in note for note in result.notes)


def test_without_a_codec_the_manifest_still_speaks(
    protected: ProtectedImage, reposted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(image: ImageFile, **_: object) -> imaging.Picture:
        raise MissingDependencyError("no codec", hint="install it")

    monkeypatch.setattr(ImageFile, "decode", missing)
    result = indelible.verify(protected.data)
    assert result.verdict == "authentic"
    assert result.watermark.state == "not_checked"
    assert "no codec" in (result.watermark.reason or "")
    unseen = indelible.verify(reposted)
    assert unseen.verdict == "unchecked"
    assert "install it" in unseen.reasons[0]


def test_animations_are_verified(at_home: Path, photograph: Pixels) -> None:
    frames = [Image.fromarray(photograph[:64, :64]), Image.fromarray(photograph[64:128, :64])]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=100)
    result = indelible.verify(stream.getvalue())
    assert result.verdict == "none"
    assert any("frames" in note for note in result.notes)


@pytest.mark.parametrize("what", ["a stray byte", "no end", "cut"])
def test_a_picture_that_viewers_show_is_looked_at(protected: ProtectedImage, what: str) -> None:
    data = protected.data
    damaged = {
        "a stray byte": data[:20] + b"\0" + data[20:],
        "no end": data[:-2],
        "cut": data[: len(data) * 4 // 5],
    }[what]
    result = indelible.verify(damaged)
    assert result.watermark.state == "found"
    assert result.verdict == "altered"
    assert any("JPEG file" in note for note in result.notes)
    assert any("JPEG file" in note for note in result.to_dict()["notes"])


def test_a_reason_is_one_line() -> None:
    raw = pictures.tiff(
        pictures.scene(), extra={254: (1,)}, below={256: (9,), 257: (9,), 262: (32803,)}
    )
    report = indelible.verify(raw).watermark
    assert report.state == "not_checked"
    assert report.reason is not None
    assert "camera raw file" in report.reason
    assert "\n" not in report.reason


def test_the_mark_that_the_manifest_names_wins_over_a_stronger_one(photograph: Pixels) -> None:
    loud, named = Key.from_bytes(bytes(32)), Key.from_bytes(bytes(range(32)))
    both = embed(embed(photograph, b"promised", named), b"stronger", loud)
    image = ImageFile(imaging.encode(both, "png"))
    binding = SoftBinding(ALGORITHM, b"promised", key_id=named.id)
    manifest = ManifestReport("urn:1", soft_bindings=(binding,))
    for report, payload in (
        (CredentialReport("absent"), b"stronger"),
        (CredentialReport("trusted", manifest=manifest), b"promised"),
    ):
        assert examine_pixels(image, (loud, named), report, "standard").mark.payload == payload


def test_the_strongest_mark_counts_where_the_one_that_the_manifest_names_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loud, named = Key.from_bytes(bytes(32)), Key.from_bytes(bytes(range(32)))
    stronger = Detection(True, b"stronger", key_id=loud.id)
    monkeypatch.setattr(
        watermark,
        "detect",
        lambda _, key, **_effort: Detection(False) if key is named else stronger,
    )
    assert (
        pixel_leg._detect(View(np.zeros((8, 8), np.uint8)), (loud, named), named, "standard")
        is stronger
    )


def test_a_large_picture_is_looked_at_reduced_but_not_thoroughly(
    photograph: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Key.from_bytes(bytes(32))
    binding = SoftBinding(ALGORITHM, b"promised", key_id=key.id)
    promise = CredentialReport(
        "trusted", manifest=ManifestReport("urn:1", soft_bindings=(binding,))
    )
    large = np.ascontiguousarray(np.tile(photograph, (4, 4, 1)))
    image = ImageFile(imaging.encode(large, "jpeg"))
    seen: list[tuple[int, tuple[int, int]]] = []
    able: list[tuple[int, ...]] = []

    def detect(view: View, *_: object, **__: object) -> Detection:
        seen.append((view.scale, view.shape))
        return Detection(False)

    def can_carry(pixels: Pixels, _: Key) -> bool:
        able.append(pixels.shape)
        return True

    monkeypatch.setattr(watermark, "detect", detect)
    monkeypatch.setattr(watermark, "can_carry", can_carry)
    for effort in ("standard", "thorough"):
        report = examine_pixels(image, (key,), promise, effort)
        assert report.mark.can_carry is True
    assert seen == [(2, large.shape[:2]), (1, large.shape[:2])]
    assert able == [large.shape, large.shape]
