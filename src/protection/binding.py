"""The id that binds a picture to its manifest: drawn, embedded in the one, named by the other."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from indelible import credentials, imaging
from indelible.choices import Profile, Strength
from indelible.credentials import ManifestRequest, SignedPicture, Signer, SoftBinding, Trust
from indelible.errors import EmbeddingFailedError, ManifestError, RegistryError
from indelible.protection.history import History
from indelible.protection.markable import MarkablePicture, Marked
from indelible.registry import Record, Registry, StoredFingerprint
from indelible.watermark import Key

__all__ = ["Draft", "drafts", "free_ids", "mark", "record_of", "sign"]

_ID_BYTES: Final = 8
# A 64-bit id is taken once in 2**64 / (ids held): more than a few draws mean a broken registry.
_MOST_DRAWS: Final = 16
# Each id makes another pattern, which may be found where the one before was not: often beside what
# is left of an older mark, rarely after an encoder that takes too much.
_MOST_MARKS: Final = 16
_MOST_UNFOUND: Final = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest that is to be signed, and what of it the picture itself has to carry.

    Attributes
    ----------
    request : ManifestRequest
        What the manifest is to say, its soft binding included.
    binding : SoftBinding
        The watermark's id.
    xmp : bytes or None
        XMP packet that the picture is to carry; None leaves it the one that it has.
    profile : str or None
        Disclosure profile that both are filled for.
    """

    request: ManifestRequest
    binding: SoftBinding
    xmp: bytes | None = None
    profile: Profile | None = None


def free_ids(registry: Registry, algorithm: str) -> Iterator[bytes]:
    """Draw ids that the registry does not hold, each when it is asked for.

    Raises
    ------
    RegistryError
        If the registry cannot be asked, or claims to hold whatever is drawn.
    """
    held = 0
    while held < _MOST_DRAWS:
        payload = secrets.token_bytes(_ID_BYTES)
        if registry.has(algorithm, payload):
            held += 1
        else:
            held = 0
            yield payload
    raise RegistryError(
        f"The registry claims to hold {_MOST_DRAWS} random ids in a row.",
        hint="It does not answer truthfully; check which registry is configured.",
    )


def drafts(
    bindings: Iterable[SoftBinding],
    request: ManifestRequest,
    picture: MarkablePicture,
    *,
    signer: Signer,
    profile: Profile | None,
) -> Iterator[Draft]:
    """Draft a manifest for each id: a new one that names it and says what the profile asks for.

    Raises
    ------
    ManifestError
        If something is missing that the profile asks for and only the caller can give.
    """
    for binding in bindings:
        manifest_id = credentials.new_manifest_id()
        draft = dataclasses.replace(request, manifest_id=manifest_id, soft_binding=binding)
        if profile is None:
            yield Draft(draft, binding)
        else:
            draft = credentials.fill_request(profile, draft, signer)
            xmp = credentials.disclosure_xmp(profile, draft, picture.xmp)
            yield Draft(draft, binding, xmp, profile)


def mark(
    picture: MarkablePicture,
    drafts: Iterable[Draft],
    key: Key,
    *,
    strength: Strength,
    look_again: Callable[[], object],
) -> tuple[Draft, Marked]:
    """Embed one id after the other, until one is read back from the encoded file.

    Parameters
    ----------
    picture, drafts, key, strength
        What is marked, with what.
    look_again : callable
        Called once, where an older mark is the louder: to look harder for it, and take it out.

    Returns
    -------
    Draft, Marked
        The draft whose id it is, and the encoded file.

    Raises
    ------
    UnmarkableImageError
        If nothing in the picture can carry a mark.
    EmbeddingFailedError
        If several are not found again, or an older mark stays louder than all of them.
    """
    unfound = 0
    louder = b""
    for _, draft in zip(range(_MOST_MARKS), drafts, strict=False):
        try:
            marked = picture.mark(draft.binding.value, key, strength=strength, xmp=draft.xmp)
        except EmbeddingFailedError:
            unfound += 1
            if unfound == _MOST_UNFOUND:
                raise
            continue
        if marked.payload == draft.binding.value:
            return draft, marked
        if not louder:
            look_again()
        louder = marked.payload
    raise EmbeddingFailedError(
        f"The picture already carries the watermark id {louder.hex()} of this key, and a second "
        "mark is not found beside it. Nothing was written and nothing was registered.",
        hint="It is protected already: verify it, or protect the original instead.",
    )


def sign(
    marked: Marked, draft: Draft, signer: Signer, *, history: History, trust: Trust
) -> SignedPicture:
    """Sign a marked file.

    Raises
    ------
    CredentialError
        As `indelible.credentials.sign`.
    ManifestError
        If what was signed lacks something that the draft's profile asks for.
    """
    signed = credentials.sign(
        marked.file,
        draft.request,
        signer,
        parent=history.parent,
        parent_store=history.store,
        trust=trust,
    )
    if draft.profile is None:
        return signed
    # What is missing does not depend on who is trusted.
    report = signed.report if draft.request.embed else credentials.read(signed.file, trust=trust)
    lines = credentials.check_profile(draft.profile, report, packet=draft.xmp, watermark_found=True)
    missing = [f"{line.profile}: {line.requirement}" for line in lines if line.present is False]
    if missing:
        raise ManifestError(
            f"The signed picture lacks what the profile asks for: {'; '.join(missing)}. Nothing "
            "was written and nothing was registered.",
            hint="Give it with the generator, the manifest, or the signer.",
        )
    return signed


def record_of(picture: MarkablePicture, draft: Draft, signed: SignedPicture) -> Record:
    """Return what the registry is to keep."""
    looks = draft.request.fingerprint
    return Record(
        manifest_id=signed.manifest_id,
        algorithm=draft.binding.algorithm,
        payload=draft.binding.value,
        manifest_store=signed.manifest_store,
        media_type=imaging.media_type(picture.format),
        generator=draft.request.generator.name,
        picture_sha256=signed.sha256,
        width=picture.width,
        height=picture.height,
        # The reference is in the manifest, signed: kept twice it would be half of the entry.
        fingerprint=None if looks is None else StoredFingerprint(looks.pdq, looks.quality),
    )
