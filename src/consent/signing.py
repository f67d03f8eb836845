"""Signing a photograph with what its owner asks: mark, metadata, manifest, record; then show it.

The order is that of `indelible.protection.transaction`: what takes long or may fail comes first,
and a record whose photograph could not be written is withdrawn.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from indelible import arguments, credentials, imaging, watermark
from indelible.choices import Strength
from indelible.consent.vocabulary import ENTRIES, STATEMENT, TRAINING
from indelible.credentials import (
    MINING_PROHIBITED,
    Generator,
    ManifestDefinition,
    ManifestRequest,
    Signer,
    SoftBinding,
    SourceType,
    Trust,
)
from indelible.errors import ArgumentError, EmbeddingFailedError
from indelible.imaging import Limits, xmp
from indelible.imaging.sources import ImageInput
from indelible.protection.markable import MarkablePicture, Marked
from indelible.protection.marking import open_picture
from indelible.protection.publishing import Output, show
from indelible.registry import StoredFingerprint
from indelible.watermark import CONSENT_KEY

if TYPE_CHECKING:
    from indelible.registry import ConsentRecord
    from indelible.registry.consents import ConsentRecords

__all__ = ["SignedConsent", "sign"]

# From the least seen on: the first whose mark outlives a crop to half is taken, or the last.
_STRENGTHS: Final[tuple[Strength, ...]] = ("discreet", "balanced")
_HALF: Final = 0.5**0.5  # of each side
_QUALITY: Final = 75  # of a JPEG that was posted
_MOST_MARKS: Final = 3  # each id makes another pattern, which may be found where one was not
_NOT_SHOWN: Final = "the photograph was not written"


@dataclass(frozen=True, slots=True)
class SignedConsent:
    """A photograph that says what its owner asks.

    Attributes
    ----------
    data : bytes
        The encoded photograph.
    consent_id : bytes
        The id in its consent mark, 8 bytes.
    manifest_id : str
        Id of its manifest.
    format : str
        Its format.
    path : Path or None
        Where it was written; None where the output is no file.
    record : ConsentRecord or None
        What was registered; None without a registry.
    notes : tuple of str
        What was knowingly converted or left out.
    """

    data: bytes = field(repr=False)
    consent_id: bytes
    manifest_id: str
    format: str
    path: Path | None = None
    record: ConsentRecord | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the photograph as JSON-ready data."""
        return {
            "path": None if self.path is None else str(self.path),
            "consent_id": self.consent_id.hex(),
            "manifest_id": self.manifest_id,
            "format": self.format,
            "record": None if self.record is None else self.record.to_dict(),
            "notes": list(self.notes),
        }


def sign(
    image: ImageInput,
    output: Output = None,
    *,
    signer: Signer,
    records: ConsentRecords | None = None,
    owner: str | None = None,
    statement: str = STATEMENT,
    until: dt.datetime | None = None,
    source_type: SourceType | str | None = None,
    account: str | None = None,
    strength: Strength | None = None,
    trust: Trust | None = None,
    format: str | None = None,
    quality: int | None = None,
    lossless: bool = False,
    overwrite: bool = False,
    limits: Limits | None = None,
) -> SignedConsent:
    """Ask everybody, in every form there is, not to edit a photograph, nor to train on it.

    It gets a consent mark, whose key is public; a manifest with ``cawg.training-mining``, all
    entries ``notAllowed``, our own for editing and likeness among them; and ``plus:DataMining`` in
    its XMP. Its own metadata, and a manifest that it has, are kept.

    Parameters
    ----------
    image : path, bytes, binary stream, ndarray or PIL image
        The photograph.
    output : path, binary stream or bytearray, optional
        Where it goes; without it, take it from the result's ``data``.
    signer : Signer
        Who signs.
    records : ConsentRecords, optional
        Where a record is registered, so that the wish survives a screenshot with its date and its
        words, and can be withdrawn: ``registry.consents``. Without one, the mark alone survives.
    owner : str, optional
        Who asks, as they want to be called in public. By default nobody is named.
    statement : str, optional
        What is asked, in words for people; public.
    until : datetime.datetime, optional
        When the wish ends by itself; timezone-aware.
    source_type : SourceType or str, optional
        How the photograph was made ("captured", ...). By default nothing is claimed of that.
    account : str, optional
        On whose behalf it is registered, who alone may withdraw it; in no answer.
    strength : {"discreet", "balanced", "robust"}, optional
        Of the mark. By default "discreet", which is hardly seen beside a generator's mark too, and
        "balanced" where that would not outlive a crop to half: in small or smooth photographs.
    trust : Trust, optional
        Whose signatures count in the photograph's history; by default those of the official lists.
    format, quality, lossless, overwrite, limits
        As for `indelible.protect`.

    Raises
    ------
    ArgumentError
        If an argument is invalid; the error names it. No work was done.
    ImageError
        If the input is no picture, is animated, or exceeds the limits.
    UnmarkableImageError
        If nothing in it can carry a mark.
    EmbeddingFailedError
        If it carries a consent mark already, or the mark is not found again in the encoded file.
    CredentialError, RegistryError, OutputError
        If signing, registering or writing fails. Nothing is left visible.
    """
    signer = arguments.required("signer", arguments.as_signer(signer))
    kind = arguments.as_source_type(source_type)
    chosen = arguments.as_word("strength", strength, get_args(Strength))
    now = dt.datetime.now(dt.UTC)
    if until is not None and (until.tzinfo is None or until <= now):
        raise ArgumentError("until", f"until is {until}.", hint="Give a time to come, with a zone.")
    picture = open_picture(
        image,
        output,
        format=format,
        quality=quality,
        lossless=lossless,
        fast=False,
        strip=False,
        overwrite=overwrite,
        limits=arguments.as_limits(limits) or imaging.DEFAULT_LIMITS,
    )
    older = picture.clear((CONSENT_KEY,))
    if older:
        raise EmbeddingFailedError(
            f"The photograph carries the consent mark {(older[0].payload or b'').hex()} already. "
            "Nothing was written.",
            hint="See what it asks with `indelible consent show`, or sign the original.",
        )
    looks = picture.fingerprint()
    marked = _marked(picture, chosen) if chosen else _marked_to_last(picture)
    binding = SoftBinding(CONSENT_KEY.algorithm, marked.payload, key_id=CONSENT_KEY.id)
    request = ManifestRequest(
        credentials.new_manifest_id(),
        Generator.unnamed(),
        when=now,
        source_type=kind or SourceType.COMPOSITE,
        soft_binding=binding,
        fingerprint=looks,
        training=TRAINING,
    )
    signed = credentials.sign(
        marked.file,
        request if kind is not None else _without_beginning(request),
        signer,
        parent=picture.as_file(),
        trust=trust,
    )
    record = None
    if records is not None:
        from indelible.registry import ConsentRecord  # noqa: PLC0415 - loads the database library

        record = ConsentRecord(
            CONSENT_KEY.algorithm,
            marked.payload,
            dict(ENTRIES),
            statement,
            owner=owner,
            created=now,
            until=until,
            fingerprint=StoredFingerprint(looks.pdq, looks.quality, looks.reference),
            manifest_id=signed.manifest_id,
        )
        records.put(record, account=account)
    try:
        path = show(signed.data, output, overwrite=overwrite)
    except BaseException:
        if record is not None and records is not None:
            records.withdraw(record.algorithm, record.consent_id, reason=_NOT_SHOWN)
        raise
    return SignedConsent(
        signed.data,
        marked.payload,
        signed.manifest_id,
        picture.format,
        path,
        record,
        picture.notes,
    )


