"""The media types of files that can carry a manifest, from their first bytes."""

from __future__ import annotations

__all__ = ["sniff"]

# First bytes: (offset, bytes, media type), the first match counts.
_SIGNATURES = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (4, b"jumb", "application/c2pa"),
)
# Brands of ISO base media files that are pictures, the more telling ones first.
_BRANDS = (
    ((b"avif", b"avis"), "image/avif"),
    ((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "image/heic"),
    ((b"mif1", b"mif2", b"msf1"), "image/heif"),
)


def sniff(data: bytes) -> str | None:
    """Return the media type that the first bytes of `data` show, or None."""
    for offset, signature, kind in _SIGNATURES:
        if data.startswith(signature, offset):
            return kind
    return _iso_picture(data) if data[4:8] == b"ftyp" else None


def _iso_picture(data: bytes) -> str | None:
    """Return the media type of an ISO base media file, by its major brand or else the others."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[at : at + 4] for at in range(16, end, 4)]
    for given in ([data[8:12]], brands):
        for known, kind in _BRANDS:
            if any(brand in known for brand in given) and kind != "image/heif":
                return kind
    return _BRANDS[-1][1] if any(item in _BRANDS[-1][0] for item in (data[8:12], *brands)) else None
