"""What a stranger may learn about a picture: the report of pages, services and sealed bundles."""

from __future__ import annotations

from indelible.verification.public._findings import searched
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
from indelible.verification.public._views import original_picture, views

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
    "original_picture",
    "public_report",
    "searched",
    "views",
]
