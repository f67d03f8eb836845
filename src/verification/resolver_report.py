"""What somebody else's server answered about a picture, judged here: plain data, ready for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from indelible.credentials import CredentialReport
from indelible.verification.evidence import RegistryState
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.recovered import RecoveredManifest

__all__ = ["AskedBy", "ResolverReport", "chosen"]

AskedBy: TypeAlias = Literal["pixels", "claim", "content"]
"""What led to a manifest: an id in the pixels, one that the file's manifest names, the picture."""


@dataclass(frozen=True, slots=True)
class ResolverReport(RecoveredManifest):
    """What one resolver answered. Its word counts for nothing: the manifest that it sent does.

    Attributes
    ----------
    address : str
        Who was asked.
    state : {"not_asked", "unknown", "found", "unavailable"}
        ``"found"``: it sent a manifest, about whatever. ``"unavailable"``: it did not answer, or
        with something else.
    reason : str or None
        Why it was not asked, or what it failed with.
    manifest_id : str or None
        The manifest that it sent; of several the best one.
    manifest_store : bytes or None
        The manifest itself, ``application/c2pa``.
    credential : CredentialReport or None
        That manifest, validated against this picture.
    asked_by : {"pixels", "claim", "content"} or None
        What led to it.
    names_payload : bool
        Whether it names the id that was asked for.
    fingerprint : FingerprintReport
        Whether the picture looks like the one that it was made for, by what is signed in it.
    others : tuple of str
        Further manifests that it sent.
    sent_picture : bool
        Whether the picture was sent to it.
    looked : bool
        Whether it was sent the picture, and knows nothing of it.
    withheld : bool
        Whether it might have said more, had it been sent the picture.
    chosen : bool
        Whether this is the manifest that the verdict goes by.
    """

    address: str
    state: RegistryState
    reason: str | None = None
    manifest_id: str | None = None
    manifest_store: bytes | None = field(default=None, repr=False)
    credential: CredentialReport | None = None
    asked_by: AskedBy | None = None
    names_payload: bool = False
    fingerprint: FingerprintReport = field(default_factory=FingerprintReport)
    others: tuple[str, ...] = ()
    sent_picture: bool = False
    looked: bool = False
    withheld: bool = False
    chosen: bool = False

    @property
    def is_about(self) -> bool | None:
        """Whether it is about this picture, by its hash or its looks; None where neither tells."""
        if self.credential is not None and self.credential.integrity == "intact":
            return True
        return {"match": True, "mismatch": False}.get(self.fingerprint.state)

    @property
    def counts(self) -> bool:
        """Whether the manifest holds, and is about this picture, whoever signed it.

        An id in the pixels leads to it unless the looks say otherwise. An id that the file's
        manifest names may be copied, and who is sent a picture may answer with anything: then the
        looks have to agree.
        """
        if self.integrity != "intact" or self.is_about is False:
            return False
        if self.asked_by == "pixels":
            return self.names_payload
        return self.is_about is True and (self.asked_by == "content" or self.names_payload)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "address": self.address,
            "state": self.state,
            "reason": self.reason,
            "manifest_id": self.manifest_id,
            "credential_state": self.credential_state,
            "standing": self.standing,
            "credential": None if self.credential is None else self.credential.to_dict(),
            "asked_by": self.asked_by,
            "names_payload": self.names_payload,
            "fingerprint": self.fingerprint.to_dict(),
            "others": list(self.others),
            "sent_picture": self.sent_picture,
            "chosen": self.chosen,
        }


def chosen(reports: Sequence[ResolverReport]) -> ResolverReport | None:
    """Return the report whose manifest the verdict goes by."""
    return next((one for one in reports if one.chosen), None)
