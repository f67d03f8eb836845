"""What was found in a picture's credentials: plain data, for people and for JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from indelible.credentials.manifests.request import SoftBinding
from indelible.credentials.manifests.status import meaning

__all__ = [
    "Action",
    "CredentialReport",
    "Finding",
    "IngredientReport",
    "Integrity",
    "ManifestReport",
    "Place",
    "Signature",
    "Standing",
    "State",
    "weaker",
]

State = Literal["trusted", "valid", "invalid", "absent", "unreadable"]
Integrity = Literal["intact", "changed", "broken", "absent", "unreadable"]
Standing = Literal["trusted", "untrusted", "broken"]
Place = Literal["file", "beside", "given", "address"]


_STANDINGS: tuple[Standing, ...] = ("trusted", "untrusted", "broken")
_INTEGRITY: dict[State, Integrity] = {
    "trusted": "intact",
    "valid": "intact",
    "invalid": "broken",
    "absent": "absent",
    "unreadable": "unreadable",
}


def weaker(one: Standing, other: Standing) -> Standing:
    """Return the standing that is to be believed less."""
    return max(one, other, key=_STANDINGS.index)


@dataclass(frozen=True, slots=True)
class Finding:
    """One status code.

    Attributes
    ----------
    code : str
        The specification's code, for machines.
    sentence : str
        What it means, for people.
    where : str
        Label of the manifest, and of the part of it, that it is about.
    detail : str
        The library's own words.
    """

    code: str
    sentence: str
    where: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed one manifest.

    Attributes
    ----------
    signer : str or None
        Common name of the signing certificate, else its organisation.
    organization, issuer : str or None
        Organisation of the signing certificate; name of the authority that issued it.
    algorithm : str or None
        For example "es256".
    serial : str or None
        Serial number of the certificate, in hexadecimal.
    not_before, not_after : str or None
        The certificate's validity, ISO 8601.
    time : str or None
        Time of signing by a time-stamp authority, ISO 8601. None without a time stamp.
    """

    signer: str | None = None
    organization: str | None = None
    issuer: str | None = None
    algorithm: str | None = None
    serial: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One step of the picture's history, as its manifest tells it."""

    action: str
    when: str | None = None
    agent: str | None = None
    source_type: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class IngredientReport:
    """A picture that this one was made from.

    Attributes
    ----------
    relationship : str
        "parentOf" (this picture is an edit of it), "componentOf" or "inputTo".
    title, format : str or None
        As recorded.
    manifest : ManifestReport or None
        Its own credentials, where it has any.
    failures : tuple of Finding
        What was wrong with its credentials, when it was used or now.
    signer_trusted : bool
        Whether a trust list in use here vouches for who signed its credentials.
    """

    relationship: str
    title: str | None = None
    format: str | None = None
    manifest: ManifestReport | None = None
    failures: tuple[Finding, ...] = ()
    signer_trusted: bool = False

    @property
    def standing(self) -> Standing:
        """How far to believe its credentials, if the manifest that calls it so is believed."""
        meanings = [meaning(item.code) for item in self.failures]
        if any(item.breaks or item.kind == "picture" for item in meanings):
            return "broken"
        distrusted = any(item.distrusts for item in meanings)
        return "trusted" if self.signer_trusted and not distrusted else "untrusted"


@dataclass(frozen=True, slots=True)
class ManifestReport:
    """One manifest: the active one, or that of an ingredient.

    Attributes
    ----------
    manifest_id : str
        As the manifest gives it.
    generator, generator_version : str or None
        What made the claim ("Acme Images 2.1"), and its version alone.
    title : str or None
        A name for people.
    signature : Signature
        Who signed.
    actions : tuple of Action
        In order.
    source_type : str or None
        The first *digital source type* among the actions.
    metadata_source_type : str or None
        The *digital source type* in the manifest's signed copy of IPTC metadata.
    soft_bindings : tuple of SoftBinding
        Watermark ids that it names.
    assertions : tuple of str
        Labels of all its assertions.
    ingredients : tuple of IngredientReport
        The pictures that this one was made from.
    provider, abuse_contact, unique_id, model, model_identifier, prompt_sha256 : str or None
        What Indelible's own and the AI-disclosure assertion say.
    """

    manifest_id: str
    generator: str | None = None
    generator_version: str | None = None
    title: str | None = None
    signature: Signature = Signature()
    actions: tuple[Action, ...] = ()
    source_type: str | None = None
    metadata_source_type: str | None = None
    soft_bindings: tuple[SoftBinding, ...] = ()
    assertions: tuple[str, ...] = ()
    ingredients: tuple[IngredientReport, ...] = ()
    provider: str | None = None
    abuse_contact: str | None = None
    unique_id: str | None = None
    model: str | None = None
    model_identifier: str | None = None
    prompt_sha256: str | None = None


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
        The same, where there is an intact time stamp: False for one of an unknown authority,
        whose `time` is only a claim. None where there is none.
    remote_url : str or None
        Where the manifest is said to lie, if it is not in the file.
    embedded : bool
        Whether the manifest came from the picture itself.
    place : {"file", "beside", "given", "address"}
        Where it came from: the picture's file, a file beside it, the caller, or an address.
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
    def clock(self) -> str:
        """Whose clock `time` is by, in words that follow it in brackets."""
        if self.timestamp_trusted is None:
            return "by the signer's own clock"
        return "time-stamped" if self.timestamp_trusted else "time stamp of an unknown authority"

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
            "manifest": None if self.manifest is None else _manifest_dict(self.manifest),
        }


def _manifest_dict(manifest: ManifestReport) -> dict[str, Any]:
    return {
        "manifest_id": manifest.manifest_id,
        "generator": manifest.generator,
        "provider": manifest.provider,
        "abuse_contact": manifest.abuse_contact,
        "unique_id": manifest.unique_id,
        "model": manifest.model,
        "model_identifier": manifest.model_identifier,
        "prompt_sha256": manifest.prompt_sha256,
        "title": manifest.title,
        "signature": dataclasses.asdict(manifest.signature),
        "source_type": manifest.source_type,
        "actions": [dataclasses.asdict(item) for item in manifest.actions],
        "assertions": list(manifest.assertions),
        "ingredients": [
            {
                "relationship": item.relationship,
                "title": item.title,
                "format": item.format,
                "failures": [dataclasses.asdict(finding) for finding in item.failures],
                "signer_trusted": item.signer_trusted,
                "standing": item.standing,
                "manifest": None if item.manifest is None else _manifest_dict(item.manifest),
            }
            for item in manifest.ingredients
        ],
    }
