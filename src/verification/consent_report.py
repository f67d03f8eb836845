"""What a consent mark in a picture asks, and what became of that: plain data, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from indelible.verification.evidence import FingerprintState, RegistryState
from indelible.watermark import Detection

if TYPE_CHECKING:
    from indelible.registry import ConsentRecord

__all__ = ["ConsentReport", "ConsentStanding"]

ConsentStanding = Literal[
    "active", "expired", "withdrawn", "other_picture", "unknown", "unavailable", "not_asked"
]
"""What a consent mark comes to: the state of its record, or why there is none to go by."""


@dataclass(frozen=True, slots=True)
class ConsentReport:
    """A consent mark, and the record that it leads to.

    Attributes
    ----------
    detection : Detection
        The mark. Its key is public: anybody can put one onto any picture.
    state : {"not_asked", "unknown", "found", "unavailable"}
        Whether its id was looked up, and with what result.
    records : tuple of ConsentRecord
        What was found under it, in all registries that were asked.
    looks : tuple of {"not_checked", "match", "mismatch", "unclear"}
        For each of them, whether it is about this picture.
    reason : str or None
        Why a registry could not be asked.
    """

    detection: Detection
    state: RegistryState = "not_asked"
    records: tuple[ConsentRecord, ...] = ()
    looks: tuple[FingerprintState, ...] = ()
    reason: str | None = field(default=None, compare=False)

    @property
    def consent_id(self) -> bytes:
        """The mark's id, 8 bytes."""
        return self.detection.payload or b""

    @property
    def record(self) -> ConsentRecord | None:
        """The record that counts: of this picture before others, and one that holds before others.

        Of two that hold, the one that forbids more.
        """
        ranked = sorted(
            zip(self.records, self.looks, strict=True),
            key=lambda pair: (
                pair[1] == "mismatch",
                pair[0].state() != "active",
                -sum(use != "allowed" for use in pair[0].entries.values()),
            ),
        )
        return ranked[0][0] if ranked else None

    @property
    def standing(self) -> ConsentStanding:
        """What the mark comes to."""
        record = self.record
        if record is None:
            return self.state if self.state != "found" else "unknown"
        if self.looks[self.records.index(record)] == "mismatch":
            return "other_picture"
        state = record.state()
        # One that could not be asked may hold what this one does not.
        return "unavailable" if state != "active" and self.state == "unavailable" else state

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        record = self.record
        return {
            "consent_id": self.consent_id.hex(),
            "standing": self.standing,
            "false_positive_probability": self.detection.false_positive_probability,
            "record": None if record is None else record.to_dict(),
            "reason": self.reason,
        }
