"""Protecting one picture: mark, encode, check, sign, register, and only then show.

One transaction. The order is what makes it safe (docs/adr/0004). A process that dies

- before the registry commits leaves nothing, or a hidden temporary file beside the output;
- between the commit and the rename leaves, besides, a registry entry about a picture that nobody
  has seen: it points to a complete manifest and harms nobody;
- after the rename leaves everything.

A visible output without its registry entry, or half an output, cannot happen. An *error* at any
step, a full disk or a locked registry for example, leaves nothing at all: the entry is withdrawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from indelible import credentials
from indelible.credentials import ManifestRequest, SoftBinding
from indelible.errors import BindingConflictError, RegistryError
from indelible.imaging import ImageFile
from indelible.protection import binding
from indelible.protection.binding import Draft
from indelible.protection.history import history_of
from indelible.protection.markable import MarkablePicture
from indelible.protection.parts import Parts
from indelible.protection.publishing import Output, register_and_show
from indelible.protection.result import ProtectedImage
from indelible.registry.private import GenerationRecord

__all__ = ["protect_picture"]

_MOST_CONFLICTS: Final = 3  # ids that somebody took between the draw and the commit


def protect_picture(
    parts: Parts,
    picture: MarkablePicture,
    output: Output,
    *,
    request: ManifestRequest,
    strip: bool,
    overwrite: bool,
    generation: GenerationRecord | None = None,
    owner: str | None = None,
    parent: ImageFile | None = None,
) -> ProtectedImage:
    """Protect a picture that was opened.

    Parameters
    ----------
    parts : Parts
        All that does not change from picture to picture.
    picture : MarkablePicture
        The picture.
    output : path, binary stream, bytearray or None
        Where it goes.
    request : ManifestRequest
        What its manifest is to say.
    strip, overwrite
        As for `indelible.Protector.protect`.
    generation : GenerationRecord, optional
        Who had it made; `Parts.check_record` let it pass.
    owner : str, optional
        Of the registry's entry.
    parent : ImageFile, optional
        The file that the picture was made from by editing.

    Raises
    ------
    IndelibleError
        As `indelible.Protector.protect`.
    """
    doubt = credentials.camera_contradicts(request.source_type, picture.exif)
    older = [*picture.clear(parts.keys)]

    def look_again() -> None:
        older.extend(picture.clear(parts.keys, effort="standard"))

    request = dataclasses.replace(request, fingerprint=picture.fingerprint())
    drafts = _drafts(parts, picture, request)
    for _ in range(_MOST_CONFLICTS):
        draft, marked = binding.mark(
            picture, drafts, parts.key, strength=parts.strength, look_again=look_again
        )
        history = history_of(
            picture, older, parts.registry, strip=strip, parent=parent, keys=parts.keys
        )
        signed = binding.sign(marked, draft, parts.signer, history=history, trust=parts.trust)
        record = dataclasses.replace(binding.record_of(picture, draft, signed), owner=owner)
        try:
            path = register_and_show(
                record,
                parts.registry,
                signed.data,
                output,
                overwrite=overwrite,
                private=parts.sealed(generation, signed.manifest_id),
            )
        except BindingConflictError:
            continue  # somebody took the id since it was drawn
        return ProtectedImage(
            signed.data,
            record.payload,
            signed.manifest_id,
            picture.format,
            path,
            parts.key.id,
            picture.notes if doubt is None else (*picture.notes, doubt),
        )
    raise RegistryError(
        f"The registry refused {_MOST_CONFLICTS} ids in a row that it had called free.",
        hint="It does not answer truthfully; check which registry is configured.",
    )


def _drafts(parts: Parts, picture: MarkablePicture, request: ManifestRequest) -> Iterator[Draft]:
    """Draw ids that are free, and draft a manifest for each; as many as are asked for."""
    algorithm = parts.key.algorithm
    ids = binding.free_ids(parts.registry, algorithm)
    bindings = (SoftBinding(algorithm, payload, key_id=parts.key.id) for payload in ids)
    return binding.drafts(bindings, request, picture, signer=parts.signer, profile=parts.profile)
