"""The pixel leg: the watermark in a picture, and what its plain metadata claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from indelible import credentials, watermark
from indelible.choices import Effort
from indelible.credentials import CredentialReport, Signal
from indelible.errors import MissingDependencyError, UnsupportedImageError
from indelible.imaging import Header, ImageFile
from indelible.languages import say
from indelible.verification.consent_leg import find_consents
from indelible.verification.coverage import measure_coverage
from indelible.verification.manifest_claims import binds_watermark, promises_watermark
from indelible.verification.marks_leg import find_others
from indelible.verification.result import WatermarkReport
from indelible.watermark import CONSENT_KEY, CONSENT_KEYS, ENOUGH_PIXELS, Detection, Key, View

__all__ = ["PixelFindings", "examine_metadata", "examine_pixels"]

_NO_KEY: Final = say("There is no watermark key here to look with.")
_NOT_ASKED: Final = say("The pixels were not to be looked at.")


@dataclass(frozen=True, slots=True)
class PixelFindings:
    """What decoding a picture showed.

    Attributes
    ----------
    mark : WatermarkReport
        The watermark.
    header : Header
        The file's header, which may say more than before: what only decoding shows.
    signals : tuple of Signal
        What plain metadata claims.
    view : View or None
        The picture; None where its kind cannot be decoded here.
    consents : tuple of Detection
        Consent marks, which say nothing of where the picture comes from.
    """

    mark: WatermarkReport
    header: Header
    signals: tuple[Signal, ...] = ()
    view: View | None = field(default=None, repr=False)
    consents: tuple[Detection, ...] = ()


def examine_pixels(
    image: ImageFile,
    keys: Sequence[Key],
    credential: CredentialReport,
    effort: Effort,
    *,
    consent: bool = False,
) -> PixelFindings:
    """Decode a picture, look for a mark in its pixels and for claims in its plain metadata.

    A damaged picture is decoded as viewers show it. One whose kind cannot be decoded here, because
    a codec is missing for example, leaves the other legs standing.

    Parameters
    ----------
    image : ImageFile
        The picture.
    keys : sequence of Key
        The generators' keys to look with; empty where there are none.
    credential : CredentialReport
        Its manifest, which may name the mark to expect.
    effort : Effort
        How hard to look for the mark.
    consent : bool
        Look for a consent mark, too.

    Raises
    ------
    ImageError
        If so much of the picture is damaged that nothing can be decoded.
    """
    # A thorough search looks at parts at their full size.
    enough = None if effort == "thorough" else ENOUGH_PIXELS
    try:
        picture = image.decode(tolerant=True, enough=enough)
    except (MissingDependencyError, UnsupportedImageError) as error:
        return PixelFindings(WatermarkReport("not_checked", reason=error.reason()), image.header)
    view = View(picture.pixels, picture.scale)
    mark, consents = _find_marks(image, view, keys, credential, effort, consent=consent)
    signals = credentials.find_signals(picture.metadata)
    return PixelFindings(mark, picture.header, signals, view, consents)


def examine_metadata(image: ImageFile) -> PixelFindings:
    """Look for claims in a picture's plain metadata alone: not a pixel is decoded.

    Raises
    ------
    ImageError
        If it is no picture.
    """
    mark = WatermarkReport("not_checked", reason=_NOT_ASKED)
    return PixelFindings(mark, image.header, credentials.find_signals(image.metadata))


def _find_marks(
    image: ImageFile,
    view: View,
    keys: Sequence[Key],
    credential: CredentialReport,
    effort: Effort,
    *,
    consent: bool,
) -> tuple[WatermarkReport, tuple[Detection, ...]]:
    """Return the mark of a generator, with those beside it, and the consent marks."""
    mark = _find_mark(image, view, keys, credential, effort)
    below: Sequence[Detection] = ()
    if mark.detection is not None and mark.detection.payload is not None:
        ring = (*keys, CONSENT_KEY) if consent else keys
        below = watermark.detect_superposed(view, ring, mark.detection)
        others = [one for one in below if one.key_id not in CONSENT_KEYS]
        mark = find_others(view, keys, mark, credential, effort, superposed=others)
    if not consent:
        return mark, ()
    # A consent mark is looked for less hard: 20 ms instead of 50 (python -m benchmarks.consent).
    return mark, find_consents(view, "standard" if effort == "thorough" else "quick", below)


def _find_mark(
    image: ImageFile,
    view: View,
    keys: Sequence[Key],
    credential: CredentialReport,
    effort: Effort,
) -> WatermarkReport:
    """Return the mark of a generator that the verdict is to rest on."""
    if not keys:
        return WatermarkReport("not_checked", reason=_NO_KEY)
    promised = next((key for key in keys if promises_watermark(credential, (key,))), None)
    detection = _detect(view, keys, promised, effort)
    if detection.payload is None:
        can_carry = None if promised is None else _can_carry(image, view, promised)
        return WatermarkReport(
            "not_found", detection, keys=len(keys), can_carry=can_carry, effort=effort
        )
    key = next(key for key in keys if key.id == detection.key_id)
    # Where the signed hash fits, it says more than a measurement.
    bound = binds_watermark(credential, detection.payload)
    coverage = measure_coverage(view, key, detection, regions=not bound)
    return WatermarkReport(
        "found",
        detection,
        coverage.regions_gone,
        area=coverage.area,
        keys=len(keys),
        effort=effort,
    )


def _can_carry(image: ImageFile, view: View, key: Key) -> bool:
    """Whether the picture itself could carry a mark, whatever a reduced copy of it could."""
    whole = view.pixels if view.scale == 1 else image.decode(tolerant=True).pixels
    return watermark.can_carry(whole, key)


def _detect(view: View, keys: Sequence[Key], promised: Key | None, effort: Effort) -> Detection:
    """Return the strongest mark; beside another key's, that of the key which the manifest names."""
    strongest = watermark.detect(view, keys, effort=effort)
    if promised is None or strongest.key_id in (None, promised.id):
        return strongest
    named = watermark.detect(view, promised, effort=effort)
    return named if named.found else strongest
