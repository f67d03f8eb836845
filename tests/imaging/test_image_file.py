"""One encoded picture as one object: everything is found once, whoever asks for it."""

from __future__ import annotations

import contextlib
import gc
import io
import struct
import sys
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.security.fillings import container, gif_blocks
from indelible import imaging
from indelible.errors import ImageTooLargeError, UnreadableImageError, UnsupportedImageError
from indelible.imaging import ImageFile, Located, Span, image_file, open_image
from indelible.imaging.header import read_container
from tests.imaging import heic_files, hostile, pictures
from tests.imaging.test_raw import RAW

STORE = b"\0\0\0\x28jumb\0\0\0\x20jumdc2pa" + bytes(20)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def with_store(kind: str) -> bytes:
    """Return a picture with something where its manifest belongs."""
    data = pictures.saved(Image.fromarray(pictures.scene()), kind.upper())
    held = container(kind, STORE)
    if kind == "tiff":
        return pictures.saved(Image.fromarray(pictures.scene()), "TIFF", tiffinfo={0xCD41: STORE})
    at = {"jpeg": 20, "png": 33, "gif": 13 + 3 * 2 ** ((data[10] & 7) + 1)}.get(kind, len(data))
    data = data[:at] + held + data[at:]
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:] if kind == "webp" else data


