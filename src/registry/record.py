"""What a registry keeps about one picture."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

from indelible.errors import RegistryError

__all__ = ["Record"]


@dataclass(frozen=True, slots=True)
class Record:
    """One registered picture.

    Attributes
    ----------
    manifest_id : str
        Id of the manifest, ``urn:c2pa:<uuid>``.
    algorithm : str
        Watermark algorithm ("org.indelible.dft.2").
    payload : bytes
        The id in the watermark.
    manifest_store : bytes
        The manifest with its history, ``application/c2pa``.
    media_type : str
        Media type of the picture that was signed ("image/jpeg").
    generator : str or None
        Who made it, as the manifest says.
    created : datetime.datetime
        When it was registered; timezone-aware.
    picture_sha256 : str or None
        SHA-256 of the signed file, in hexadecimal.
    width, height : int or None
        Size of the picture in pixels.
    store_sha256 : str
        SHA-256 of `manifest_store`, in hexadecimal; computed where it is not given.

    Raises
    ------
    RegistryError
        If an id is empty, or the time has no time zone.
    """

    manifest_id: str
    algorithm: str
    payload: bytes
    manifest_store: bytes = field(repr=False)
    media_type: str
    generator: str | None = None
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    picture_sha256: str | None = None
    width: int | None = None
    height: int | None = None
    store_sha256: str = ""

    def __post_init__(self) -> None:
        if not self.manifest_id or not self.algorithm or not self.payload:
            raise RegistryError("a record needs a manifest id, an algorithm and a payload")
        if self.created.tzinfo is None:
            raise RegistryError("a record's time needs a time zone")
        if not self.store_sha256:
            digest = hashlib.sha256(self.manifest_store).hexdigest()
            object.__setattr__(self, "store_sha256", digest)
