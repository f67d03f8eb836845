"""Files that break the rules of their format, and that viewers show all the same."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from indelible import imaging
from indelible.errors import ImageError, ImageTooLargeError, UnreadableImageError
from tests.imaging import hostile, pictures

FORMATS = ["jpeg", "progressive", "png", "webp", "lossless webp", "avif", "tiff", "gif"]


def good(kind: str) -> bytes:
    image = Image.fromarray(pictures.scene(64, 96))
    format_ = {"progressive": "JPEG", "lossless webp": "WEBP"}.get(kind, kind.upper())
    options = {"progressive": kind == "progressive", "lossless": kind == "lossless webp"}
    return pictures.saved(image, format_, **{k: True for k, given in options.items() if given})


def with_junk_between_segments(junk: bytes) -> bytes:
    pieces = hostile.jpeg_segments(good("jpeg"))
    return pieces[0] + pieces[1] + junk + b"".join(pieces[2:])


def with_wrong_checksum(data: bytes, kind: bytes) -> bytes:
    pieces = hostile.png_chunks(data)
    at = next(n for n, piece in enumerate(pieces) if piece[4:8] == kind)
    pieces[at] = pieces[at][:-1] + bytes([pieces[at][-1] ^ 1])
    return b"".join(pieces)


def described(data: bytes) -> bytes:
    """Return a PNG file with a text chunk."""
    return pictures.png_with(hostile.png_chunk(b"tEXt", b"Title\0x"), pixels=pictures.scene(64, 96))


WHOLE = {
    "a byte between segments": lambda: with_junk_between_segments(b"\x00"),
    "many bytes between segments": lambda: with_junk_between_segments(b"junk\xff\x00" * 50),
    "JPEG without its end": lambda: good("jpeg")[:-2],
    "progressive JPEG without its end": lambda: good("progressive")[:-2],
    "JPEG that ends in half a marker": lambda: good("jpeg")[:-1],
    "PNG without its end": lambda: good("png")[:-12],
    "PNG that ends in half its end": lambda: good("png")[:-5],
    "PNG, wrong checksum at its end": lambda: with_wrong_checksum(good("png"), b"IEND"),
    "PNG, wrong checksum of a text": lambda: with_wrong_checksum(described(b""), b"tEXt"),
    "WebP that says it is a byte longer": lambda: resized_webp(1),
    "WebP that says it is shorter": lambda: resized_webp(-40),
    "GIF without its end": lambda: good("gif")[:-1],
    "GIF with junk for its end": lambda: good("gif")[:-1] + b"\x99junk",
}


def resized_webp(difference: int) -> bytes:
    data = bytearray(good("webp"))
    struct.pack_into("<I", data, 4, len(data) - 8 + difference)
    return bytes(data)


@pytest.mark.parametrize("what", WHOLE)
def test_a_whole_picture_is_shown_and_encoded_but_not_signed(what: str) -> None:
    data = WHOLE[what]()
    format_ = imaging.identify(data)
    kind = "progressive" if "progressive" in what else format_
    picture = imaging.decode(data)
    np.testing.assert_array_equal(picture.pixels, imaging.decode(good(kind)).pixels)
    assert picture.header.irregular
    assert set(picture.header.irregular) <= set(picture.notes)
    assert imaging.read_header(data).irregular == picture.header.irregular
    with pytest.raises(UnreadableImageError, match="cannot be signed") as caught:
        imaging.read_header(data, exact=True)
    assert "protect" in str(caught.value.hint)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_sound_file_is_not_called_irregular(kind: str) -> None:
    assert imaging.read_header(good(kind), exact=True).irregular == ()
    fill = with_junk_between_segments(b"\xff\xff\xff")  # which the format allows
    assert imaging.read_header(fill, exact=True).irregular == ()


@pytest.mark.parametrize("kind", FORMATS)
def test_what_follows_the_end_is_named(kind: str) -> None:
    if kind in ("avif", "tiff"):
        return  # which have no end
    for trailer, words in ((b"x" * 20_000, "20 kB"), (bytes(50), "")):
        picture = imaging.decode(good(kind) + trailer)
        np.testing.assert_array_equal(picture.pixels, imaging.decode(good(kind)).pixels)
        named = [note for note in picture.notes if "What follows the picture" in note]
        assert [words in note for note in named] == ([True] if words else [])
        assert picture.header.irregular == ()  # the file itself is sound


@pytest.mark.parametrize("kind", FORMATS)
def test_every_truncation(kind: str) -> None:
    """However much is cut off: all of the picture, or an error, or, to look at it, a part."""
    data = good(kind)
    whole = imaging.decode(data).pixels
    parts = 0
    for end in {*range(0, len(data), max(len(data) // 40, 1)), *range(len(data) - 12, len(data))}:
        strict = tolerant = None
        try:
            tolerant = imaging.decode(data[:end], tolerant=True)
            strict = imaging.decode(data[:end])
        except ImageError:
            pass
        if strict is not None:
            assert strict.header.irregular
            np.testing.assert_array_equal(strict.pixels, whole)
        if tolerant is not None:
            said = [note for note in tolerant.notes if "was looked at" in note]
            assert len(said) == (strict is None)
            assert tolerant.pixels.shape == whole.shape
            parts += strict is None
    assert parts > 5 or kind in ("avif", "tiff", "lossless webp")


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "webp", "tiff"])
def test_the_part_that_is_there_is_the_picture(kind: str) -> None:
    """The upper rows of a file that is cut in its middle are those of the whole one."""
    image = Image.fromarray(pictures.scene(400, 96))
    data = pictures.saved(image, kind.upper())
    whole = imaging.decode(data).pixels
    cut = data[: len(data) * 3 // 4]
    with pytest.raises(UnreadableImageError, match="cut short"):
        imaging.decode(cut)
    seen = imaging.decode(cut, tolerant=True)
    assert any("was looked at" in sentence for sentence in seen.header.irregular)
    part = seen.pixels
    np.testing.assert_array_equal(part[:64], whole[:64])
    assert (part[-16:] != whole[-16:]).any()


def test_a_progressive_picture_whose_last_scans_are_missing() -> None:
    pieces = hostile.jpeg_segments(good("progressive"))
    last = max(n for n, piece in enumerate(pieces) if piece[:2] == b"\xff\xda")
    cut = b"".join(pieces[:last])  # every byte of the scans before it is there
    with pytest.raises(UnreadableImageError, match="cut short"):
        imaging.decode(cut)
    assert imaging.decode(cut, tolerant=True).pixels.shape == (64, 96, 3)


def test_webp_that_says_it_is_longer() -> None:
    data = resized_webp(100)
    with pytest.raises(UnreadableImageError, match="cut short"):
        imaging.decode(data)
    picture = imaging.decode(data, tolerant=True)
    np.testing.assert_array_equal(picture.pixels, imaging.decode(good("webp")).pixels)


def test_wrong_checksum_of_the_picture_itself() -> None:
    data = with_wrong_checksum(good("png"), b"IDAT")
    with pytest.raises(UnreadableImageError, match="checksum"):
        imaging.decode(data)
    picture = imaging.decode(data, tolerant=True)
    np.testing.assert_array_equal(picture.pixels, imaging.decode(good("png")).pixels)
    assert any("checksum" in note for note in picture.notes)


def test_a_segment_after_the_picture_that_makes_no_sense() -> None:
    data = good("jpeg")[:-2] + b"\xff\xc4\x00\x01"
    with pytest.raises(UnreadableImageError, match="impossible length"):
        imaging.decode(data)
    part = imaging.decode(data, tolerant=True)
    np.testing.assert_array_equal(part.pixels, imaging.decode(good("jpeg")).pixels)


def test_limits_hold_for_tolerance_too() -> None:
    data = good("jpeg")[:-2]
    with pytest.raises(ImageTooLargeError):
        imaging.decode(data, tolerant=True, limits=imaging.Limits(max_pixels=1000))
    huge = bytearray(data)
    struct.pack_into(">HH", huge, huge.index(b"\xff\xc0") + 5, 9000, 9000)
    with pytest.raises(UnreadableImageError, match="far less data"):
        imaging.decode(bytes(huge), tolerant=True)


def test_marks_of_a_file_without_a_picture_raise() -> None:
    for data in (b"\xff\xd8\xff\xd9", good("jpeg")[:200], good("png")[:40], good("gif")[:20]):
        with pytest.raises(UnreadableImageError):
            imaging.decode(data, tolerant=True)


def test_webp_whose_canvas_and_picture_differ() -> None:
    chunks = hostile.riff_chunks(
        pictures.saved(Image.fromarray(pictures.scene()), "WEBP", exif=b"x")
    )
    sound = imaging.read_header(b"".join(chunks))
    assert (sound.width, sound.height) == (64, 48)
    for at in (12, 15):  # width and height, less one
        canvas = bytearray(chunks[1])
        canvas[at] ^= 1
        with pytest.raises(UnreadableImageError, match="canvas differ"):
            imaging.read_header(b"".join([chunks[0], bytes(canvas), *chunks[2:]]))


def test_junk_behind_the_boxes_of_an_avif_file() -> None:
    data = good("avif") + b"junk that is no box"
    with pytest.raises(UnreadableImageError):
        imaging.decode(data)
    picture = imaging.decode(data, tolerant=True)
    np.testing.assert_array_equal(picture.pixels, imaging.decode(good("avif")).pixels)
    assert picture.header.irregular
