"""What the service is made of: given once, used by every request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from fastapi import Request

from indelible.protection import Protector
from indelible.registry import Registry
from indelible.settings import ServiceSettings
from indelible.verification import Verifier

__all__ = ["Parts", "parts_of"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service is made of.

    Attributes
    ----------
    verifier : Verifier
        Looks for marks with the operator's keys, and looks them up.
    registry : Registry or None
        Where ids lead; None answers look-ups with nothing.
    settings : ServiceSettings
        How the service behaves.
    protector : Protector or None
        Protects pictures; without, the service does not.
    """

    verifier: Verifier
    registry: Registry | None
    settings: ServiceSettings = field(default_factory=ServiceSettings)
    protector: Protector | None = None


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves a request."""
    return cast("Parts", request.app.state.parts)
