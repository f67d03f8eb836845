"""What the legs of a verification found, reduced to what a verdict rests on: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from indelible.choices import Integrity, Place, RecordStatus
from indelible.verification.verdict import Creation

__all__ = [
    "HALF",
    "Evidence",
    "FingerprintState",
    "ManifestEvidence",
    "OtherEvidence",
    "RecoveryEvidence",
    "RegistryState",
    "ResolutionEvidence",
    "WatermarkEvidence",
]

RegistryState = Literal["not_asked", "unknown", "found", "unavailable"]
"""What the registry answered about the watermark's id."""

FingerprintState = Literal["not_checked", "match", "mismatch", "unclear"]
"""Whether the picture looks like the one that a manifest was made for."""

HALF: Final = 0.5
"""Share of the picture at which a watermark speaks for the whole of it."""


@dataclass(frozen=True, slots=True)
class ManifestEvidence:
    """The manifest that came with the file.

    Attributes
    ----------
    integrity : Integrity
        ``"absent"`` also where a manifest only lives at a URL that was not fetched.
    place : Place
        Where it was.
    trusted : bool
        Whether a trust list vouches for its signer, at the time of signing.
    expired : bool
        Whether the certificate expired and no trusted time stamp shows that it was valid then.
    causes, doubts : tuple of str
        Why it is broken, and why its signer is not trusted, in sentences.
    payloads : frozenset of bytes
        Watermark ids that the manifest and its ingredients name in soft bindings.
    names_key : bool
        Whether the manifest itself, not an ingredient, names one of the keys that were looked with,
        or names an id without saying of which key.
    promises_mark : bool
        Whether it names one of those keys by its id, and none of its actions explains a lost mark.
    creation : Creation or None
        How it says that the picture began; None where it says nothing about that.
    continues_recovered : bool
        Whether it is the recovered manifest, or has it in its history: an edit that says what it
        was made from.
    looks : FingerprintState
        Whether the picture, changed since, looks like the one that was signed.
    """

    integrity: Integrity = "absent"
    place: Place = "file"
    trusted: bool = False
    expired: bool = False
    causes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    payloads: frozenset[bytes] = frozenset()
    names_key: bool = False
    promises_mark: bool = False
    creation: Creation | None = None
    continues_recovered: bool = False
    looks: FingerprintState = "not_checked"

    @property
    def sound(self) -> bool:
        """Whether it says what its signer said, about this file or another one."""
        return self.integrity in ("intact", "changed")

    @property
    def vouched(self) -> bool:
        """Whether it holds and comes from a trusted signer."""
        return self.integrity == "intact" and self.trusted and not self.expired


@dataclass(frozen=True, slots=True)
class OtherEvidence:
    """A mark beside the main one.

    Attributes
    ----------
    payload : bytes
        Its id.
    same_place : bool
        Whether it lies over the main one, rather than beside it.
    history : frozenset of bytes
        The ids that its manifest and that one's history name; empty where it led to none that
        holds.
    """

    payload: bytes
    same_place: bool = False
    history: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class WatermarkEvidence:
    """The watermark in the pixels.

    Attributes
    ----------
    keys : int
        With how many generators' keys it was looked for; 0 where nobody looked.
    payload : bytes or None
        The id that was found, 8 bytes.
    area : float or None
        Share of the picture that carries the mark, 0 to 1; None where that is not known.
    regions_gone : bool or None
        Whether the mark is reliably missing in part of the picture; None where that was not
        measured or the measurement would not be reliable.
    can_carry : bool
        Whether the picture could carry a mark that is found again; False where not asked.
    obstacle : str or None
        Why nobody looked, in a sentence.
    others : tuple of OtherEvidence
        Marks beside it, those of consent left out.
    made_whole : bool
        Whether marks of the same trusted generator stand where this one is missing.
    """

    keys: int = 0
    payload: bytes | None = None
    area: float | None = None
    regions_gone: bool | None = None
    can_carry: bool = False
    obstacle: str | None = None
    others: tuple[OtherEvidence, ...] = ()
    made_whole: bool = False

    @property
    def covers(self) -> bool:
        """Whether the mark stands in at least half of the picture."""
        return self.payload is not None and self.area is not None and self.area >= HALF


@dataclass(frozen=True, slots=True)
class RecoveryEvidence:
    """What the registry holds under the watermark's id.

    Attributes
    ----------
    registry : RegistryState
        Whether the id was looked up, and with what result.
    integrity : Integrity
        Of the recovered manifest, leaving aside that a re-encoded picture no longer has the hash
        that was signed; ``"absent"`` unless `registry` is ``"found"``.
    trusted, expired : bool
        As for `ManifestEvidence`.
    doubts : tuple of str
        Likewise.
    names_payload : bool
        Whether the recovered manifest itself names the id that led to it, which the C2PA
        specification requires to be checked (soft binding resolution).
    creation : Creation or None
        How the recovered manifest says that the picture began.
    status : RecordStatus
        What has become of the record.
    status_reason : str or None
        Why, in a sentence of who runs the registry.
    history : frozenset of bytes
        The ids that the recovered manifest and its history name, if it holds.
    """

    registry: RegistryState = "not_asked"
    integrity: Integrity = "absent"
    trusted: bool = False
    expired: bool = False
    names_payload: bool = False
    creation: Creation | None = None
    doubts: tuple[str, ...] = ()
    status: RecordStatus = "live"
    status_reason: str | None = None
    history: frozenset[bytes] = frozenset()

    @property
    def vouched(self) -> bool:
        """Whether it led to a manifest that names the id, holds, and has a trusted signer."""
        return (
            self.registry == "found"
            and self.status == "live"
            and self.integrity == "intact"
            and self.names_payload
            and self.trusted
            and not self.expired
        )


@dataclass(frozen=True, slots=True)
class ResolutionEvidence:
    """What servers of others sent about the picture, as far as it holds by itself.

    Attributes
    ----------
    state : RegistryState
        ``"found"``: somebody sent a manifest that holds and is about this picture. ``"unknown"``:
        somebody answered, and nobody sent one. ``"unavailable"``: of all who were asked, nobody
        answered.
    trusted, expired : bool
        As for `ManifestEvidence`.
    doubts : tuple of str
        Likewise.
    looked : bool
        Whether somebody was sent the picture itself, and knows nothing of it.
    """

    state: RegistryState = "not_asked"
    trusted: bool = False
    expired: bool = False
    doubts: tuple[str, ...] = ()
    looked: bool = False

    @property
    def vouched(self) -> bool:
        """Whether a manifest came back that holds, is about this picture, of a trusted signer."""
        return self.state == "found" and self.trusted and not self.expired


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one file.

    Attributes
    ----------
    manifest, watermark, recovery
        What each leg found.
    fingerprint : FingerprintState
        Whether the picture looks like the one that the recovered manifest was made for.
    resembles : bool
        Whether it looks like a registered one, where nothing else was found.
    resolution : ResolutionEvidence
        What servers of others sent. It can name an origin, and contradict nothing.
    """

    manifest: ManifestEvidence = field(default_factory=ManifestEvidence)
    watermark: WatermarkEvidence = field(default_factory=WatermarkEvidence)
    recovery: RecoveryEvidence = field(default_factory=RecoveryEvidence)
    fingerprint: FingerprintState = "not_checked"
    resembles: bool = False
    resolution: ResolutionEvidence = field(default_factory=ResolutionEvidence)
