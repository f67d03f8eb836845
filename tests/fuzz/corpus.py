"""The inputs that fuzzing begins with: sound ones of every kind, and small ones that cost much.

Everything is made in code. A seed's name says what it attacks; most of those here took 0.1 s to
forever, or gigabytes, in some version of Indelible or in a first draft of its mending.
"""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from indelible import imaging
from indelible.credentials import create_identity
from indelible.credentials.signers import certificates
from indelible.fingerprint import Reference
from indelible.imaging import xmp
from indelible.watermark import Key
from tests.fuzz import build

__all__ = ["Seed", "gif_file", "jpeg_file", "seeds"]

CHEAP_TEXTS = {  # each repeats the beginning of a claim, and never comes to its end
    "made-with": b"made with ",
    "created-by": b"created by A",
    "steps": b"Steps: 1, ",
    "steps-lines": b"\nSteps: 1, Sampler",
    "job-id": b"Job ID: 0123-",
    "dashes": b"--v -s ",
    "signature": b"Signature:" + b" " * 40,
    "spaces": b" " * 64,
    "brackets": b'{"a":[',
    "letters": b"dall",
}


class Seed(NamedTuple):
    """One input: the target that it is for, what it is, its bytes."""

    target: str
    name: str
    data: bytes


@cache
def seeds() -> list[Seed]:
    """Return the whole corpus."""
    found = [*_sound(), *_texts(), *_packets(), *_exif(), *_png(), *_jpeg(), *_tiff()]
    found += [*_riff_and_gif(), *_iso(), *_pictures(), *_credentials_of_people()]
    return found


