"""The results of protecting a picture, of marking one, and of deriving a copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["DerivedImage", "MarkedFile", "ProtectedImage"]


@dataclass(frozen=True, slots=True)
class MarkedFile:
    """A picture that was marked, neither signed nor registered.

    Attributes
    ----------
    data : bytes
        The encoded picture.
    payload : bytes
        The watermark's id, 8 bytes.
    format : str
        Format of `data`: "jpeg", "png", ...
    path : Path or None
        Where it was written.
    key_id : str
        Which watermark key marked it.
    notes : tuple of str
        What was knowingly converted or left out on the way (bit depth, a manifest, ...).
    """

    data: bytes = field(repr=False)
    payload: bytes
    format: str
    path: Path | None = None
    key_id: str = ""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the picture as JSON-ready data; the payload in hexadecimal."""
        return {
            "path": None if self.path is None else str(self.path),
            "payload": self.payload.hex(),
            "format": self.format,
            "key_id": self.key_id,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class ProtectedImage:
    """A protected picture.

    Attributes
    ----------
    data : bytes
        The encoded, marked and signed picture.
    payload : bytes
        The watermark's id, 8 bytes.
    manifest_id : str
        The manifest's id, ``urn:c2pa:<uuid>``.
    format : str
        Format of `data`: "jpeg", "png", ...
    path : Path or None
        Where it was written.
    key_id : str
        Which watermark key marked it.
    notes : tuple of str
        What was knowingly converted on the way (bit depth, colours, ...).
    """

    data: bytes = field(repr=False)
    payload: bytes
    manifest_id: str
    format: str
    path: Path | None = None
    key_id: str = ""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the picture as JSON-ready data; the payload in hexadecimal."""
        return {
            "path": None if self.path is None else str(self.path),
            "payload": self.payload.hex(),
            "manifest_id": self.manifest_id,
            "format": self.format,
            "key_id": self.key_id,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class DerivedImage:
    """A picture at another size, a part of it, or in another format.

    Attributes
    ----------
    data : bytes
        The encoded copy, signed where there was a signer.
    width, height : int
        Its size in px.
    format : str
        Its format: "jpeg", "png", ...
    path : Path or None
        Where it was written.
    manifest_id : str or None
        Its manifest's id, ``urn:c2pa:<uuid>``; None where it has no manifest.
    payload : bytes or None
        The id of the watermark that it still carries; None where none is found.
    key_id : str or None
        Of which key that is.
    notes : tuple of str
        What was knowingly converted or left out on the way, and what in the copy no longer says
        where it comes from.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    format: str
    path: Path | None = None
    manifest_id: str | None = None
    payload: bytes | None = None
    key_id: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def signed(self) -> bool:
        """Whether it has a manifest of its own."""
        return self.manifest_id is not None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the picture as JSON-ready data; the payload in hexadecimal."""
        return {
            "path": None if self.path is None else str(self.path),
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "manifest_id": self.manifest_id,
            "payload": None if self.payload is None else self.payload.hex(),
            "key_id": self.key_id,
            "notes": list(self.notes),
        }
