"""Scanning: a verdict for each of many pictures, and what a scan found, counted."""

from __future__ import annotations

from indelible.scan.batch import scan_batch
from indelible.scan.finding import CopyFinder, Found
from indelible.scan.matches import Matches, match_table, matches
from indelible.scan.options import Finder, Only, ScanOptions
from indelible.scan.output import OutputFormat
from indelible.scan.progress import Progress
from indelible.scan.queries import open_query
from indelible.scan.report_page import html_page
from indelible.scan.report_words import tables, worded
from indelible.scan.reporting import ScanReport, report
from indelible.scan.scanning import ScanSummary, scan
from indelible.scan.schema import ddl_schema

__all__ = [
    "CopyFinder",
    "Finder",
    "Found",
    "Matches",
    "Only",
    "OutputFormat",
    "Progress",
    "ScanOptions",
    "ScanReport",
    "ScanSummary",
    "ddl_schema",
    "html_page",
    "match_table",
    "matches",
    "open_query",
    "report",
    "scan",
    "scan_batch",
    "tables",
    "worded",
]
