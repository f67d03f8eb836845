"""The original as it was signed: the preview in a manifest, else the blurred sketch."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from scipy import ndimage

from indelible import imaging
from indelible.credentials import Standing
from indelible.errors import IndelibleError
from indelible.fingerprint import Reference
from indelible.imaging import ImageFile
from indelible.languages import say
from indelible.verification.public import _schema as schema
from indelible.verification.public._drawing import Homography, Pixels, fitted, rgb
from indelible.verification.result import Verification
from indelible.verification.signed_picture import PREVIEW_LIMITS, SignedPicture, signed_picture

__all__ = ["Original", "find_original"]

_MOST_SIDE: Final = 512  # px of a preview that is shown
_SKETCH_SIDE: Final = 384  # px of a sketch, whose own cells are about 50 a side

_log: Final = logging.getLogger("indelible")


@dataclass(frozen=True, slots=True)
class Original:
    """What there is to show of the picture as it was signed.

    Attributes
    ----------
    kind : {"thumbnail", "sketch"}
        The preview in the manifest, or the grey sketch of its fingerprint.
    about : {"recovered", "manifest"}
        Whose it is.
    standing : {"trusted", "untrusted", "broken"}
        What that manifest is worth.
    pixels : uint8 (h, w, 3)
        RGB, at most 512 px a side. It shows all of the original.
    size : (int, int) or None
        The original's height and width; None where it is not known.
    geometry : float64 (3, 3) or None
        Homography from the original's pixels to those of the picture in hand, where it is known
        that this is the same picture.
    """

    kind: Literal["thumbnail", "sketch"]
    about: Literal["recovered", "manifest"]
    standing: Standing
    pixels: Pixels = field(repr=False)
    size: tuple[int, int] | None = None
    geometry: Homography | None = field(default=None, repr=False)

    def described(self) -> schema.Original:
        """Return what is said of it."""
        height, width = self.pixels.shape[:2]
        return schema.Original(
            kind=self.kind,
            where=self.about,
            standing=self.standing,
            claim=self.standing != "trusted",
            label=_label(self),
            width=width,
            height=height,
            aligned=self.size is not None and self.geometry is not None,
        )


def _label(original: Original) -> str:
    if original.kind == "sketch":
        return say("A blurred sketch of the picture as it was registered: it shows no details.")
    if original.standing != "trusted":
        return say(
            "What is said to be the original, in a manifest whose signer could not be verified."
        )
    if original.about == "recovered":
        return say("The original, from the manifest that the watermark led to.")
    return say("The original, from the manifest in the file.")


def find_original(result: Verification, image: ImageFile | None = None) -> Original | None:
    """Return what there is to show of the picture as it was signed, if anything may be shown.

    Nothing of a manifest that is broken, was taken back, or is about another picture; and of a
    manifest in the file nothing unless its signer is trusted: anybody can sign anything and put it
    into a file, while what the watermark leads to is in a registry that is believed.

    Parameters
    ----------
    result : Verification
        What was found.
    image : ImageFile, optional
        The picture: its own manifest is read from it.
    """
    about = _about(result)
    if about is None or result.fingerprint.state == "mismatch":
        return None
    signed = signed_picture(about, image, result.credential, result.registry)
    if signed.standing == "broken" or (about == "manifest" and signed.standing != "trusted"):
        return None
    reference = _reference(signed, result)
    preview = None if signed.preview is None else _decoded(signed.preview)
    size = None if reference is None else reference.size
    geometry = result.fingerprint.geometry if result.fingerprint.about == about else None
    if preview is not None:
        shown = fitted(preview, _MOST_SIDE)
        return Original("thumbnail", about, signed.standing, shown, size, geometry)
    if reference is not None:
        return Original("sketch", about, signed.standing, _drawn(reference), size, geometry)
    return None


def _about(result: Verification) -> Literal["recovered", "manifest"] | None:
    recovered, looks = result.registry, result.fingerprint
    if looks.about == "manifest":
        return "manifest"
    # Where the file's own manifest holds and names the mark, the original is in hand.
    compared = looks.about == "recovered" or result.credential.integrity != "intact"
    if recovered.credential is not None and recovered.status == "live" and compared:
        return "recovered"
    return None


def _reference(signed: SignedPicture, result: Verification) -> Reference | None:
    """Return the signed sketch, else the one that the registry holds."""
    data = signed.reference
    if data is None and signed.about == "recovered" and result.registry.fingerprint is not None:
        data = result.registry.fingerprint.reference
    if data is None:
        return None
    try:
        return Reference.from_bytes(data)
    except IndelibleError:
        _log.info("a reference cannot be read", exc_info=True)
        return None


def _decoded(preview: bytes) -> Pixels | None:
    """Return a preview's pixels: what strangers encoded is never handed on as it is."""
    try:
        return rgb(imaging.decode(preview, limits=PREVIEW_LIMITS).pixels)
    except IndelibleError:
        _log.info("a preview in a manifest cannot be read", exc_info=True)
        return None


def _drawn(reference: Reference) -> Pixels:
    """Return the sketch, enlarged smoothly, in the original's proportions."""
    height, width = reference.size
    scale = _SKETCH_SIDE / max(height, width)
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    cells = reference.thumbnail().astype(np.float32)
    rows = (np.arange(shape[0]) + 0.5) * cells.shape[0] / shape[0] - 0.5
    columns = (np.arange(shape[1]) + 0.5) * cells.shape[1] / shape[1] - 0.5
    where = np.meshgrid(rows, columns, indexing="ij")
    drawn = ndimage.map_coordinates(cells, where, order=1, mode="nearest")
    grey = np.clip(np.rint(drawn), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
