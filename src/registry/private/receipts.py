"""Receipts: the audit log's entry that says that a manifest was taken, and what shows it.

The entry's hash is of a random number, too, that stands in the log alone, and its place in the log
is nobody's business: it would say how many pictures a generator makes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indelible.registry.private.audit import Anchor, AuditEntry

if TYPE_CHECKING:
    from indelible.registry.private.log import AuditLog

__all__ = ["RECEIPT_ACTION", "RECEIPT_PROOF", "Inclusion", "follows", "inclusion"]

RECEIPT_ACTION: Final = "store manifest"
"""What an entry says that is a receipt."""

RECEIPT_PROOF: Final = "org.indelible.audit-log.1"
"""What such a proof calls itself."""

_PAGE: Final = 1000
_MOST_READ: Final = 100_000  # entries after a receipt: about a second of a database


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry stands in the log, as far as that can be shown without the entries of others.

    Attributes
    ----------
    hash : bytes
        Of the entry, 32 bytes.
    time : datetime
        When it was written.
    holds : bool
        Whether it, and every entry from there to `head`, has the hash that the next one names.
    head : bytes
        Hash of the newest entry that was read.
    head_time : datetime
        When that was written.
    whole : bool
        Whether `head` is the newest of all.
    anchor : Anchor or None
        The first anchor that is at or after the entry, and that the log fits.
    """

    hash: bytes
    time: dt.datetime
    holds: bool
    head: bytes
    head_time: dt.datetime
    whole: bool
    anchor: Anchor | None = None


def follows(log: AuditLog, entry: AuditEntry) -> bool:
    """Whether the entries beside this one are linked to it."""
    around = log.entries(after=max(0, entry.number - 2), limit=3)
    before = next((one for one in around if one.number == entry.number - 1), None)
    after = next((one for one in around if one.number == entry.number + 1), None)
    linked_back = entry.number == 1 or (before is not None and before.hash == entry.previous)
    return linked_back and (after is None or after.previous == entry.hash)


def inclusion(log: AuditLog, entry: AuditEntry, anchors: Sequence[Anchor] = ()) -> Inclusion:
    """Follow the log from an entry to its newest.

    Parameters
    ----------
    log : AuditLog
        The log.
    entry : AuditEntry
        One of it.
    anchors : sequence of Anchor
        Heads that were written down elsewhere.

    Raises
    ------
    RegistryUnavailableError
        If the log cannot be read.
    """
    known = {one.number: one for one in sorted(anchors, key=lambda one: one.time, reverse=True)}
    holds = entry.hash == entry.computed_hash() and follows(log, entry)
    last, read, whole = entry, 0, False
    anchor = _fitting(known, entry)
    while read < _MOST_READ and not whole:
        page = log.entries(after=last.number, limit=_PAGE)
        for one in page:
            linked = one.number == last.number + 1 and one.previous == last.hash
            holds = holds and linked and one.hash == one.computed_hash()
            anchor = anchor or (_fitting(known, one) if holds else None)
            last = one
        read += len(page)
        whole = len(page) < _PAGE
    return Inclusion(entry.hash, entry.time, holds, last.hash, last.time, whole, anchor)


def _fitting(known: dict[int, Anchor], entry: AuditEntry) -> Anchor | None:
    found = known.get(entry.number)
    return found if found is not None and found.hash == entry.hash else None
