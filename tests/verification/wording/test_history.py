"""A picture's credentials as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from indelible.credentials import (
    CredentialReport,
    Finding,
    IngredientReport,
    Signature,
    SoftBinding,
)
from indelible.verification import wording
from tests.verification.wording.found import ABSENT, MANIFEST, TRUSTED, UNKNOWN

FAILURE = Finding("assertion.dataHash.mismatch", "The file was changed.")
CHANGED = replace(TRUSTED, state="invalid", integrity="changed", failures=(FAILURE,))


def walk(node: wording.Node) -> Iterator[wording.Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def facts(credential: CredentialReport) -> dict[str, str]:
    nodes = walk(wording.history("a.jpg", credential))
    return {node.label: node.text for node in nodes if node.kind == "fact"}


@pytest.mark.parametrize(
    ("credential", "words", "tone"),
    [
        (TRUSTED, "intact, signed by a trusted signer", "good"),
        (UNKNOWN, "intact, signed by somebody who is not trusted here", "caution"),
        (replace(UNKNOWN, expired=True), "certificate that has expired", "caution"),
        (CHANGED, "changed since it was signed", "bad"),
        (replace(TRUSTED, state="invalid", integrity="broken"), "not intact", "bad"),
        (ABSENT, "no manifest", "strong"),
        (CredentialReport("unreadable"), "a manifest that cannot be read", "bad"),
    ],
)
def test_the_root(credential: CredentialReport, words: str, tone: str) -> None:
    root = wording.history("a.jpg", credential)
    assert (root.kind, root.label, root.tone) == ("file", "a.jpg", tone)
    assert words in root.text


def test_only_a_trusted_signers_words_are_facts() -> None:
    assert facts(TRUSTED)["generator"] == "Acme 1"
    assert facts(TRUSTED)["made"] == "captured by a camera"
    assert facts(TRUSTED)["trusted by"] == "a list"
    assert facts(UNKNOWN)["generator"] == "says it is Acme 1"
    assert facts(UNKNOWN)["made"] == "says it was captured by a camera"
    assert "trusted by" not in facts(UNKNOWN)


def test_details_of_the_signature_and_the_mark() -> None:
    signature = Signature(
        signer="Key 1", organization="Acme Inc.", not_before="2025", not_after="2027", time="2026"
    )
    detailed = replace(
        MANIFEST,
        signature=signature,
        soft_bindings=(SoftBinding("org.example", b"\x01"),),
        assertions=("c2pa.actions.v2", "c2pa.hash.data"),
    )
    said = facts(replace(TRUSTED, manifest=detailed, time=None))
    assert said["signer"] == "Key 1 (Acme Inc.)"
    assert said["certificate valid"] == "2025 to 2027"
    assert said["time"] == "2026 (as a time stamp says)"
    assert said["watermark id"] == "01 (org.example)"
    assert said["assertions"] == "c2pa.actions.v2, c2pa.hash.data"
    assert facts(TRUSTED)["time"] == "2026-01-01 (by the signer's own clock)"


def test_a_failure_is_said_once() -> None:
    said = replace(CHANGED, reasons=(FAILURE.sentence, "Another reason."))
    nodes = [node for node in walk(wording.history("a", said)) if node.text == FAILURE.sentence]
    assert [node.code for node in nodes] == [FAILURE.code]
    unsaid = [node for node in walk(wording.history("a", CHANGED)) if node.kind == "failures"]
    assert [node.text for node in unsaid] == ["failures"]
    assert [(line.text, line.code) for line in unsaid[0].children] == [
        (FAILURE.sentence, FAILURE.code)
    ]


def test_a_reason_about_the_history_carries_its_code() -> None:
    inside = replace(
        TRUSTED,
        ingredient_failures=(FAILURE,),
        reasons=(f"In a picture used in this one: {FAILURE.sentence}",),
    )
    lines = [node for node in walk(wording.history("a", inside)) if FAILURE.sentence in node.text]
    assert [line.code for line in lines] == [FAILURE.code]


def test_ingredients_are_believed_no_more_than_what_names_them() -> None:
    older = replace(MANIFEST, manifest_id="urn:c2pa:0", generator="Older 1")
    known = IngredientReport("parentOf", "before.jpg", manifest=older, signer_trusted=True)
    bare = IngredientReport("componentOf", format="image/png", failures=(FAILURE,))
    edit = replace(MANIFEST, ingredients=(known, bare))
    for credential, words in ((TRUSTED, "Older 1"), (UNKNOWN, "says it is Older 1")):
        root = wording.history("a", replace(credential, manifest=edit))
        branches = [node for node in walk(root) if node.kind == "ingredient"]
        assert [(node.label, node.text) for node in branches] == [
            ("made from", "before.jpg"),
            ("contains", "image/png"),
        ]
        inner = [node.text for node in walk(branches[0]) if node.label == "generator"]
        assert inner == [words]
        assert [node.kind for node in branches[1].children] == ["failures", "nothing"]


def test_where_it_is_kept_and_whose_signer_it_is() -> None:
    remote = CredentialReport("absent", remote_url="https://a.example/b")
    assert any(
        n.text == "kept at https://a.example/b" for n in wording.history("a", remote).children
    )
    last = wording.history("a", replace(TRUSTED, development=True)).children[-1]
    assert (last.kind, last.text) == ("remark", wording.DEVELOPMENT_NOTE)
