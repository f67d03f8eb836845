"""What a file holds beside its picture: kept, or named; and what described it, corrected."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from indelible import imaging
from indelible.imaging import Metadata
from tests.imaging import hostile, pictures


def through(data: bytes, format_: str | None = None) -> tuple[bytes, imaging.Picture, str]:
    """Return a file encoded anew, what is read from that, and all notes on the way."""
    picture = imaging.decode(data)
    target = format_ or picture.format
    fitted = imaging.conform(picture.pixels, picture.metadata, target)
    again = imaging.encode(fitted.pixels, target, metadata=fitted.metadata)
    return again, imaging.decode(again), " ".join((*picture.notes, *fitted.notes))


def test_a_motion_photo_loses_its_video_in_words() -> None:
    _, kept, notes = through(pictures.motion_photo())
    assert "a video, 40 bytes" in notes
    assert "XMP" in notes
    assert kept.metadata.xmp is not None
    for word in (b"MotionPhoto", b"MicroVideo", b"Directory"):
        assert word not in kept.metadata.xmp
    assert b'Q:HdrPlus="kept"' in kept.metadata.xmp


def test_a_gain_map_is_named_and_not_described() -> None:
    data, kept, notes = through(pictures.gain_map_jpeg())
    assert "gain map" in notes
    assert "another picture" in notes
    for word in (b"MPF\0", b"21496", b"hdrgm:Version", b"HasExtendedXMP"):
        assert word not in data
    assert b'dc:format="image/jpeg"' in (kept.metadata.xmp or b"")


def test_clipping_paths_and_captions_survive() -> None:
    record = b"\x1c\x02\x78\x00\x07caption"
    path = bytes(range(26)) * 3
    data = pictures.jpeg_with(
        pictures.photoshop_segment((0x0404, record), (0x040C, b"preview"), (0x03ED, bytes(16))),
        pictures.photoshop_segment((2000, path), (2999, b"\x06Path 1"), (0x0425, bytes(15))),
    )
    for format_ in ("jpeg", "tiff"):
        again, kept, notes = through(data, format_)
        assert kept.metadata.iptc == record
        assert kept.metadata.photoshop == imaging.decode(data).metadata.photoshop
        assert path in (kept.metadata.photoshop or b"")
        assert b"preview" not in again
        assert "preview" in notes
        again, kept, _ = through(again, "jpeg")
        assert path in (kept.metadata.photoshop or b"")
    assert "clipping paths" in through(data, "png")[2]


def test_damaged_photoshop_resources_are_named() -> None:
    sound = pictures.photoshop_segment((0x03ED, bytes(16)), (2000, bytes(26)))
    picture = imaging.decode(pictures.jpeg_with(hostile.jpeg_segment(0xED, sound[4:-20])))
    assert any("damaged" in note for note in picture.notes)
    assert b"\x03\xed" in (picture.metadata.photoshop or b"")


def test_clipping_paths_of_a_turned_picture_are_named() -> None:
    data = pictures.jpeg_with(
        hostile.jpeg_segment(0xE1, b"Exif\0\0" + pictures.exif(6)),
        pictures.photoshop_segment((2000, b"p" * 26), (0x03ED, bytes(16))),
    )
    again, _, notes = through(data)
    assert b"p" * 26 not in again
    assert "turned" in notes
    assert b"\x03\xed\x04Name" in again


def test_many_photoshop_resources_go_into_several_segments() -> None:
    resources = [pictures.photoshop_segment((2000 + n, bytes([n]) * 60_000)) for n in range(4)]
    kept = imaging.decode(pictures.jpeg_with(*resources)).metadata.photoshop
    assert kept is not None
    assert len(kept) > 240_000
    assert through(pictures.jpeg_with(*resources))[1].metadata.photoshop == kept


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Grüße".encode("latin-1"), "Grüße"),
        ("Grüße".encode(), "Grüße"),
        (b"ended by zeros\0\0", "ended by zeros"),
    ],
)
def test_comments_keep_their_bytes(raw: bytes, text: str) -> None:
    data = pictures.jpeg_with(hostile.jpeg_segment(0xFE, raw), hostile.jpeg_segment(0xFE, b"two"))
    assert imaging.decode(data).metadata.text == (("Comment", text), ("Comment", "two"))
    again, kept, notes = through(data)
    assert sorted(kept.metadata.text) == sorted((("Comment", text), ("Comment", "two")))
    assert hostile.jpeg_segment(0xFE, raw) in again
    assert again.count(raw) == 1
    assert hostile.jpeg_segment(0xFE, b"two") in again
    assert notes == ""
    # In another format it is text: that is what the comment says.
    assert ("Comment", "two") in through(data, "png")[1].metadata.text


def test_gif_keeps_its_comments() -> None:
    data = pictures.saved(Image.fromarray(pictures.scene()), "GIF", comment=b"x" * 600)
    assert through(data)[1].metadata.text == (("Comment", "x" * 600),)


def test_segments_of_cameras_and_programs_survive() -> None:
    segments = [
        hostile.jpeg_segment(0xEC, b"Ducky\0\x01\0\x04\0\0\0\x50\0\0"),
        hostile.jpeg_segment(0xE1, b"FLIR\0\x01\0\0 thermal"),
        hostile.jpeg_segment(0xE3, b"Meta\0\0"),
    ]
    again, kept, notes = through(pictures.jpeg_with(*segments))
    assert all(segment in again for segment in segments)
    assert notes == ""
    assert kept.metadata.segments == tuple(segments)
    assert "programs added" in through(again, "png")[2]
    assert imaging.decode(again).metadata.stripped() == Metadata()


def test_foreign_boxes_are_named_and_c2pa_is_not() -> None:
    def box(uuid: bytes, instance: int, sequence: int) -> bytes:
        inner = struct.pack(">I4s", 24 + 10, b"jumd") + uuid.ljust(16, b"\0") + bytes(10)
        body = b"JP" + struct.pack(">HI", instance, sequence)
        return hostile.jpeg_segment(
            0xEB, body + struct.pack(">I4s", 8 + len(inner), b"jumb") + inner
        )

    ours = [box(b"c2pa", 7, 1), box(b"more", 7, 2)]
    assert imaging.decode(pictures.jpeg_with(*ours)).notes == ()
    for foreign in (box(b"json", 8, 1), hostile.jpeg_segment(0xEB, b"HDR_RI ver=11")):
        again, _, notes = through(pictures.jpeg_with(*ours, foreign))
        assert "APP11" in notes
        assert b"JP\0" not in again


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_and_resolutions_turn_with_the_picture(orientation: int, order: str) -> None:
    block = pictures.sized_exif(orientation, 64, 48, order)
    attributes = (
        'xmlns:e="http://ns.adobe.com/exif/1.0/" e:PixelXDimension="64" e:PixelYDimension="48"'
        ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    )
    inside = (
        f"<tiff:Orientation>{orientation}</tiff:Orientation>"
        "<tiff:ImageWidth>64</tiff:ImageWidth><tiff:ImageLength>48</tiff:ImageLength>"
    )
    data = pictures.jpeg_with(
        hostile.jpeg_segment(0xE1, b"Exif\0\0" + block), pictures.xmp_segment(attributes, inside)
    )
    again, kept, _ = through(data)
    height, width = kept.pixels.shape[:2]
    assert (width, height) == ((48, 64) if orientation >= 5 else (64, 48))
    assert kept.metadata.exif is not None
    read = pictures.read_exif(kept.metadata.exif)
    assert (read[0xA002], read[0xA003], read[0x112]) == (width, height, 1)
    assert (read[0x11A], read[0x11B]) == ((150, 300) if orientation >= 5 else (300, 150))
    packet = (kept.metadata.xmp or b"").decode()
    assert f'e:PixelXDimension="{width}" e:PixelYDimension="{height}"' in packet
    assert f"<tiff:ImageWidth>{width}</tiff:ImageWidth>" in packet
    assert f"<tiff:ImageLength>{height}</tiff:ImageLength>" in packet
    assert "<tiff:Orientation>1<" in packet
    with Image.open(io.BytesIO(again)) as image:
        assert image.getexif()[0x112] == 1


def test_sizes_of_something_else_stay() -> None:
    block = pictures.sized_exif(6, 640, 480)
    data = pictures.jpeg_with(hostile.jpeg_segment(0xE1, b"Exif\0\0" + block))
    kept = through(data)[1].metadata.exif
    assert kept is not None
    assert pictures.read_exif(kept)[0xA002] == 640


@pytest.mark.parametrize(
    ("dead", "maker_note", "kept_tags", "words"),
    [
        (60_000, 100, {271, 0x927C}, ""),
        (80_000, 40_000, {271, 0x927C}, ""),
        (10, 70_000, {271}, "maker note"),
    ],
)
def test_large_exif_loses_its_dead_bytes_first(
    dead: int, maker_note: int, kept_tags: set[int], words: str
) -> None:
    block = pictures.large_exif(dead=dead, maker_note=maker_note)
    fitted = imaging.conform(pictures.scene(), Metadata(exif=block), "jpeg")
    assert " ".join(fitted.notes).count(words) >= 1
    assert bool(words) == bool(fitted.notes)
    again = imaging.decode(imaging.encode(fitted.pixels, "jpeg", metadata=fitted.metadata))
    assert again.metadata.exif is not None
    read = pictures.read_exif(again.metadata.exif)
    assert kept_tags <= set(read)
    if 0x927C in kept_tags:
        assert read[0x927C] == b"m" * maker_note
    assert read[271].rstrip("\0") == "Maker"


def test_exif_that_is_large_and_whole_is_named() -> None:
    block = pictures.exif(maker="x" * 70_000)
    fitted = imaging.conform(pictures.scene(), Metadata(exif=block), "jpeg")
    assert fitted.metadata.exif is None
    assert any("EXIF block is too large" in note for note in fitted.notes)


def test_exif_whose_directories_go_round_in_circles() -> None:
    block = bytearray(pictures.large_exif(dead=70_000, maker_note=10))
    struct.pack_into("<I", block, 8 + 2 + 12 + 8, 8)  # EXIF's directory is the main one
    fitted = imaging.conform(pictures.scene(), Metadata(exif=bytes(block)), "jpeg")
    assert fitted.metadata.exif is None or len(fitted.metadata.exif) < 65_536


@pytest.mark.parametrize("format_", ["jpeg", "png", "webp", "tiff", "avif"])
def test_the_address_of_an_older_manifest_goes(format_: str) -> None:
    attributes = 'xmlns:t="http://purl.org/dc/terms/" t:provenance="https://example.org/old.c2pa"'
    data = pictures.jpeg_with(pictures.xmp_segment(attributes))
    assert b"old.c2pa" in (imaging.decode(data).metadata.xmp or b"")  # for whoever looks at it
    again, _, notes = through(data, format_)
    assert b"old.c2pa" not in again
    assert "older manifest" in notes


def test_png_chunks_are_kept_or_named() -> None:
    compressed = b"\0" + zlib.compress("größer".encode())
    chunks = [
        hostile.png_chunk(b"tEXt", b"Title\0caf\xe9"),
        hostile.png_chunk(b"iTXt", b"Language\0\1\0de\0\0" + compressed[1:]),
        hostile.png_chunk(b"zTXt", b"Packed\0\0" + zlib.compress(b"text")),
        hostile.png_chunk(b"pHYs", struct.pack(">IIB", 11811, 5906, 1)),
        hostile.png_chunk(b"tIME", bytes(7)),
        hostile.png_chunk(b"prVt", b"private"),
        hostile.png_chunk(b"prVt", b"private"),
    ]
    _, kept, notes = through(pictures.png_with(*chunks))
    assert kept.metadata.text == (("Title", "café"), ("Language", "größer"), ("Packed", "text"))
    assert kept.metadata.dpi == (300.0, 150.0)
    assert "Some PNG chunks are not kept: prVt." in notes
    assert "language" in notes
    many = [hostile.png_chunk(bytes([112, 97 + n, 65, 97]), b"") for n in range(12)]
    assert "and 4 others" in " ".join(imaging.decode(pictures.png_with(*many)).notes)


def test_webp_and_gif_name_what_they_hold_besides() -> None:
    chunks = hostile.riff_chunks(pictures.saved(Image.fromarray(pictures.scene()), "WEBP"))
    data = hostile.riff_file(*chunks[1:], hostile.riff_chunk(b"ABCD", b"xyz"))
    assert "not kept: ABCD" in " ".join(imaging.decode(data).notes)
    gif = pictures.saved(Image.fromarray(pictures.scene()), "GIF")
    data = gif[:-1] + b"\x21\xff\x0bICCRGBG1012\x03abc\0\x3b"
    assert "ICCRGBG1" in " ".join(imaging.decode(data).notes)


def test_tiff_names_the_tags_that_are_missed_most() -> None:
    tags: dict[int, Any] = {33550: (1.0, 1.0, 0.0), 34736: (1.0,), 42113: "0", 65000: "x", 271: "M"}
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        info[tag] = value
        info.tagtype[tag] = 2 if isinstance(value, str) else 12
    data = pictures.saved(Image.fromarray(pictures.scene()), "TIFF", tiffinfo=info)
    notes = " ".join(imaging.decode(data).notes)
    assert "not kept: GeoTIFF, GDAL no-data value, 65000." in notes


def test_avif_names_the_video_of_a_motion_photo() -> None:
    video = struct.pack(">I4s", 16, b"mpvd") + bytes(8)
    plain = pictures.saved(Image.fromarray(pictures.scene()), "AVIF")
    assert imaging.decode(plain).notes == ()
    assert "mpvd" in " ".join(imaging.decode(plain + video).notes)


def test_foreign_uuid_boxes_are_named_and_c2pa_is_not() -> None:
    plain = pictures.saved(Image.fromarray(pictures.scene()), "AVIF")
    ours = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
    for kind, notes in ((ours, 0), (bytes(16), 1)):
        box = struct.pack(">I4s", 24, b"uuid") + kind
        assert len(imaging.decode(plain + box).notes) == notes


def test_the_padding_of_xmp_goes_before_xmp_does() -> None:
    packet = pictures.xmp("xmlns:a='urn:a' a:b='c'")
    padded = packet.replace(b"<?xpacket end", b" " * 70_000 + b"<?xpacket end")
    fitted = imaging.conform(pictures.scene(), Metadata(xmp=padded), "jpeg")
    assert fitted.metadata.xmp == packet
    assert fitted.notes == ()
    assert imaging.conform(pictures.scene(), Metadata(xmp=padded), "png").metadata.xmp == padded


def test_gif_has_no_place_for_xmp_that_is_no_text() -> None:
    odd = Metadata(xmp=pictures.XMP + b"\0" + pictures.XMP)
    fitted = imaging.conform(pictures.scene(), odd, "gif")
    assert fitted.metadata.xmp is None
    assert any("no text" in note for note in fitted.notes)
    data = imaging.encode(pictures.scene(), "gif", metadata=odd)
    assert imaging.read_header(data, exact=True).irregular == ()


def test_a_comment_that_is_too_long_is_cut_in_words() -> None:
    long = Metadata(text=(("Comment", "x" * 70_000),))
    fitted = imaging.conform(pictures.scene(), long, "jpeg")
    assert any("cut" in note for note in fitted.notes)
    imaging.encode(fitted.pixels, "jpeg", metadata=fitted.metadata)


def test_palettes_decode_as_pillow_shows_them() -> None:
    source = Image.fromarray(pictures.scene(channels=4))
    for image in (source.convert("P"), source.convert("LA"), source.convert("RGB").quantize(7)):
        data = pictures.saved(image, "PNG")
        picture = imaging.decode(data)
        mode = "RGBA" if picture.pixels.shape[-1] == 4 else "RGB"
        np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert(mode)))
