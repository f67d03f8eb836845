"""Marking a file: formats, older marks, and a mark that is looked for where it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import indelible
from indelible import imaging, watermark
from indelible.errors import (
    EmbeddingFailedError,
    UnsupportedImageError,
)
from indelible.imaging.sources import Source, open_source
from indelible.protection import mark_file
from indelible.protection.markable import MarkablePicture
from indelible.registry.sql import SqlRegistry
from indelible.watermark import Detection, Key, View
from tests.protection.conftest import Pixels, left_in


def test_the_mark_is_not_found_again(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for look in ("detect", "detect_unmoved"):
        monkeypatch.setattr(watermark, look, lambda *_, **__: Detection(found=False))
    with pytest.raises(EmbeddingFailedError, match="not found"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


@pytest.mark.parametrize("name", ["out.xyz", "out.txt"])
def test_unknown_output_suffix(photograph: Pixels, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsupportedImageError, match="suffix"):
        indelible.protect(photograph, tmp_path / name)


def test_lossless_webp_stays_that_unless_a_quality_is_given(photograph: Pixels) -> None:
    stored = imaging.encode(photograph, "webp", lossless=True)
    kept = indelible.protect(stored)
    assert imaging.read_header(kept.data).lossless
    assert not imaging.read_header(indelible.protect(stored, quality=90).data).lossless
    assert not imaging.read_header(indelible.protect(photograph, format="webp").data).lossless


@pytest.mark.parametrize("format_", ["png", "webp"])
def test_fast_files_are_protected_all_the_same(photograph: Pixels, format_: str) -> None:
    result = indelible.protect(photograph, format=format_, fast=True)
    assert indelible.verify(result.data).verdict == "authentic"
    key = Key.generate()
    marked = mark_file(photograph, payload=b"8 bytes.", key=key, format=format_, fast=True)
    assert watermark.detect(imaging.decode(marked.data).pixels, key).payload == b"8 bytes."


def test_what_a_file_loses_is_in_the_result(photograph: Pixels) -> None:
    stored = imaging.encode(photograph, "jpeg") + b"\0\0\0\x18ftypmp42" + bytes(50)
    result = indelible.protect(stored)
    assert any("a video" in note for note in result.notes)
    assert any("a video" in note for note in result.to_dict()["notes"])


def test_older_marks_are_taken_out_and_named(photograph: Pixels) -> None:
    keys = [Key.generate(), Key.generate()]
    pixels: Pixels = photograph
    for payload, key in ((b"first id", keys[0]), (b"other id", keys[1])):
        pixels = watermark.embed(pixels, payload, key)
    picture = MarkablePicture(Source(pixels), "png")
    found = picture.clear([*keys, keys[0]])
    assert {(one.key_id, one.payload) for one in found} == {
        (keys[0].id, b"first id"),
        (keys[1].id, b"other id"),
    }
    assert picture.clear(keys) == ()
    marked = picture.mark(b"third id", keys[1])
    assert marked.payload == b"third id"
    left = marked.file.decode().pixels
    assert watermark.detect(left, keys[1]).payload == b"third id"
    assert not watermark.detect(left, keys[0]).found


def test_older_marks_are_named_once_each_the_loudest_first(
    photograph: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking one out may take two rounds, and one key may have left several."""
    keys = [Key.generate(), Key.generate()]
    seen = [
        Detection(found=True, payload=payload, key_id=key.id)
        for payload, key in (
            (b"first id", keys[0]),
            (b"other id", keys[0]),
            (b"first id", keys[0]),
            (b"first id", keys[1]),
        )
    ]
    rounds = iter([*seen, Detection(found=False)])
    monkeypatch.setattr(watermark, "detect", lambda *_, **__: next(rounds))
    monkeypatch.setattr(watermark, "remove", lambda image, key, found: image)
    found = MarkablePicture(Source(photograph), "png").clear(keys)
    assert found == (seen[0], seen[1], seen[3])
    assert next(rounds, None) is None


def test_the_mark_is_looked_for_in_what_was_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = np.zeros((64, 64, 3), np.uint8)
    encoded = imaging.encode(blank, "png")
    looked_at: list[Pixels] = []

    def detect(view: View, key: Key) -> Detection:
        looked_at.append(view.pixels)
        return Detection(found=True, payload=b"first id")

    monkeypatch.setattr(watermark, "embed", lambda image, *_, **__: image + 1)
    monkeypatch.setattr(imaging, "encode", lambda *_, **__: encoded)
    monkeypatch.setattr(watermark, "detect", detect)
    marked = MarkablePicture(Source(blank), "png").mark(b"first id", Key.generate())
    assert marked.file.data == encoded
    assert [image.any() for image in looked_at] == [False]


@pytest.mark.parametrize(
    "seen",
    [
        Detection(found=False),
        Detection(found=True, payload=b"first id", false_positive_probability=1e-20),
        Detection(found=True, payload=b"older id", false_positive_probability=1e-300),
    ],
    ids=["not seen", "not clear", "another"],
)
def test_the_detector_is_asked_where_a_glance_is_not_enough(
    photograph: Pixels, seen: Detection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, ...]] = []

    def detect(view: View, key: Key) -> Detection:
        asked.append(view.shape)
        return Detection(found=True, payload=b"what it says")

    monkeypatch.setattr(watermark, "detect_unmoved", lambda *_: seen)
    monkeypatch.setattr(watermark, "detect", detect)
    marked = MarkablePicture(Source(photograph), "jpeg").mark(b"first id", Key.generate())
    assert marked.payload == b"what it says"
    assert asked == [photograph.shape[:2]]


def test_pixels_that_a_file_can_give_again_are_given_up(
    photograph: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the encoder works, and decoded again where another id is to be tried."""
    stored = imaging.encode(photograph, "jpeg")
    given: list[Pixels] = []
    embed = watermark.embed

    def kept(image: Pixels, *args: Any, **options: Any) -> Pixels:
        given.append(image)
        return embed(image, *args, **options)

    monkeypatch.setattr(watermark, "embed", kept)
    picture = MarkablePicture(open_source(stored, imaging.DEFAULT_LIMITS), "jpeg")
    key = Key.generate()
    for payload in (b"first id", b"other id"):
        assert picture.mark(payload, key).payload == payload
    assert given[0] is not given[1]
    assert np.array_equal(given[0], given[1])


def test_pixels_from_which_a_mark_was_taken_are_kept(photograph: Pixels) -> None:
    key = Key.generate()
    stored = imaging.encode(watermark.embed(photograph, b"older id", key), "jpeg")
    picture = MarkablePicture(open_source(stored, imaging.DEFAULT_LIMITS), "jpeg")
    assert [one.payload for one in picture.clear([key])] == [b"older id"]
    for payload in (b"first id", b"other id"):
        assert picture.mark(payload, key).payload == payload
    assert picture.clear([key]) == ()
