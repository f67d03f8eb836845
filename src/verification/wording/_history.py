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
from indelible.languages import say, translated
from indelible.verification.wording._shapes import Node, Tone
from indelible.verification.wording._vocabulary import (
    DEVELOPMENT_NOTE,
    action_words,
    period_words,
    relation_words,
    source_words,
    time_words,
)

__all__ = ["history"]

_STATES: Final[dict[str, tuple[str, Tone]]] = {
    "changed": (say("changed since it was signed"), "bad"),
    "broken": (say("not intact"), "bad"),
    "absent": (say("no manifest"), "strong"),
    "unreadable": (say("a manifest that cannot be read"), "bad"),
}


def history(name: str, credential: CredentialReport, *, language: str = "en") -> Node:
    """Return a picture's credentials as a tree, the picture at its root.

    Parameters
    ----------
    name : str
        What to call the picture.
    credential : CredentialReport
        What was read.
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    words, tone = _state(credential)
    root = Node("file", words, label=name, tone=tone, children=tuple(_below_file(credential)))
    return translated(root, language)


def _state(credential: CredentialReport) -> tuple[str, Tone]:
    if credential.integrity != "intact":
        return _STATES[credential.integrity]
    if credential.signer_trusted:
        return say("intact, signed by a trusted signer"), "good"
    if credential.expired:
        return say("intact, signed with a certificate that has expired"), "caution"
    return say("intact, signed by somebody who is not trusted here"), "caution"


def _below_file(credential: CredentialReport) -> Iterator[Node]:
    said = set()
    for reason in credential.reasons:
        finding = _finding_behind(reason, credential)
        yield Node("line", reason, code="" if finding is None else finding.code)
        if finding is not None:
            said.add((finding.sentence, finding.code))
    if credential.remote_url is not None:
        yield Node("line", say("kept at {address}", address=credential.remote_url))
    if credential.manifest is not None:
        yield _manifest(credential.manifest, credential.standing, credential)
    for heading, findings in (
        (say("failures"), credential.failures),
        (say("failures inside the history"), credential.ingredient_failures),
        (say("failures of identity claims"), credential.identity_failures),
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
        below.append(Node("heading", say("actions"), children=steps))
    if manifest.assertions:
        below.append(Node("fact", ", ".join(manifest.assertions), label=say("assertions")))
    below.extend(_ingredient(ingredient, standing) for ingredient in manifest.ingredients)
    return Node("manifest", manifest.manifest_id, label=say("manifest"), children=tuple(below))


def _facts(
    manifest: ManifestReport, standing: Standing, credential: CredentialReport | None
) -> list[tuple[str, str | None]]:
    signature = manifest.signature

    def said(name: str | None) -> str | None:
        """Return a name as a fact of a trusted signer, else as a claim."""
        if name is None or standing == "trusted":
            return name
        return say("says it is {name}", name=name)

    time: str | None = None
    if signature.time is not None:
        time = say("{time} (as a time stamp says)", time=signature.time)
    if credential is not None and credential.time is not None:
        time = time_words(credential)
    made: str | None = None
    if manifest.source_type:
        made = source_words(manifest.source_type)
        made = made if standing == "trusted" else say("says it was {made}", made=made)
    ids = [
        f"{item.value.hex()} ({item.algorithm})"
        for item in manifest.soft_bindings
        if item.algorithm != PictureFingerprint.PDQ_ALGORITHM
    ]
    pdq = None if manifest.fingerprint is None else manifest.fingerprint.pdq.hex()
    return [
        (say("title"), said(manifest.title)),
        (say("generator"), said(manifest.generator)),
        (say("provider"), said(manifest.provider)),
        (say("abuse contact"), said(manifest.abuse_contact)),
        (say("model"), said(manifest.model)),
        (say("made"), made),
        (say("time"), time),
        (say("signer"), said(_signer(manifest))),
        (say("issuer"), said(signature.issuer)),
        (say("algorithm"), signature.algorithm),
        (say("certificate valid"), _validity(manifest)),
        (say("trusted by"), None if credential is None else credential.trusted_by),
        (say("watermark id"), ", ".join(ids)),
        (say("fingerprint"), pdq and f"{pdq} (PDQ)"),
        (say("unique id"), manifest.unique_id),
        (say("prompt SHA-256"), manifest.prompt_sha256),
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
    return period_words(signature.not_before, signature.not_after)


def _ingredient(ingredient: IngredientReport, above: Standing) -> Node:
    below = list(_failures(say("failures"), ingredient.failures))
    if ingredient.manifest is None:
        below.append(Node("nothing", say("no manifest of its own")))
    else:
        # It is believed no more than the manifest that calls it an ingredient.
        below.append(_manifest(ingredient.manifest, weaker(above, ingredient.standing)))
    return Node(
        "ingredient",
        ingredient.title or ingredient.format or say("a picture"),
        label=relation_words(ingredient.relationship),
        children=tuple(below),
    )


def _failures(heading: str, findings: Sequence[Finding]) -> Iterator[Node]:
    if findings:
        lines = dict.fromkeys(Node("line", item.sentence, code=item.code) for item in findings)
        yield Node("failures", heading, children=tuple(lines))
