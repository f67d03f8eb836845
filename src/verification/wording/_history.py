"""Everything that the credentials of one picture say, as a tree: its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from indelible.credentials import (
    CredentialReport,
    Finding,
    IngredientReport,
    ManifestReport,
    PictureFingerprint,
    Standing,
    weaker,
)
from indelible.verification.wording._shapes import Node, Tone
from indelible.verification.wording._vocabulary import (
    DEVELOPMENT_NOTE,
    RELATION_WORDS,
    action_words,
    source_words,
    time_words,
)

__all__ = ["history"]

_STATES: Final[dict[str, tuple[str, Tone]]] = {
    "changed": ("changed since it was signed", "bad"),
    "broken": ("not intact", "bad"),
    "absent": ("no manifest", "strong"),
    "unreadable": ("a manifest that cannot be read", "bad"),
}


def history(name: str, credential: CredentialReport) -> Node:
    """Return a picture's credentials as a tree, the picture at its root.

    Parameters
    ----------
    name : str
        What to call the picture.
    credential : CredentialReport
        What was read.
    """
    words, tone = _state(credential)
    return Node("file", words, label=name, tone=tone, children=tuple(_below_file(credential)))


def _state(credential: CredentialReport) -> tuple[str, Tone]:
    if credential.integrity != "intact":
        return _STATES[credential.integrity]
    if credential.signer_trusted:
        return "intact, signed by a trusted signer", "good"
    if credential.expired:
        return "intact, signed with a certificate that has expired", "caution"
    return "intact, signed by somebody who is not trusted here", "caution"


def _below_file(credential: CredentialReport) -> Iterator[Node]:
    said = set()
    for reason in credential.reasons:
        finding = _finding_behind(reason, credential)
        yield Node("line", reason, code="" if finding is None else finding.code)
        if finding is not None:
            said.add((finding.sentence, finding.code))
    if credential.remote_url is not None:
        yield Node("line", f"kept at {credential.remote_url}")
    if credential.manifest is not None:
        yield _manifest(credential.manifest, credential.standing, credential)
    for heading, findings in (
        ("failures", credential.failures),
        ("failures inside the history", credential.ingredient_failures),
        ("failures of identity claims", credential.identity_failures),
    ):
        unsaid = [item for item in findings if (item.sentence, item.code) not in said]
        yield from _failures(heading, unsaid)
    if credential.development:
        yield Node("remark", DEVELOPMENT_NOTE)


def _finding_behind(reason: str, credential: CredentialReport) -> Finding | None:
    """Return the failure that a reason puts in words."""
    for finding in (*credential.failures, *credential.identity_failures):
        if reason == finding.sentence:
            return finding
    for finding in credential.ingredient_failures:
        if reason.endswith(f": {finding.sentence}"):
            return finding
    return None


def _manifest(
    manifest: ManifestReport, standing: Standing, credential: CredentialReport | None = None
) -> Node:
    below = [
        Node("fact", value, label=label)
        for label, value in _facts(manifest, standing, credential)
        if value
    ]
    if manifest.actions:
        steps = tuple(Node("line", action_words(action)) for action in manifest.actions)
        below.append(Node("heading", "actions", children=steps))
    if manifest.assertions:
        below.append(Node("fact", ", ".join(manifest.assertions), label="assertions"))
    below.extend(_ingredient(ingredient, standing) for ingredient in manifest.ingredients)
    return Node("manifest", manifest.manifest_id, label="manifest", children=tuple(below))


def _facts(
    manifest: ManifestReport, standing: Standing, credential: CredentialReport | None
) -> list[tuple[str, str | None]]:
    signature = manifest.signature

    def said(name: str | None, verb: str = "is") -> str | None:
        """Return a name as a fact of a trusted signer, else as a claim."""
        return name if name is None or standing == "trusted" else f"says it {verb} {name}"

    time = signature.time and f"{signature.time} (as a time stamp says)"
    if credential is not None and credential.time is not None:
        time = time_words(credential)
    source = manifest.source_type
    ids = [
        f"{item.value.hex()} ({item.algorithm})"
        for item in manifest.soft_bindings
        if item.algorithm != PictureFingerprint.PDQ_ALGORITHM
    ]
    pdq = None if manifest.fingerprint is None else manifest.fingerprint.pdq.hex()
    return [
        ("title", said(manifest.title)),
        ("generator", said(manifest.generator)),
        ("provider", said(manifest.provider)),
        ("abuse contact", said(manifest.abuse_contact)),
        ("model", said(manifest.model)),
        ("made", said(source and source_words(source), "was")),
        ("time", time),
        ("signer", said(_signer(manifest))),
        ("issuer", said(signature.issuer)),
        ("algorithm", signature.algorithm),
        ("certificate valid", _validity(manifest)),
        ("trusted by", None if credential is None else credential.trusted_by),
        ("watermark id", ", ".join(ids)),
        ("fingerprint", pdq and f"{pdq} (PDQ)"),
        ("unique id", manifest.unique_id),
        ("prompt SHA-256", manifest.prompt_sha256),
    ]


def _signer(manifest: ManifestReport) -> str | None:
    signature = manifest.signature
    if signature.organization and signature.organization != signature.signer:
        return f"{signature.signer} ({signature.organization})"
    return signature.signer


def _validity(manifest: ManifestReport) -> str | None:
    signature = manifest.signature
    if signature.not_before is None or signature.not_after is None:
        return None
    return f"{signature.not_before} to {signature.not_after}"


def _ingredient(ingredient: IngredientReport, above: Standing) -> Node:
    below = list(_failures("failures", ingredient.failures))
    if ingredient.manifest is None:
        below.append(Node("nothing", "no manifest of its own"))
    else:
        # It is believed no more than the manifest that calls it an ingredient.
        below.append(_manifest(ingredient.manifest, weaker(above, ingredient.standing)))
    return Node(
        "ingredient",
        ingredient.title or ingredient.format or "a picture",
        label=RELATION_WORDS.get(ingredient.relationship, ingredient.relationship),
        children=tuple(below),
    )


def _failures(heading: str, findings: Sequence[Finding]) -> Iterator[Node]:
    if findings:
        lines = dict.fromkeys(Node("line", item.sentence, code=item.code) for item in findings)
        yield Node("failures", heading, children=tuple(lines))