def _picture(format_: str, data: bytes, name: str) -> Iterator[Seed]:
    """Yield a picture file, for the reader of its header and for its decoder."""
    yield Seed(f"header-{format_}", name, data)
    yield Seed(f"decode-{format_}", name, data)


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    """Return an image as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def _gradient(side: int = 24) -> Image.Image:
    y, x = np.mgrid[0:side, 0:side]
    planes = np.stack([x * 9 % 256, y * 7 % 256, (x + y) * 5 % 256], axis=-1)
    return Image.fromarray(planes.astype(np.uint8))


def jpeg_file() -> bytes:
    """Return a small JPEG file."""
    return saved(_gradient(), "JPEG")


def gif_file() -> bytes:
    """Return a small GIF file."""
    return saved(_gradient(), "GIF")


def _sound() -> Iterator[Seed]:
    """Small pictures of each kind, with metadata, and one of each other thing."""
    packet = xmp.with_properties(None, {xmp.CREDIT: "Made with Google AI"})
    fields = Image.Exif()
    fields[0x0131] = "Stable Diffusion"
    fields.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Steps: 1, Sampler: Euler"
    block = fields.tobytes(8).removeprefix(b"Exif\0\0")
    metadata = imaging.Metadata(exif=block, xmp=packet, text=(("Comment", "made by AI"),))
    pixels = np.asarray(_gradient())
    for format_ in imaging.FORMATS:
        if format_ != "heic":
            fitting = imaging.conform(pixels, metadata, format_)
            data = imaging.encode(fitting.pixels, format_, metadata=fitting.metadata)
            yield from _picture(format_, data, "sound")
    more = [Image.fromarray(255 - pixels)]
    yield from _picture("png", saved(_gradient(), "PNG", save_all=True, append_images=more), "apng")
    yield from _picture(
        "webp", saved(_gradient(), "WEBP", save_all=True, append_images=more), "two"
    )
    yield from _picture("gif", saved(_gradient(), "GIF", save_all=True, append_images=more), "two")
    yield from _picture("tiff", saved(_gradient(), "TIFF", compression="tiff_lzw"), "lzw")
    yield from _picture("jpeg", saved(_gradient(), "JPEG", progressive=True), "progressive")
    yield from _picture("heic", _heif([]), "sound container")
    yield Seed("exif", "sound", block)
    yield Seed("xmp", "sound", packet)
    yield Seed("claims", "sound", packet)
    yield Seed("claims", "sound text", b"a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7")
    yield Seed("definition", "sound", b'{"assertions": [{"label": "c2pa.actions.v2", "data": {}}]}')
    yield Seed("settings", "sound", b'[limits]\nmax_pixels = 1000\n[trust]\npinned = ["a.pem"]\n')
    key = {"type": "indelible-watermark-key", "version": 1, "family": "f", "secret": "AAAA"}
    yield Seed("key-file", "sound", json.dumps(key).encode())
    picture = (np.arange(90 * 120) % 251).astype(np.uint8).reshape(90, 120)
    yield Seed("reference", "sound", Reference.from_image(picture).to_bytes())
    yield Seed("trust-list", "empty", b'{"LoTE": {"ListAndSchemeInformation": {}}}')


def _texts() -> Iterator[Seed]:
    """Texts in which a pattern could search for its end again and again."""
    for name, text in CHEAP_TEXTS.items():
        long = text * (100_000 // len(text))
        yield Seed("claims", name, long)
        for field in ("Comment", "parameters", "Description", "Dream", "Software", "prompt"):
            chunk = build.png_text(field, long)
            yield Seed("decode-png", f"{name} in {field}", build.png(chunk))
        comment = build.segment(0xFE, long[:65_000])
        yield Seed("decode-jpeg", f"{name} in a comment", build.with_segments(jpeg_file(), comment))
        packet = build.description(b"<photoshop:Credit>" + long + b"</photoshop:Credit>")
        yield Seed("decode-png", f"{name} as XMP credit", build.png(build.png_xmp(packet)))
        yield Seed("xmp", f"{name} as XMP credit", packet)
        yield Seed("xmp", f"{name} as attribute", b'<a tiff:Orientation="' + long + b'"/>')
        yield Seed("xmp", f"{name} as declaration", b"<?xml " + long)
    for name, text in {
        "equals": b"tiff:Orientation " + b" " * 100_000,
        "equals-many": b"tiff:Orientation    =    " * 8_000,
        "elements": b"<tiff:Orientation>" + b" " * 200_000,
        "elements-many": b"<tiff:Orientation>     2    " * 8_000,
    }.items():
        yield Seed("xmp", f"orientation {name}", text)
    deep = b"[" * 100_000
    for target in ("claims", "definition", "trust-list", "key-file"):
        yield Seed(target, "deep JSON", deep)
        yield Seed(target, "deep objects", b'{"a":' * 50_000)
        yield Seed(target, "long number", b'{"LoTE": ' + b"1" * 200_000 + b"}")
    for name, text in {
        "deep array": b"a = " + b"[" * 200_000,
        "deep table": b"a = " + b"{a = " * 100_000,
        "dotted": b"a" + b".a" * 300_000 + b" = 1",
        "dotted, short": b"a" + b".a" * 32_000 + b" = 1",
        "dotted, many": b"".join(b"a.%d" % n + b".a" * 190 + b" = 1\n" for n in range(150)),
        "headers": b"".join(b"[a%d]\n" % index for index in range(60_000)),
        "deep headers": b"".join(b"[" + b".".join([b"a"] * n) + b"]\n" for n in range(1, 700)),
        "long number": b"a = " + b"1" * 1_000_000,
        "underscores": b"a = 1" + b"_1" * 400_000,
        "long text": b'a = """' + b'"' * 1_000_000,
        "quotes": b"a = " + b"'" * 1_000_000,
        "dates": b"a = 1979-05-27T00:32:00." + b"9" * 1_000_000,
    }.items():
        yield Seed("settings", name, text)


