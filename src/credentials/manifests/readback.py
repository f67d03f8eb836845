"""Reading back what was signed, before anybody sees it.

The C2PA library puts a manifest into a file by surgery on its container, and is not always right:
it loses tiles of HEIF pictures and metadata of animations, and gives a TIFF file a page that no
reader can open, all without an error. So before anything leaves `sign`, it is compared with what
went in, and its manifest is read as a verifier reads it.
"""

from __future__ import annotations

from indelible.credentials.manifests.definitions import Definition
from indelible.credentials.manifests.reading import read
from indelible.credentials.manifests.refusals import SIDECAR_HINT
from indelible.credentials.manifests.report import CredentialReport
from indelible.credentials.manifests.status import UNTRUSTED
from indelible.credentials.trust.trust import Trust
from indelible.errors import SigningError, UnreadableImageError, UnsupportedImageError
from indelible.imaging import ImageFile, difference, with_plain_items

__all__ = ["check", "prepared"]


def prepared(image: ImageFile) -> ImageFile:
    """Return a picture in the form in which a manifest can be put into it, nothing shown changed.

    Raises
    ------
    UnreadableImageError
        If its container does not lie as it should.
    """
    if image.data[4:8] != b"ftyp":
        return image
    plain = with_plain_items(image.data)
    return image if plain == image.data else ImageFile(plain, limits=image.limits)


def check(
    picture: ImageFile, signed: ImageFile, store: bytes, request: Definition
) -> CredentialReport:
    """Compare a signed picture with the one that went in, and return what its manifest says.

    Parameters
    ----------
    picture, signed : ImageFile
        The picture before and after.
    store : bytes
        The manifest store that was made.
    request : Definition
        What was asked for.

    Raises
    ------
    UnsupportedImageError
        If the library changed anything beside the manifest.
    SigningError
        If the manifest is not the one that was asked for, or is not intact.
    """
    if request.embed or request.remote_url is not None:
        _compare(picture, signed, xmp=request.remote_url is not None)
    elif signed.data != picture.data:
        raise _changed("bytes of the file")
    report = read(
        signed,
        trust=Trust.nobody(),
        manifest_store=None if request.embed else store,
    )
    # Whom a signature comes from is for the reader to judge: an unknown signer may sign.
    if report.integrity != "intact" or report.manifest_id != request.manifest_id:
        broken = [item.sentence for item in report.failures if item.code != UNTRUSTED]
        found = " ".join(broken or report.reasons) or "it is not the manifest that was asked for."
        raise SigningError(
            f"The manifest was signed, but does not hold when it is read back: {found} Nothing was "
            "written.",
            hint="Check the signing certificate with `indelible keys inspect`.",
        )
    return report


def _compare(picture: ImageFile, signed: ImageFile, *, xmp: bool) -> None:
    try:
        changed = difference(picture, signed, xmp=xmp)
    except (UnreadableImageError, UnsupportedImageError) as error:
        raise UnsupportedImageError(
            f"A manifest cannot be put into this picture: {error.message} Nothing was written.",
            hint=SIDECAR_HINT,
        ) from error
    if changed is not None:
        raise _changed(changed)


def _changed(what: str) -> UnsupportedImageError:
    return UnsupportedImageError(
        "A manifest cannot be put into this picture: the C2PA library does so, but changes "
        f"something else in it ({what}). Nothing was written.",
        hint=SIDECAR_HINT,
    )
