"""Which registered manifests a picture leads to, for who is asked and gives no verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indelible import fingerprint
from indelible.choices import Effort
from indelible.credentials import CredentialReport, PictureFingerprint, Trust
from indelible.errors import FingerprintError
from indelible.fingerprint import Reference
from indelible.imaging import ImageFile
from indelible.registry import Record, Registry
from indelible.verification.fingerprint_leg import find_resembling
from indelible.verification.pixel_leg import examine_pixels
from indelible.verification.registry_leg import validated
from indelible.watermark import Key, View

__all__ = ["Match", "find_matches"]


@dataclass(frozen=True, slots=True)
class Match:
    """A registered manifest that a picture leads to.

    Attributes
    ----------
    manifest_id : str
        Which one.
    algorithm : str
        What led to it: a watermark ("org.indelible.dft.2"), or the fingerprint
        ("org.indelible.pdq.1").
    """

    manifest_id: str
    algorithm: str


def find_matches(
    image: ImageFile, *, keys: Sequence[Key], registry: Registry, trust: Trust, effort: Effort
) -> tuple[Match, ...]:
    """Return the live manifests that the marks in a picture lead to, then those that it looks like.

    Parameters
    ----------
    image : ImageFile
        The picture.
    keys : sequence of Key
        The keys to look for marks with.
    registry : Registry
        Where to look.
    trust : Trust
        Whose signatures count.
    effort : Effort
        How hard to look for marks.

    Raises
    ------
    ImageError
        If nothing of the picture can be decoded.
    RegistryError
        If the registry cannot be asked.
    """
    found = examine_pixels(image, keys, CredentialReport("absent"), effort)
    matches: dict[str, Match] = {}
    main = found.mark.detection
    for mark in (main, *(other.detection for other in found.mark.others)):
        if mark is None or mark.payload is None or mark.algorithm is None:
            continue
        for record in registry.find(mark.algorithm, mark.payload):
            if record.status == "live":
                matches.setdefault(record.manifest_id, Match(record.manifest_id, mark.algorithm))
    if found.view is not None:
        for manifest_id in _alike(found.view, image, registry, trust, known=set(matches)):
            matches[manifest_id] = Match(manifest_id, PictureFingerprint.PDQ_ALGORITHM)
    return tuple(matches.values())


def _alike(
    view: View, image: ImageFile, registry: Registry, trust: Trust, *, known: set[str]
) -> Iterator[str]:
    """Yield those whose hash is near, and whose reference is of this picture, too."""
    for manifest_id in find_resembling(view, registry):
        record = None if manifest_id in known else registry.get(manifest_id)
        if record is None or record.status != "live":
            continue
        reference = _reference(record, image, trust)
        if reference is not None and fingerprint.compare(reference, view.pixels).same:
            yield manifest_id


def _reference(record: Record, image: ImageFile, trust: Trust) -> Reference | None:
    """Return what a record's picture looks like, as its manifest says, else as the record does."""
    manifest = validated(record.manifest_store, image, trust).manifest
    signed = None if manifest is None else manifest.fingerprint
    kept = record.fingerprint
    data = signed.reference if signed is not None else kept.reference if kept is not None else b""
    try:
        return Reference.from_bytes(data)
    except FingerprintError:
        return None
