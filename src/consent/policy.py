"""What a gate refuses: one frozen value, which every decision names by its version."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal, get_args

from indelible.choices import DEFAULT_EFFORT, Effort
from indelible.consent.vocabulary import EDITING
from indelible.errors import ArgumentError
from indelible.fingerprint import LEAST_QUALITY, MATCHING
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = ["Policy"]

Answer = Literal["deny", "allow"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a gate refuses. The defaults refuse where there is doubt.

    Attributes
    ----------
    entries : tuple of str
        Entries of ``cawg.training-mining`` and of records of consent that refuse a picture where
        they read ``notAllowed``. By default those that speak of giving it to a model:
        ``cawg.ai_inference``, ``org.indelible.ai_editing`` and ``org.indelible.likeness``.
    signers : {"any", "trusted"}
        Whose manifests are heeded. A prohibition costs an attacker nothing, and gains him nothing,
        so that by default anybody's is.
    unregistered : {"deny", "allow"}
        A consent mark whose id nobody who was asked holds. Most people have no registry, so that by
        default the mark alone is believed.
    unavailable : {"deny", "allow"}
        A mark whose record could not be looked up, because a registry cannot be reached.
    mining : {"warn", "deny"}
        What speaks of mining and training only: ``plus:DataMining``, headers, the other entries.
    hash_distance, hash_quality : int
        Up to how many of 256 bits a listed hash may differ, 0 to 31, and the least quality of a
        hash that is compared.
    override_scopes : frozenset of str
        Scopes with which somebody may let a refused picture pass, with a reason, on record. By
        default there are none. What is on a list stays refused.
    effort : "quick", "standard" or "thorough"
        How hard to look for marks.
    limits : Limits
        Sizes above which a picture is refused from its header.
    """

    entries: tuple[str, ...] = EDITING
    signers: Literal["any", "trusted"] = "any"
    unregistered: Answer = "deny"
    unavailable: Answer = "deny"
    mining: Literal["warn", "deny"] = "warn"
    hash_distance: int = MATCHING
    hash_quality: int = LEAST_QUALITY
    override_scopes: frozenset[str] = frozenset()
    effort: Effort = DEFAULT_EFFORT
    limits: Limits = field(default=DEFAULT_LIMITS)

    def __post_init__(self) -> None:
        choices: dict[str, tuple[str, ...]] = {
            "signers": ("any", "trusted"),
            "unregistered": get_args(Answer),
            "unavailable": get_args(Answer),
            "mining": ("warn", "deny"),
            "effort": get_args(Effort),
        }
        for name, words in choices.items():
            if getattr(self, name) not in words:
                raise ArgumentError(
                    name,
                    f"{name} is {getattr(self, name)!r}.",
                    hint=f"Give one of {', '.join(words)}.",
                )
        if not 0 <= self.hash_distance <= MATCHING or not 0 <= self.hash_quality <= 100:
            raise ArgumentError(
                "hash_distance",
                f"A hash within {self.hash_distance} bits, of quality {self.hash_quality}.",
                hint=f"Give a distance of 0 to {MATCHING}, and a quality of 0 to 100.",
            )

    @property
    def version(self) -> str:
        """12 hexadecimal digits that differ where anything in the policy differs."""
        values = dataclasses.asdict(self) | {"override_scopes": sorted(self.override_scopes)}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
