"""Elements of DER, the encoding of certificates, keys and time stamps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["SEQUENCE", "Element", "elements", "whole"]

SEQUENCE: Final = 0x30


class Element(NamedTuple):
    """One element: its tag, where its header and its content begin, and where it ends."""

    tag: int
    start: int
    content: int
    end: int


def whole(der: bytes) -> Element:
    """Return what stands for all of the bytes."""
    return Element(SEQUENCE, 0, 0, len(der))


def elements(der: bytes, parent: Element) -> Iterator[Element]:
    """Yield the elements inside one.

    Raises
    ------
    ValueError, IndexError
        If they do not fill it exactly.
    """
    at = parent.content
    while at < parent.end:
        tag, length, content = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("a length that DER does not allow here")
            length = int.from_bytes(der[content : content + size], "big")
            content += size
        end = content + length
        if end > parent.end:
            raise ValueError("an element is longer than what it is in")
        yield Element(tag, at, content, end)
        at = end
