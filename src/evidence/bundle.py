"""A bundle that was made, as its maker sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from indelible.evidence.stamping import Stamp

__all__ = ["Bundle"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made.

    Attributes
    ----------
    path : str or None
        Where it was written.
    data : bytes
        The whole file, where it was not written; else empty.
    sha256 : str
        Of the file.
    size : int
        Bytes.
    created : str
        When it was made, UTC.
    picture_sha256 : str
        Of the picture.
    verdict : str
        What was found, in one word.
    signer : str
        Who signed, by the certificate.
    development : bool
        Whether that is a development identity, which nobody else trusts.
    stamps : tuple of Stamp
        What the time-stamp authorities said of the whole.
    notes : tuple of str
        What whoever holds it should know, in sentences.
    """

    path: str | None
    data: bytes = field(repr=False)
    sha256: str
    size: int
    created: str
    picture_sha256: str
    verdict: str
    signer: str
    development: bool
    stamps: tuple[Stamp, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what was made as JSON-ready data."""
        return {
            "bundle": self.path,
            "sha256": self.sha256,
            "bytes": self.size,
            "created": self.created,
            "picture_sha256": self.picture_sha256,
            "verdict": self.verdict,
            "signer": self.signer,
            "development": self.development,
            "time_stamps": [one.to_dict() for one in self.stamps],
            "notes": [str(one) for one in self.notes],
        }