def _packets() -> Iterator[Seed]:
    """XMP packets: nested, wide, and with names and entities that grow."""
    item = b"<rdf:Description>"
    lists = b"<dc:a><rdf:Bag>"
    packets = {
        "nested descriptions": build.description(item * 10_000 + b"</rdf:Description>" * 10_000),
        "nested properties": build.description(b"<dc:a>" * 10_000 + b"</dc:a>" * 10_000),
        "nested both": build.description(
            b"<dc:a><rdf:Description>" * 20_000 + b"</rdf:Description></dc:a>" * 20_000
        ),
        "nested lists": build.description(lists * 10_000 + b"</rdf:Bag></dc:a>" * 10_000),
        "nested 30 deep, many": build.description((b"<dc:a>" * 30 + b"</dc:a>" * 30) * 2_000),
        "unclosed": b"<a>" * 1_000_000,
        "many elements": build.description(b"<dc:a/>" * 500_000),
        "many descriptions": build.description(b"<rdf:Description/>" * 100_000),
        "many credits": build.description(b"<photoshop:Credit/>" * 99_000),
        "many names": build.description(b"".join(b"<dc:a%d/>" % n for n in range(100_000))),
        "many attributes": build.description(
            b"", b" ".join(b'dc:a%d="1"' % n for n in range(100_000))
        ),
        "many namespaces": build.description(
            b"", b" ".join(b'xmlns:n%d="u%d"' % (n, n) for n in range(50_000))
        ),
        "namespaces in depth": build.description(
            b"".join(b'<a xmlns:n%d="u%d">' % (n, n) for n in range(20_000))
        ),
        "one prefix in depth": build.description(b'<n:a xmlns:n="u">' * 50_000),
        "long namespace": build.description(
            b"<n:a/>" * 100_000, b'xmlns:n="' + b"u" * 100_000 + b'"'
        ),
        "long name": build.description(b"<dc:" + b"a" * 1_000_000 + b"/>"),
        "long prefix": build.description(b"<" + b"a" * 500_000 + b":b/>" * 2),
        "character references": build.description(b"<dc:a>" + b"&#65;" * 500_000 + b"</dc:a>"),
        "comments": build.description(b"<!--a-->" * 300_000),
        "open comment": build.description(b"<!--" + b"-" * 500_000),
        "open tag": build.description(b"<dc:a" + b" a" * 500_000),
        "open CDATA": build.description(b"<![CDATA[" + b"]]" * 500_000),
        "instructions": build.description(b"<?a b?>" * 300_000),
        "billion laughs": b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
        + b"".join(b"<!ENTITY %c '&%c;&%c;&%c;'>" % (n + 1, n, n, n) for n in range(97, 117))
        + b"]><x>&u;</x>",
        "default attributes": b"<!DOCTYPE x [<!ATTLIST a b CDATA '"
        + b"x" * 50_000
        + b"'>]><x>"
        + b"<a/>" * 50_000
        + b"</x>",
        "UTF-16": build.description(b"<dc:a>" * 5_000).decode().encode("utf-16"),
        "spaces": b" " * 3_000_000,
        "open declaration": b" " * 1_000_000 + b"<?xml" + b" " * 1_000_000,
    }
    for name, packet in packets.items():
        yield Seed("xmp", name, packet)
        yield Seed("claims", name, packet)
    for name in ("nested descriptions", "nested both", "nested lists"):
        yield Seed("decode-png", f"XMP, {name}", build.png(build.png_xmp(packets[name])))


