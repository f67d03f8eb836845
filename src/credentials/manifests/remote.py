"""Addresses of manifests that are kept elsewhere, from a picture's XMP. Nothing is fetched here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from indelible.errors import IndelibleError
from indelible.imaging import DEFAULT_LIMITS
from indelible.imaging._locating import gif_blocks, joined_blocks
from indelible.imaging._locating_iso import top_boxes
from indelible.imaging.header import read_container
from indelible.imaging.xmp import PROVENANCE, read_properties

__all__ = ["remote_address"]

_XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def remote_address(data: bytes) -> str | None:
    """Return the http or https address of a picture's manifest, None if its XMP names none."""
    if b"provenance" not in data:
        return None
    for packet in _packets(data):
        address = read_properties(packet).get(PROVENANCE, "")
        if address.startswith(("http://", "https://")):
            return address
    return None


def _packets(data: bytes) -> Iterator[bytes | None]:
    """Yield a picture's XMP, from where C2PA puts it and from where `imaging` looks."""
    if data[4:8] == b"ftyp":
        for box in top_boxes(data):
            if box.kind == b"uuid" and data[box.content : box.content + 16] == _XMP_UUID:
                yield data[box.content + 16 : box.end]
    elif data.startswith(b"GIF8"):
        for block in gif_blocks(data):
            if data[block.content : block.content + 12] == b"\x0bXMP DataXMP":
                yield joined_blocks(data, block.content + 12).partition(b"\x01\xff\xfe\xfd")[0]
    with suppress(IndelibleError):
        yield read_container(data, DEFAULT_LIMITS).xmp
