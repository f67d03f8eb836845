"""The file formats that Indelible reads and writes, and how to recognise them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from indelible.errors import UnreadableImageError, UnsupportedImageError

__all__ = [
    "FORMATS",
    "MANIFEST_TYPES",
    "Format",
    "container_of",
    "format_from_suffix",
    "identify",
    "lookup",
    "media_type",
    "media_type_of",
]


@dataclass(frozen=True, slots=True)
class Format:
    """What a file format is called, and what it can hold.

    Attributes
    ----------
    name : str
        The name used throughout Indelible.
    title : str
        The name used in messages for people.
    suffixes : tuple of str
        File name suffixes, lower case, the usual one first.
    media_type : str
        The IANA media type.
    can_write : bool
        Whether `encode` writes it.
    alpha : {"full", "binary", "none"}
        Whether it holds an alpha channel of 8 bits, fully opaque or fully transparent pixels only,
        or no transparency.
    grey : bool
        Whether it holds a picture of one channel as such.
    lossless : bool or None
        True: always lossless; False: never; None: the caller chooses.
    quality : int or None
        Default quality (1 to 100), None where there is no such setting.
    max_side : int
        Largest width or height that the format can express, in px.
    metadata : frozenset of str
        The fields of `Metadata` that the format can hold.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    media_type: str
    can_write: bool = True
    alpha: Literal["full", "binary", "none"] = "full"
    grey: bool = True
    lossless: bool | None = None
    quality: int | None = None
    max_side: int = 2**31 - 1
    metadata: frozenset[str] = frozenset()


# Quality: the lowest settings at which the codec's own loss stays well under that of the mark.
_ALL: Final = (
    Format(
        "jpeg",
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        "image/jpeg",
        alpha="none",
        lossless=False,
        quality=92,
        max_side=65_500,  # libjpeg's own limit, under the 65,535 of the format
        metadata=frozenset({"icc_profile", "exif", "xmp", "iptc", "photoshop", "dpi"}),
    ),
    Format(
        "png",
        "PNG",
        (".png", ".apng"),
        "image/png",
        lossless=True,
        metadata=frozenset({"icc_profile", "exif", "xmp", "text", "dpi"}),
    ),
    Format(
        "webp",
        "WebP",
        (".webp",),
        "image/webp",
        grey=False,
        quality=92,
        max_side=16_383,
        metadata=frozenset({"icc_profile", "exif", "xmp"}),
    ),
    Format(
        "avif",
        "AVIF",
        (".avif", ".avifs"),
        "image/avif",
        lossless=False,
        quality=85,
        max_side=65_535,
        metadata=frozenset({"icc_profile", "exif", "xmp"}),
    ),
    Format(
        "tiff",
        "TIFF",
        (".tif", ".tiff"),
        "image/tiff",
        lossless=True,
        metadata=frozenset({"icc_profile", "exif", "xmp", "iptc", "photoshop", "dpi"}),
    ),
    Format(
        "gif",
        "GIF",
        (".gif",),
        "image/gif",
        alpha="binary",
        lossless=False,
        max_side=65_535,
        metadata=frozenset({"xmp"}),
    ),
    Format(
        "heic",
        "HEIC",
        (".heic", ".heif", ".hif"),
        "image/heic",
        lossless=False,
        quality=85,
        max_side=8_192,
        metadata=frozenset({"icc_profile", "exif", "xmp"}),
    ),
)

#: Every format by its name.
FORMATS: Final = MappingProxyType({format_.name: format_ for format_ in _ALL})

#: Media types of files that can hold a manifest, and that are not decoded: HEIF with any codec,
#: camera raw files in the form of TIFF, and a manifest store alone.
MANIFEST_TYPES: Final = MappingProxyType(
    {"heif": "image/heif", "dng": "image/x-adobe-dng", "c2pa": "application/c2pa"}
)

_BY_SUFFIX: Final = {suffix: f.name for f in _ALL for suffix in f.suffixes}

# How a file begins -> what it is built like: offset, bytes, name.
_BEGINNINGS: Final = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),  # BigTIFF
    (0, b"MM\0+", "tiff"),
    (4, b"ftyp", "iso"),
    (4, b"jumb", "c2pa"),
)
# Brands of ISO base media files (ISO/IEC 14496-12, 23000-22, AV1 image format 1.1).
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis", b"avio"})
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)
_HEIF_BRANDS: Final = frozenset({b"mif1", b"msf1", b"mif2"})  # of any codec