def _exif() -> Iterator[Seed]:
    """EXIF blocks whose entries share values and directories."""
    size = 60_000
    shared = [(tag, 2, size, 6_000) for tag in range(0x100, 0x100 + 490)]
    named = [(tag, 7, size, 6_000) for tag in (0x010E, 0x9286, 0x9C9C, 0x9C9E) * 120]
    blocks = {
        "shared values": build.exif(shared, bytes(66_000)),
        "shared named values": build.exif(named, b"a" * 66_000),
        "directories in directories": build.exif([(0x8769, 4, 1, 8)] * 500, bytes(60_000)),
        "directories in named": build.exif(
            [(0x8769, 4, 1, 8)] * 250 + [(0x9286, 7, size, 3_100)] * 250, b"b" * 66_000
        ),
        "4096 shared": build.exif(
            [(tag, 3, 10_000, 49_200) for tag in range(1, 4096)], bytes(66_000)
        ),
        "4096 of 400 kB": build.exif(
            [(tag, 4, 100_000, 49_200) for tag in range(1, 4096)], bytes(400_100)
        ),
        "rationals": build.exif([(tag, 5, 1_000, 12_100) for tag in range(1, 1000)], bytes(9_000)),
        "count of 4 GB": build.exif([(0x010E, 2, 2**32 - 1, 8), (0x9286, 7, 2**31, 8)]),
    }
    big_endian = b"MM\0*" + struct.pack(">IH", 8, 4000)
    big_endian += b"".join(struct.pack(">HHII", n, 3, 100_000, 48_100) for n in range(1, 4001))
    blocks["big-endian shared"] = big_endian + bytes(250_000)
    blocks["prefixes"] = b"Exif\0\0" * 300_000
    for name, block in blocks.items():
        yield Seed("exif", name, block)
        yield Seed("decode-png", f"EXIF, {name}", build.png((b"eXIf", block)))


