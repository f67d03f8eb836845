"""Signing: put a manifest into a picture, and keep the history that the picture already has."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
import time
from dataclasses import dataclass, field
from typing import Final

from indelible.credentials.manifests import _c2pa, readback
from indelible.credentials.manifests.definitions import Definition
from indelible.credentials.manifests.embedded import as_image
from indelible.credentials.manifests.history import parent_ingredient
from indelible.credentials.manifests.refusals import NoTimeStampError
from indelible.credentials.manifests.report import CredentialReport
from indelible.credentials.signers.certificate_profile import require_profile
from indelible.credentials.signers.chains import is_development, load_chain
from indelible.credentials.signers.protocol import DEFAULT_TIMESTAMP_URL, Signer
from indelible.credentials.trust.trust import Trust
from indelible.imaging import ImageFile

__all__ = ["SignedPicture", "sign"]

_RETRY_AFTER = 300.0  # seconds
_log: Final = logging.getLogger("indelible")


@dataclass(frozen=True, slots=True)
class SignedPicture:
    """The result of signing.

    Attributes
    ----------
    file : ImageFile
        The picture with its manifest inside, or unchanged where the request said not to embed it.
    manifest_store : bytes
        The manifest with its whole history, as ``application/c2pa``: for a registry, or for a
        sidecar file.
    manifest_id : str
        The id of the new manifest.
    sha256 : str
        SHA-256 of the picture's file, in hexadecimal.
    report : CredentialReport
        The manifest as it was read back, by lists that trust nobody.
    """

    file: ImageFile = field(repr=False)
    manifest_store: bytes = field(repr=False)
    manifest_id: str
    sha256: str
    report: CredentialReport = field(repr=False)

    @property
    def data(self) -> bytes:
        """The bytes of `file`."""
        return self.file.data


def sign(
    image: ImageFile | bytes,
    request: Definition,
    signer: Signer,
    *,
    parent: ImageFile | bytes | None = None,
    parent_store: bytes | None = None,
    trust: Trust | None = None,
) -> SignedPicture:
    """Sign a picture.

    Parameters
    ----------
    image : ImageFile or bytes
        The encoded picture. If it carries a manifest already, that history is kept: it becomes the
        parent of the new one.
    request : ManifestRequest or ManifestDefinition
        What the manifest is to say.
    signer : Signer
        Who signs.
    parent : ImageFile or bytes, optional
        The file that `image` was made from, where that is another one: its manifest, if it has one,
        becomes the parent. A file without credentials is kept as parent only for edited pictures;
        a generated picture has none.
    parent_store : bytes, optional
        A manifest store recovered for `parent` (or for `image`): the file itself lost it.
    trust : Trust, optional
        By which the parent's history is judged while signing; by default the official lists.

    Raises
    ------
    UnreadableImageError, UnsupportedImageError
        If the bytes are no picture, or the format carries no manifests, or no manifest can be put
        into this very file without changing what it shows.
    ManifestError
        If the manifest cannot be built, or `parent` carries one that cannot be read.
    CertificateError
        If the signing certificate breaks a rule of the C2PA profile.
    SigningError
        If the signer, the library or the time-stamp authority refuses.

    Notes
    -----
    The signed picture is read back before it is returned: everything in it beside the manifest is
    as it was, and its manifest is intact.

    The only connection ever made is to ``signer.timestamp_url``, where there is one.
    """
    _check_signer(signer)
    image = as_image(image)
    trust = Trust.official() if trust is None else trust
    settings = _c2pa.Settings(trust, thumbnail=request.thumbnail)
    ancestor = parent_ingredient(
        image,
        request,
        settings,
        parent=None if parent is None else as_image(parent),
        parent_store=parent_store,
    )
    if ancestor is None:
        # There is no history to judge, and going through long lists takes the library its time.
        settings = dataclasses.replace(settings, trust=Trust.nobody())
    picture = readback.prepared(image) if request.embed else image
    data, store = _signed(
        _c2pa.SigningJob(
            image=picture,
            manifest=request.definition(has_parent=ancestor is not None),
            settings=settings,
            signer=signer,
            parent=ancestor,
            embed=request.embed,
            remote_url=request.remote_url,
        )
    )
    signed = ImageFile(data, limits=image.limits)
    report = readback.check(picture, signed, store, request)
    return SignedPicture(
        file=signed,
        manifest_store=store,
        manifest_id=request.manifest_id,
        sha256=hashlib.sha256(data).hexdigest(),
        report=report,
    )


def _check_signer(signer: Signer) -> None:
    """Check the signing certificate, and warn if nothing will show later that it was valid."""
    require_profile(signer.certificates)
    if signer.timestamp_url is None:
        _warn_of_expiry(signer.certificates)


def _signed(job: _c2pa.SigningJob) -> tuple[bytes, bytes]:
    """Sign, without a time stamp where only the default authority cannot be reached.

    Nobody asked for that one by name: a machine without a network still signs, and says what its
    signatures lack. Where an authority was named, its time stamp is required.
    """
    is_default = job.signer.timestamp_url == DEFAULT_TIMESTAMP_URL
    if is_default and _unreachable.is_set():
        job = dataclasses.replace(job, time_stamp=False)
    try:
        return _c2pa.sign(job)
    except NoTimeStampError:
        if not is_default:
            raise
    _unreachable.set()
    _log.warning(
        "The time-stamp authority %s cannot be reached, so nothing signed in the next minutes is "
        "time-stamped: these signatures will not be trusted any more when the certificate expires. "
        'Name another (timestamp_url), or "none".',
        DEFAULT_TIMESTAMP_URL,
    )
    return _c2pa.sign(dataclasses.replace(job, time_stamp=False))


class _Unreachable:
    """Remembers for a while that an authority did not answer, so that not every picture waits."""

    def __init__(self) -> None:
        self._until = 0.0

    def set(self) -> None:
        """Begin to remember."""
        self._until = time.monotonic() + _RETRY_AFTER

    def is_set(self) -> bool:
        """Whether it is too early to ask again."""
        return time.monotonic() < self._until

    def clear(self) -> None:
        """Forget."""
        self._until = 0.0


_unreachable: Final = _Unreachable()


@functools.lru_cache(maxsize=64)
def _warn_of_expiry(chain: bytes) -> None:
    """Say once for each certificate what signing without a time stamp means."""
    if not is_development(chain):
        expires = load_chain(chain)[0].not_valid_after_utc
        _log.warning(
            "Signing without a time stamp: after %s, when the certificate expires, these "
            "signatures will not be trusted any more. Name a time-stamp authority (timestamp_url).",
            f"{expires:%Y-%m-%d}",
        )
