"""Camera raw files: what can be decoded of them is a preview, so they are refused by name."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from indelible import imaging
from indelible.errors import UnsupportedImageError
from indelible.imaging import _ifd, _raw
from tests.imaging import pictures

SENSOR = {254: (0,), 256: (2048,), 257: (1365,), 262: (32803,)}
RAW = {
    "DNG by its version": pictures.tiff(pictures.scene(), extra={50706: (1,)}),
    "preview above a sensor's data": pictures.tiff(
        pictures.scene(), extra={254: (1,)}, below=SENSOR
    ),
    "larger picture below": pictures.tiff(
        pictures.scene(), order=">", below={256: (2048,), 257: (1365,), 262: (2,)}
    ),
    "a maker's compression below": pictures.tiff(
        pictures.scene(), below={256: (32,), 257: (32,), 259: (34713,)}
    ),
    "sensor's data themselves": pictures.tiff(pictures.scene(), extra={262: (32803,)}),
    "BigTIFF": pictures.tiff(pictures.scene(), big=True, below=SENSOR),
}


@pytest.mark.parametrize("data", RAW.values(), ids=RAW)
def test_raw_files_are_refused_with_the_reason(data: bytes) -> None:
    assert imaging.read_header(data).format == "tiff"
    with pytest.raises(UnsupportedImageError, match="camera raw") as caught:
        imaging.decode(data)
    assert "Develop" in str(caught.value.hint)


def test_the_header_says_the_size_of_the_main_picture() -> None:
    header = imaging.read_header(RAW["preview above a sensor's data"])
    assert (header.width, header.height) == (2048, 1365)


@pytest.mark.parametrize(
    "data",
    [
        pictures.tiff(pictures.scene()),
        pictures.tiff(pictures.scene(), below={254: (1,), 256: (16,), 257: (12,), 262: (2,)}),
        pictures.tiff(pictures.scene(), extra={254: (1,)}),
    ],
    ids=["plain", "with a smaller copy", "says reduced, alone"],
)
def test_others_are_none(data: bytes) -> None:
    assert imaging.decode(data).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"IIRS\x08\0\0\0" + bytes(60),
        b"IIU\0\x08\0\0\0" + bytes(60),
        b"FUJIFILMCCD-RAW " + bytes(60),
        b"\0MRM" + bytes(60),
        b"FOVb" + bytes(60),
        b"II\x1a\0\0\0HEAPCCDR" + bytes(60),
    ],
)
def test_other_raw_formats_are_named(data: bytes) -> None:
    with pytest.raises(UnsupportedImageError, match=r"Camera raw"):
        imaging.identify(data)


def test_large_directories_below_are_not_read_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thirty-two pointers to one directory of thousands of entries cost no more than a few."""
    entries = 4000
    data = b"II*\0\x08\0\0\0"
    data += struct.pack("<HHHIII", 1, 330, 4, 32, 26, 0)  # SubIFDs: thirty-two of them
    data += struct.pack("<32I", *[26 + 128] * 32)
    data += struct.pack("<H", entries) + struct.pack("<HHII", 700, 4, 1, 0) * entries + bytes(4)
    layout = _ifd.read_layout(data)
    assert layout is not None
    directory = _ifd.read_directory(data, layout, 8, max_bytes=1 << 20)
    read: list[int] = []
    genuine = _ifd.read_directory

    def counted(data: bytes, layout: _ifd.Layout, offset: int, *, max_bytes: int) -> Any:
        read.append(offset)
        return genuine(data, layout, offset, max_bytes=max_bytes)

    monkeypatch.setattr(_raw, "read_directory", counted)
    assert _raw.raw_kind(data, layout, directory, []) is None
    assert read == [154, 154]
