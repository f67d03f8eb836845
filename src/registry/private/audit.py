"""An append-only log in which every entry holds the hash of the one before it.

Whoever changes, removes or reorders an entry breaks the chain from there on. Who may write the
whole database could compute a new chain, or cut off its end: so the newest hash, the head, is
*anchored* from time to time somewhere that such a person cannot write, in a file elsewhere or in a
time stamp. Up to the newest anchor, the log cannot be changed without notice; what was written
after it can be cut off.

The form is that of tamper-evident logs (Schneier and Kelsey, 1999, doi:10.1145/317087.317089).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import RegistryError

__all__ = ["GENESIS", "Anchor", "AuditEntry", "ChainReport", "check_chain", "following"]

GENESIS: Final = bytes(32)
"""What the first entry holds for the hash of the one before it."""

_FORMAT: Final = "indelible-audit-anchor-1"
_MOST_FAULTS: Final = 100  # that one check names


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the log.

    Attributes
    ----------
    number : int
        1 for the first.
    previous : bytes
        Hash of the entry before, 32 bytes; `GENESIS` for the first.
    time : datetime.datetime
        When it was written; timezone-aware.
    actor : str
        Who did it: a user of the machine, or a token's name.
    action : str
        What was done: "trace", "purge", ...
    subject : str
        To what: a manifest's id, for example.
    reason, case : str or None
        Why, in the actor's words, and the case that it belongs to.
    hash : bytes
        SHA-256 of all of this, 32 bytes; computed where it is not given.
    """

    number: int
    previous: bytes
    time: dt.datetime
    actor: str
    action: str
    subject: str
    reason: str | None = None
    case: str | None = None
    hash: bytes = field(default=b"")

    def __post_init__(self) -> None:
        if not self.hash:
            object.__setattr__(self, "hash", self.computed_hash())

    def computed_hash(self) -> bytes:
        """Return the hash that the entry should have."""
        values = [
            self.number,
            self.previous.hex(),
            self.time.astimezone(dt.UTC).isoformat(),
            self.actor,
            self.action,
            self.subject,
            self.reason,
            self.case,
        ]
        # A list in JSON says where each value ends; ASCII makes one text of each.
        return hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).digest()


def following(
    head: AuditEntry | None,
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str | None = None,
    case: str | None = None,
    time: dt.datetime | None = None,
) -> AuditEntry:
    """Return the entry that follows the head of a log; None is the head of an empty one."""
    return AuditEntry(
        1 if head is None else head.number + 1,
        GENESIS if head is None else head.hash,
        dt.datetime.now(dt.UTC) if time is None else time,
        actor,
        action,
        subject,
        reason,
        case,
    )


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of the log that was written down elsewhere.

    Attributes
    ----------
    number : int
        Of the entry that was the newest.
    hash : bytes
        Its hash, 32 bytes.
    time : datetime.datetime
        When it was written down; timezone-aware.
    """

    number: int
    hash: bytes
    time: dt.datetime

    def encode(self) -> bytes:
        """Return the anchor as the line of a file: JSON and a line break."""
        values = {
            "format": _FORMAT,
            "number": self.number,
            "hash": self.hash.hex(),
            "time": self.time.astimezone(dt.UTC).isoformat(),
        }
        return json.dumps(values, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Anchor:
        """Read what `encode` wrote.

        Raises
        ------
        RegistryError
            If it is something else.
        """
        anchor = _anchor(line)
        if anchor is None:
            raise RegistryError(
                "a line of the file of anchors is no anchor",
                hint="Name a file that `indelible registry audit --anchor` wrote.",
            )
        return anchor


def _anchor(line: bytes) -> Anchor | None:
    try:
        values = json.loads(line)
        time = dt.datetime.fromisoformat(values["time"])
        found = Anchor(values["number"], bytes.fromhex(values["hash"]), time)
        known = values["format"] == _FORMAT and type(found.number) is int and found.number > 0
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if known and found.time.tzinfo and len(found.hash) == len(GENESIS) else None


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the log found.

    Attributes
    ----------
    entries : int
        How many were read.
    head : bytes or None
        Hash of the newest; None where there is none.
    anchored : int
        Up to which entry the anchors speak; 0 without any.
    faults : tuple of str
        What is wrong, in sentences, the first break first; empty where the log holds.
    """

    entries: int
    head: bytes | None
    anchored: int
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found to be changed."""
        return not self.faults


def check_chain(entries: Iterable[AuditEntry], anchors: Sequence[Anchor] = ()) -> ChainReport:
    """Check a log, and that it goes on from what was anchored.

    Parameters
    ----------
    entries : iterable of AuditEntry
        The log, in the order in which it is kept. Read once; only the newest is held.
    anchors : sequence of Anchor
        Heads that were written down elsewhere, in any order.

    Returns
    -------
    ChainReport
        Any change, deletion or reordering of entries up to the newest anchor is a fault. What
        follows it is checked for its chain alone: a tail that was cut off there leaves no trace.
    """
    faults: list[str] = []
    unseen: dict[int, set[bytes]] = {}
    for anchor in anchors:
        unseen.setdefault(anchor.number, set()).add(anchor.hash)
    anchored = max(unseen, default=0)
    previous, number, read = GENESIS, 0, 0
    for entry in entries:
        read += 1
        found = _faults(entry, number + 1, previous)
        if unseen.pop(entry.number, {entry.hash}) != {entry.hash}:
            found.append(f"Entry {entry.number} is not the one that was anchored.")
        faults.extend(found[: _MOST_FAULTS - len(faults)])
        previous, number = entry.hash, entry.number
    missing = [f"Entry {number} was anchored and is missing." for number in sorted(unseen)]
    faults.extend(missing[: _MOST_FAULTS - len(faults)])
    return ChainReport(read, previous if read else None, min(anchored, number), tuple(faults))


def _faults(entry: AuditEntry, number: int, previous: bytes) -> list[str]:
    if entry.number != number:
        return [f"Entry {number} is missing or was moved: entry {entry.number} is in its place."]
    if entry.previous != previous:
        return [f"Entry {number} does not follow the one before it: that one was changed."]
    if entry.hash != entry.computed_hash():
        return [f"Entry {number} was changed."]
    return []