def _png() -> Iterator[Seed]:
    letters = b"abcdefghijklmnopqrstuvwxyz"
    kinds = [
        bytes([letters[n // 676 % 26], letters[n // 26 % 26], 65, letters[n % 26]])
        for n in range(17_576)
    ]
    damaged = [struct.pack(">I", 0) + kind + b"\0\0\0\0" for kind in kinds]
    bomb = zlib.compress(bytes(15_000_000), 9)
    pixels = build.png_chunk(b"IDAT", zlib.compress(bytes(72)))
    header = build.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    files = {
        "empty texts": build.png(*[(b"tEXt", b"a\0")] * 99_000),
        "different texts": build.png(*[(b"tEXt", b"a%d\0b" % n) for n in range(99_000)]),
        "empty chunks": build.png(*[(b"abCd", b"")] * 99_000),
        "damaged chunks": build.PNG_SIGNATURE + header + b"".join(damaged * 10) + pixels,
        "bombs that are cut": build.png(*[(b"zTXt", b"a\0\0" + bomb[:-8])] * 200),
        "bombs in XMP": build.png(*[(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb)] * 50),
        "bombs that are profiles": build.png(*[(b"iCCP", b"a\0\0" + bomb[:-8])] * 200),
        "bomb over the limit": build.png(build.png_text("a", bytes(60_000_000))),
        "empty picture chunks": build.PNG_SIGNATURE
        + header
        + build.png_chunk(b"IDAT", b"") * 99_000
        + pixels
        + build.png_chunk(b"IEND", b""),
        "many NULs": build.png((b"iTXt", bytes(1_000_000))),
    }
    for name, data in files.items():
        yield from _picture("png", data, name)


def _jpeg() -> Iterator[Seed]:
    plain = jpeg_file()
    exif = build.exif([(0x010E, 2, 4, 0)], bytes(600))
    resources = (b"8BIM\x04\x05\0\0" + bytes(4)) * 5_000
    files = {
        "EXIF over 19,000 segments": build.with_segments(
            plain, *[build.segment(0xE1, b"Exif\0\0" + exif)] * 19_000
        ),
        "empty comments": build.with_segments(plain, *[build.segment(0xFE, b"a")] * 19_000),
        "empty resources": build.with_segments(
            plain, *[build.segment(0xED, b"Photoshop 3.0\0" + resources)] * 20
        ),
        "profile of one segment": build.with_segments(
            plain, *[build.segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(500))] * 19_000
        ),
        "extended XMP": build.with_segments(
            plain,
            *[build.segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(99))] * 19_000,
        ),
        "fill bytes": plain[:2] + b"\xff" * 500_000 + plain[2:],
        "fill bytes, many": plain[:2] + (b"\xff" * 100 + b"\x01") * 10_000 + plain[2:],
        "escapes": plain[:-2] + b"\xff\x00" * 300_000 + plain[-2:],
        "restarts": plain[:-2] + b"\xff\xd0" * 300_000 + plain[-2:],
        "ends in fill": plain[:-2] + b"\xff" * 500_000,
    }
    for name, data in files.items():
        yield from _picture("jpeg", data, name)
    yield from _picture("jpeg", _many_scans(), "progressive, many scans")


def _many_scans() -> bytes:
    """Return a progressive file whose last scan is repeated."""
    data = saved(_gradient(2_000).convert("L"), "JPEG", progressive=True)
    last = data.rfind(b"\xff\xda")
    return data[:-2] + data[last:-2] * 80 + data[-2:]


def _tiff() -> Iterator[Seed]:
    def picture(width: int, height: int, samples: int = 1) -> build.Entries:
        size = [(256, 4, 1, width), (257, 4, 1, height)]
        return [*size, (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, samples)]

    strips = [(273, 4, 1, 8), (278, 4, 1, 1), (279, 4, 1, 1)]
    tiles = [(322, 4, 1, 1), (323, 4, 1, 1), (324, 4, 1, 8), (325, 4, 1, 8)]
    planar = [(284, 3, 1, 2)]
    megabyte = bytes([1]) * 1_000_000
    files = {
        "tiles of one pixel": build.tiff(picture(10_000, 10_000) + tiles),
        "tiles of one pixel, planes": build.tiff(picture(10_000, 10_000, 6) + planar + tiles),
        "tiles, BigTIFF": build.tiff(picture(10_000, 10_000, 6) + planar + tiles, big=True),
        "strips of one row": build.tiff(picture(1, 100_000_000) + strips),
        "strips, planes": build.tiff(picture(1, 100_000_000, 6) + planar + strips),
        "strips, BigTIFF": build.tiff(picture(1, 100_000_000, 6) + planar + strips, big=True),
        "65535 planes": build.tiff(picture(1, 1_000_000, 65_535) + planar + strips),
        "strip tables that share": build.tiff(
            [
                *picture(1, 1_000_000),
                (273, 1, 1_000_000, 200),
                (278, 4, 1, 1),
                (279, 1, 1_000_000, 200),
            ],
            bytes(100) + megabyte,
        ),
        "values that share": build.tiff(
            sorted([*picture(1, 1), *[(n, 1, 900_000, 400) for n in range(300, 320)]]),
            bytes(300) + megabyte,
        ),
        "a width of many values": build.tiff(
            [(256, 1, 900_000, 200), (257, 1, 900_000, 200)], bytes(100) + megabyte
        ),
        "a tile of 100 megapixels": build.tiff(
            [
                *picture(8, 8),
                (322, 4, 1, 10_000),
                (323, 4, 1, 10_000),
                (324, 4, 1, 8),
                (325, 4, 1, 100_000_000),
            ]
        ),
        "pages in a circle": build.tiff(picture(8, 8))[:-4] + struct.pack("<I", 8),
        "many pages": _many_pages(9_999),
        "long pages": _many_pages(200, entries=4_000),
    }
    count = 30_000
    table = struct.pack(f"<{2 * count}I", *[8] * count, *[count * 12] * count)
    overlapping = [*picture(8, count), (273, 4, count, 200), (278, 4, 1, 1)]
    files["strips over each other"] = build.tiff(
        [*overlapping, (279, 4, count, 200 + 4 * count)], bytes(78) + table + bytes(count * 4)
    )
    overlapping[3] = (259, 3, 1, 8)
    files["strips over each other, deflated"] = build.tiff(
        [*overlapping, (279, 4, count, 200 + 4 * count)], bytes(78) + table + bytes(count * 4)
    )
    tile = saved(_gradient(16), "TIFF", compression="tiff_adobe_deflate")
    files["deflated"] = tile
    for name, data in files.items():
        yield from _picture("tiff", data, name)


def _many_pages(count: int, entries: int = 1) -> bytes:
    body = b"".join(struct.pack("<HHII", 256, 4, 1, 1) for _ in range(entries))
    size = 2 + len(body) + 4
    pages = [
        struct.pack("<H", entries) + body + struct.pack("<I", 8 + size * (n + 1))
        for n in range(count)
    ]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)[:-4] + bytes(4)


