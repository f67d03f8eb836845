"""XMP packets: read the few properties that say where a picture comes from, and add to them.

The packet itself is put into files, and taken out of them, by `indelible.imaging`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Final, TypeAlias
from xml.etree import ElementTree as ET

from indelible.errors import ManifestError

__all__ = [
    "AIGC",
    "AI_PROMPT",
    "AI_PROMPT_WRITER",
    "AI_SYSTEM",
    "AI_SYSTEM_VERSION",
    "CREATOR_TOOL",
    "CREDIT",
    "DIGITAL_SOURCE_TYPE",
    "PROVENANCE",
    "Property",
    "read_properties",
    "with_properties",
]

Property: TypeAlias = tuple[str, str]  # namespace, local name

_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META: Final = "adobe:ns:meta/"

DIGITAL_SOURCE_TYPE: Final[Property] = (_IPTC, "DigitalSourceType")
AI_SYSTEM: Final[Property] = (_IPTC, "AISystemUsed")
AI_SYSTEM_VERSION: Final[Property] = (_IPTC, "AISystemVersionUsed")
AI_PROMPT: Final[Property] = (_IPTC, "AIPromptInformation")
AI_PROMPT_WRITER: Final[Property] = (_IPTC, "AIPromptWriterName")
AIGC: Final[Property] = ("http://www.tc260.org.cn/ns/AIGC/1.0/", "AIGC")
CREATOR_TOOL: Final[Property] = ("http://ns.adobe.com/xap/1.0/", "CreatorTool")
CREDIT: Final[Property] = (_PHOTOSHOP, "Credit")
PROVENANCE: Final[Property] = ("http://purl.org/dc/terms/", "provenance")

_PREFIXES: Final = {
    "x": _META,
    "rdf": _RDF,
    "Iptc4xmpExt": _IPTC,
    "TC260": AIGC[0],
    "xmp": CREATOR_TOOL[0],
    "photoshop": _PHOTOSHOP,
    "dcterms": PROVENANCE[0],
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
# Photoshop's histories reach some megabytes and tens of thousands of elements, at a depth of ten.
_MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_NODES: Final = 100_000  # elements and attributes
_MAX_DEPTH: Final = 100
_MAX_NAMESPACE: Final = 1_000  # the parser repeats it in each name
_MAX_VALUE: Final = 64 * 1024
_PACKET_BEGIN: Final = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_PACKET_END: Final = b'\n<?xpacket end="w"?>'
# Letters that XML 1.0 cannot hold.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_properties(packet: bytes | None) -> dict[Property, str]:
    """Return the properties of an XMP packet that are plain text, by namespace and name.

    Of lists, the first entry counts. What is no XMP has no properties; nothing is raised.
    """
    root = None if packet is None else _parse(packet)
    found: dict[Property, str] = {}
    for description in () if root is None else root.iter(f"{{{_RDF}}}Description"):
        for name, value in description.attrib.items():
            _put(found, name, value)
        for child in description:
            entry = next(child.iter(f"{{{_RDF}}}li"), None)
            resource = child.get(f"{{{_RDF}}}resource")
            text = resource or (child.text if entry is None else entry.text)
            _put(found, child.tag, text)
    return found


def with_properties(packet: bytes | None, values: Mapping[Property, str]) -> bytes:
    """Return an XMP packet with `values` set, and everything else of `packet` kept.

    Parameters
    ----------
    packet : bytes or None
        The packet that the picture has, if it has one. One that cannot be parsed is replaced.
    values : mapping
        Text for each property; it replaces what was there.

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
    for prefix, namespace in _PREFIXES.items():
        ET.register_namespace(prefix, namespace)
    root = None if packet is None else _parse(packet)
    if root is None or root.find(f".//{{{_RDF}}}RDF") is None:
        root = ET.Element(f"{{{_META}}}xmpmeta")
        ET.SubElement(root, f"{{{_RDF}}}RDF")
    rdf = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f".//{{{_RDF}}}RDF")
    if rdf is None:
        raise ManifestError("the XMP packet has no RDF")
    names = {f"{{{namespace}}}{name}" for namespace, name in values}
    for description in rdf.findall(f"{{{_RDF}}}Description"):
        for name in names:
            description.attrib.pop(name, None)
        description[:] = [item for item in description if item.tag not in names]
    added = ET.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    for (namespace, name), value in values.items():
        ET.SubElement(added, f"{{{namespace}}}{name}").text = value
    return _PACKET_BEGIN + bytes(ET.tostring(root, encoding="utf-8")) + _PACKET_END


def _parse(packet: bytes) -> ET.Element | None:
    if len(packet) > _MAX_BYTES:
        return None
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - without a document type, nothing expands
    try:
        parser.feed(_decode(packet))
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, AssertionError):
        return None
    return root


class _Builder(ET.TreeBuilder):
    """Builds the tree of a packet, and gives up where it is larger than any real one."""

    def __init__(self) -> None:
        super().__init__()
        self._nodes = self._depth = 0

    def doctype(self, *_: str | None) -> None:
        """Refuse a document type: its entities are how a small packet becomes a large one."""
        raise ValueError("XMP needs no document type")

    def start_ns(self, _: str, uri: str) -> None:
        if len(uri) > _MAX_NAMESPACE:
            raise ValueError("the address of a namespace is too long")

    def start(self, tag: str, attributes: dict[str, str], /) -> ET.Element:
        self._nodes += 1 + len(attributes)
        self._depth += 1
        if self._nodes > _MAX_NODES or self._depth > _MAX_DEPTH:
            raise ValueError("the packet is too large")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def _decode(packet: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if packet.startswith(mark):
            text = packet.decode(encoding)
            break
    else:
        text = packet.decode("utf-8")
    # ElementTree takes text only without an encoding declaration, and packets end in padding.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    return text.strip(" \t\r\n\0\ufeff")


def _put(found: dict[Property, str], name: str, value: str | None) -> None:
    if name.startswith("{") and value and value.strip() and len(value) <= _MAX_VALUE:
        namespace, _, local = name[1:].partition("}")
        if namespace != _RDF:
            found.setdefault((namespace, local), value.strip())
