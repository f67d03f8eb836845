"""The history of a picture that is protected again: the manifests that the new one continues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from indelible import credentials, watermark
from indelible.imaging import ImageFile
from indelible.registry import Registry
from indelible.watermark import ENOUGH_PIXELS, Detection, Key, View

__all__ = ["History", "Opened", "history_of"]


class Opened(Protocol):
    """A picture, and the file that it came in."""

    @property
    def file(self) -> ImageFile | None:
        """That file; None for bare pixels."""
        ...

    def as_file(self) -> ImageFile:
        """Return that file, or one of the pixels that came without."""
        ...


@dataclass(frozen=True, slots=True)
class History:
    """What the new manifest continues; see `indelible.credentials.sign`.

    Attributes
    ----------
    parent : ImageFile or None
        The file that the picture came from, with the manifest in it, if it has one.
    store : bytes or None
        The manifest that the file lost and a registry still has.
    """

    parent: ImageFile | None = field(default=None, repr=False)
    store: bytes | None = field(default=None, repr=False)


def history_of(
    picture: Opened,
    older: Iterable[Detection],
    registry: Registry,
    *,
    strip: bool,
    parent: ImageFile | None = None,
    keys: Sequence[Key] = (),
) -> History:
    """Return the history of a picture: its own, or the one that an older watermark leads to.

    Where it has neither, that of the file that it was made from, if one is given.

    History is never dropped in silence: a manifest that is too damaged to be read stops signing,
    unless `strip` says to leave it behind.

    Parameters
    ----------
    picture : Opened
        The picture.
    older : iterable of Detection
        The marks that it carried, the loudest first.
    registry : Registry
        Where their ids are looked up.
    strip : bool
        Whether to leave behind a manifest that cannot be read.
    parent : ImageFile, optional
        The file that the picture was made from by editing.
    keys : sequence of Key
        Whose marks are looked for in that file, if it has no manifest.

    Raises
    ------
    RegistryError
        If the registry cannot be asked.
    """
    file = picture.file
    if file is None or not credentials.has_manifest(file):
        store = _recovered(picture, older, registry)
        if store is None and parent is not None:
            return _of_parent(parent, keys, registry, strip=strip)
        return History(parent=file, store=store)
    if strip and credentials.read(file).state == "unreadable":
        return History()
    return History(parent=file)


@dataclass(frozen=True, slots=True)
class _Parent:
    file: ImageFile

    def as_file(self) -> ImageFile:
        return self.file


def _of_parent(
    parent: ImageFile, keys: Sequence[Key], registry: Registry, *, strip: bool
) -> History:
    """Return the history of the file that a picture was made from."""
    marks: list[Detection] = []
    if keys and not credentials.has_manifest(parent):
        shown = parent.decode(tolerant=True, enough=ENOUGH_PIXELS)
        marks.append(watermark.detect(View(shown.pixels, shown.scale), keys, effort="quick"))
    return history_of(_Parent(parent), marks, registry, strip=strip)


def _recovered(picture: Opened, older: Iterable[Detection], registry: Registry) -> bytes | None:
    """Return the manifest store of the first older mark that leads to a sound one about its id.

    For files whose metadata was stripped, and for bare pixels.
    """
    file: ImageFile | None = None  # manifests are only read beside a file
    for found in older:
        algorithm, payload = found.algorithm, found.payload
        if algorithm is None or payload is None:
            continue
        for record in registry.find(algorithm, payload):
            if not record.manifest_store:  # erased
                continue
            file = file or picture.as_file()
            report = credentials.read(file, manifest_store=record.manifest_store)
            sound = report.integrity in ("intact", "changed")
            if sound and any(b.names(algorithm, payload) for b in report.soft_bindings):
                return record.manifest_store
    return None
