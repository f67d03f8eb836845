"""Records of consent as JSON: what goes out comes in, and nothing else does."""

from __future__ import annotations

import json

import pytest

from indelible.errors import RegistryError
from indelible.registry.consent_wire import (
    MAX_CONSENT_BYTES,
    consent_from_json,
    consent_to_json,
    consents_from_json,
    consents_to_json,
)
from tests.registry.test_consents import RECORD


def test_what_goes_out_comes_in() -> None:
    assert consent_from_json(consent_to_json(RECORD, "Ada's")) == (RECORD, "Ada's")
    assert consent_from_json(consent_to_json(RECORD)) == (RECORD, None)
    assert consents_from_json(consents_to_json([RECORD, RECORD])) == [RECORD, RECORD]
    assert consents_from_json(consents_to_json([])) == []
    assert b"Ada's" not in consents_to_json([RECORD])


@pytest.mark.parametrize(
    "change",
    [
        {"consent_id": "zz"},
        {"consent_id": None},
        {"consent_id": "00"},
        {"entries": {}},
        {"entries": {"cawg.ai_training": "perhaps"}},
        {"entries": 3},
        {"statement": None},
        {"statement": 3},
        {"created": "yesterday"},
        {"created": None},
        {"created": "2026-11-26T00:00:00"},
        {"until": 5},
        {"fingerprint": {}},
        {"fingerprint": {"pdq": "AAAA", "quality": 1, "reference": ""}},
        {"another": 1},
        {"account": 5},
    ],
)
def test_nothing_else_does(change: dict[str, object]) -> None:
    data = json.loads(consent_to_json(RECORD)) | change
    with pytest.raises(RegistryError):
        consent_from_json(json.dumps(data).encode())


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"3", b"\xff", b"{" * 50, b" " * (MAX_CONSENT_BYTES + 1) + b"{}"]
)
def test_other_bytes_are_no_record(data: bytes) -> None:
    with pytest.raises(RegistryError):
        consent_from_json(data)
    with pytest.raises(RegistryError):
        consents_from_json(data)
