"""The manifests of a picture as a tree, taken from the C2PA library's JSON.

Everything in a manifest is somebody's bytes. What does not have the expected shape is left out of
the report, never an exception, and text is stripped of control characters before anybody's
terminal sees it.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from indelible.credentials.manifests._c2pa import Reading
from indelible.credentials.manifests.report import (
    Action,
    Finding,
    IngredientReport,
    ManifestReport,
    Signature,
)
from indelible.credentials.manifests.request import KEY_PARAMETER, SoftBinding, is_contact
from indelible.credentials.manifests.status import SIGNER_TRUSTED, UNTRUSTED, explain

__all__ = [
    "ManifestTree",
    "delta_failures",
    "findings",
    "mapping",
    "mappings",
    "text_of",
    "trusted_manifests",
]

_MAX_TEXT = 500
_MAX_DEPTH = 32
_MAX_NODES = 500
_KEY_ID = re.compile(KEY_PARAMETER.encode() + rb"([0-9a-f]{16})")


def delta_failures(summary: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the failures inside the history that were not there when it was signed."""
    deltas = mapping(summary, "validation_results").get("ingredientDeltas")
    return tuple(
        finding
        for delta in mappings(deltas)
        for finding in findings(mapping(delta, "validationDeltas").get("failure"))
    )


def trusted_manifests(summary: Mapping[str, Any]) -> set[str]:
    """Return the labels of manifests in the history whose signers the library trusts now.

    It leaves out of its results what an ingredient's own record says already, true or not; so a
    signer who is trusted on record and is not now is told by the failure.
    """
    now: set[str] = set()
    on_record: set[str] = set()
    refused: set[str] = set()
    for delta in mappings(mapping(summary, "validation_results").get("ingredientDeltas")):
        results = mapping(delta, "validationDeltas")
        now |= _signers(results.get("success"), SIGNER_TRUSTED)
        refused |= _signers(results.get("failure"), UNTRUSTED)
    for body in mapping(summary, "manifests").values():
        for item in mappings(body.get("ingredients") if isinstance(body, Mapping) else None):
            label = item.get("active_manifest")
            recorded = mapping(mapping(item, "validation_results"), "activeManifest")
            if isinstance(label, str) and _has(recorded.get("success"), SIGNER_TRUSTED):
                on_record.add(label)
            if isinstance(label, str) and _has(recorded.get("failure"), UNTRUSTED):
                refused.add(label)
    return now | (on_record - refused)


def _has(items: object, code: str) -> bool:
    return any(item.get("code") == code for item in mappings(items))


def _signers(items: object, code: str) -> set[str]:
    """Return the labels of the manifests about whose signatures a code is told."""
    parts = [
        str(item.get("url")).split("/") for item in mappings(items) if item.get("code") == code
    ]
    return {path[-2] for path in parts if len(path) >= 2 and path[-1] == "c2pa.signature"}


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
        self._found_now = _failures_by_ingredient(reading.summary)
        self._nodes = 0

    def manifest(self, label: str, above: tuple[str, ...]) -> ManifestReport:
        """Return the report of the manifest `label`; `above` are its descendants' labels."""
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
            failures=tuple(dict.fromkeys((*_recorded_failures(item), *now))),
        )

    def failures(self, summary: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return every failure inside the history: found now, and recorded when it was made."""
        found: dict[tuple[str, str], Finding] = {}
        for finding in delta_failures(summary):
            found.setdefault((finding.code, finding.where), finding)
        for body in self._manifests.values():
            if isinstance(body, Mapping):
                for item in mappings(body.get("ingredients")):
                    for finding in _recorded_failures(item):
                        found.setdefault((finding.code, finding.where), finding)
        return tuple(found.values())


def _failures_by_ingredient(
    summary: Mapping[str, Any],
) -> dict[tuple[str, str], tuple[Finding, ...]]:
    """Return the failures found now, by (label of a manifest, label of its ingredient)."""
    found: dict[tuple[str, str], tuple[Finding, ...]] = {}
    for delta in mappings(mapping(summary, "validation_results").get("ingredientDeltas")):
        # The URI ends in the label of a manifest, "c2pa.assertions", and that of an ingredient.
        parts = str(delta.get("ingredientAssertionURI")).split("/")
        failures = findings(mapping(delta, "validationDeltas").get("failure"))
        if len(parts) >= 3 and failures:
            key = (parts[-3], parts[-1])
            kept = tuple(item for item in failures if item.code != UNTRUSTED)
            found[key] = found.get(key, ()) + kept
    return found


def _recorded_failures(ingredient: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what was wrong with an ingredient when it was used, in the old form and the new."""
    results = mapping(ingredient, "validation_results")
    found = list(findings(mapping(results, "activeManifest").get("failure")))
    for delta in mappings(results.get("ingredientDeltas")):
        found.extend(findings(mapping(delta, "validationDeltas").get("failure")))
    found.extend(findings(ingredient.get("validation_status")))
    # A signer unknown to the editor's lists is a question of lists, not a fault of the picture.
    return tuple(dict.fromkeys(item for item in found if item.code != UNTRUSTED))


def findings(items: object) -> tuple[Finding, ...]:
    """Return the status codes in a list of the library's."""
    found = []
    for item in mappings(items):
        code = text_of(item.get("code"))
        if code:
            detail = text_of(item.get("explanation")) or ""
            where = (text_of(item.get("url")) or "").removeprefix("self#jumbf=")
            found.append(Finding(code, explain(code, detail), where, detail))
    return tuple(found)


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


def mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object under `name`, or an empty one."""
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a list."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                yield item


def text_of(value: object) -> str | None:
    """Return `value` as one clean line of at most 500 characters; None if it is no text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    if len(value) <= _MAX_TEXT and value.isprintable():
        return value.strip()
    clean = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") else letter
        for letter in value[: _MAX_TEXT + 1]
    ).strip()
    return clean if len(clean) <= _MAX_TEXT else clean[: _MAX_TEXT - 1] + "…"
