"""Receipts: that an entry is in the log is followed to the newest, and a break is noticed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.registry.private import RECEIPT_ACTION, Anchor, AuditEntry, follows, inclusion


@pytest.fixture
def registry(tmp_path: Path) -> SqlRegistry:
    made = open_registry(sqlite_url(tmp_path / "registry.sqlite3"))
    assert isinstance(made, SqlRegistry)
    for number in range(5):
        made.audit.append(actor="a", action=RECEIPT_ACTION, subject=f"urn:{number}")
    return made


def test_from_an_entry_to_the_newest(registry: SqlRegistry) -> None:
    first, *_, head = registry.audit.entries()
    found = inclusion(registry.audit, first)
    assert found.holds
    assert found.whole
    assert (found.hash, found.head) == (first.hash, head.hash)
    last = inclusion(registry.audit, head)
    assert last.holds
    assert last.head == head.hash


def test_the_first_anchor_that_fits(registry: SqlRegistry) -> None:
    first, second, third, *_ = registry.audit.entries()
    now = dt.datetime.now(dt.UTC)
    anchors = [
        Anchor(first.number, first.hash, now),
        Anchor(third.number, third.hash, now),
        Anchor(2, bytes(32), now),
    ]
    assert inclusion(registry.audit, second, anchors).anchor == anchors[1]
    assert inclusion(registry.audit, second).anchor is None


class Tampered:
    """A log in which somebody changed an entry."""

    def __init__(self, entries: list[AuditEntry]) -> None:
        self._entries = entries

    def entries(self, *, after: int = 0, limit: int = 100) -> list[AuditEntry]:
        return [one for one in self._entries if one.number > after][:limit]


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_a_changed_entry_is_noticed(registry: SqlRegistry, place: int) -> None:
    entries = registry.audit.entries()
    entries[place] = dataclasses.replace(entries[place], actor="b")  # with its old hash
    log: Any = Tampered(entries)
    assert not inclusion(log, entries[0]).holds
    entries[place] = dataclasses.replace(entries[place], hash=b"")  # and with a new one
    after = inclusion(log, entries[0])
    assert after.holds is (place == 4)  # the newest one: nothing follows that would tell


def test_what_is_beside_an_entry(registry: SqlRegistry) -> None:
    entries = registry.audit.entries()
    assert all(follows(registry.audit, one) for one in entries)
    log: Any = Tampered([one for one in entries if one.number != 2])
    assert not follows(log, entries[2])
