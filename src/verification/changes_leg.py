"""Where a picture was changed: compared with the preview in a signed manifest.

Only what was signed is compared with, and only where the fingerprint has shown that the manifest is
about this picture, and how one lies on the other.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible import fingerprint, imaging, watermark
from indelible.credentials import CredentialReport
from indelible.errors import IndelibleError, WatermarkError
from indelible.fingerprint import Changes, Reference
from indelible.imaging import ImageFile
from indelible.languages import say
from indelible.verification.change_report import ChangedRegion, ChangeReport
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.resolver_report import ResolverReport
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.verification.signed_picture import PREVIEW_LIMITS, signed_picture
from indelible.watermark import Key, View

__all__ = ["find_changes"]

_CELL: Final = 8  # px: the presence map is no finer

_UNCHANGED: Final = say("The manifest's hash holds: nothing that it covers was changed.")
_NO_MANIFEST: Final = say("No manifest is known to be about this picture, so there is no original.")
_NOT_PLACED: Final = say("It is not known how this picture lies on the original.")
_BROKEN: Final = say("The manifest does not hold, so its preview is nobody's.")
_NO_PREVIEW: Final = say(
    "The manifest holds no preview of the original (protect with a thumbnail puts one in)."
)
_UNREADABLE: Final = say("The preview in the manifest cannot be read.")

_log: Final = logging.getLogger("indelible")


def find_changes(
    view: View | None,
    image: ImageFile,
    keys: Sequence[Key],
    mark: WatermarkReport,
    credential: CredentialReport,
    recovered: RegistryReport | ResolverReport,
    looks: FingerprintReport,
) -> ChangeReport:
    """Find where a picture differs from the one that was signed.

    Parameters
    ----------
    view : View or None
        The picture; None where it cannot be decoded.
    image : ImageFile
        Its file.
    keys, mark
        The mark that was found, and the keys that were looked with.
    credential, recovered
        The file's manifest, and what the mark's id, or a resolver, led to.
    looks : FingerprintReport
        Which of the two is about this picture, and how this picture lies on the original.

    Returns
    -------
    ChangeReport
        Costs about half a second.
    """
    if credential.integrity == "intact":
        return ChangeReport(reason=_UNCHANGED)
    if view is None or looks.state != "match" or looks.about is None:
        return ChangeReport(reason=_NO_MANIFEST)
    if looks.geometry is None:
        return ChangeReport(reason=_NOT_PLACED)
    signed = signed_picture(looks.about, image, credential, recovered)
    if signed.standing == "broken" or signed.preview is None or signed.reference is None:
        return ChangeReport(reason=_BROKEN if signed.standing == "broken" else _NO_PREVIEW)
    try:
        original = imaging.decode(signed.preview, limits=PREVIEW_LIMITS).pixels
        size = Reference.from_bytes(signed.reference).size
        geometry = view.from_picture(looks.geometry)
        found = fingerprint.changes(original, size, view.pixels, geometry)
    except IndelibleError:
        _log.info("a preview in a manifest cannot be read", exc_info=True)
        return ChangeReport(reason=_UNREADABLE)
    return ChangeReport(
        "compared",
        about=looks.about,
        standing=signed.standing,
        share=found.share,
        visible=float(found.compared.mean()),
        regions=_regions(found, view, _presence(view, keys, mark)),
        mask=found.mask,
        compared=found.compared,
        to_picture=view.to_picture(found.to_picture),
    )


def _presence(view: View, keys: Sequence[Key], mark: WatermarkReport) -> NDArray[np.float32] | None:
    """Return how likely the mark stands in each cell of the picture."""
    found = mark.detection
    key = next((one for one in keys if found is not None and one.id == found.key_id), None)
    if key is None or found is None:
        return None
    try:
        return watermark.presence(view, key, found, cell=_CELL)
    except WatermarkError:
        return None


def _regions(
    found: Changes, view: View, presence: NDArray[np.float32] | None
) -> tuple[ChangedRegion, ...]:
    """Return the regions in the whole picture's pixels, with what is left of the mark in each."""
    regions = []
    for one in found.regions:
        left, top, right, bottom = (side * view.scale for side in one.picture)
        there = None
        if presence is not None:
            rows = slice(top // _CELL, max(top // _CELL + 1, bottom // _CELL))
            columns = slice(left // _CELL, max(left // _CELL + 1, right // _CELL))
            inside = presence[rows, columns]
            there = float(inside.mean()) if inside.size else None
        regions.append(ChangedRegion(one.original, (left, top, right, bottom), one.share, there))
    return tuple(regions)
