"""What one manifest says, and those of its ingredients: plain data, for people and for JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from indelible.credentials.manifests.assertions import PictureFingerprint
from indelible.credentials.manifests.request import SoftBinding
from indelible.credentials.manifests.status import meaning

__all__ = [
    "Action",
    "Finding",
    "IngredientReport",
    "ManifestReport",
    "Signature",
    "Standing",
    "manifest_dict",
    "weaker",
]

Standing: TypeAlias = Literal["trusted", "untrusted", "broken"]

_STANDINGS: tuple[Standing, ...] = ("trusted", "untrusted", "broken")


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
    """One step of the picture's history, as its manifest gives it."""

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
        Watermark ids and fingerprints that it names.
    fingerprint : PictureFingerprint or None
        What the picture looked like when it was signed, if Indelible signed it.
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
    fingerprint: PictureFingerprint | None = None
    assertions: tuple[str, ...] = ()
    ingredients: tuple[IngredientReport, ...] = ()
    provider: str | None = None
    abuse_contact: str | None = None
    unique_id: str | None = None
    model: str | None = None
    model_identifier: str | None = None
    prompt_sha256: str | None = None


def manifest_dict(manifest: ManifestReport) -> dict[str, Any]:
    """Return a manifest's report, its ingredients included, as JSON-ready data."""
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
                "manifest": None if item.manifest is None else manifest_dict(item.manifest),
            }
            for item in manifest.ingredients
        ],
    }
