"""Scanning: a verdict for each of many pictures."""

from __future__ import annotations

from indelible.scan.batch import scan_batch
from indelible.scan.options import Finder, Only, ScanOptions

__all__ = ["Finder", "Only", "ScanOptions", "scan_batch"]
