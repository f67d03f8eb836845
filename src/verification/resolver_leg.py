"""The resolver leg: what servers of others answer about a picture, judged here.

A resolver is anybody's, and never believed. What it sends counts only as far as it holds by itself:
the signature, whose trust is decided here, and that it is about this picture. Whatever it sends, a
verdict is never ``suspect`` for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from indelible.credentials import CredentialReport, Trust
from indelible.imaging import ImageFile
from indelible.languages import say
from indelible.resolution import Binding, Held, Question, Reply, Resolver, ask_all
from indelible.verification.fingerprint_leg import compare_with_sent
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.pixel_leg import PixelFindings
from indelible.verification.registry_leg import validated
from indelible.verification.resolver_report import AskedBy, ResolverReport
from indelible.verification.result import RegistryReport, WatermarkReport

__all__ = ["ask_resolvers"]

_MOST_CLAIMED: Final = 3  # ids that the file's manifest names, and somebody is asked for
_LONGEST_VALUE: Final = 64 * 1024  # bytes of one: a stranger wrote it

_SIGNED: Final = say("The file's own manifest says who signed it.")
_HELD: Final = say("The registry here holds the watermark's id.")


def ask_resolvers(
    resolvers: Sequence[Resolver],
    image: ImageFile,
    credential: CredentialReport,
    pixels: PixelFindings,
    recovered: RegistryReport,
    *,
    trust: Trust,
    send_picture: bool,
) -> tuple[ResolverReport, ...]:
    """Ask resolvers about a picture, where their answer can matter, and judge what they send.

    Parameters
    ----------
    resolvers : sequence of Resolver
        Whom to ask.
    image : ImageFile
        The picture.
    credential : CredentialReport
        What its own manifest says: where that holds, of a trusted signer, nobody is asked.
    pixels : PixelFindings
        The watermark in it.
    recovered : RegistryReport
        What its id led to in the registry: where that holds it, nobody is asked.
    trust : Trust
        Whose signatures count.
    send_picture : bool
        Whether the picture may be sent where no id leads to a manifest.

    Returns
    -------
    tuple of ResolverReport
        One for each. Of those whose manifest counts, the best one is `chosen`.
    """
    pointless = _pointless(credential, recovered)
    if pointless is not None:
        return tuple(ResolverReport(one.address, "not_asked", pointless) for one in resolvers)
    question = Question(
        bindings=_bindings(pixels.mark, credential),
        picture=image.data if send_picture else None,
        media_type=image.media_type,
        withheld=not send_picture,
    )
    judging = _Judging(image, pixels, trust)
    replies = ask_all(resolvers, question)
    pairs = zip(resolvers, replies, strict=True)
    return _with_choice([judging.report(one.address, reply) for one, reply in pairs])


def _pointless(credential: CredentialReport, recovered: RegistryReport) -> str | None:
    """Return why no answer could say more than what is known, or None."""
    if credential.standing_as_signed == "trusted":
        return _SIGNED
    return _HELD if recovered.state == "found" else None


def _bindings(mark: WatermarkReport, credential: CredentialReport) -> tuple[Binding, ...]:
    """Return the ids to ask for: that in the pixels, then those that the file's manifest names."""
    found: list[Binding] = []
    detection = mark.detection
    if detection is not None and detection.payload is not None and detection.algorithm is not None:
        found.append(Binding(detection.algorithm, detection.payload, in_pixels=True))
    claimed = [
        Binding(one.algorithm, one.value)
        for one in credential.soft_bindings
        if len(one.value) <= _LONGEST_VALUE
        and not any(one.names(seen.algorithm, seen.value) for seen in found)
    ]
    return (*found, *claimed[:_MOST_CLAIMED])


def _with_choice(reports: list[ResolverReport]) -> tuple[ResolverReport, ...]:
    """Choose the best manifest of all: of a trusted signer, then one that the looks confirm."""
    candidates = [one for one in reports if one.counts]
    best = min(candidates, key=_preference, default=None)
    return tuple(replace(one, chosen=True) if one is best else one for one in reports)


def _preference(report: ResolverReport) -> tuple[bool, bool, bool]:
    return (not report.counts, report.standing != "trusted", not report.is_about)


@dataclass(slots=True)
class _Judging:
    """Judges what resolvers send about one picture; the same manifest is validated once."""

    image: ImageFile
    pixels: PixelFindings
    trust: Trust
    _known: dict[bytes, CredentialReport] = field(default_factory=dict)
    _looks: dict[tuple[bytes, bool], FingerprintReport] = field(default_factory=dict)

    def report(self, address: str, reply: Reply) -> ResolverReport:
        """Return what one resolver's answer is worth."""
        plain = ResolverReport(
            address,
            reply.state,
            reply.reason,
            sent_picture=reply.sent_picture,
            looked=reply.looked,
            withheld=reply.withheld,
        )
        judged = [self._judged(plain, held) for held in reply.held]
        if not judged:
            return plain
        best = min(judged, key=_preference)
        ids = dict.fromkeys(
            one.manifest_id for one in judged if one is not best and one.manifest_id is not None
        )
        return replace(best, others=tuple(ids))

    def _judged(self, plain: ResolverReport, held: Held) -> ResolverReport:
        binding = held.binding
        digest = hashlib.sha256(held.store).digest()
        report = self._known.get(digest)
        if report is None:
            report = self._known[digest] = validated(held.store, self.image, self.trust)
        judged = replace(
            plain,
            manifest_id=report.manifest_id or held.manifest_id,
            manifest_store=held.store,
            credential=report,
            asked_by=_asked_by(binding),
            names_payload=binding is not None
            and any(one.names(binding.algorithm, binding.value) for one in report.soft_bindings),
        )
        if judged.integrity != "intact" or (binding is not None and not judged.names_payload):
            return judged  # its looks would change nothing
        placed = binding is not None and binding.in_pixels
        looks = self._looks.get((digest, placed))
        if looks is None:
            mark = self.pixels.mark if placed else WatermarkReport("not_found")
            looks = compare_with_sent(self.pixels.view, mark, report)
            self._looks[digest, placed] = looks
        return replace(judged, fingerprint=looks)


def _asked_by(binding: Binding | None) -> AskedBy:
    if binding is None:
        return "content"
    return "pixels" if binding.in_pixels else "claim"
