"""Marking a file: formats, older marks, and a mark that is looked for where it was written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import indelible
from indelible import imaging, watermark
from indelible.errors import (
    ArgumentError,
    EmbeddingFailedError,
    OutputExistsError,
    PayloadError,
    UnmarkableImageError,
    UnsupportedImageError,
)
from indelible.imaging import ImageFile
from indelible.imaging.sources import Source, open_source
from indelible.protection import mark_file
from indelible.protection.marking import MarkablePicture, Marked
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


# --- mark_file ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.generate()


def test_a_file_is_marked_and_nothing_else(picture_file: Path, tmp_path: Path, key: Key) -> None:
    output = tmp_path / "marked.jpg"
    marked = mark_file(picture_file, output, payload=b"my own 1", key=key)
    assert marked.path == output
    assert output.read_bytes() == marked.data
    assert (marked.format, marked.payload, marked.key_id) == ("jpeg", b"my own 1", key.id)
    file = ImageFile(marked.data)
    assert file.manifest is None
    assert watermark.detect(file.decode().pixels, key).payload == b"my own 1"
    assert marked.to_dict() == {
        "path": str(output),
        "payload": b"my own 1".hex(),
        "format": "jpeg",
        "key_id": key.id,
        "notes": [],
    }


def test_the_newest_id_is_the_one_that_is_found(photograph: Pixels, key: Key) -> None:
    first = mark_file(photograph, payload=b"my own 1", key=key)
    stream = io.BytesIO()
    second = mark_file(first.data, stream, payload=b"my own 2", key=[key])
    assert (second.format, second.path) == ("png", None)
    assert stream.getvalue() == second.data
    pixels = imaging.decode(second.data).pixels
    assert watermark.detect(pixels, key).payload == b"my own 2"


def test_an_older_mark_that_stays_louder_is_an_error(
    photograph: Pixels, tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mark(self: MarkablePicture, *args: object, **options: object) -> Marked:
        return Marked(ImageFile(b""), b"older id")

    monkeypatch.setattr(MarkablePicture, "mark", mark)
    with pytest.raises(EmbeddingFailedError, match=b"older id".hex()):
        mark_file(photograph, tmp_path / "out.png", payload=b"my own 1", key=key)
    assert left_in(tmp_path) == []


def test_marking_keeps_metadata_and_says_that_it_drops_the_manifest(
    photograph: Pixels, key: Key
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    source = io.BytesIO()
    Image.fromarray(photograph).save(source, "JPEG", quality=95, exif=exif)
    protected = indelible.protect(source.getvalue(), key=Key.generate())
    marked = mark_file(protected.data, payload=b"my own 1", key=key, quality=92)
    assert any("manifest is not carried over" in note for note in marked.notes)
    assert ImageFile(marked.data).manifest is None
    assert b"a description" in (imaging.decode(marked.data).metadata.exif or b"")
    stripped = mark_file(source.getvalue(), payload=b"my own 1", key=key, strip=True)
    assert imaging.decode(stripped.data).metadata.exif is None
    assert stripped.notes == ()


def test_marking_overwrites_nothing_unless_asked(
    photograph: Pixels, tmp_path: Path, key: Key
) -> None:
    output = tmp_path / "there.webp"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        mark_file(photograph, output, payload=b"my own 1", key=key)
    assert output.read_bytes() == b"precious"
    made = mark_file(photograph, output, payload=b"my own 1", key=key, overwrite=True)
    assert output.read_bytes() == made.data
    assert made.format == "webp"


def test_a_picture_that_cannot_be_marked_leaves_nothing(tmp_path: Path, key: Key) -> None:
    flat = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(UnmarkableImageError):
        mark_file(flat, tmp_path / "out.png", payload=b"my own 1", key=key)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("payload", [b"", b"seven b", b"nine byte", "my own 1", 5, None])
def test_payloads_that_are_none(photograph: Pixels, tmp_path: Path, key: Key, payload: Any) -> None:
    with pytest.raises(PayloadError):
        mark_file(photograph, tmp_path / "out.png", payload=payload, key=key)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", 5),
        ("output", 5),
        ("key", None),
        ("key", []),
        ("strength", "ultra"),
        ("strength", None),
        ("format", 5),
        ("quality", 0),
        ("lossless", 1),
        ("strip", 1),
        ("overwrite", 1),
        ("limits", 5),
    ],
)
def test_a_wrong_argument_of_mark_file_is_named(
    photograph: Pixels, key: Key, name: str, value: object
) -> None:
    given: dict[str, Any] = {"image": photograph, "payload": b"my own 1", "key": key, name: value}
    with pytest.raises(ArgumentError) as caught:
        mark_file(given.pop("image"), given.pop("output", None), **given)
    assert caught.value.argument == name
    assert caught.value.hint
