"""What a registry keeps for its operator alone: who had a picture made, and who asked for that.

A generation record is sealed before it reaches the database, and opened only for a reason that is
written into the audit log first. Nothing of it is in any public answer, and nothing in any log.
"""

from __future__ import annotations

from indelible.registry.private.anchors import append_anchor, read_anchors
from indelible.registry.private.audit import Anchor, AuditEntry, ChainReport, check_chain
from indelible.registry.private.generation import GenerationRecord, InputPicture
from indelible.registry.private.key_services import wrapper_named
from indelible.registry.private.record_keys import KeyWrapper, RecordKeys
from indelible.registry.private.sealed import SealedRecord
from indelible.registry.private.tracing import InputMatch, InputTrace, Trace, Tracer

__all__ = [
    "Anchor",
    "AuditEntry",
    "ChainReport",
    "GenerationRecord",
    "InputMatch",
    "InputPicture",
    "InputTrace",
    "KeyWrapper",
    "RecordKeys",
    "SealedRecord",
    "Trace",
    "Tracer",
    "append_anchor",
    "check_chain",
    "read_anchors",
    "wrapper_named",
]
