"""Asking others: a client of C2PA's Soft Binding Resolution API (1.0.0, 2.3.0 and 2.4.0).

A watermark is keyed: only who holds the key can look. So a generator answers for its own pictures,
to everybody who asks. Nobody is believed here: what comes back is bytes, which whoever asked has to
judge. Nothing is asked unless a resolver was given, and a picture is sent only with consent.
"""

from __future__ import annotations

from indelible.resolution.algorithms import Algorithm, find_algorithm, public_resolvers
from indelible.resolution.asking import ask_all
from indelible.resolution.question import Binding, Held, Question, Reply
from indelible.resolution.resolver import Resolver, check_address

__all__ = [
    "Algorithm",
    "Binding",
    "Held",
    "Question",
    "Reply",
    "Resolver",
    "ask_all",
    "check_address",
    "find_algorithm",
    "public_resolvers",
]
