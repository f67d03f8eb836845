"""The parts of a file by name, for hashes that cover a list of named parts (C2PA's box hash)."""

from __future__ import annotations

from typing import Final

from indelible.imaging import ImageFile, Segment, Span

__all__ = ["box_names"]

_SCAN: Final = b"\xda"
_JPEG: Final = {
    0xC4: "DHT",
    0xC8: "JPG",
    0xCC: "DAC",
    0xD8: "SOI",
    0xD9: "EOI",
    0xDA: "SOS",
    0xDB: "DQT",
    0xDC: "DNL",
    0xDD: "DRI",
    0xDE: "DHP",
    0xDF: "EXP",
    0xFE: "COM",
    **{0xE0 + number: f"APP{number}" for number in range(16)},
    **{0xF0 + number: f"JPG{number}" for number in range(14)},
}
_GIF: Final = {b"GIF": "GIF89a", b"LSD": "LSD", b";": "3B"}


def box_names(image: ImageFile, manifest: Span | None) -> list[str] | None:
    """Return the names of a file's parts in order, that of the manifest as "C2PA".

    Restarts of a JPEG count to their scan, and the signature of a PNG to no part.

    Parameters
    ----------
    image : ImageFile
        A JPEG, PNG or GIF.
    manifest : Span, optional
        Where its manifest lies.

    Returns
    -------
    list of str or None
        None if bytes lie between the parts or behind them, or there are no names for this format.

    References
    ----------
    C2PA Technical Specification 2.2, section 18.7 (general box hash).
    """
    data = image.data
    if not data.startswith((b"\xff\xd8", b"\x89PNG", b"GIF8")):
        return None
    parts = image.walk.parts
    at = 8 if data.startswith(b"\x89PNG") else 0
    names: list[str] = []
    in_scan = False
    for item in parts:
        if item.start != at and not in_scan:
            return None
        at, in_scan = item.end, item.kind == _SCAN
        if manifest is None or not manifest.start <= item.start < manifest.end:
            names.extend(_names(data, item))
        elif item.start == manifest.start:
            names.append("C2PA")
    return names if at == len(data) else None


def _names(data: bytes, item: Segment) -> tuple[str, ...]:
    """Return what a part is called; a GIF's image is two parts."""
    if data.startswith(b"\x89PNG"):
        return (item.kind.decode("latin-1"),)
    if data.startswith(b"GIF8"):
        known = _GIF.get(item.kind) or item.kind.hex().upper()
        return ("2C", "TBID") if item.kind == b"," else (known,)
    marker = item.kind[0]
    if 0xD0 <= marker <= 0xD7:
        return ()
    return (_JPEG.get(marker) or f"SOF{marker - 0xC0}",)
