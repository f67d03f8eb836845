"""The credential leg: the manifest that belongs to a picture, wherever it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from indelible import credentials
from indelible.credentials import CredentialReport, Trust
from indelible.errors import NetworkError
from indelible.files import read_bytes
from indelible.imaging import Encoded, ImageFile
from indelible.network import Fetcher

__all__ = ["manifest_beside", "read_credential"]


def read_credential(
    image: ImageFile,
    *,
    trust: Trust,
    manifest: Encoded | None = None,
    remote_hosts: tuple[str, ...] = (),
    ocsp: bool = False,
) -> CredentialReport:
    """Read a picture's manifest: as given, from inside, from beside, or from where it points.

    Parameters
    ----------
    image : ImageFile
        The picture. Where it has a path, a manifest file may lie beside it.
    trust : Trust
        Whose signatures count.
    manifest : path, bytes-like or binary stream, optional
        A manifest file (``application/c2pa``) to use instead of the picture's own.
    remote_hosts : tuple of str
        Hosts from which a manifest that the picture only points to may be fetched.
    ocsp : bool
        Ask the signer's issuer whether its certificate was revoked.

    Raises
    ------
    ImageError
        If a manifest file cannot be read. A manifest that cannot be fetched is ``absent``, with
        the reason.
    """

    def read(store: bytes | None = None) -> CredentialReport:
        return credentials.read(image, trust=trust, manifest_store=store, ocsp=ocsp)

    if manifest is not None:
        return replace(read(read_bytes(manifest, limits=image.limits)), place="given")
    report = read()
    if report.state != "absent":
        return report
    beside = manifest_beside(image)
    if beside is not None:
        return replace(read(read_bytes(beside, limits=image.limits)), place="beside")
    url = report.remote_url
    if url is None or not remote_hosts:
        return report
    try:
        store = Fetcher.of(remote_hosts).get(url, accept="application/c2pa")
    except NetworkError as error:
        return replace(report, reasons=(*report.reasons, error.reason()))
    return replace(read(store), remote_url=url, place="address")


def manifest_beside(image: ImageFile) -> Path | None:
    """Return the manifest file beside a picture (``photo.c2pa``), if there is one."""
    if image.path is None:
        return None
    beside = credentials.sidecar_path(image.path)
    return beside if beside.is_file() and beside != image.path else None
