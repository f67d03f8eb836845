"""What a call was given, and the rest of what it needs, from the user's configuration.

A part that was given is never looked for, and a call that was given everything reads nothing of the
user's: neither settings, nor environment, nor home folder.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, get_args

from indelible import credentials
from indelible.arguments import Strength
from indelible.credentials import Generator, ManifestRequest, Signer, SourceType, Trust
from indelible.imaging import Limits
from indelible.registry import Registry
from indelible.settings import Settings, current
from indelible.watermark import Key

__all__ = ["Given", "Parts"]

DEFAULT_STRENGTH: Final = Settings().watermark.strength


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that marking, signing and registering need; see `protect`."""

    signer: Signer
    ring: tuple[Key, ...]
    registry: Registry
    trust: Trust
    strength: Strength
    request: ManifestRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a caller gave. Only what is missing is looked for in the user's configuration."""

    signer: Signer | None
    keys: tuple[Key, ...] | None
    registry: Registry | None
    generator: Generator | None
    source_type: SourceType | None
    manifest: ManifestRequest | None
    trust: Trust | None
    limits: Limits | None
    strength: str | None

    @property
    def complete(self) -> bool:
        """Whether the user's configuration is none of this call's business."""
        named = self.generator is not None or self.manifest is not None
        return named and None not in (self.signer, self.keys, self.registry)

    def limits_or_default(self) -> Limits:
        """Return the sizes above which a picture is refused."""
        if self.limits is not None:
            return self.limits
        return Limits() if self.complete else current().limits

    def completed(self) -> Parts:
        """Return what was given, and the rest from the configuration.

        In this order, so that the one notice about new identities names everything.
        """
        own = self.complete
        signer = current().signer() if self.signer is None else self.signer
        ring = self.keys
        if ring is None:
            ring = current().marking_keys()
        registry = current().registry() if self.registry is None else self.registry
        trust = self.trust
        if trust is None:
            trust = Trust.official() if own else current().trust()
        strength = self.strength
        if strength is None:
            strength = DEFAULT_STRENGTH if own else current().settings.watermark.strength
        return Parts(
            signer,
            tuple(dict.fromkeys(ring)),
            registry,
            trust,
            next(word for word in get_args(Strength) if word == strength),
            self._request(),
        )

    def _request(self) -> ManifestRequest:
        request, generator = self.manifest, self.generator
        if request is None:
            generator = current().generator if generator is None else generator
            request = ManifestRequest(credentials.new_manifest_id(), generator)
        elif generator is not None:
            request = dataclasses.replace(request, generator=generator)
        if self.source_type is not None:
            request = dataclasses.replace(request, source_type=self.source_type)
        return request
