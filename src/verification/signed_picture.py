"""What a manifest holds to show of its picture: a preview, and the reference of its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from indelible import credentials
from indelible.credentials import CredentialReport, Standing
from indelible.imaging import ImageFile, Limits
from indelible.verification.resolver_report import ResolverReport
from indelible.verification.result import RegistryReport

__all__ = ["PREVIEW_LIMITS", "SignedPicture", "signed_picture"]

PREVIEW_LIMITS = Limits(max_pixels=1 << 20, max_bytes=1 << 20)
"""Of a preview: a stranger wrote it."""


@dataclass(frozen=True, slots=True)
class SignedPicture:
    """A picture as its manifest shows it.

    Attributes
    ----------
    about : {"recovered", "manifest"}
        Whose: the manifest that the watermark led to, or the file's own.
    standing : {"trusted", "untrusted", "broken"}
        What that manifest is worth, leaving aside that the picture was changed since.
    preview : bytes or None
        An encoded picture, as somebody signed it.
    reference : bytes or None
        The signed reference: see `indelible.fingerprint.Reference`.
    """

    about: Literal["recovered", "manifest"]
    standing: Standing
    preview: bytes | None = field(default=None, repr=False)
    reference: bytes | None = field(default=None, repr=False)


def signed_picture(
    about: Literal["recovered", "manifest"],
    image: ImageFile | None,
    credential: CredentialReport,
    recovered: RegistryReport | ResolverReport,
) -> SignedPicture:
    """Return what a manifest holds to show of its picture.

    Parameters
    ----------
    about : {"recovered", "manifest"}
        Which manifest.
    image : ImageFile or None
        The picture in hand; without it, the preview in its own manifest is not found.
    credential, recovered
        The file's manifest, and what its watermark's id, or a resolver, led to.
    """
    store: bytes | None
    standing: Standing
    if about == "recovered":
        store, report = recovered.manifest_store, recovered.credential
        standing = recovered.standing or "broken"
    else:
        inside = image is not None and credential.place == "file"
        store = credentials.extract_store(image) if inside and image is not None else None
        report, standing = credential, credential.standing_as_signed
    looked = None if report is None or report.manifest is None else report.manifest.fingerprint
    return SignedPicture(
        about,
        standing,
        None if store is None else credentials.read_thumbnail(store),
        None if looked is None else looked.reference,
    )
