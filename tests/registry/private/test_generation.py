"""Generation records: their codec, and that nothing of them shows itself."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ArgumentError, RegistryError
from indelible.registry.private import GenerationRecord, InputPicture

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
DIGEST = st.binary(min_size=32, max_size=32)
INPUTS = st.lists(st.builds(InputPicture, DIGEST, st.none() | DIGEST, TEXT), max_size=3).map(tuple)
RECORDS = st.builds(
    GenerationRecord,
    account=TEXT,
    request_id=TEXT,
    model=TEXT,
    prompt_sha256=st.none() | DIGEST,
    time=st.datetimes(timezones=st.just(dt.UTC)),
    inputs=INPUTS,
)


@given(record=RECORDS)
def test_a_record_survives_its_codec(record: GenerationRecord) -> None:
    assert GenerationRecord.decode(record.encode()) == record


def test_a_prompt_is_kept_as_its_hash() -> None:
    record = GenerationRecord.of_prompt("a canary in a coal mine", account="4711")
    assert record.prompt_sha256 == hashlib.sha256(b"a canary in a coal mine").digest()
    assert b"canary" not in record.encode()


def test_nothing_private_is_in_its_text() -> None:
    record = GenerationRecord.of_prompt(
        "secret prompt",
        account="account-canary",
        request_id="request-canary",
        inputs=(InputPicture(b"s" * 32, b"p" * 32),),
    )
    assert "canary" not in repr(record)
    assert "sss" not in repr(record)
    assert "ppp" not in repr(record)


@pytest.mark.parametrize(
    ("values", "argument"),
    [
        ({"account": 4711}, "account"),
        ({"model": "m" * 1025}, "model"),
        ({"request_id": "\ud800"}, "request_id"),
        ({"prompt_sha256": b"short"}, "prompt_sha256"),
        ({"prompt_sha256": "a prompt"}, "prompt_sha256"),
        ({"time": dt.datetime(2026, 1, 1)}, "time"),  # noqa: DTZ001 - without a time zone
        ({"inputs": (InputPicture(bytes(32)),) * 65}, "inputs"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, object], argument: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        GenerationRecord(**values)  # type: ignore[arg-type]
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    "values", [{"sha256": b""}, {"sha256": bytes(32), "pdq": b""}, {"sha256": "0" * 64}]
)
def test_fingerprints_have_their_length(values: dict[str, bytes]) -> None:
    with pytest.raises(ArgumentError):
        InputPicture(**values)  # type: ignore[arg-type]


@given(data=st.binary(max_size=60))
def test_other_bytes_are_no_record(data: bytes) -> None:
    with pytest.raises(RegistryError):
        GenerationRecord.decode(data)


def test_a_newer_version_is_said_to_be_one() -> None:
    newer = GenerationRecord().encode().replace(b'"version":1', b'"version":2')
    with pytest.raises(RegistryError, match="newer"):
        GenerationRecord.decode(newer)
