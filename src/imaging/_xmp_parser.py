"""The parser of XMP packets: what their properties are, and where those stand that are changed.

A packet is parsed with its namespaces, properties as attributes and as elements. The bytes come
from anywhere: a packet costs a time that grows with its length, and one that is larger or deeper
than any real one is not parsed.

References
----------
XMP specification, part 1 (ISO 16684-1:2019), 7.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias
from xml.parsers import expat

__all__ = ["PADDING", "RDF", "Change", "Edit", "Packet", "Property", "changed", "parsed", "utf8"]

Property: TypeAlias = tuple[str, str]
"""Namespace and local name."""

Edit: TypeAlias = Callable[[Property, str, bool], str | None]
"""From a property, its value, and whether it is one of the picture itself, to the new value.

None removes it; the same value changes nothing.
"""

Change: TypeAlias = tuple[int, int, bytes]
"""Bytes from the first place up to the second become others."""

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PADDING: Final = b" \t\r\n\0"

_ROOT: Final[Property] = (RDF, "RDF")
_DESCRIPTION: Final[Property] = (RDF, "Description")
_ITEM: Final[Property] = (RDF, "li")
_RESOURCE: Final[Property] = (RDF, "resource")

# Photoshop's histories reach some megabytes and tens of thousands of elements, at a depth of ten.
_MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_NODES: Final = 30_000  # elements, attributes and declarations: half a second to parse
_MAX_DEPTH: Final = 100
_MAX_NAMESPACE: Final = 1_000  # letters; the parser repeats it in each name

_ATTRIBUTE: Final = re.compile(rb"""\s+([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_NAME: Final = re.compile(rb"<[^\s/>]+")


class Packet(NamedTuple):
    """What was found in a packet.

    Attributes
    ----------
    properties : list of (Property, str)
        Those with plain text, and the first entries of lists; those of the picture itself first.
    changes : list of Change
        What the edit comes to.
    end : int
        Where the end tag of the packet (``rdf:RDF``) begins; 0 without one.
    description_end : int
        Where the end tag of a description of the picture itself begins; 0 without one.
    """

    properties: list[tuple[Property, str]]
    changes: list[Change]
    end: int
    description_end: int


def utf8(packet: bytes) -> bytes | None:
    """Return a packet in UTF-8, from its first tag on; None where it is too long, or no text."""
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
    return packet.lstrip(PADDING) if encoding == "utf-8" else text.lstrip("\ufeff").encode()


def changed(text: bytes, changes: list[Change]) -> bytes:
    """Return a text with changes made; one inside of another that came first is left out."""
    parts: list[bytes] = []
    at = 0
    for start, end, new in sorted(changes):
        if start < at:
            continue
        parts += [text[at:start], new]
        at = end
    return b"".join([*parts, text[at:]])


def _unchanged(_name: Property, value: str, _own: bool) -> str:
    return value


def parsed(text: bytes, edit: Edit = _unchanged) -> Packet | None:
    """Return what a packet in UTF-8 holds; None where it is no XML, or larger than any real one."""
    parser = _Parser(text, edit)
    try:
        parser.run()
    except (expat.ExpatError, _RefusedError, ValueError):
        return None
    found = sorted(parser.properties, key=lambda item: item[0])
    properties = [(name, value) for _, name, value in found]
    return Packet(properties, parser.changes, parser.end, parser.description_end)


class _RefusedError(Exception):
    """The packet holds what XMP has no use for, and what costs time."""


class _Element:
    """An element that is open."""

    __slots__ = ("description", "item", "leaf", "name", "own", "resource", "start", "text")

    def __init__(self, name: Property, start: int) -> None:
        self.name = name
        self.start = start  # of its tag
        self.description = 0  # which description it is, or is a property of
        self.own = False  # whether that one is of the picture itself
        self.text: list[str] = []  # up to the first element in it
        self.leaf = True
        self.resource = ""
        self.item: _Element | None = None  # of a list: the first one


class _Parser:
    """Finds the properties of a packet, and where those stand that an edit changes."""

    def __init__(self, text: bytes, edit: Edit) -> None:
        # With whether the description is of something else, and its number.
        self.properties: list[tuple[tuple[bool, int], Property, str]] = []
        self.changes: list[Change] = []
        self.end = self.description_end = 0
        self._text = text
        self._edit = edit
        self._open: list[_Element] = []
        self._nodes = self._descriptions = 0
        self._parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartNamespaceDeclHandler = self._namespace
        # Entities make a small packet a large one, and XMP needs no document type.
        self._parser.StartDoctypeDeclHandler = self._refuse

    def run(self) -> None:
        self._parser.Parse(self._text.rstrip(PADDING), True)

    def _refuse(self, *_: object) -> None:
        raise _RefusedError

    def _namespace(self, _prefix: str | None, address: str | None) -> None:
        self._count(1)
        if len(address or "") > _MAX_NAMESPACE:
            raise _RefusedError

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if len(self._open) >= _MAX_DEPTH or self._nodes > _MAX_NODES:
            raise _RefusedError

    def _start(self, name: str, attributes: list[str]) -> None:
        self._count(1 + len(attributes) // 2)
        element = _Element(_named(name), self._parser.CurrentByteIndex)
        self._place(element)
        self._open.append(element)
        is_description = element.name == _DESCRIPTION
        names = [_named(key) for key in attributes[::2]]
        values = attributes[1::2]
        for key, value in zip(names, values, strict=True):
            if is_description:
                self._found(element, key, value)
            elif key == _RESOURCE:
                element.resource = value
        own = element.own and is_description
        new = [self._edit(key, value, own) for key, value in zip(names, values, strict=True)]
        if new != values:
            places, _ = self._attributes(element.start)
            for before, after, (begin, end) in zip(values, new, places, strict=True):
                if after is None:
                    self.changes.append((begin, end, b""))
                elif after != before:
                    key_end = self._text.index(b"=", begin) + 1
                    self.changes.append((key_end, end, b'"' + after.encode() + b'"'))

    def _place(self, element: _Element) -> None:
        """Say what an element is to those that are open around it."""
        above = self._open[-1] if self._open else None
        if above is not None:
            above.leaf = False
        if element.name == _DESCRIPTION:
            self._descriptions += 1
            element.description = self._descriptions
            element.own = above is not None and above.name == _ROOT
        elif above is not None and above.name == _DESCRIPTION:
            element.description, element.own = above.description, above.own
        elif element.name == _ITEM:
            outer = next((item for item in reversed(self._open) if item.description), None)
            if outer is not None and outer.item is None:
                outer.item = element

    def _characters(self, data: str) -> None:
        if self._open[-1].leaf:
            self._open[-1].text.append(data)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        at = self._parser.CurrentByteIndex
        # Of an empty-element tag this is its end, of all others where the end tag begins.
        empty = element.leaf and not element.text and self._text.endswith(b"/>", 0, at)
        is_description = element.name == _DESCRIPTION
        if element.name == _ROOT and not empty:
            self.end = at
        if is_description and element.own and not empty:
            self.description_end = at
        value = "".join(element.text) if element.leaf else ""
        new = self._edit(element.name, value, element.own and not is_description)
        if new is None:
            end = at if empty else self._text.index(b">", at) + 1
            self.changes.append((element.start, end, b""))
        elif new != value and element.leaf and not empty:
            _, inside = self._attributes(element.start)
            self.changes.append((inside, at, new.encode()))
        if element.description and not is_description:
            text = (element.item or element).text
            self._found(element, element.name, element.resource or "".join(text))

    def _found(self, element: _Element, name: Property, value: str) -> None:
        self.properties.append(((not element.own, element.description), name, value))

    def _attributes(self, start: int) -> tuple[list[tuple[int, int]], int]:
        """Return where the attributes of a tag stand, but for declarations, and where it ends."""
        match = _TAG_NAME.match(self._text, start)
        at = start if match is None else match.end()
        places: list[tuple[int, int]] = []
        while match := _ATTRIBUTE.match(self._text, at):
            if match[1] != b"xmlns" and not match[1].startswith(b"xmlns:"):
                places.append(match.span())
            at = match.end()
        return places, self._text.index(b">", at) + 1


def _named(name: str) -> Property:
    namespace, _, local = name.rpartition(" ")
    return namespace, local
