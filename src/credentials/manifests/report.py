"""What was found in a picture's credentials: plain data, for people and for JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from indelible.choices import Integrity, Place
from indelible.credentials.manifests.manifest_report import (
    Action,
    Finding,
    IngredientReport,
    ManifestReport,
    Standing,
    manifest_dict,
)
from indelible.credentials.manifests.permissions import Permission
from indelible.credentials.manifests.request import SoftBinding
from indelible.languages import say

__all__ = ["CredentialReport", "State"]

State = Literal["trusted", "valid", "invalid", "absent", "unreadable"]


_INTEGRITY: dict[State, Integrity] = {
    "trusted": "intact",
    "valid": "intact",
    "invalid": "broken",
    "absent": "absent",
    "unreadable": "unreadable",
}


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """What a picture's credentials say, and whether to believe them.

    Attributes
    ----------
    state : {"trusted", "valid", "invalid", "absent", "unreadable"}
        The official reader's state for the active manifest, except where a check of our own is
        stricter, and without failures of identity assertions and inside the history. ``valid``
        means intact, but signed by somebody on no trust list; ``invalid`` may mean no more than
        that the certificate expired: `integrity` and `expired` keep that apart.
    integrity : {"intact", "changed", "broken", "absent", "unreadable"}
        Whether the manifest holds, whoever signed it. ``changed``: all that fails is that these
        are not the bytes that were signed, which is what a recovered manifest looks like on a
        repost. ``broken``: anything else that fails, a revoked certificate too.
    reasons : tuple of str
        Why, in sentences.
    failures : tuple of Finding
        Failures of the active manifest.
    ingredient_failures : tuple of Finding
        Failures inside the history; they do not change `state`.
    identity_failures : tuple of Finding
        Failures of CAWG identity assertions; they say nothing about the picture's integrity.
    manifest : ManifestReport or None
        The active manifest, with its ingredients as a tree.
    signer_trusted : bool
        Whether a trust list vouches for the signer and the certificate was valid then and was not
        revoked, whether or not the picture was changed.
    expired : bool
        Whether the certificate expired, and no trusted time stamp shows that it was valid then.
    trusted_by : str or None
        Name of that list.
    development : bool
        Whether the signer is only this machine's own development identity.
    time : str or None
        When the picture was signed according to an intact time stamp, else when it was made
        according to the signer. ISO 8601.
    timestamped : bool
        Whether `time` comes from an authority that a list of time-stamp authorities vouches for.
    timestamp_trusted : bool or None
        The same, where there is an intact time stamp: False for one of an unknown authority;
        `time` is then only a claim. None without a time stamp.
    remote_url : str or None
        Where the manifest is said to lie, if it is not in the file.
    embedded : bool
        Whether the manifest came from the picture itself.
    place : {"file", "beside", "given", "address"}
        Where it came from: the picture's file, a file beside it, the caller, or an address.
    permissions : tuple of Permission
        What it and the manifests of its history allow others to do with the picture.
    """

    state: State
    integrity: Integrity = "absent"
    reasons: tuple[str, ...] = ()
    failures: tuple[Finding, ...] = ()
    ingredient_failures: tuple[Finding, ...] = ()
    identity_failures: tuple[Finding, ...] = ()
    manifest: ManifestReport | None = None
    signer_trusted: bool = False
    trusted_by: str | None = None
    development: bool = False
    expired: bool = False
    time: str | None = None
    timestamped: bool = False
    timestamp_trusted: bool | None = None
    remote_url: str | None = None
    embedded: bool = False
    place: Place = "file"
    permissions: tuple[Permission, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Derive the integrity from the state where only that was given."""
        if self.integrity == "absent" and self.state != "absent":
            object.__setattr__(self, "integrity", _INTEGRITY[self.state])

    @property
    def present(self) -> bool:
        """Whether there is a manifest, readable or not."""
        return self.state != "absent"

    @property
    def changed_only(self) -> bool:
        """Whether all that fails is that these are not the bytes that were signed."""
        return self.integrity == "changed"

    @property
    def standing(self) -> Standing:
        """How far to believe what the manifest says: as a fact only if ``trusted``.

        ``broken`` also where it is about other bytes than these: only who was led here in another
        way, by a watermark, can know that it belongs to this picture. ``untrusted`` where there is
        none.
        """
        if self.integrity == "intact":
            return "trusted" if self.signer_trusted else "untrusted"
        return "untrusted" if self.integrity == "absent" else "broken"

    @property
    def standing_as_signed(self) -> Standing:
        """The same, leaving aside that the picture was changed since: the signature holds.

        ``broken`` where there is none, too.
        """
        if self.integrity not in ("intact", "changed"):
            return "broken"
        return "trusted" if self.signer_trusted and not self.expired else "untrusted"

    @property
    def clock(self) -> str:
        """Whose clock `time` is by, in words that follow it in brackets."""
        if self.timestamp_trusted is None:
            return say("by the signer's own clock")
        if self.timestamp_trusted:
            return say("time-stamped")
        return say("time stamp of an unknown authority")

    @property
    def manifest_id(self) -> str | None:
        """Id of the active manifest."""
        return None if self.manifest is None else self.manifest.manifest_id

    @property
    def signer(self) -> str | None:
        """Name of who signed the active manifest."""
        return None if self.manifest is None else self.manifest.signature.signer

    @property
    def issuer(self) -> str | None:
        """Name of the authority that issued the signer's certificate."""
        return None if self.manifest is None else self.manifest.signature.issuer

    @property
    def generator(self) -> str | None:
        """What made the active manifest's claim, with its version."""
        return None if self.manifest is None else self.manifest.generator

    @property
    def source_type(self) -> str | None:
        """The active manifest's *digital source type*, for example "trainedAlgorithmicMedia"."""
        return None if self.manifest is None else self.manifest.source_type

    @property
    def soft_bindings(self) -> tuple[SoftBinding, ...]:
        """Watermark ids that the active manifest names."""
        return () if self.manifest is None else self.manifest.soft_bindings

    @property
    def actions(self) -> tuple[Action, ...]:
        """The active manifest's actions, in order."""
        return () if self.manifest is None else self.manifest.actions

    @property
    def ingredients(self) -> tuple[IngredientReport, ...]:
        """The pictures that this one was made from."""
        return () if self.manifest is None else self.manifest.ingredients

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data; ``failures`` are codes, sentences lie beside."""
        return {
            "state": self.state,
            "integrity": self.integrity,
            "standing": self.standing,
            "reasons": list(self.reasons),
            "failures": [item.code for item in self.failures],
            "failure_details": [dataclasses.asdict(item) for item in self.failures],
            "ingredient_failures": [dataclasses.asdict(item) for item in self.ingredient_failures],
            "identity_failures": [dataclasses.asdict(item) for item in self.identity_failures],
            "manifest_id": self.manifest_id,
            "signer": self.signer,
            "issuer": self.issuer,
            "signer_trusted": self.signer_trusted,
            "trusted_by": self.trusted_by,
            "expired": self.expired,
            "development": self.development,
            "changed_only": self.changed_only,
            "generator": self.generator,
            "time": self.time,
            "timestamped": self.timestamped,
            "timestamp_trusted": self.timestamp_trusted,
            "source_type": self.source_type,
            "soft_bindings": [
                {
                    "algorithm": item.algorithm,
                    "value": item.value.hex(),
                    "key_id": item.key_id,
                }
                for item in self.soft_bindings
            ],
            "actions": [dataclasses.asdict(item) for item in self.actions],
            "remote_url": self.remote_url,
            "embedded": self.embedded,
            "place": self.place if self.present else None,
            "manifest": None if self.manifest is None else manifest_dict(self.manifest),
        }
