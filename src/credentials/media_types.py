"""Formats that can carry a manifest: names, media types, and what a file's first bytes say."""

from __future__ import annotations

from indelible.errors import UnsupportedImageError

__all__ = ["media_type", "sniff"]

_MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "tiff": "image/tiff",
    "tif": "image/tiff",
    "dng": "image/x-adobe-dng",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jxl": "image/jxl",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "c2pa": "application/c2pa",
}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}


def media_type(format: str) -> str:
    """Return the media type of `format`, a name such as ``"jpeg"`` or a media type already.

    Raises
    ------
    UnsupportedImageError
        If no manifest can be carried by that format.
    """
    name = format.lower().lstrip(".")
    if "/" in name:
        if name in _MEDIA_TYPES.values():
            return name
    elif name in _MEDIA_TYPES:
        return _MEDIA_TYPES[name]
    raise UnsupportedImageError(
        f"{format!r} is not a format that can carry Content Credentials",
        hint="Use JPEG, PNG, WebP, AVIF, TIFF, GIF or HEIC.",
    )


def sniff(data: bytes) -> str | None:
    """Return the media type that the first bytes of `data` show, or None."""
    head = data[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "image/tiff"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")):
        return "image/jxl"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head[4:8] == b"jumb":
        return "application/c2pa"
    if b"<svg" in data[:1024]:
        return "image/svg+xml"
    return None