def _riff_and_gif() -> Iterator[Seed]:
    canvas = b"\x02\0\0\0" + (15).to_bytes(3, "little") * 2
    frame = (b"ANMF", bytes(16))
    flat = bytes.fromhex("0750ad26d4a8ff8188e87f0000")
    files = {
        "flat, 16383 x 16383": build.riff((b"VP8L", _vp8l(16_383, 16_383) + flat)),
        "flat, 12000 x 8000": build.riff((b"VP8L", _vp8l(12_000, 8_000) + flat)),
        "flat, 4000 x 4000": build.riff((b"VP8L", _vp8l(4_000, 4_000) + flat)),
        "canvas alone": build.riff((b"VP8X", b"\0\0\0\0" + b"\xfe\x3f\0" * 2)),
        "canvas of an animation": build.riff((b"VP8X", b"\x02\0\0\0" + b"\xfe\x3f\0" * 2), frame),
        "many chunks": build.riff(*[(b"abcd", b"")] * 99_000),
        "many frames": build.riff((b"VP8X", canvas), *[frame] * 9_999),
        "many chunks behind a picture": build.riff(
            (b"VP8X", bytes(4) + (23).to_bytes(3, "little") * 2),
            (b"VP8L", saved(_gradient(), "WEBP", lossless=True)[20:]),
            *[(b"abcd", b"")] * 90_000,
        ),
        "many profiles": build.riff(*[(b"ICCP", b"a")] * 99_000),
    }
    for name, data in files.items():
        yield from _picture("webp", data, name)
    plain = gif_file()
    body = plain.index(b"\x2c")
    gifs = {
        "empty extensions": b"\x21\xfe\0" * 600_000,
        "comments": b"\x21\xfe\1a\0" * 300_000,
        "short blocks": b"\x21\x01" + b"\1a" * 500_000 + b"\0",
        "comments that are joined": b"\x21\xfe\4abcd\0" * 45_000,
        "longer comments": (b"\x21\xfe\x64" + bytes(100) + b"\0") * 90_000,
        "controls": b"\x21\xf9\4\0\0\0\0\0" * 200_000,
    }
    for name, data in gifs.items():
        yield from _picture("gif", plain[:body] + data + plain[body:], name)
    image = plain[body:-1]
    yield from _picture("gif", plain[:-1] + image * 9_000 + b";", "frames")
    tiny = b"\x2c" + bytes(4) + b"\1\0\1\0\0\2\0"
    yield from _picture("gif", plain[:-1] + tiny * 9_900 + b";", "tiny frames")
    wide = b"GIF89a" + struct.pack("<HHBBB", 65_535, 1_500, 0x80, 0, 0) + bytes(6)
    yield from _picture(
        "gif", wide + b"\x2c" + bytes(4) + b"\1\0\1\0\0\2\2\x44\1\0;", "wide canvas"
    )


def _vp8l(width: int, height: int) -> bytes:
    return b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14)


def _heif(meta: list[bytes], brand: bytes = b"heic", size: tuple[int, int] = (8, 8)) -> bytes:
    """Return the container of a HEIC or AVIF file, without a picture in it."""
    file_type = box_type(brand)
    properties = build.box(
        b"iprp",
        build.box(b"ipco", build.full_box(b"ispe", 0, struct.pack(">II", *size))),
        build.full_box(b"ipma", 0, struct.pack(">IHBB", 1, 1, 1, 1)),
    )
    primary = build.full_box(b"pitm", 0, struct.pack(">H", 1))
    return file_type + build.full_box(b"meta", 0, primary, properties, *meta)


def box_type(brand: bytes) -> bytes:
    """Return the box that names the kind of file."""
    return build.box(b"ftyp", brand, bytes(4), brand, b"mif1")


