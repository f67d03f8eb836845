"""The audit log in both databases: who changes, removes or moves an entry is found out."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa

from indelible.errors import ArgumentError, RegistryError, RegistryUnavailableError
from indelible.registry import open_registry
from indelible.registry.private import Anchor, AuditEntry
from indelible.registry.private.log import AuditLog
from indelible.registry.sql import SqlRegistry
from tests.registry.records import make_record, open_at

DROP = {
    "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
    "postgresql": ("DROP TRIGGER audit_append_only ON audit",),
}


def append(log: AuditLog, number: int) -> AuditEntry:
    return log.append(
        actor="alice",
        action="trace",
        subject=f"urn:c2pa:{number}",
        reason=f"no. {number} \U0001f600",
    )


def anchor_of(entry: AuditEntry) -> Anchor:
    return Anchor(entry.number, entry.hash, dt.datetime.now(dt.UTC))


def change(registry: SqlRegistry, *statements: str, guarded: bool = False) -> None:
    """Do what somebody does who may write the whole database."""

    def work(connection: sa.Connection) -> None:
        if not guarded:
            for statement in DROP[connection.dialect.name]:
                connection.exec_driver_sql(statement)
        for statement in statements:
            connection.exec_driver_sql(statement)

    registry.database.write(work)


def test_entries_follow_each_other(url: str) -> None:
    registry = open_registry(url)
    log = registry.audit
    registry.put(make_record())
    assert log.head() is None
    assert log.check().holds
    written = [append(log, number) for number in range(5)]
    assert [one.number for one in written] == [1, 2, 3, 4, 5]
    assert log.entries() == written
    assert log.entries(after=2, limit=2) == written[2:4]
    assert log.head() == written[-1]
    report = log.check([anchor_of(written[3])])
    assert (report.entries, report.head, report.anchored) == (5, written[-1].hash, 4)
    assert report.holds


def test_a_long_log_is_read_page_by_page(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indelible.registry.private.log._PAGE", 2)
    log = open_registry(url).audit
    for number in range(4):
        append(log, number)
        report = log.check()
        assert (report.entries, report.faults) == (number + 1, ())


def _append_many(url: str) -> None:
    log = open_registry(url).audit
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: append(log, number), range(20)))


def test_processes_and_threads_write_one_after_the_other(url: str) -> None:
    log = open_registry(url).audit
    append(log, 0)
    context = get_context("spawn")
    processes = [context.Process(target=_append_many, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    report = log.check()
    assert (report.entries, report.faults) == (41, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [("actor", ""), ("subject", " "), ("reason", "x" * 4097), ("case", "\0"), ("reason", "\ud800")],
)
def test_what_no_database_keeps_is_refused(url: str, name: str, value: str) -> None:
    log = open_registry(url).audit
    given = {"actor": "alice", "action": "trace", "subject": "urn:c2pa:1", name: value}
    with pytest.raises(ArgumentError) as caught:
        log.append(**given)
    assert caught.value.argument == name


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET reason = 'another'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 2"],
)
def test_the_database_refuses_changes(url: str, statement: str) -> None:
    registry = open_registry(url)
    for number in range(3):
        append(registry.audit, number)
    with pytest.raises(RegistryError, match="append-only"):
        change(registry, statement, guarded=True)
    report = registry.audit.check()
    assert (report.entries, report.faults) == (3, ())


CHANGES = {
    "a reason": ("UPDATE audit SET reason = 'another' WHERE seq = 2",),
    "no reason": ("UPDATE audit SET reason = NULL WHERE seq = 2",),
    "a time": ("UPDATE audit SET time = '2020-01-01T00:00:00.000000+00:00' WHERE seq = 2",),
    "no time": ("UPDATE audit SET time = 'never' WHERE seq = 2",),
    "an actor": ("UPDATE audit SET actor = 'bob' WHERE seq = 2",),
    "a hash": ("UPDATE audit SET hash = previous_hash WHERE seq = 2",),
    "one removed": ("DELETE FROM audit WHERE seq = 2",),
    "the first removed": ("DELETE FROM audit WHERE seq = 1",),
    "all removed": ("DELETE FROM audit",),
    "the end cut off before the anchor": ("DELETE FROM audit WHERE seq >= 3",),
    "removed and closed up": (
        "DELETE FROM audit WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
    ),
    "two exchanged": (
        "UPDATE audit SET seq = 99 WHERE seq = 1",
        "UPDATE audit SET seq = 1 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 99",
    ),
    "one before the first": ("UPDATE audit SET seq = -1 WHERE seq = 1",),
}


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES.keys())
def test_what_was_changed_before_the_anchor_is_found(url: str, statements: tuple[str, ...]) -> None:
    registry = open_registry(url)
    entries = [append(registry.audit, number) for number in range(4)]
    anchors = [anchor_of(entries[2])]
    assert registry.audit.check(anchors).holds
    change(registry, *statements)
    assert open_registry(url).audit.check(anchors).faults


def test_a_log_that_was_written_anew_is_found_by_the_anchor_alone(url: str) -> None:
    registry = open_registry(url)
    anchor = anchor_of(append(registry.audit, 1))
    change(registry, "DELETE FROM audit")
    registry.audit.append(actor="bob", action="trace", subject="urn:c2pa:1", reason="harmless")
    assert registry.audit.check().holds
    assert registry.audit.check([anchor]).faults == ("Entry 1 is not the one that was anchored.",)


def test_a_tail_without_anchor_can_be_cut_off(url: str) -> None:
    """As the documentation says."""
    registry = open_registry(url)
    entries = [append(registry.audit, number) for number in range(4)]
    change(registry, "DELETE FROM audit WHERE seq > 2")
    assert registry.audit.check([anchor_of(entries[1])]).holds
    assert not registry.audit.check([anchor_of(entries[2])]).holds


def test_a_registry_whose_triggers_were_dropped_still_opens(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    change(registry)
    assert open_registry(url).get(record.manifest_id) == record


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER INSERT ON manifests BEGIN DELETE FROM bindings; END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END",
    ],
)
def test_a_trigger_of_somebody_else_is_refused(registry_path: Path, statement: str) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    change(registry, statement)
    registry.close()
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        open_at(registry_path).count()