@contextmanager
def counted(data: bytes) -> Iterator[Counter[str]]:
    """Count the functions of `imaging` that take a file's own bytes."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_locals.get("data") is data:
            module = str(frame.f_globals.get("__name__"))
            if module.startswith("indelible.imaging"):
                calls[f"{module.removeprefix('indelible.imaging.')}.{frame.f_code.co_name}"] += 1

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "avif"])
def test_a_container_is_walked_once(kind: str) -> None:
    data = with_store(kind)
    with counted(data) as calls:
        image = ImageFile(data)
        for _ in range(2):
            assert image.manifest is not None
            assert image.manifest.store == STORE
            assert image.header.format == image.format == kind
            assert image.media_type == f"image/{kind}"
            assert image.decode().pixels.shape == (48, 64, 3)
            assert image.decode(tolerant=True).header == image.header
            assert image.xmp_packets == ()
            image.check_regular()
    name = "iso" if kind == "avif" else kind
    assert calls[f"structure.{name}.walk"] == 1
    assert calls[f"structure.{name}.locate"] == 1
    assert calls[f"_{name}.read_{name}"] == 1
    assert calls["formats.identify"] <= 2  # for the format and for the media type


def test_two_files_are_compared_by_what_is_known_of_them() -> None:
    image = ImageFile(with_store("png"))
    with counted(image.data) as calls:
        assert image.manifest is not None
        assert imaging.difference(image, image) is None
        assert imaging.difference(image, image.data[:-1]) is not None
    assert calls["structure.png.walk"] == 1


def test_nothing_is_walked_for_a_manifest_that_cannot_be_there() -> None:
    data = pictures.saved(Image.fromarray(pictures.scene()), "JPEG")
    with counted(data) as calls:
        assert ImageFile(data).manifest is None
    assert calls["structure.jpeg.walk"] == 0


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        *((with_store(kind), f"image/{kind}") for kind in ("jpeg", "png", "webp", "gif", "tiff")),
        (with_store("avif"), "image/avif"),
        (heic_files.SCENE, "image/heic"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0vvic", "image/heif"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0avif", "image/avif"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0heic", "image/heic"),
        (b"II+\0" + bytes(20), "image/tiff"),
        (b"MM\0*" + bytes(20), "image/tiff"),
        (STORE, "application/c2pa"),
    ],
)
def test_the_media_type_is_that_of_the_content(data: bytes, media_type: str) -> None:
    assert ImageFile(data, path="picture.bin").media_type == media_type


def test_adobes_raw_format_has_a_media_type_of_its_own() -> None:
    types = {what: ImageFile(data).media_type for what, data in RAW.items()}
    assert set(types.values()) == {"image/x-adobe-dng", "image/tiff"}
    assert all((kind == "image/x-adobe-dng") == ("DNG" in what) for what, kind in types.items())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnreadableImageError),
        (b"hello", UnreadableImageError),
        (b"\0\0\0\x18ftypmp42" + bytes(20), UnreadableImageError),
        (b"BM" + bytes(60), UnsupportedImageError),
    ],
)
def test_what_could_hold_no_manifest_has_no_media_type(data: bytes, error: type[Exception]) -> None:
    image = ImageFile(data)
    with pytest.raises(error):
        _ = image.media_type
    assert image.manifest is None
    assert image.xmp_packets == ()


def test_a_manifest_store_alone_is_no_picture() -> None:
    image = ImageFile(STORE)
    assert image.manifest == Located(STORE, (Span(0, len(STORE)),))
    with pytest.raises(UnreadableImageError):
        image.decode()


def test_xmp_is_found_where_c2pa_puts_it_and_where_xmp_belongs() -> None:
    png = imaging.encode(pictures.scene(), "png", metadata=imaging.Metadata(xmp=XMP))
    assert ImageFile(png).xmp_packets == (XMP,)
    assert ImageFile(png[:-20]).xmp_packets == ()  # cut short
    uuid = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    box = struct.pack(">I4s", 24 + len(XMP), b"uuid") + uuid + XMP
    avif = pictures.saved(Image.fromarray(pictures.scene()), "AVIF")
    assert ImageFile(avif + box).xmp_packets == (XMP,)
    gif = pictures.saved(Image.fromarray(pictures.scene()), "GIF")
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    chain = b"!\xff\x0bXMP DataXMP" + gif_blocks(XMP + trailer)
    assert ImageFile(gif[:-1] + chain + b";").xmp_packets[0] == XMP
    plain = imaging.encode(pictures.scene(), "gif", metadata=imaging.Metadata(xmp=XMP))
    assert ImageFile(plain).xmp_packets[-1] == XMP


def test_a_part_of_a_picture_is_decoded_on_request_only() -> None:
    data = with_store("png")
    image = ImageFile(data[: len(data) * 3 // 4])
    assert any("was looked at" in sentence for sentence in image.header.irregular)
    for check in (image.check_whole, image.check_regular, image.decode):
        with pytest.raises(UnreadableImageError, match="cut short"):
            check()
    assert image.decode(tolerant=True).pixels.shape == (48, 64, 3)


def test_an_irregular_file_is_whole_but_not_regular() -> None:
    pieces = hostile.png_chunks(with_store("png"))
    image = ImageFile(b"".join(pieces[:-1]))
    image.check_whole()
    with pytest.raises(UnreadableImageError, match="cannot be signed"):
        image.check_regular()


def test_pictures_are_opened_from_wherever_they_come(tmp_path: Path) -> None:
    data = with_store("jpeg")
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    for source in (path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data)):
        image = open_image(source)
        assert (type(image.data), image.data) == (bytes, data)
        assert image.path == (path if isinstance(source, Path | str) else None)
        assert open_image(image) is image
        named = any("name says PNG" in note for note in image.decode().notes)
        assert named == (image.path is not None)
    with pytest.raises(ImageTooLargeError):
        open_image(path, limits=imaging.Limits(max_bytes=100))


def test_limits_are_those_of_the_file() -> None:
    image = ImageFile(with_store("webp"), limits=imaging.Limits(max_pixels=100))
    for read in (lambda: image.header, image.decode):
        with pytest.raises(ImageTooLargeError, match="64 x 48 px"):
            read()
    assert image.manifest is not None  # nothing of the picture is needed for it


def test_what_decode_and_read_header_say_is_what_the_file_says() -> None:
    data = with_store("gif")
    image = ImageFile(data)
    assert imaging.read_header(data) == image.header
    assert np.array_equal(imaging.decode(data).pixels, image.decode().pixels)


def test_a_file_that_cannot_be_read_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    genuine = read_container

    def counted(data: bytes, *rest: Any) -> Any:
        read.append(data)
        return genuine(data, *rest)

    monkeypatch.setattr(image_file, "read_container", counted)
    file = ImageFile(pictures.saved(Image.fromarray(pictures.scene()), "PNG")[:20])
    for _ in range(3):
        with pytest.raises(UnreadableImageError):
            _ = file.header
    assert file.xmp_packets == ()
    assert len(read) == 1


def test_a_file_that_cannot_be_read_does_not_stay_in_memory() -> None:
    """An error that holds its traceback would hold the file, until a collector comes by."""
    gc.disable()
    try:
        file = ImageFile(pictures.saved(Image.fromarray(pictures.scene()), "PNG")[:20])
        alive = weakref.ref(file)
        for _ in range(2):
            with contextlib.suppress(UnreadableImageError):
                _ = file.header
        del file
        assert alive() is None
    finally:
        gc.enable()


def test_metadata_are_read_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    fields = Image.Exif()
    fields[0x0131] = "A program"
    fields[0x0112] = 6
    Image.new("RGB", (8, 4)).save(buffer, "JPEG", exif=fields)
    image = ImageFile(buffer.getvalue())
    monkeypatch.setattr(ImageFile, "decode", lambda *_, **__: 1 / 0)
    assert b"A program" in (image.metadata.exif or b"")
    with pytest.raises(UnreadableImageError):
        _ = ImageFile(b"garbage").metadata