def _iso() -> Iterator[Seed]:
    def locations(sizes: int, items: int, extents: int, each: bytes = b"") -> bytes:
        item = struct.pack(">HHH", 1, 0, extents) + each
        return build.full_box(b"iloc", 0, struct.pack(">BBH", sizes, 0, items), item * items)

    associations = struct.pack(">I", 300_000) + struct.pack(">HB", 1, 0) * 300_000
    different = struct.pack(">I", 60_000) + b"".join(
        struct.pack(">HB", n, 0) for n in range(60_000)
    )
    units = b"\x12\0" * 300
    metas = {
        "extents of no bytes": [locations(0, 10_000, 65_535)],
        "extents of no bytes, few": [locations(0, 10, 65_535)],
        "many items": [locations(0x44, 60_000, 1, struct.pack(">II", 8, 8))],
        "many items, twice": [locations(0x44, 60_000, 1, struct.pack(">II", 8, 8))] * 20,
        "items of small units": [locations(0x44, 20_000, 1, struct.pack(">II", 60, 8)), units],
        "properties of nothing": [
            build.box(b"iprp", build.full_box(b"ipma", 0, associations)),
            build.box(b"iprp", build.full_box(b"ipma", 0, different)) * 5,
        ],
        "many properties": [build.box(b"iprp", build.box(b"ipco", build.box(b"free") * 90_000))],
        "boxes": [build.box(b"free") * 99_000],
    }
    for brand, format_ in ((b"avif", "avif"), (b"heic", "heic")):
        for name, meta in metas.items():
            yield from _picture(format_, _heif(meta, brand), name)
        nested = b""
        for _ in range(3_000):
            nested = build.box(b"trak", nested)
        yield from _picture(format_, _heif([], brand) + build.box(b"moov", nested), "nested tracks")
        samples = build.full_box(b"stsz", 0, struct.pack(">II", 0, 2**32 - 1))
        tracks = build.box(b"trak", build.box(b"mdia", build.box(b"minf", samples)))
        yield from _picture(format_, _heif([], brand) + build.box(b"moov", tracks), "samples")
        large = _heif([], brand, (30_000, 30_000))
        yield from _picture(format_, large, "large")
        grid = _heif([], brand, (8_000, 8_000))
        yield from _picture(format_, grid, "large, with nothing in it")


def _pictures() -> Iterator[Seed]:
    """Flat pictures of 4 megapixels, small as files: what does decoding them take?"""
    side = 2_000
    kinds: dict[str, Image.Image] = {
        "RGB": Image.new("RGB", (side, side), (9, 9, 9)),
        "RGBA": Image.new("RGBA", (side, side), (9, 9, 9, 9)),
        "L": Image.new("L", (side, side), 9),
        "P": Image.new("P", (side, side), 1),
    }
    kinds["P"].putpalette([9, 8, 7, 3, 2, 1])
    fast: dict[str, dict[str, object]] = {
        "PNG": {"compress_level": 1},
        "WEBP": {"lossless": True, "method": 0},
        "TIFF": {"compression": "packbits"},
        "GIF": {"optimize": False},
        "AVIF": {"speed": 10},
    }
    for format_, options in fast.items():
        for mode in ("RGB",) if format_ in ("WEBP", "AVIF") else kinds:
            data = saved(kinds[mode], format_, **options)
            yield Seed(f"decode-{format_.lower()}", f"flat {mode}", data)
    yield Seed("decode-webp", "flat, lossy", saved(kinds["RGB"], "WEBP", method=0))
    yield Seed("decode-avif", "flat grey", saved(kinds["L"], "AVIF", speed=10))
    for mode in ("RGB", "L", "CMYK"):
        image = kinds["RGB"].convert(mode)
        yield Seed("decode-jpeg", f"flat {mode}", saved(image, "JPEG"))
        yield Seed(
            "decode-jpeg", f"flat {mode}, progressive", saved(image, "JPEG", progressive=True)
        )
    turned = Image.Exif()
    turned[0x0112] = 6
    yield Seed("decode-jpeg", "flat, turned", saved(kinds["RGB"], "JPEG", exif=turned))
    deep = Image.fromarray(np.full((side, side), 999, np.uint16))
    yield Seed("decode-png", "flat, 16 bits of grey", saved(deep, "PNG", compress_level=1))
    yield Seed("decode-tiff", "flat, 16 bits of grey", saved(deep, "TIFF", **fast["TIFF"]))
    cmyk = kinds["RGB"].convert("CMYK")
    yield Seed("decode-tiff", "flat, CMYK", saved(cmyk, "TIFF", **fast["TIFF"]))
    further: tuple[tuple[str, Image.Image, dict[str, object]], ...] = (
        ("one bit", kinds["L"].convert("1"), {}),
        ("palette with alpha", kinds["P"], {"transparency": 0}),
        ("grey with alpha", kinds["L"].convert("LA"), {}),
        ("grey with a key", deep, {"transparency": 999}),
    )
    for name, image, options in further:
        yield Seed("decode-png", f"flat, {name}", saved(image, "PNG", compress_level=1, **options))
    row = zlib.compress(bytes(side * (1 + side * 6)), 1)
    header = build.png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, 0))
    file = build.PNG_SIGNATURE + header + build.png_chunk(b"IDAT", row)
    yield Seed("decode-png", "flat, 16 bits of RGB", file + build.png_chunk(b"IEND", b""))
    frames = [Image.new("RGB", (side, side), (n, n, n)) for n in (0, 255)]
    for format_ in ("WEBP", "GIF", "AVIF"):
        options = {"save_all": True, "append_images": frames[1:]} | fast[format_]
        data = saved(frames[0], format_, **options)
        yield Seed(f"decode-{format_.lower()}", "flat, animated", data)


