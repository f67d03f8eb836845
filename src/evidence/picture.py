"""The picture of a bundle: its bytes, what they are called, and what they hash to."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

from indelible import fingerprint, imaging
from indelible.errors import IndelibleError
from indelible.evidence.facts import PictureFacts
from indelible.evidence.layout import safe_name
from indelible.imaging import ImageFile

__all__ = ["HeldPicture", "held"]


@dataclass(frozen=True, slots=True)
class HeldPicture:
    """The picture, and what is said of it.

    Attributes
    ----------
    image : ImageFile
        The picture, without the path that it came from: nothing may tell that.
    facts : PictureFacts
        Hashes and sizes.
    member : str
        What it is called in the bundle.
    """

    image: ImageFile = field(repr=False)
    facts: PictureFacts
    member: str

    def to_dict(self) -> dict[str, Any]:
        """Return what ``capture/picture.json`` says."""
        facts = self.facts
        return {
            "name": facts.name,
            "media_type": facts.media_type,
            "bytes": facts.size,
            "width": facts.width,
            "height": facts.height,
            "sha256": facts.sha256,
            "sha512": facts.sha512,
            "perceptual": {
                "algorithm": "PDQ",
                "hash": facts.pdq,
                "quality": facts.pdq_quality,
                "note": "For finding copies: of other pictures it can be the same. Below a "
                "quality of 50 it means nothing.",
            },
            "for_hash_programmes_only": {
                "md5": facts.md5,
                "sha1": facts.sha1,
                "note": "MD5 and SHA-1 are broken: somebody can make two files of one hash. They "
                "stand here because lists of known pictures go by them, and prove nothing.",
            },
        }


def held(data: bytes, name: str, *, limits: imaging.Limits) -> HeldPicture:
    """Look at a picture's bytes.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What it was called: of a path its last part is taken.
    limits : Limits
        What the file may demand.

    Raises
    ------
    ImageError
        If it is no picture, or over the limits.
    """
    image = imaging.open_image(data, limits=limits)
    header = image.header
    media_type = imaging.media_type(image.format)
    hashed = _looks(image)
    suffix = imaging.FORMATS[image.format].suffixes[0]
    facts = PictureFacts(
        name=_shown(name) or f"picture{suffix}",
        media_type=media_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        sha512=hashlib.sha512(data).hexdigest(),
        sha1=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        width=header.width,
        height=header.height,
        pdq=None if hashed is None else hashed.hex(),
        pdq_quality=None if hashed is None else hashed.quality,
    )
    return HeldPicture(image, facts, safe_name(name, suffix))


def _looks(image: ImageFile) -> fingerprint.Pdq | None:
    """Return the picture's PDQ hash; None where it cannot be decoded."""
    try:
        return fingerprint.pdq(image.decode(tolerant=True).pixels)
    except IndelibleError:
        return None


def _shown(name: str) -> str:
    """Return a file's own name on one line of letters that can be seen."""
    last = os.path.basename(name.replace("\\", "/"))  # noqa: PTH119 - a name, not a path here
    return "".join(one for one in last if one.isprintable())[:255]
