"""Small corrections of XMP packets, in which every other byte stays as it is.

A packet says things of the picture that stop being true when it is turned upright, or when what
it describes is left out. The packet is parsed, with its namespaces, to find where these properties
stand, as attributes or as elements; only those bytes are changed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple
from xml.parsers import expat

__all__ = ["corrected", "without_address", "without_padding"]

_TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_GOOGLE: Final = "http://ns.google.com/photos/"
_ADDRESS: Final = ("http://purl.org/dc/terms/", "provenance")

# What stands in these namespaces describes parts of the file that are not kept: gain maps, depth,
# audio, further pictures, and where in the file they lie.
_OF_OTHER_PARTS: Final = frozenset(
    {
        "http://ns.adobe.com/hdr-gain-map/1.0/",
        "http://ns.apple.com/HDRGainMap/1.0/",
        "http://ns.apple.com/HDRToneMap/1.0/",
        "http://ns.apple.com/pixeldatainfo/1.0/",
        "http://ns.apple.com/depthData/1.0/",
        "http://ns.apple.com/portraitEffectsMatte/1.0/",
        "http://ns.apple.com/semanticSegmentationMatte/1.0/",
        f"{_GOOGLE}1.0/container/",
        f"{_GOOGLE}1.0/container/item/",
        f"{_GOOGLE}1.0/depthmap/",
        f"{_GOOGLE}1.0/image/",
        f"{_GOOGLE}1.0/audio/",
        f"{_GOOGLE}1.0/focus/",
        f"{_GOOGLE}dd/1.0/device/",
        f"{_GOOGLE}dd/1.0/container/",
        f"{_GOOGLE}dd/1.0/item/",
    }
)
_CAMERA: Final = f"{_GOOGLE}1.0/camera/"
_OF_VIDEO: Final = ("MotionPhoto", "MicroVideo")
_EXTENDED: Final = ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP")

_ORIENTATION: Final = (_TIFF, "Orientation")
_WIDTHS: Final = {(_TIFF, "ImageWidth"), (_EXIF, "PixelXDimension")}
_HEIGHTS: Final = {(_TIFF, "ImageLength"), (_EXIF, "PixelYDimension")}

_ATTRIBUTE: Final = re.compile(rb"""\s+([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_NAME: Final = re.compile(rb"<[^\s/>]+")
_PADDING: Final = b" \t\r\n\0"
# A packet of more bytes, tags within tags, or tags and attributes is not worth the time.
_MAX_BYTES: Final = 2 * 1024 * 1024
_MAX_DEPTH: Final = 200
_MAX_TAGS: Final = 30_000
# A packet without any of these words has nothing to correct.
_SIZE_WORDS: Final = (b"ImageWidth", b"PixelXDimension")
_WORDS: Final = (
    *_SIZE_WORDS,
    *(b"Orientation", b"HasExtendedXMP", b"MotionPhoto", b"MicroVideo"),
    *sorted(namespace.encode() for namespace in _OF_OTHER_PARTS),
)

Name = tuple[str, str]  # namespace, local name
Edit = Callable[
    [Name, str], str | None
]  # the new value; None removes; the same one changes nothing


class _Element(NamedTuple):
    name: Name
    start: int  # of its tag
    inside: int  # behind its tag
    attributes: list[tuple[Name, str, int, int]]  # with where each stands


def corrected(packet: bytes, width: int, height: int) -> tuple[bytes, bool]:
    """Return a packet that fits an upright picture without further parts.

    Orientation becomes 1, sizes that were the other way round are set right, and what described
    parts that are not kept is taken out.

    Parameters
    ----------
    packet : bytes
        As stored.
    width, height : int
        The upright picture, in px.

    Returns
    -------
    packet : bytes
        The packet, in UTF-8; unchanged where it cannot be parsed.
    described : bool
        Whether something was taken out.
    """
    swapped = _sizes(packet) & {(height, width)} if width != height else set()
    described = False

    def edit(name: Name, value: str) -> str | None:
        nonlocal described
        namespace, local = name
        if namespace in _OF_OTHER_PARTS or name == _EXTENDED:
            described = True
            return None
        if namespace == _CAMERA and local.startswith(_OF_VIDEO):
            described = True
            return None
        if name == _ORIENTATION:
            return "1"
        if swapped and name in _WIDTHS | _HEIGHTS:
            return str(width if name in _WIDTHS else height)
        return value

    return _edited(packet, edit, _WORDS), described


def without_address(packet: bytes) -> bytes:
    """Return a packet without the address of a manifest (``dcterms:provenance``)."""
    words = (_ADDRESS[1].encode(),)
    return _edited(packet, lambda name, value: None if name == _ADDRESS else value, words)


def without_padding(packet: bytes) -> bytes:
    """Return a packet without the white space before its end, which is room for edits in place."""
    at = packet.rfind(b"<?xpacket end")
    if at < 0:
        return packet.rstrip(_PADDING)
    return packet[:at].rstrip(_PADDING) + b"\n" + packet[at:].rstrip(_PADDING)


def _sizes(packet: bytes) -> set[tuple[int, int]]:
    """Return the sizes that a packet states, of TIFF's and EXIF's properties."""
    found: dict[Name, int] = {}

    def look(name: Name, value: str) -> str:
        if name in _WIDTHS | _HEIGHTS and value.strip().isdecimal() and len(value) < 12:
            found[name] = int(value)
        return value

    _edited(packet, look, _SIZE_WORDS)
    return {
        (found[wide], found[high])
        for wide in _WIDTHS
        for high in _HEIGHTS
        if wide in found and high in found and wide[0] == high[0]
    }


def _edited(packet: bytes, edit: Edit, words: tuple[bytes, ...]) -> bytes:
    """Return a packet edited, or as it is where it has none of the words or cannot be parsed."""
    text = _utf8(packet)
    if text is None or not any(word in text for word in words):
        return packet
    try:
        changes = _Finder(text, edit).changes()
    except (expat.ExpatError, _RefusedError, ValueError):
        return packet
    if not changes:
        return packet
    parts: list[bytes] = []
    at = 0
    for start, end, new in sorted(changes):
        if start < at:  # inside something that is gone already
            continue
        parts += [text[at:start], new]
        at = end
    return b"".join([*parts, text[at:]])


def _utf8(packet: bytes) -> bytes | None:
    """Return a packet in UTF-8, without an encoding declaration that says otherwise."""
    if len(packet) > _MAX_BYTES:
        return None
    encoding = "utf-8"
    for mark, name in (
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if packet.startswith(mark):
            encoding = name
    try:
        text = packet.decode(encoding)
    except UnicodeDecodeError:
        return None
    return packet if encoding == "utf-8" else text.lstrip("\ufeff").encode()


class _RefusedError(Exception):
    """The packet holds what XMP has no use for, and what costs time."""


class _Finder:
    """Finds where the properties of a packet stand that an edit changes."""

    def __init__(self, text: bytes, edit: Edit) -> None:
        self._text = text
        self._edit = edit
        self._changes: list[tuple[int, int, bytes]] = []
        self._open: list[_Element] = []
        self._data: list[str] = []  # of the innermost element
        self._leaf = False
        self._tags = 0
        self._parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data.append
        self._parser.StartDoctypeDeclHandler = self._refuse

    def changes(self) -> Iterable[tuple[int, int, bytes]]:
        """Return start, end and new bytes of each change."""
        self._parser.Parse(self._text.rstrip(_PADDING), True)
        return self._changes

    def _refuse(self, *_: object) -> None:
        raise _RefusedError

    def _start(self, name: str, attributes: list[str]) -> None:
        self._tags += 1 + len(attributes) // 2
        if len(self._open) >= _MAX_DEPTH or self._tags > _MAX_TAGS:
            raise _RefusedError
        self._data.clear()
        self._leaf = True
        start = self._parser.CurrentByteIndex
        match = _TAG_NAME.match(self._text, start)
        at = start if match is None else match.end()
        places: list[tuple[int, int]] = []
        while match := _ATTRIBUTE.match(self._text, at):
            if match[1] != b"xmlns" and not match[1].startswith(b"xmlns:"):
                places.append(match.span())
            at = match.end()
        named = zip(attributes[::2], attributes[1::2], places, strict=True)
        self._open.append(
            _Element(
                _name(name),
                start,
                self._text.index(b">", at) + 1,
                [(_name(key), value, *place) for key, value, place in named],
            )
        )
        for key, value, begin, end in self._open[-1].attributes:
            self._change(key, value, begin, end, self._text[begin:end])

    def _end(self, _: str) -> None:
        element = self._open.pop()
        at = self._parser.CurrentByteIndex
        end = self._text.index(b">", at) + 1 if self._text.startswith(b"</", at) else at
        value = "".join(self._data) if self._leaf else ""
        new = self._edit(element.name, value)
        if new is None:
            self._changes.append((element.start, end, b""))
        elif new != value and self._leaf and at > element.inside:
            self._changes.append((element.inside, at, new.encode()))
        self._leaf = False
        self._data.clear()

    def _change(self, name: Name, value: str, begin: int, end: int, raw: bytes) -> None:
        new = self._edit(name, value)
        if new is None:
            self._changes.append((begin, end, b""))
        elif new != value:
            key = raw[: raw.index(b"=") + 1]
            self._changes.append((begin, end, key + b'"' + new.encode() + b'"'))


def _name(name: str) -> Name:
    namespace, _, local = name.rpartition(" ")
    return namespace, local
