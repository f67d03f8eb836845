"""Status codes in the C2PA library's results, as findings about a manifest and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from indelible.credentials.manifests._c2pa import Reading
from indelible.credentials.manifests._json import mapping, mappings, text_of
from indelible.credentials.manifests.manifest_report import Finding
from indelible.credentials.manifests.status import (
    IDENTITY_MALFORMED,
    SIGNER_TRUSTED,
    UNTRUSTED,
    explain,
    is_about_identity,
)

__all__ = [
    "ActiveFindings",
    "active_findings",
    "delta_failures",
    "failures_by_ingredient",
    "findings",
    "own_finding",
    "recorded_failures",
    "trusted_manifests",
]


@dataclass(frozen=True, slots=True)
class ActiveFindings:
    """What the library found about the active manifest, by what it is about.

    Attributes
    ----------
    label : str
        The active manifest's label.
    confirmed : frozenset of str
        The codes of everything that was found to be right.
    signature : mapping of str to Finding
        What was found to be right about the manifest's own signature, by code.
    failures, notes : tuple of Finding
        What fails, and what is only worth saying, identity assertions left out.
    identity : tuple of Finding
        What is wrong with identity assertions, failure or note.
    """

    label: str
    confirmed: frozenset[str]
    signature: Mapping[str, Finding]
    failures: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    identity: tuple[Finding, ...]


def active_findings(reading: Reading) -> ActiveFindings:
    """Sort what the library found about the active manifest."""
    label = str(reading.summary.get("active_manifest", ""))
    active = mapping(mapping(reading.summary, "validation_results"), "activeManifest")
    right = findings(active.get("success"))
    failures = findings(active.get("failure"))
    notes = findings(active.get("informational"))
    # The library calls a part of what is wrong with identity assertions a note.
    identity = tuple(i for i in (*failures, *notes) if is_about_identity(i.code, i.where))
    garbage = _garbage_identities(reading, label, identity)
    return ActiveFindings(
        label,
        frozenset(item.code for item in right),
        {i.code: i for i in right if i.where == text_of(f"/c2pa/{label}/c2pa.signature")},
        tuple(
            item
            for item in failures
            if not is_about_identity(item.code, item.where)
            and not (garbage and _is_for_garbage(item, reading, label))
        ),
        tuple(item for item in notes if not is_about_identity(item.code, item.where)),
        (*identity, *garbage),
    )


def own_finding(code: str, label: str, part: str = "c2pa.signature") -> Finding:
    """Return a finding of our own about a part of the manifest `label`."""
    return Finding(code, explain(code), text_of(f"/c2pa/{label}/{part}") or "")


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


def _garbage_identities(
    reading: Reading, label: str, reported: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """Return identity assertions that are garbage, which the library does not report."""
    complete = mappings(reading.complete.get("manifests"))
    assertions = next(
        (mapping(item, "assertions") for item in complete if item.get("label") == label), {}
    )
    places = {item.where for item in reported}
    found = [
        own_finding(IDENTITY_MALFORMED, label, f"c2pa.assertions/{name}")
        for name, content in assertions.items()
        if name.partition("__")[0] == "cawg.identity" and not _is_identity(content)
    ]
    return tuple(item for item in found if item.where not in places)


def _is_identity(content: object) -> bool:
    """Whether an identity assertion has the parts that it must have (CAWG identity 1.1, 5.2)."""
    if not isinstance(content, Mapping):
        return False
    payload = mapping(content, "signer_payload")
    return (
        isinstance(payload.get("sig_type"), str)
        and isinstance(payload.get("referenced_assertions"), list)
        and content.get("signature") is not None
    )


def _is_for_garbage(failure: Finding, reading: Reading, label: str) -> bool:
    """Whether a failure says no more than that the library gave up on a garbage identity assertion.

    It then leaves the whole manifest out of its summary, and blames the manifest itself.
    """
    return failure.where in (f"/c2pa/{label}", label) and label not in mapping(
        reading.summary, "manifests"
    )


def delta_failures(summary: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the failures inside the history that were not there when it was signed."""
    deltas = mapping(summary, "validation_results").get("ingredientDeltas")
    return tuple(
        finding
        for delta in mappings(deltas)
        for finding in findings(mapping(delta, "validationDeltas").get("failure"))
    )


def recorded_failures(ingredient: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what was wrong with an ingredient when it was used, in the old form and the new."""
    results = mapping(ingredient, "validation_results")
    found = list(findings(mapping(results, "activeManifest").get("failure")))
    for delta in mappings(results.get("ingredientDeltas")):
        found.extend(findings(mapping(delta, "validationDeltas").get("failure")))
    found.extend(findings(ingredient.get("validation_status")))
    # A signer unknown to the editor's lists is a question of lists, not a fault of the picture.
    return tuple(dict.fromkeys(item for item in found if item.code != UNTRUSTED))


def failures_by_ingredient(
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


def trusted_manifests(summary: Mapping[str, Any]) -> set[str]:
    """Return the labels of manifests in the history whose signers the library trusts now.

    It leaves out of its results what an ingredient's own record says already, true or not. So a
    signer who is trusted on record counts, unless a failure says otherwise now.
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
    """Return the labels of the manifests whose signatures were found to have a status code."""
    parts = [
        str(item.get("url")).split("/") for item in mappings(items) if item.get("code") == code
    ]
    return {path[-2] for path in parts if len(path) >= 2 and path[-1] == "c2pa.signature"}
