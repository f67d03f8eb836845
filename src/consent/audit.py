"""An audit line for each decision: what was decided, by which policy, about which bytes; no pixels.

A line that cannot be written ends in an error, so that nothing passes without its line.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from indelible.files import append_line

__all__ = ["Audit", "AuditTrail", "audit_to", "log_audit"]

Audit: TypeAlias = Callable[[Mapping[str, Any]], object]
"""Takes one line: JSON-ready data. Whatever it raises, the picture does not pass."""

_log: Final = logging.getLogger("indelible.consent")


class AuditTrail(Protocol):
    """A registry's audit log; see `indelible.registry.SqlRegistry.audit`."""

    def append(self, *, actor: str, action: str, subject: str, reason: str | None = None) -> object:
        """Write the next entry."""
        ...


def log_audit(line: Mapping[str, Any]) -> None:
    """Write a line to the logger ``indelible.consent``, at level INFO: what a gate does alone."""
    _log.info("%s", _as_json(line))


def audit_to(place: str | os.PathLike[str] | AuditTrail) -> Audit:
    """Return what writes lines to a file, each as JSON, or into a registry's audit log.

    Parameters
    ----------
    place : path or AuditTrail
        A file, made for its owner only; or `SqlRegistry.audit`, whose entries are chained.
    """
    if isinstance(place, str | os.PathLike):
        path = os.fspath(place)
        return lambda line: append_line(path, _as_json(line).encode() + b"\n", mode=0o600)
    trail = place

    def write(line: Mapping[str, Any]) -> None:
        trail.append(
            actor=str(line.get("by") or "gate"),
            action="consent gate",
            subject=f"{line['decision']} {line['reference']}",
            reason=_as_json(line)[:4000],
        )

    return write


def _as_json(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"))
