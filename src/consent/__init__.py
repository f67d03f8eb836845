"""Consent: what the owner of a picture asks, in every form, and the gate that heeds it.

`sign` is for a person and one photograph. `ConsentGate` is for whoever gives pictures to a model.
docs/consent.md describes the vocabulary, and what it binds.
"""

from __future__ import annotations

from indelible.consent.audit import Audit, audit_to
from indelible.consent.decision import CONSENT_DENIED, Decision, Finding, Override
from indelible.consent.gate import ConsentGate
from indelible.consent.hash_lists import HashList
from indelible.consent.policy import Policy
from indelible.consent.showing import Asked, look, record_lines
from indelible.consent.signing import SignedConsent, sign
from indelible.consent.vocabulary import EDITING, ENTRIES, MINING, STATEMENT

__all__ = [
    "CONSENT_DENIED",
    "EDITING",
    "ENTRIES",
    "MINING",
    "STATEMENT",
    "Asked",
    "Audit",
    "ConsentGate",
    "Decision",
    "Finding",
    "HashList",
    "Override",
    "Policy",
    "SignedConsent",
    "audit_to",
    "look",
    "record_lines",
    "sign",
]
