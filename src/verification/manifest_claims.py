"""What a manifest says about its picture's beginning and its watermark, read for the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from indelible import watermark
from indelible.credentials import CredentialReport, ManifestReport, SourceType
from indelible.verification.verdict import Creation
from indelible.watermark import Key

__all__ = [
    "binds_watermark",
    "claimed_creation",
    "manifest_and_history",
    "named_payloads",
    "promises_watermark",
]

# Actions after which a mark may be missing although the picture could carry one. They explain a
# missing mark, never a different one.
_REMOVING: Final = frozenset(
    {"c2pa.cropped", "c2pa.drawing", "c2pa.filtered", "c2pa.resized", "c2pa.resized.proportional"}
)

# How a digital source type says that a picture began (IPTC's vocabulary). Composites, edits and
# screenshots are made from other pictures, whose marks they may carry honestly: they claim no
# creation.
_CREATIONS: Final[dict[str, Creation]] = {
    SourceType.GENERATED.value: "generated",
    SourceType.ALGORITHMIC.value: "created",
    SourceType.CAPTURED.value: "captured",
    "computationalCapture": "captured",
    "compositeCapture": "captured",
    "negativeFilm": "captured",
    "positiveFilm": "captured",
    "print": "captured",
    SourceType.HUMAN_MADE.value: "made",
    "digitalArt": "made",
    SourceType.HUMAN_EDITED.value: "made",
    "minorHumanEdits": "made",
}
_COMPOSED: Final = frozenset(
    {
        SourceType.COMPOSITE.value,
        SourceType.AI_EDITED.value,
        SourceType.SCREEN_CAPTURE.value,
        "algorithmicallyEnhanced",
        "compositeSynthetic",
    }
)


def claimed_creation(manifest: ManifestReport | None) -> Creation | None:
    """Return how a manifest says that its picture began; None where it does not say.

    Only the actions ``c2pa.created`` and ``c2pa.opened`` speak about the beginning: an editor who
    places something generated on a photograph says nothing about the photograph.
    """
    if manifest is None:
        return None
    for action in manifest.actions:
        known = _CREATIONS.get(action.source_type or "")
        if action.action == "c2pa.created":
            return known or (None if action.source_type in _COMPOSED else "created")
        if action.action == "c2pa.opened" and known is not None:
            return known
    return None


def promises_watermark(credential: CredentialReport, keys: Sequence[Key]) -> bool:
    """Whether the active manifest names one of these keys and nothing in it explains a lost mark.

    Crops, resizing, drawing and filtering after the watermarking explain one.
    """
    known = {(key.algorithm, key.id) for key in keys}
    named = any(
        (binding.algorithm, binding.key_id) in known for binding in credential.soft_bindings
    )
    steps = [action.action for action in credential.actions]
    marked = max((i for i, step in enumerate(steps) if "watermarked" in step), default=-1)
    return named and _REMOVING.isdisjoint(steps[marked + 1 :])


def binds_watermark(credential: CredentialReport, payload: bytes) -> bool:
    """Whether a manifest whose hashes fit names this id: that outranks any measurement."""
    return credential.integrity == "intact" and payload in set(
        named_payloads(credential.manifest, payload)
    )


def named_payloads(manifest: ManifestReport | None, payload: bytes | None) -> Iterator[bytes]:
    """Yield the watermark ids that a manifest or its history names.

    A picture that was protected, edited and protected again may carry the older mark; its manifest
    then names it in an ingredient. `payload`, the id in the pixels, is compared with every reading
    of a binding's stored value.
    """
    for one in manifest_and_history(manifest):
        for binding in one.soft_bindings:
            if not watermark.is_known(binding.algorithm):
                continue
            if payload is not None and binding.names(binding.algorithm, payload):
                yield payload
            else:
                yield binding.value


def manifest_and_history(manifest: ManifestReport | None) -> Iterator[ManifestReport]:
    """Yield a manifest and those of its ingredients, at every depth."""
    waiting = [] if manifest is None else [manifest]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(i.manifest for i in one.ingredients if i.manifest is not None)
