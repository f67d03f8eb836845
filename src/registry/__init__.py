"""The registry: where a watermark's id leads to the manifest that was signed with it."""

from __future__ import annotations

from indelible.registry.protocol import Record, Registry
from indelible.registry.sql import SqliteRegistry

__all__ = ["Record", "Registry", "SqliteRegistry"]