def _marked_to_last(picture: MarkablePicture) -> Marked:
    """Embed as discreetly as a mark may be that is found after a crop to half and a JPEG."""
    for strength in _STRENGTHS[:-1]:
        try:
            marked = _marked(picture, strength)
        except EmbeddingFailedError:
            continue
        if _outlives_cropping(marked):
            return marked
    return _marked(picture, _STRENGTHS[-1])


def _outlives_cropping(marked: Marked) -> bool:
    """Whether a mark is found in the middle and in each corner, each half of the picture."""
    pixels = marked.file.decode().pixels
    height, width = pixels.shape[:2]
    rows, columns = round(height * _HALF), round(width * _HALF)
    for down, right in ((0.5, 0.5), (0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)):
        top, left = round((height - rows) * down), round((width - columns) * right)
        part = np.ascontiguousarray(pixels[top : top + rows, left : left + columns])
        flat = imaging.conform(part, imaging.Metadata(), "jpeg").pixels
        posted = imaging.decode(imaging.encode(flat, "jpeg", quality=_QUALITY)).pixels
        if watermark.detect(posted, CONSENT_KEY).payload != marked.payload:
            return False
    return True


def _marked(picture: MarkablePicture, strength: Strength) -> Marked:
    """Embed ids until one is read back from the encoded file.

    Raises
    ------
    EmbeddingFailedError, UnmarkableImageError
        If none is.
    """
    packet = xmp.with_properties(picture.xmp, {xmp.DATA_MINING: MINING_PROHIBITED})
    for attempt in range(_MOST_MARKS):
        payload = secrets.token_bytes(8)
        try:
            marked = picture.mark(payload, CONSENT_KEY, strength=strength, xmp=packet)
        except EmbeddingFailedError:
            if attempt == _MOST_MARKS - 1:
                raise
            continue
        if marked.payload == payload:
            return marked
    raise EmbeddingFailedError(
        "The consent mark is not found in the encoded file. Nothing was written.",
        hint="Use the original, or a higher quality.",
    )


def _without_beginning(request: ManifestRequest) -> ManifestDefinition:
    """Return a manifest that claims nothing of how the photograph was made.

    It says that the photograph was opened, and marked.
    """
    body = dict(request.definition(has_parent=True))
    steps = [
        {**assertion, "data": {"actions": _marking(assertion["data"]["actions"])}}
        if assertion["label"].startswith("c2pa.actions")
        else assertion
        for assertion in body["assertions"]
    ]
    body["assertions"] = steps
    return dataclasses.replace(
        ManifestDefinition(body, request.manifest_id), source_type=request.source_type
    )


def _marking(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in actions if one["action"] == "c2pa.watermarked.bound"]
