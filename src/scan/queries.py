"""What is looked for: pictures, and lists of hashes, each from a file."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from indelible.consent import HashList
from indelible.errors import ImageError, UnsupportedImageError
from indelible.files import open_regular
from indelible.fingerprint import LEAST_QUALITY, Reference, pdq
from indelible.imaging import ImageFile, identify, open_image
from indelible.limits import DEFAULT_LIMITS, Limits
from indelible.verification import Verifier

__all__ = ["ENOUGH", "PictureQuery", "Query", "marks_of", "open_query"]

LOG: Final = logging.getLogger("indelible")

ENOUGH: Final = 1 << 16
"""Pixels with which a picture is hashed and compared: of a hash, up to 6 bits in 256 change."""

_HEAD: Final = 512
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """A picture whose copies are looked for.

    Attributes
    ----------
    name : str
        Of its file.
    sha256 : str
        Of its bytes, hexadecimal.
    hash : bytes or None
        PDQ; None where there is too little in it to hash.
    reference : Reference
        Others are laid upon it.
    marks : frozenset of bytes
        Ids of watermarks in it, of keys that are known here, and of consent marks.
    """

    name: str
    sha256: str
    hash: bytes | None
    reference: Reference = field(repr=False)
    marks: frozenset[bytes] = frozenset()


Query: TypeAlias = PictureQuery | HashList


def open_query(
    path: str | os.PathLike[str], verifier: Verifier, *, limits: Limits = DEFAULT_LIMITS
) -> Query:
    """Return what a file asks for: copies of a picture, or of those on a list.

    Parameters
    ----------
    path : path
        A picture, or a list: PDQ hashes, 64 hexadecimal digits a line; or what StopNCII (JSON) or
        NCMEC (XML) answered.
    verifier : Verifier
        Its keys are those with which marks are looked for in a picture.
    limits : Limits, optional
        What a picture may demand.

    Raises
    ------
    ConfigurationError
        If it cannot be read, or a list is none.
    ImageError
        If a picture cannot be read.
    MissingDependencyError
        A list of StopNCII or NCMEC, without the extra ``hashlists``.
    """
    name = os.path.basename(os.fspath(path))  # noqa: PTH119 - of a name as it is
    head = _head(path)
    match head.lstrip(_BLANKS)[:1]:
        case b"{" | b"[":
            return HashList.from_stopncii(path, name=name)
        case b"<":
            return HashList.from_ncmec(path, name=name)
        case _ if _is_picture(head):
            return _picture(name, open_image(path, limits=limits), verifier)
        case _:
            return HashList.from_file(path, name=name)


def marks_of(image: ImageFile, verifier: Verifier) -> frozenset[bytes]:
    """Return the ids of a picture's watermarks and consent marks; none where it cannot be decoded.

    Raises
    ------
    ImageError
        If it is no picture.
    """
    found = verifier.look_at_pixels(image)
    detections = [
        *([] if found.mark.detection is None else [found.mark.detection]),
        *(one.detection for one in found.mark.others),
        *found.consents,
    ]
    return frozenset(one.payload for one in detections if one.payload is not None)


def _picture(name: str, image: ImageFile, verifier: Verifier) -> PictureQuery:
    pixels = image.decode().pixels
    hashed = pdq(pixels)
    plain = hashed.quality < LEAST_QUALITY
    marks = marks_of(image, verifier)
    if plain:
        LOG.warning(
            "%s has too little detail for PDQ: only its bytes, its watermarks and, with "
            "--find-crops, the picture itself are looked for.",
            name,
        )
    return PictureQuery(
        name=name,
        sha256=hashlib.sha256(image.data).hexdigest(),
        hash=None if plain else hashed.hash,
        reference=Reference.from_image(np.ascontiguousarray(pixels)),
        marks=marks,
    )


def _head(path: str | os.PathLike[str]) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(_HEAD)
    except (OSError, ValueError):
        return b""  # whoever reads all of it says why it cannot


def _is_picture(head: bytes) -> bool:
    try:
        return bool(identify(head))
    except UnsupportedImageError:
        return True  # opening it says what it is
    except ImageError:
        return False
