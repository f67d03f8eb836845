"""What a registry keeps about one picture."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Final, get_args

from indelible.choices import RecordStatus
from indelible.errors import BindingConflictError, RegistryError

__all__ = [
    "MAX_REFERENCE_BYTES",
    "PDQ_BYTES",
    "Entry",
    "Record",
    "Similar",
    "StoredFingerprint",
    "conflict",
    "has_its_hash",
]

PDQ_BYTES: Final = 32
MAX_REFERENCE_BYTES: Final = 3 * 1024


@dataclass(frozen=True, slots=True)
class StoredFingerprint:
    """A picture's fingerprint, as bytes: the registry keeps and compares it, and knows no pixels.

    Attributes
    ----------
    pdq : bytes
        Perceptual hash, 32 bytes.
    quality : int
        How much structure the hash stands on, 0 to 100.
    reference : bytes
        Small picture to confirm a match with, 3 KiB at most; may be empty.

    Raises
    ------
    RegistryError
        If one of them has not the size or the range that it must have.
    """

    pdq: bytes
    quality: int
    reference: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.pdq, bytes) or len(self.pdq) != PDQ_BYTES:
            raise RegistryError(f"a fingerprint's hash is {PDQ_BYTES} bytes")
        if not isinstance(self.quality, int) or not 0 <= self.quality <= 100:
            raise RegistryError("a fingerprint's quality is a whole number from 0 to 100")
        if not isinstance(self.reference, bytes) or len(self.reference) > MAX_REFERENCE_BYTES:
            raise RegistryError(f"a fingerprint's reference is {MAX_REFERENCE_BYTES} bytes at most")


@dataclass(frozen=True, slots=True)
class Record:
    """One registered picture.

    Attributes
    ----------
    manifest_id : str
        Id of the manifest, ``urn:c2pa:<uuid>``.
    algorithm : str
        Watermark algorithm ("org.indelible.dft.2"); empty, as `payload`, for a picture without a
        watermark.
    payload : bytes
        The id in the watermark, as it was registered: that the id now leads to another manifest
        changes nothing here.
    manifest_store : bytes
        The manifest with its history, ``application/c2pa``; empty where it was erased.
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
        SHA-256 of `manifest_store`, in hexadecimal; computed where it is not given. It stays when
        the store is erased.
    owner : str or None
        Who registered it, and alone may change it; None for who runs the registry.
    status : {"live", "withdrawn", "erased"}
        What has become of it.
    status_reason : str or None
        Why, in words for people.
    fingerprint : StoredFingerprint or None
        What the picture looks like.

    Raises
    ------
    RegistryError
        If an id is empty, the time has no time zone, or the status is none.
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
    owner: str | None = None
    status: RecordStatus = "live"
    status_reason: str | None = None
    fingerprint: StoredFingerprint | None = None

    def __post_init__(self) -> None:
        if not self.manifest_id or bool(self.algorithm) != bool(self.payload):
            raise RegistryError(
                "a record needs a manifest id, and an algorithm and a payload, or neither"
            )
        if self.created.tzinfo is None:
            raise RegistryError("a record's time needs a time zone")
        if self.status not in get_args(RecordStatus):
            raise RegistryError(f"a record's status cannot be {self.status!r}")
        if not self.store_sha256:
            digest = hashlib.sha256(self.manifest_store).hexdigest()
            object.__setattr__(self, "store_sha256", digest)


def has_its_hash(record: Record) -> bool:
    """Whether a record's manifest store is the one that it names; that of an erased one is gone."""
    digest = hashlib.sha256(record.manifest_store).hexdigest()
    return record.status == "erased" or digest == record.store_sha256


def conflict(record: Record) -> BindingConflictError:
    """Return the error of a record whose id, or whose manifest's, another one holds."""
    return BindingConflictError(
        f"the registry already holds the id {record.payload.hex()} or the manifest "
        f"{record.manifest_id}",
        hint="Choose a new id: the first manifest to claim one keeps it.",
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of `SqlRegistry.entries`: a record without what is large in it.

    The attributes are those of `Record`; `size` is that of the manifest store in bytes, and
    `cursor` is what lists the entries after this one.
    """

    manifest_id: str
    algorithm: str
    payload: bytes
    store_sha256: str
    size: int
    media_type: str
    generator: str | None
    created: dt.datetime
    owner: str | None
    status: RecordStatus
    cursor: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Similar:
    """A registered picture that looks alike; see `SqlRegistry.find_similar`.

    Attributes
    ----------
    manifest_id : str
        Which one.
    distance : int
        How many of the 256 bits of the two hashes differ.
    quality : int
        That of the registered hash.
    query : int
        Which of the hashes that were asked for is the nearest, from 0.
    """

    manifest_id: str
    distance: int
    quality: int
    query: int
