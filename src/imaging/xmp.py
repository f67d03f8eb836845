"""XMP packets: read, set and correct the properties of a picture.

Only the bytes of the properties in question are changed; every other byte of a packet stays as it
is. The bytes come from anywhere: what is no packet is never an error.

References
----------
XMP specification, part 1 (ISO 16684-1:2019), 7; IPTC Photo Metadata Standard 2025.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from indelible.errors import ManifestError
from indelible.imaging._xmp_parser import (
    PADDING,
    RDF,
    Edit,
    Packet,
    Property,
    changed,
    parsed,
    utf8,
)

__all__ = [
    "AIGC",
    "AI_PROMPT",
    "AI_SYSTEM",
    "AI_SYSTEM_VERSION",
    "CREATOR_TOOL",
    "CREDIT",
    "DATA_MINING",
    "DIGITAL_SOURCE_TYPE",
    "PROVENANCE",
    "Property",
    "corrected",
    "read_properties",
    "with_properties",
    "without_address",
    "without_padding",
]

_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

DIGITAL_SOURCE_TYPE: Final[Property] = (_IPTC, "DigitalSourceType")
AI_SYSTEM: Final[Property] = (_IPTC, "AISystemUsed")
AI_SYSTEM_VERSION: Final[Property] = (_IPTC, "AISystemVersionUsed")
AI_PROMPT: Final[Property] = (_IPTC, "AIPromptInformation")
AIGC: Final[Property] = ("http://www.tc260.org.cn/ns/AIGC/1.0/", "AIGC")
CREATOR_TOOL: Final[Property] = ("http://ns.adobe.com/xap/1.0/", "CreatorTool")
CREDIT: Final[Property] = ("http://ns.adobe.com/photoshop/1.0/", "Credit")
DATA_MINING: Final[Property] = ("http://ns.useplus.org/ldf/xmp/1.0/", "DataMining")
PROVENANCE: Final[Property] = ("http://purl.org/dc/terms/", "provenance")

# The usual prefixes of the namespaces that are written here.
_PREFIXES: Final = {
    _IPTC: "Iptc4xmpExt",
    AIGC[0]: "TC260",
    CREATOR_TOOL[0]: "xmp",
    CREDIT[0]: "photoshop",
    DATA_MINING[0]: "plus",
    PROVENANCE[0]: "dcterms",
}

_TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_GOOGLE: Final = "http://ns.google.com/photos/"

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

_MAX_VALUE: Final = 64 * 1024  # letters; prompts reach a few thousand
_NEW_PACKET: Final = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>\n'
    b'<?xpacket end="w"?>'
)
# Letters that XML 1.0 cannot hold.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A packet without any of these words has nothing to correct.
_SIZE_WORDS: Final = (b"ImageWidth", b"PixelXDimension")
_WORDS: Final = (
    *_SIZE_WORDS,
    *(b"Orientation", b"HasExtendedXMP", b"MotionPhoto", b"MicroVideo"),
    *sorted(namespace.encode() for namespace in _OF_OTHER_PARTS),
)


# --- where a picture comes from ---


def read_properties(packet: bytes | None) -> dict[Property, str]:
    """Return the properties of an XMP packet that are plain text, by namespace and name.

    Of lists, the first entry counts. What is no XMP has no properties; nothing is raised.
    """
    text = None if packet is None else utf8(packet)
    packet_ = None if text is None else parsed(text)
    found: dict[Property, str] = {}
    for name, value in () if packet_ is None else packet_.properties:
        if value.strip() and len(value) <= _MAX_VALUE and name[0] not in ("", RDF):
            found.setdefault(name, value.strip())
    return found


def with_properties(packet: bytes | None, values: Mapping[Property, str]) -> bytes:
    """Return an XMP packet with `values` set, and everything else of `packet` kept.

    Parameters
    ----------
    packet : bytes or None
        The packet that the picture has, if it has one. One that cannot be parsed is replaced.
    values : mapping
        Text for each property; it replaces what was there.

    Returns
    -------
    bytes
        In UTF-8, without padding.

    Raises
    ------
    ManifestError
        If a value cannot be written in XML, or is too long.
    """
    for (_, name), value in values.items():
        if _NOT_XML.search(value) or len(value) > _MAX_VALUE:
            raise ManifestError(
                f"the value of {name} cannot be written as XMP",
                hint="Leave out control characters, and keep it short.",
            )

    def edit(name: Property, value: str, own: bool) -> str | None:
        return None if own and name in values else value

    text = None if packet is None else utf8(packet)
    found = None if text is None else parsed(text, edit)
    if text is None or found is None or not found.end:
        text, found = _NEW_PACKET, Packet([], [], _NEW_PACKET.index(b"</rdf:RDF>"), 0)
    new = "".join(_element(name, value) for name, value in values.items())
    at = found.description_end
    if not at:  # none, or one that has attributes only
        at = found.end
        new = f'<rdf:Description xmlns:rdf="{RDF}" rdf:about="">{new}</rdf:Description>'
    return without_padding(changed(text, [*found.changes, (at, at, new.encode())]))


def _element(name: Property, value: str) -> str:
    """Return a property as an element that declares its namespace itself."""
    namespace, local = name
    prefix = _PREFIXES.get(namespace, "ns0")
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<{prefix}:{local} xmlns:{prefix}="{namespace}">{text}</{prefix}:{local}>'


def without_address(packet: bytes) -> bytes:
    """Return a packet without the address of a manifest (``dcterms:provenance``)."""

    def edit(name: Property, value: str, _: bool) -> str | None:
        return None if name == PROVENANCE else value

    return _edited(packet, edit, (PROVENANCE[1].encode(),))


# --- what is true of the picture ---


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

    def edit(name: Property, value: str, _: bool) -> str | None:
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


def _sizes(packet: bytes) -> set[tuple[int, int]]:
    """Return the sizes that a packet states, of TIFF's and EXIF's properties."""
    found: dict[Property, int] = {}

    def look(name: Property, value: str, _: bool) -> str:
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


# --- how a packet is changed ---


def without_padding(packet: bytes) -> bytes:
    """Return a packet without the white space before its end, which is room for edits in place."""
    at = packet.rfind(b"<?xpacket end")
    if at < 0:
        return packet.rstrip(PADDING)
    return packet[:at].rstrip(PADDING) + b"\n" + packet[at:].rstrip(PADDING)


def _edited(packet: bytes, edit: Edit, words: tuple[bytes, ...]) -> bytes:
    """Return a packet edited, or as it is where it has none of the words or cannot be parsed."""
    text = utf8(packet)
    if text is None or not any(word in text for word in words):
        return packet
    found = parsed(text, edit)
    return packet if found is None or not found.changes else changed(text, found.changes)
