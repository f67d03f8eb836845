"""Records of consent: public, dated, withdrawn but never deleted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from indelible.errors import (
    BindingConflictError,
    NoRecordError,
    NotOwnerError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry import (
    ConsentRecord,
    Registries,
    SqlRegistry,
    StoredFingerprint,
    consent_sources,
    open_registry,
)
from tests.registry.records import ALGORITHM, open_at
from tests.registry.servers import PostgresServer

ID = b"consent1"
RECORD = ConsentRecord(
    ALGORITHM,
    ID,
    {"cawg.ai_inference": "notAllowed", "org.indelible.ai_editing": "notAllowed"},
    "Bitte nicht bearbeiten. 请勿编辑",
    owner="Ada",
    until=dt.datetime(2027, 1, 1, tzinfo=dt.UTC),
    fingerprint=StoredFingerprint(bytes(range(32)), 90, b"reference"),
    manifest_id="urn:c2pa:x",
)


def check(registry: SqlRegistry) -> None:
    records = registry.consents
    records.put(RECORD, account="token 7")
    records.put(RECORD, account="token 7")  # once more
    assert records.find(ALGORITHM, ID) == [RECORD]
    assert records.find(ALGORITHM, b"another!") == []
    with pytest.raises(BindingConflictError):
        records.put(dataclasses.replace(RECORD, owner="Mallory"))
    assert "token" not in str(records.find(ALGORITHM, ID)[0].to_dict())
    with pytest.raises(NotOwnerError):
        records.withdraw(ALGORITHM, ID, reason="mine", account="token 8")
    with pytest.raises(NoRecordError):
        records.withdraw(ALGORITHM, b"another!", reason="none")
    with pytest.raises(RegistryError, match="reason"):
        records.withdraw(ALGORITHM, ID, reason=" ")
    gone = records.withdraw(ALGORITHM, ID, reason="I allow it now", account="token 7")
    assert (gone.state(), gone.revoked_reason) == ("withdrawn", "I allow it now")
    assert records.withdraw(ALGORITHM, ID, reason="again") == gone  # as it was
    assert records.find(ALGORITHM, ID) == [gone]
    assert (gone.created, gone.statement) == (RECORD.created, RECORD.statement)


def test_in_sqlite(tmp_path: Path) -> None:
    registry = open_at(tmp_path / "registry.sqlite3")
    assert registry.consents.find(ALGORITHM, ID) == []  # none yet, and none is made
    assert not list(tmp_path.iterdir())
    check(registry)


def test_in_postgresql(postgres: PostgresServer) -> None:
    check(open_registry(postgres.new_url()))


def test_all_of_several_are_asked(tmp_path: Path) -> None:
    one, other = open_at(tmp_path / "one.sqlite3"), open_at(tmp_path / "other.sqlite3")
    assert len(consent_sources(Registries([one, other]))) == 2
    assert len(consent_sources(one)) == 1
    assert consent_sources(None) == ()
    assert consent_sources(object()) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"consent_id": b"short"},
        {"entries": {}},
        {"entries": {"cawg.ai_inference": "perhaps"}},
        {"entries": {str(i): "allowed" for i in range(40)}},
        {"statement": ""},
        {"statement": "x" * 3000},
        {"statement": "a\0b"},
        {"owner": "\ud800"},
        {"algorithm": ""},
        {"created": dt.datetime(2026, 1, 1)},  # noqa: DTZ001 - that is the point
    ],
)
def test_what_is_no_record(change: dict[str, object]) -> None:
    with pytest.raises(RegistryError):
        dataclasses.replace(RECORD, **change)  # type: ignore[arg-type]


def test_states() -> None:
    now = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert RECORD.state(now) == "active"
    assert RECORD.state(now + dt.timedelta(days=100)) == "expired"
    assert dataclasses.replace(RECORD, revoked_at=now).state(now) == "withdrawn"


@pytest.mark.parametrize("terms", ["[]", "{", "{}", "[" * 100_000, '{"entries": 3}'])
def test_a_row_that_somebody_changed(tmp_path: Path, terms: str) -> None:
    path = tmp_path / "registry.sqlite3"
    registry = open_at(path)
    registry.consents.put(RECORD)
    registry.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE consents SET terms = ?", [terms])
        connection.commit()
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        open_at(path).consents.find(ALGORITHM, ID)
