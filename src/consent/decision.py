"""What a gate decides about one picture, and what of that the one who sent it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from indelible.errors import ArgumentError

__all__ = ["CONSENT_DENIED", "Decision", "Effect", "Finding", "Kind", "Override"]

Kind = Literal[
    "manifest", "consent_mark", "generators_mark", "metadata", "header", "listed", "override"
]
"""Where a finding comes from."""

Effect = Literal["deny", "warn", "note"]
"""What a finding does: refuse the picture, or be written down."""

CONSENT_DENIED: Final = "consent_denied"
_DENIED: Final = (
    "The picture cannot be used here: somebody has asked that it is not given to a model."
)
_ALLOWED: Final = "Nothing in the picture asks that it is not given to a model."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks for or against giving a picture to a model.

    Attributes
    ----------
    kind : str
        Where it was found.
    code : str
        What it is, for machines ("registered", "unregistered", "withdrawn", ...).
    effect : {"deny", "warn", "note"}
        What it does.
    words : str
        The same in words, for who runs the gate.
    final : bool
        Whether nobody may override it.
    """

    kind: Kind
    code: str
    effect: Effect
    words: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody's will to let a picture pass that is refused; it is written into the audit.

    Attributes
    ----------
    scope : str
        The scope of the token that it comes with; the policy says which count.
    reason : str
        Why.
    by : str
        Who.
    """

    scope: str
    reason: str
    by: str

    def __post_init__(self) -> None:
        for name in ("scope", "reason", "by"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip() or len(value) > 1000:
                raise ArgumentError(
                    name, f"{name} of an override is empty, or too long.", hint="Say it briefly."
                )


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a picture may be given to a model.

    Attributes
    ----------
    allowed : bool
        The decision.
    reference : str
        Names this decision in the audit. It is all that a refused person needs to appeal.
    findings : tuple of Finding
        What it rests on. Not for who sent the picture: a gate is an oracle.
    policy : str
        Version of the policy.
    overridden : bool
        Whether somebody let it pass who may.
    """

    allowed: bool
    reference: str
    findings: tuple[Finding, ...]
    policy: str
    overridden: bool = False

    @property
    def code(self) -> str | None:
        """``"consent_denied"``, or None where the picture may pass."""
        return None if self.allowed else CONSENT_DENIED

    @property
    def words(self) -> str:
        """What the one who sent the picture may be told: no record, and no list."""
        if self.allowed:
            return _ALLOWED
        return f"{_DENIED} Reference: {self.reference}."

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What asks for something that the policy does not refuse."""
        return tuple(one for one in self.findings if one.effect == "warn")

    def to_dict(self) -> dict[str, Any]:
        """Return what the one who sent the picture may be told, as JSON-ready data."""
        return {
            "allowed": self.allowed,
            "code": self.code,
            "reference": self.reference,
            "message": self.words,
        }