# Images that are recognised only to say what they are.
_FOREIGN: Final = (
    (b"BM", "BMP"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x00\x00\x02\x00\x00\x00", "TGA"),
    (b"\x00\x00\x02\x00", "CUR"),
    (b"8BPS", "Photoshop"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    *((b"P%d%s" % (kind, end), "PNM") for kind in range(1, 8) for end in (b"\n", b"\r\n")),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"FUJIFILM", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIRS", "camera raw"),
    (b"MMOR", "camera raw"),
    (b"IIU\x00", "camera raw"),
    (b"\x00MRM", "camera raw"),
    (b"FOVb", "camera raw"),
    (b"II\x1a\x00\x00\x00HEAPCCDR", "camera raw"),
)
_OTHER: Final = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"OggS", "an Ogg audio or video file"),
    (b"ID3", "an MP3 audio file"),
    (b"fLaC", "a FLAC audio file"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
)


def lookup(name: str) -> Format:
    """Return the format of this name.

    Raises
    ------
    UnsupportedImageError
        There is no such format.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnsupportedImageError(
            f"There is no image format called {name!r}.",
            hint=f"Choose one of {', '.join(FORMATS)}.",
        ) from None


def format_from_suffix(path: str | os.PathLike[str]) -> str | None:
    """Return the name of the format that a file name's suffix stands for, or None."""
    return _BY_SUFFIX.get(Path(path).suffix.lower())


def media_type(name: str) -> str:
    """Return the IANA media type of a format, such as ``"image/jpeg"``."""
    return lookup(name).media_type


def identify(data: bytes) -> str:
    """Return the name of the format that the bytes themselves announce.

    Only the content decides, never a file name.

    Raises
    ------
    UnreadableImageError
        The data are empty, or no image.
    UnsupportedImageError
        They are an image of a format that Indelible does not read.
    """
    if not data:
        raise UnreadableImageError(
            "The file is empty (0 bytes).",
            hint="The upload or download probably broke off. Fetch the picture again.",
        )
    container = container_of(data)
    if container == "iso":
        return _identify_iso(data)
    if container is None or container == "c2pa":
        raise _unknown(bytes(data[:64]))
    return container


def container_of(data: bytes) -> str | None:
    """Return what a file is built like, whatever is in it; None for what is not known.

    Returns
    -------
    str or None
        ``"jpeg"``, ``"png"``, ``"webp"``, ``"gif"``, ``"tiff"``, ``"iso"`` (boxes: AVIF, HEIF and
        videos) or ``"c2pa"`` (a manifest store alone).
    """
    for offset, beginning, name in _BEGINNINGS:
        if data.startswith(beginning, offset):
            return name
    return "webp" if data.startswith(b"RIFF") and data[8:12] == b"WEBP" else None


def media_type_of(data: bytes) -> str:
    """Return the media type of a file, from its content, whether or not it can be decoded.

    Raises
    ------
    UnreadableImageError, UnsupportedImageError
        It is of no type that could hold a manifest.
    """
    container = container_of(data)
    if container == "c2pa":
        return MANIFEST_TYPES["c2pa"]
    if container == "iso" and _codec(_brands(data)) is None and _HEIF_BRANDS & set(_brands(data)):
        return MANIFEST_TYPES["heif"]
    return FORMATS[identify(data)].media_type


def _brands(data: bytes) -> list[bytes]:
    """Return the brands of an ISO base media file, the major one first."""
    end = min(int.from_bytes(data[:4], "big"), len(data), 512)
    return [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]


def _codec(brands: list[bytes]) -> str | None:
    """Return the format that the first brand that names a codec stands for.

    The major brand may be a general one ("mif1").
    """
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "avif"
        if brand in _HEIC_BRANDS:
            return "heic"
    return None


def _identify_iso(data: bytes) -> str:
    """Return the format of an ISO base media file from its brands."""
    brands = _brands(data)
    codec = _codec(brands)
    if codec is not None:
        return codec
    if b"crx " in brands:
        raise UnsupportedImageError(
            "Camera raw images are not supported.",
            hint="Develop it in a raw converter, and use the JPEG, TIFF or PNG file.",
        )
    if set(brands) & _HEIF_BRANDS:
        raise UnsupportedImageError(
            "This HEIF file uses a codec that Indelible does not read.",
            hint="Convert it to JPEG, PNG, WebP or AVIF.",
        )
    raise UnreadableImageError(
        "The file is a video or an audio file, not an image.",
        hint="Indelible works on still images. Export a frame as PNG or JPEG.",
    )


def _unknown(head: bytes) -> UnreadableImageError | UnsupportedImageError:
    """Say as precisely as possible what the file is instead of a supported image."""
    for magic, title in _FOREIGN:
        if head.startswith(magic):
            return UnsupportedImageError(
                f"{title[0].upper()}{title[1:]} images are not supported.",
                hint="Convert the picture to JPEG, PNG, WebP, AVIF or TIFF.",
            )
    for magic, title in _OTHER:
        if head.startswith(magic):
            return UnreadableImageError(
                f"The file is not an image: it looks like {title}.",
                hint="Give the picture itself, as JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.",
            )
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")):
        return UnsupportedImageError(
            "The file looks like SVG or XML, which has no pixels.",
            hint="Export the drawing as PNG.",
        )
    if text.startswith((b"<!doctype", b"<html", b"<head")):
        return UnreadableImageError(
            "The file is not an image: it is a web page.",
            hint="An error page was probably saved instead of the picture. Fetch it again.",
        )
    if not any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in head):
        return UnreadableImageError(
            "The file is not an image: it looks like text.",
            hint="Its name may say otherwise, but only the content counts. "
            "Give the picture itself, as JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.",
        )
    return UnreadableImageError(
        "The file is not an image that Indelible knows.",
        hint="Its first bytes match no image format: it is damaged, encrypted or something else. "
        "Give a JPEG, PNG, WebP, AVIF, TIFF, GIF or HEIC file.",
    )
