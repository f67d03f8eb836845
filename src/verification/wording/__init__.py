"""The words of every face: one cause, one sentence, whoever shows it.

Everything here returns plain text in plain shapes. It holds text of strangers as it stands: a face
that draws on a terminal or a page cleans or escapes it. The verdicts' own words are in `verdict`.
"""

from __future__ import annotations

from indelible.verification.wording._ai import ai_cell, ai_line
from indelible.verification.wording._changes import changes_line, map_legend
from indelible.verification.wording._consent import CONSENT_ASKS, consent_line, consent_words
from indelible.verification.wording._history import history
from indelible.verification.wording._inspection import (
    NO_CERTIFICATES,
    certificate_facts,
    certificates_heading,
    profile_table,
    unseen_line,
)
from indelible.verification.wording._legs import (
    evidence_lines,
    manifest_line,
    other_line,
    registry_line,
    watermark_line,
)
from indelible.verification.wording._notes import HARDER, notes
from indelible.verification.wording._origins import (
    claims,
    how_to_look,
    origin_cell,
    origin_heading,
    origins,
)
from indelible.verification.wording._overview import Overview, detection_table, overview
from indelible.verification.wording._report import Report, reasons, report
from indelible.verification.wording._resolvers import (
    consent_question,
    resolver_line,
    whom_to_ask,
)
from indelible.verification.wording._shapes import Cell, Item, Node, Section, Table
from indelible.verification.wording._signals import (
    SIGNALS_CAUTION,
    SIGNALS_HEADING,
    signal_cell,
    signal_table,
    signal_text,
)
from indelible.verification.wording._vocabulary import (
    DEVELOPMENT_NOTE,
    SOURCE_WORDS,
    action_words,
    probability,
    relation_words,
    step_words,
    time_words,
)

__all__ = [
    "CONSENT_ASKS",
    "DEVELOPMENT_NOTE",
    "HARDER",
    "NO_CERTIFICATES",
    "SIGNALS_CAUTION",
    "SIGNALS_HEADING",
    "SOURCE_WORDS",
    "Cell",
    "Item",
    "Node",
    "Overview",
    "Report",
    "Section",
    "Table",
    "action_words",
    "ai_cell",
    "ai_line",
    "certificate_facts",
    "certificates_heading",
    "changes_line",
    "claims",
    "consent_line",
    "consent_question",
    "consent_words",
    "detection_table",
    "evidence_lines",
    "history",
    "how_to_look",
    "manifest_line",
    "map_legend",
    "notes",
    "origin_cell",
    "origin_heading",
    "origins",
    "other_line",
    "overview",
    "probability",
    "profile_table",
    "reasons",
    "registry_line",
    "relation_words",
    "report",
    "resolver_line",
    "signal_cell",
    "signal_table",
    "signal_text",
    "step_words",
    "time_words",
    "unseen_line",
    "watermark_line",
    "whom_to_ask",
]
