"""The audit log: whatever is done to it is noticed up to the newest anchor."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import RegistryError
from indelible.registry.private import Anchor, AuditEntry, check_chain
from indelible.registry.private.audit import following

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)


def log_of(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(length):
        head = entries[-1] if entries else None
        entries.append(
            following(
                head,
                actor="operator",
                action="trace",
                subject=f"urn:c2pa:{number}",
                reason="a complaint",
                case=f"case {number}",
                time=NOON + dt.timedelta(minutes=number),
            )
        )
    return entries


def anchor_of(entry: AuditEntry) -> Anchor:
    return Anchor(entry.number, entry.hash, NOON)


def rewritten(entries: list[AuditEntry]) -> list[AuditEntry]:
    """Return a log with a chain of its own, as somebody would write who may write all of it."""
    chain: list[AuditEntry] = []
    for entry in entries:
        chain.append(
            following(
                chain[-1] if chain else None,
                actor=entry.actor,
                action=entry.action,
                subject=entry.subject,
                reason=entry.reason,
                case=entry.case,
                time=entry.time,
            )
        )
    return chain


@pytest.mark.parametrize("length", [0, 1, 7])
def test_a_log_that_was_only_appended_to_holds(length: int) -> None:
    log = log_of(length)
    report = check_chain(iter(log), [anchor_of(entry) for entry in log])
    assert report.holds
    assert report.entries == report.anchored == length
    assert report.head == (log[-1].hash if log else None)


@given(
    place=st.integers(0, 6),
    field=st.sampled_from(["time", "actor", "action", "subject", "reason", "case"]),
)
def test_any_change_is_found_without_an_anchor(place: int, field: str) -> None:
    log = log_of(7)
    value = NOON if field == "time" else None if field in ("reason", "case") else "somebody"
    changed = dataclasses.replace(log[place], **{field: value})  # type: ignore[arg-type]
    if changed.computed_hash() == log[place].hash:
        return
    log[place] = changed
    assert check_chain(log).faults == (f"Entry {place + 1} was changed.",)


@given(place=st.integers(0, 6))
def test_a_change_with_a_fitting_hash_breaks_the_chain(place: int) -> None:
    log = log_of(7)
    log[place] = dataclasses.replace(log[place], reason="no reason", hash=b"")
    report = check_chain(log)
    assert report.holds == (place == 6)  # the newest entry needs an anchor
    assert not check_chain(log, [anchor_of(log_of(7)[-1])]).holds


@given(place=st.integers(0, 5))
def test_a_removed_entry_is_missed(place: int) -> None:
    log = log_of(7)
    del log[place]
    assert f"Entry {place + 1} is missing or was moved" in check_chain(log).faults[0]


@given(first=st.integers(0, 6), second=st.integers(0, 6))
def test_reordering_is_found(first: int, second: int) -> None:
    log = log_of(7)
    log[first], log[second] = log[second], log[first]
    assert check_chain(log).holds == (first == second)


@given(place=st.integers(0, 6), anchored=st.integers(0, 6))
def test_a_new_chain_is_found_up_to_the_anchor(place: int, anchored: int) -> None:
    log = log_of(7)
    anchor = anchor_of(log[anchored])
    log[place] = dataclasses.replace(log[place], subject="urn:c2pa:another")
    report = check_chain(rewritten(log), [anchor])
    assert report.holds == (place > anchored)
    assert report.anchored == anchored + 1


@pytest.mark.parametrize(("kept", "holds"), [(6, True), (5, True), (4, False), (0, False)])
def test_a_tail_can_be_cut_off_only_after_the_anchor(kept: int, holds: bool) -> None:
    log = log_of(7)
    report = check_chain(log[:kept], [anchor_of(log[4])])
    assert report.holds == holds
    if not holds:
        assert report.faults == ("Entry 5 was anchored and is missing.",)


def test_a_log_of_faults_names_some_of_them() -> None:
    log = [dataclasses.replace(entry, actor="somebody") for entry in log_of(300)]
    assert len(check_chain(log).faults) == 100


def test_texts_cannot_be_moved_from_field_to_field() -> None:
    one = AuditEntry(1, bytes(32), NOON, "a", "b", "c", 'd","e', None)
    other = AuditEntry(1, bytes(32), NOON, "a", "b", "c", "d", "e")
    assert one.hash != other.hash


def test_an_anchor_is_a_line() -> None:
    anchor = anchor_of(log_of(3)[-1])
    assert anchor.encode().endswith(b"\n")
    assert Anchor.decode(anchor.encode()) == anchor


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"format":"another","number":1,"hash":"' + b"00" * 32 + b'","time":"2026-11-26T12:00Z"}',
        anchor_of(log_of(1)[0]).encode().replace(b'"number":1', b'"number":0'),
        anchor_of(log_of(1)[0]).encode().replace(b'"number":1', b'"number":true'),
        anchor_of(log_of(1)[0]).encode().replace(b"+00:00", b""),
        anchor_of(log_of(1)[0]).encode().replace(b'"hash":"', b'"hash":"00'),
    ],
)
def test_what_is_no_anchor_is_refused(line: bytes) -> None:
    with pytest.raises(RegistryError, match="anchor"):
        Anchor.decode(line)
