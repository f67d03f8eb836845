"""The manifest that a picture holds: found, opened and checked once for each `ImageFile`.

Reading, signing and the questions before them all ask here. So one call walks a file once and
checks its manifest store once, however many steps need it, and the C2PA library is handed the store
that was checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from indelible.credentials.manifests.remote import remote_address
from indelible.credentials.store.opening import Store, open_store
from indelible.errors import ImageError, ManifestError, UnreadableImageError
from indelible.imaging import ImageFile, Located

__all__ = [
    "UNKNOWN_FORMAT",
    "Embedded",
    "UnreadableManifestError",
    "as_image",
    "embedded",
    "extract_store",
    "has_manifest",
    "store_to_read",
]

UNKNOWN_FORMAT: Final = "the bytes are of no known format"

# What was found goes with the picture that it was found in.
_found: Final[WeakKeyDictionary[ImageFile, Embedded]] = WeakKeyDictionary()


class UnreadableManifestError(Exception):
    """There is a manifest store, or a picture, that cannot be read."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a picture holds.

    Attributes
    ----------
    media_type : str or None
        Of the file; None for bytes of no format that could carry a manifest.
    located : Located or None
        Where the file holds a manifest store.
    store : Store or None
        That store, checked.
    address : str or None
        Where a file that holds no manifest says that one is kept.
    problem : str or None
        Why the manifest cannot be read.
    """

    media_type: str | None = None
    located: Located | None = field(default=None, repr=False)
    store: Store | None = field(default=None, repr=False)
    address: str | None = None
    problem: str | None = None


def as_image(image: ImageFile | bytes) -> ImageFile:
    """Return an encoded picture as one object; one that is an object already, itself."""
    return image if isinstance(image, ImageFile) else ImageFile(bytes(image))


def embedded(image: ImageFile) -> Embedded:
    """Return what a picture holds; asked again, what was found the first time."""
    found = _found.get(image)
    if found is None:
        found = _found[image] = _examined(image)
    return found


def _examined(image: ImageFile) -> Embedded:
    kind = _media_type(image)
    located = None
    try:
        located = image.manifest
        if located is not None:
            return Embedded(kind, located, open_store(located.store))
        return Embedded(kind, address=None if kind is None else remote_address(image))
    except (ValueError, KeyError, RecursionError) as error:
        return Embedded(kind, located, problem=_undecodable(error))


def _media_type(image: ImageFile) -> str | None:
    try:
        return image.media_type
    except ImageError:
        return None


def store_to_read(image: ImageFile, given: bytes | None = None) -> Store | None:
    """Return a picture's manifest store, checked; None if it holds none.

    Parameters
    ----------
    image : ImageFile
        The picture.
    given : bytes, optional
        A store from elsewhere, to be read instead of the picture's own. A registry often holds the
        very store that the picture does; that one is not checked again.

    Raises
    ------
    UnreadableManifestError
        If the store cannot be read, or the picture is of no known format.
    """
    found = embedded(image)
    if found.media_type is None:
        raise UnreadableManifestError(UNKNOWN_FORMAT)
    if given is not None and (found.store is None or found.store.data != given):
        try:
            return open_store(given)
        except ValueError as error:
            raise UnreadableManifestError(_undecodable(error)) from error
    if found.problem is not None and given is None:
        raise UnreadableManifestError(found.problem)
    return found.store


def _undecodable(error: Exception) -> str:
    return f"the manifest cannot be decoded: {error}"


def has_manifest(image: ImageFile | bytes) -> bool:
    """Whether a picture carries a manifest, readable or not, or the address of one."""
    found = embedded(as_image(image))
    return any(item is not None for item in (found.store, found.address, found.problem))


def extract_store(image: ImageFile | bytes) -> bytes | None:
    """Return the manifest store inside a picture (``application/c2pa``), or None.

    Raises
    ------
    ManifestError
        If there is one that cannot be read.
    UnreadableImageError
        If the bytes are no picture.
    """
    found = embedded(as_image(image))
    if found.media_type is None:
        raise UnreadableImageError(
            "the bytes are no picture that could carry Content Credentials",
            hint="Use a JPEG, PNG, WebP, AVIF, TIFF, GIF or HEIC file.",
        )
    if found.problem is not None:
        raise ManifestError(f"the picture's manifest cannot be read: {found.problem}")
    return None if found.store is None else found.store.data
