"""A bundle's verdict is found again from the bundle; what would be found otherwise is named."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from indelible.errors import EvidenceError, IndelibleError
from indelible.evidence import Bundle, Contents, again, effort_of, read_bundle, trust_of
from indelible.evidence.recomputing import key_ids_of
from tests.evidence.owners import Owner


@pytest.fixture(scope="module")
def contents(made: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    path = tmp_path_factory.mktemp("made") / "bundle.wacz"
    path.write_bytes(made.data)
    return read_bundle(path)


def changed(contents: Contents, path: str, data: object) -> Contents:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Contents({**contents.parts, path: raw}, contents.package, contents.digest)


def test_the_same_is_found_again(owner: Owner, contents: Contents) -> None:
    assert trust_of(contents).lists[2].pem == owner.identity.trust().lists[2].pem
    assert effort_of(contents) == "standard"
    found = again(contents, owner.verifier_with(trust=trust_of(contents)))
    assert found.differences == ()
    assert found.same
    assert found.missing_keys == ()


def test_without_the_key_the_difference_is_named(owner: Owner, contents: Contents) -> None:
    found = again(contents, owner.verifier_with(trust=trust_of(contents), keys=()))
    assert not found.same
    assert found.now == "unchecked"
    assert found.missing_keys == key_ids_of(contents) == (owner.key.id,)
    assert "verdict" in [where for where, _, _ in found.differences]
    json.dumps(found.to_dict())


def test_a_changed_report_is_noticed(owner: Owner, contents: Contents) -> None:
    said = contents.json("findings/verdict.json")
    said["report"]["watermark"]["payload"] = "00" * 8
    found = again(changed(contents, "findings/verdict.json", said), owner.verifier)
    assert [where for where, _, _ in found.differences] == ["watermark.payload"]


@pytest.mark.parametrize(
    "report", [{}, {"report": 7}, {"report": {"credential": 3}}, {"report": [], "recompute": []}]
)
def test_reports_that_are_none(owner: Owner, contents: Contents, report: object) -> None:
    said = {"sha256": contents.json("findings/verdict.json")["sha256"]}
    assert isinstance(report, dict)
    other = changed(contents, "findings/verdict.json", said | report)
    try:
        assert not again(other, owner.verifier).same
    except EvidenceError:
        assert report == {}


@pytest.mark.parametrize(
    "lists",
    [
        [],
        {"lists": 7, "single_signers": "x"},
        {"lists": [7, {"file": "none"}]},
        {"lists": [{"file": "README", "sha256": "0"}]},
    ],
)
def test_trust_lists_that_are_none(contents: Contents, lists: object) -> None:
    other = changed(contents, "trust/trust.json", lists)
    with contextlib.suppress(IndelibleError):
        assert trust_of(other).lists == ()


def test_another_picture_is_not_examined(owner: Owner, contents: Contents, tmp_path: Path) -> None:
    other = changed(contents, "original/found.jpg", owner.protected.data)
    with pytest.raises(EvidenceError, match="not the one"):
        again(other, owner.verifier)
    sealed = Contents(contents.parts, {"picture": {"sealed": True}}, {})
    with pytest.raises(EvidenceError, match="sealed"):
        again(sealed, owner.verifier)
