"""Addresses of manifests that are kept elsewhere, from a picture's XMP. Nothing is fetched here."""

from __future__ import annotations

from indelible.imaging import ImageFile
from indelible.imaging.xmp import PROVENANCE, read_properties

__all__ = ["remote_address"]


def remote_address(image: ImageFile) -> str | None:
    """Return the http or https address of a picture's manifest, None if its XMP names none."""
    if b"provenance" not in image.data:
        return None
    for packet in image.xmp_packets:
        address = read_properties(packet).get(PROVENANCE, "")
        if address.startswith(("http://", "https://")):
            return address
    return None