def _credentials_of_people() -> Iterator[Seed]:
    """Trust lists, certificates and keys."""
    request = certificates.create_request(common_name="a", organization="b")
    begin, end = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    lists = {
        "begins": begin * 40_000,
        "begins and ends": (begin + end) * 20_000,
        "begin without end": begin + b"A" * 2_000_000,
        "empty lines": begin + b"\n" * 2_000_000,
        "dashes": begin + b"-" * 2_000_000,
        "no certificate": begin + b"AAAA\n" * 300_000 + end,
        "a request": request.request_pem,
        "a key": request.key.reveal(),
    }
    for name, data in lists.items():
        yield Seed("pem", name, data)
        yield Seed("trust-list", name, data)

    def entity(certificate: dict[str, str]) -> dict[str, object]:
        identity = {"X509Certificates": [certificate]}
        service = {"ServiceStatus": "a/trusted", "ServiceDigitalIdentity": identity}
        return {"TrustedEntityServices": [{"ServiceInformation": service}]}

    for name, entities in {
        "many entities": [entity({"val": "AAAA"})] * 20_000,
        "one long value": [entity({"val": "A" * 8_000_000})],
    }.items():
        scheme = {"SchemeName": [{"value": "a"}], "ListIssueDateTime": "2026-01-01T00:00:00Z"}
        body = {"ListAndSchemeInformation": scheme, "TrustedEntitiesList": entities}
        yield Seed("trust-list", name, json.dumps({"LoTE": body}).encode())
    yield Seed("trust-list", "objects", b'{"LoTE": [' + b'{"":0},' * 2_300_000 + b"0]}")
    yield Seed("claims", "objects", b"[" + b'{"":0},' * 560_000 + b"0]")
    yield Seed("definition", "objects", b'{"assertions": [' + b'{"":0},' * 560_000 + b"0]}")
    with tempfile.TemporaryDirectory() as folder:
        pem = create_identity(Path(folder, "identity")).authority_pem
    yield Seed("pem", "the same certificates", pem * (400_000 // len(pem)))
    yield Seed("trust-list", "the same certificates", pem * (4_000_000 // len(pem)))
    key = Key.generate()
    fields = {"type": "indelible-watermark-key", "version": 1, "family": "f" * 4_000}
    yield Seed("key-file", "long family", json.dumps(fields | {"secret": key.id}).encode())
    yield Seed("key-file", "zeros", bytes(4_000_000))
