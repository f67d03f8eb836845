"""What a stranger may learn about a picture: the report of pages, services and sealed bundles."""

from __future__ import annotations

from indelible.verification.public._report import public_report
from indelible.verification.public._schema import (
    VERSION,
    Action,
    Agreement,
    Ai,
    Changes,
    Findings,
    History,
    Line,
    ManifestFinding,
    Origin,
    Original,
    PublicReport,
    Region,
    Searched,
    Signal,
    WatermarkFinding,
)

__all__ = [
    "VERSION",
    "Action",
    "Agreement",
    "Ai",
    "Changes",
    "Findings",
    "History",
    "Line",
    "ManifestFinding",
    "Origin",
    "Original",
    "PublicReport",
    "Region",
    "Searched",
    "Signal",
    "WatermarkFinding",
    "public_report",
]
