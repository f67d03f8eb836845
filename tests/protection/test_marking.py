"""Marking a picture and nothing else."""

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
)
from indelible.imaging import ImageFile
from indelible.protection import mark_file
from indelible.protection.markable import MarkablePicture, Marked
from indelible.watermark import Key
from tests.protection.conftest import Pixels, left_in


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
