"""The manifests of a picture as a tree of reports, taken from the C2PA library's JSON."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from indelible.credentials.manifests._c2pa import Reading
from indelible.credentials.manifests._json import mapping, mappings, text_of
from indelible.credentials.manifests.assertions import PictureFingerprint
from indelible.credentials.manifests.findings import (
    delta_failures,
    failures_by_ingredient,
    recorded_failures,
)
from indelible.credentials.manifests.manifest_report import (
    Action,
    Finding,
    IngredientReport,
    ManifestReport,
    Signature,
)
from indelible.credentials.manifests.request import KEY_PARAMETER, SoftBinding, is_contact

__all__ = ["ManifestTree"]

_MAX_DEPTH = 32
_MAX_NODES = 500
_KEY_ID = re.compile(KEY_PARAMETER.encode() + rb"([0-9a-f]{16})")


class ManifestTree:
    """The manifests of one store, as a tree from the active one down.

    Parameters
    ----------
    reading : Reading
        What the library says.
    trusted : collection of str
        Labels of the manifests in the history whose signers are trusted.
    """

    def __init__(self, reading: Reading, trusted: Collection[str] = ()) -> None:
        self._complete = {
            str(item.get("label")): item for item in mappings(reading.complete.get("manifests"))
        }
        # What the summary leaves out, as it does with a manifest of which a part is garbage.
        left_out = {label: _body(item) for label, item in self._complete.items()}
        self._manifests = {**left_out, **mapping(reading.summary, "manifests")}
        self._trusted = trusted
        self._found_now = failures_by_ingredient(reading.summary)
        self._nodes = 0

    @property
    def manifests(self) -> Mapping[str, Any]:
        """The library's summary of each manifest, by its label."""
        return self._manifests

    def manifest(self, label: str, above: tuple[str, ...]) -> ManifestReport:
        """Return the report of the manifest `label`, an ingredient of those `above` it."""
        self._nodes += 1
        body = mapping(self._manifests, label)
        complete = mapping(self._complete, label)
        assertions = [
            (str(item.get("label", "")), item.get("data"))
            for item in mappings(body.get("assertions"))
        ]
        actions = _actions(assertions)
        below = () if label in above or len(above) >= _MAX_DEPTH else (*above, label)
        ingredients: list[IngredientReport] = []
        if below:
            for item in mappings(body.get("ingredients")):
                if self._nodes >= _MAX_NODES:
                    break
                ingredients.append(self._ingredient(item, label, below))
        return ManifestReport(
            manifest_id=text_of(label) or "",
            generator=_generator(body),
            generator_version=_generator_version(body),
            title=text_of(body.get("title")),
            signature=_signature(body, complete),
            actions=actions,
            source_type=next((item.source_type for item in actions if item.source_type), None),
            metadata_source_type=_metadata_source_type(assertions),
            soft_bindings=_soft_bindings(assertions),
            fingerprint=_fingerprint(assertions),
            assertions=tuple(text_of(name) or "" for name, _ in assertions),
            ingredients=tuple(ingredients),
            **_generation(assertions),
        )

    def _ingredient(
        self, item: Mapping[str, Any], owner: str, above: tuple[str, ...]
    ) -> IngredientReport:
        label = item.get("active_manifest")
        now = self._found_now.get((owner, str(item.get("label"))), ())
        known = isinstance(label, str) and label in self._manifests
        return IngredientReport(
            relationship=text_of(item.get("relationship")) or "componentOf",
            title=text_of(item.get("title")),
            format=text_of(item.get("format")),
            manifest=self.manifest(str(label), above) if known else None,
            signer_trusted=known and label in self._trusted,
            failures=tuple(dict.fromkeys((*recorded_failures(item), *now))),
        )

    def failures(self, summary: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return every failure inside the history: found now, and recorded when it was made."""
        found: dict[tuple[str, str], Finding] = {}
        for finding in delta_failures(summary):
            found.setdefault((finding.code, finding.where), finding)
        for body in self._manifests.values():
            if isinstance(body, Mapping):
                for item in mappings(body.get("ingredients")):
                    for finding in recorded_failures(item):
                        found.setdefault((finding.code, finding.where), finding)
        return tuple(found.values())


def _body(complete: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest in the summary's form from the complete dump; its history is lost."""
    claim = mapping(complete, "claim") or mapping(complete, "claim.v2")
    assertions = mapping(complete, "assertions")
    return {
        "claim_generator": claim.get("claim_generator"),
        "claim_generator_info": _listed(claim.get("claim_generator_info")),
        "title": claim.get("dc:title"),
        "assertions": [{"label": name, "data": data} for name, data in assertions.items()],
    }


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _generator(body: Mapping[str, Any]) -> str | None:
    for item in mappings(body.get("claim_generator_info")):
        name, version = text_of(item.get("name")), text_of(item.get("version"))
        if name:
            return f"{name} {version}" if version else name
    return text_of(body.get("claim_generator"))


def _generator_version(body: Mapping[str, Any]) -> str | None:
    items = mappings(body.get("claim_generator_info"))
    return next((text_of(item.get("version")) for item in items if text_of(item.get("name"))), None)


def _generation(assertions: Sequence[tuple[str, object]]) -> dict[str, str | None]:
    """Return what Indelible's own assertion and the AI disclosure say."""
    own: Mapping[str, Any] = {}
    disclosure: Mapping[str, Any] = {}
    for label, data in assertions:
        if isinstance(data, Mapping):
            if label.startswith("org.indelible.generation"):
                own = data
            elif label.startswith("c2pa.ai-disclosure"):
                disclosure = data
    contact = text_of(own.get("abuseContact"))
    return {
        "provider": text_of(own.get("provider")),
        "abuse_contact": contact if contact and is_contact(contact) else None,
        "unique_id": text_of(own.get("uniqueId")),
        "prompt_sha256": text_of(own.get("promptSha256")),
        "model": text_of(disclosure.get("modelName")),
        "model_identifier": text_of(disclosure.get("modelIdentifier")),
    }


def _signature(body: Mapping[str, Any], complete: Mapping[str, Any]) -> Signature:
    info = mapping(body, "signature_info")
    certificate = mapping(mapping(complete, "signature"), "certificateInfo")
    subject, issuer = mapping(certificate, "subject"), mapping(certificate, "issuer")
    validity = mapping(certificate, "validity")
    organization = text_of(subject.get("O")) or text_of(info.get("issuer"))
    algorithm = text_of(info.get("alg"))
    return Signature(
        signer=text_of(subject.get("CN")) or text_of(info.get("common_name")) or organization,
        organization=organization,
        issuer=text_of(issuer.get("CN")) or text_of(issuer.get("O")),
        algorithm=None if algorithm is None else algorithm.lower(),
        serial=text_of(certificate.get("serialNumber")) or text_of(info.get("cert_serial_number")),
        not_before=text_of(validity.get("notBefore")),
        not_after=text_of(validity.get("notAfter")),
        time=text_of(info.get("time")),
    )


def _actions(assertions: Sequence[tuple[str, object]]) -> tuple[Action, ...]:
    actions = []
    for label, data in assertions:
        if not label.startswith("c2pa.actions") or not isinstance(data, Mapping):
            continue
        for item in mappings(data.get("actions")):
            agent = item.get("softwareAgent")
            if isinstance(agent, Mapping):
                name, version = text_of(agent.get("name")), text_of(agent.get("version"))
                agent = f"{name} {version}" if name and version else name
            actions.append(
                Action(
                    action=text_of(item.get("action")) or "unknown",
                    when=text_of(item.get("when")),
                    agent=text_of(agent),
                    source_type=_term(item.get("digitalSourceType")),
                    description=text_of(item.get("description")),
                )
            )
    return tuple(actions)


def _metadata_source_type(assertions: Sequence[tuple[str, object]]) -> str | None:
    """Return the digital source type in a manifest's signed copy of IPTC metadata."""
    for label, data in assertions:
        if isinstance(data, Mapping) and ("metadata" in label or label.startswith("stds.iptc")):
            value = data.get("Iptc4xmpExt:DigitalSourceType")
            source = _term(value.get("@id") if isinstance(value, Mapping) else value)
            if source is not None:
                return source
    return None


def _term(value: object) -> str | None:
    """Return the last part of a term's address ("trainedAlgorithmicMedia")."""
    text = text_of(value)
    return None if text is None else text.rstrip("/").rpartition("/")[2] or None


def _soft_bindings(assertions: Sequence[tuple[str, object]]) -> tuple[SoftBinding, ...]:
    bindings = []
    for label, data in assertions:
        if not label.startswith("c2pa.soft-binding") or not isinstance(data, Mapping):
            continue
        algorithm = text_of(data.get("alg"))
        key_id = _key_id(data.get("alg-params"))
        for block in mappings(data.get("blocks")):
            readings = tuple(_readings_of(block.get("value")))
            if algorithm and readings:
                bindings.append(SoftBinding(algorithm, readings[0], readings, key_id))
    return tuple(bindings)


def _fingerprint(assertions: Sequence[tuple[str, object]]) -> PictureFingerprint | None:
    return next(
        (
            PictureFingerprint.of_data(data)
            for label, data in assertions
            if label == PictureFingerprint.LABEL
        ),
        None,
    )


def _key_id(parameters: object) -> str | None:
    """Return the watermark key's id in a soft binding's parameters, in any form of storage."""
    for reading in _readings_of(parameters):
        found = _KEY_ID.fullmatch(reading)
        if found is not None:
            return found[1].decode("ascii")
    return None


def _readings_of(value: object) -> Iterator[bytes]:
    """Yield what a stored soft-binding value may mean, the likeliest first."""
    if isinstance(value, list):  # CBOR bytes, as the library gives them in JSON
        if value and all(isinstance(item, int) and 0 <= item <= 255 for item in value):
            raw = bytes(value)
            yield raw
            yield from _readings_of(raw.decode("ascii", "replace"))
    elif isinstance(value, str) and 0 < len(value) <= 4096:
        text = value.removeprefix("b64'").removesuffix("'")
        with suppress(ValueError):
            yield base64.b64decode(text, validate=True)
        with suppress(ValueError):
            yield bytes.fromhex(text)
        yield text.encode()
