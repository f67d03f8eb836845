"""What a registry keeps for its operator alone: who had a picture made, and who asked for that.

A generation record is sealed before it reaches the database, and opened only for a reason that is
written into the audit log first. Nothing of it is in any public answer, and nothing in any log.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from indelible.registry.private.anchors import append_anchor, read_anchors
from indelible.registry.private.audit import Anchor, AuditEntry, ChainReport, check_chain
from indelible.registry.private.generation import GenerationRecord, InputPicture
from indelible.registry.private.key_services import wrapper_named
from indelible.registry.private.receipts import (
    RECEIPT_ACTION,
    RECEIPT_PROOF,
    Inclusion,
    follows,
    inclusion,
)
from indelible.registry.private.record_keys import KeyWrapper, RecordKeys
from indelible.registry.private.sealed import SealedRecord
from indelible.registry.private.tracing import InputMatch, InputTrace, Trace, Tracer

if TYPE_CHECKING:
    from indelible.registry.private.tokens import Token, TokenStore, open_tokens

__all__ = [
    "RECEIPT_ACTION",
    "RECEIPT_PROOF",
    "Anchor",
    "AuditEntry",
    "ChainReport",
    "GenerationRecord",
    "Inclusion",
    "InputMatch",
    "InputPicture",
    "InputTrace",
    "KeyWrapper",
    "RecordKeys",
    "SealedRecord",
    "Token",
    "TokenStore",
    "Trace",
    "Tracer",
    "append_anchor",
    "check_chain",
    "follows",
    "inclusion",
    "open_tokens",
    "read_anchors",
    "wrapper_named",
]

if not TYPE_CHECKING:  # checkers see the import above, and know of no other name

    def __getattr__(name: str) -> object:
        """Import what needs a database when it is asked for."""
        if name in ("Token", "TokenStore", "open_tokens"):
            return getattr(importlib.import_module(f"{__name__}.tokens"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
