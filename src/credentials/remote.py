"""Addresses of manifests that are kept elsewhere, from a picture's XMP. Nothing is fetched here."""

from __future__ import annotations

from typing import Final

from indelible.credentials.locating_iso import top_boxes
from indelible.credentials.xmp import PROVENANCE, read_properties
from indelible.errors import IndelibleError
from indelible.imaging import DEFAULT_LIMITS
from indelible.imaging.header import read_container

__all__ = ["remote_address"]

_XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def remote_address(data: bytes) -> str | None:
    """Return the http or https address of a picture's manifest, None if its XMP names none."""
    if b"provenance" not in data:
        return None
    address = read_properties(_xmp(data)).get(PROVENANCE, "")
    return address if address.startswith(("http://", "https://")) else None


def _xmp(data: bytes) -> bytes | None:
    """Return a picture's XMP packet, as it is stored."""
    if data[4:8] == b"ftyp":  # where C2PA looks; `imaging` knows the items of pictures
        for box in top_boxes(data):
            if box.kind == b"uuid" and data[box.content : box.content + 16] == _XMP_UUID:
                return data[box.content + 16 : box.end]
    try:
        return read_container(data, DEFAULT_LIMITS).xmp
    except IndelibleError:
        return None
