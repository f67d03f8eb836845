"""The history of a picture that is signed anew: which manifests go on, as the new one's parent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from indelible.credentials.manifests import _c2pa
from indelible.credentials.manifests.definitions import Definition
from indelible.credentials.manifests.embedded import (
    UNKNOWN_FORMAT,
    UnreadableManifestError,
    embedded,
    store_to_read,
)
from indelible.credentials.manifests.request import PARENT_INSTANCE
from indelible.credentials.source_types import SourceType
from indelible.credentials.store.opening import Store
from indelible.errors import ManifestError, UnreadableImageError
from indelible.imaging import ImageFile

__all__ = ["parent_ingredient"]


@dataclass(frozen=True, slots=True)
class _History:
    """The manifests of a file, from the file or recovered for it, or only their address."""

    image: ImageFile
    recovered: Store | None = None
    summary: dict[str, Any] = field(default_factory=dict, repr=False)
    remote: bool = False

    @property
    def active(self) -> str | None:
        return self.summary.get("active_manifest")

    @property
    def manifests(self) -> dict[str, Any]:
        return self.summary.get("manifests") or {}


def parent_ingredient(
    image: ImageFile,
    request: Definition,
    settings: _c2pa.Settings,
    *,
    parent: ImageFile | None,
    parent_store: bytes | None,
) -> _c2pa.Ingredient | None:
    """Return the ingredient that carries a picture's history on, or None if there is none.

    Parameters
    ----------
    image : ImageFile
        The picture that is to be signed.
    request : Definition
        What its new manifest is to say.
    settings : Settings
        By which the history is judged.
    parent, parent_store
        As for `sign`.

    Raises
    ------
    ManifestError
        If a history cannot be read, or if there are two, of which one would be lost.
    UnreadableImageError
        If one of the two is no picture.
    """
    history = _read(image, None, settings)
    is_other_file = False
    if parent is not None or parent_store is not None:
        given = _read(image if parent is None else parent, parent_store, settings)
        if not _continues(history, given):
            history, is_other_file = given, parent is not None
    if not history.manifests and not history.remote:
        if not is_other_file:
            if request.begins_here:
                return None  # otherwise the picture was opened: it is its own original
        elif request.begins_here and request.source_type is SourceType.GENERATED:
            return None  # what went into a model is not what came out
    # An address stays in the history as one: the old manifest is not fetched here. Whoever wants
    # all of it inside fetches it and gives it as `parent_store`.
    return _ingredient(history)


def _continues(own: _History, given: _History) -> bool:
    """Whether the picture's own manifest, rather than the parent that was given, is the parent.

    Raises
    ------
    ManifestError
        If there are two histories, of which one would be lost.
    """
    if not own.manifests:
        return False
    if not given.manifests or given.active in own.manifests:
        return True
    raise ManifestError(
        "the picture already has credentials of its own, with another history than its parent's",
        hint="Leave out the parent, or strip the picture's own metadata first.",
    )


def _read(image: ImageFile, given: bytes | None, settings: _c2pa.Settings) -> _History:
    """Return the history of a file, empty if it has none.

    Raises
    ------
    ManifestError, UnreadableImageError
        If there is one that cannot be read, or the file is no picture.
    """
    found = embedded(image)
    if found.media_type is None:
        raise UnreadableImageError(f"there is no picture to sign: {UNKNOWN_FORMAT}")
    try:
        store = store_to_read(image, given)
        if store is None:
            return _History(image, remote=found.address is not None)
        reading = _c2pa.read(image, store, settings)
    except UnreadableManifestError as error:
        raise ManifestError(
            f"the credentials that the picture already has cannot be read: {error}",
            hint="Its history cannot be carried on. Strip the old metadata first to sign it anew.",
        ) from error
    return _History(image, None if given is None else store, reading.summary)


def _ingredient(history: _History) -> _c2pa.Ingredient:
    definition: dict[str, Any] = {
        "relationship": "parentOf",
        "instance_id": PARENT_INSTANCE,
        "title": "the picture before",
    }
    if history.recovered is not None:
        definition["active_manifest"] = history.active
        definition["validation_results"] = history.summary.get("validation_results", {})
    return _c2pa.Ingredient(history.image, definition, history.recovered)
