"""Credentials of files: sign one, read one, and the manifest files that may lie beside them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from indelible.credentials.manifests.definitions import Definition
from indelible.credentials.manifests.reading import read
from indelible.credentials.manifests.report import CredentialReport
from indelible.credentials.manifests.signing import SignedPicture, sign
from indelible.credentials.signers.protocol import Signer
from indelible.credentials.trust.trust import Trust
from indelible.errors import OutputError, OutputExistsError
from indelible.files import read_bytes, stage
from indelible.imaging import open_image
from indelible.network import Fetcher

__all__ = ["read_file", "sidecar_path", "sign_file"]

Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
Target: TypeAlias = str | os.PathLike[str] | BinaryIO | None


def sidecar_path(path: str | os.PathLike[str]) -> Path:
    """Return where a picture's manifest lies if it is not inside: ``photo.jpg`` ``photo.c2pa``."""
    return Path(path).with_suffix(".c2pa")


def sign_file(
    source: Source,
    output: Target,
    request: Definition,
    signer: Signer,
    *,
    parent: Source | None = None,
    parent_store: bytes | None = None,
    sidecar: bool = False,
    overwrite: bool = False,
    trust: Trust | None = None,
) -> SignedPicture:
    """Sign a picture from a path, bytes or a stream, and write the result.

    Parameters
    ----------
    source : path, bytes or binary stream
        The picture.
    output : path, binary stream or None
        Where to; None only returns it. It may be the source's own path, with `overwrite`: at every
        moment the old file or the new one is there, whole.
    request, signer, parent_store, trust
        As for `sign`.
    parent : path, bytes or binary stream, optional
        The picture that this one was made from.
    sidecar : bool
        Also write the manifest beside `output`, as ``.c2pa``. With ``request.embed`` false the
        picture itself stays as it is.
    overwrite : bool
        Replace what exists.

    Returns
    -------
    SignedPicture

    Raises
    ------
    OutputExistsError, OutputError
        If the output exists or cannot be written.
    ImageError, CredentialError
        As `sign`.
    """
    beside = None
    if sidecar:
        if not isinstance(output, (str, os.PathLike)):
            raise OutputError(
                "a manifest file needs a picture's path to lie beside",
                hint="Give an output path, or write `manifest_store` yourself.",
            )
        beside = sidecar_path(output)
        if beside.exists() and not overwrite:
            raise OutputExistsError(f"{beside} exists already", hint="Overwrite it explicitly.")
    signed = sign(
        open_image(source),
        request,
        signer,
        parent=None if parent is None else open_image(parent),
        parent_store=parent_store,
        trust=trust,
    )
    if isinstance(output, (str, os.PathLike)):
        _publish(signed, output, beside, overwrite=overwrite)
    elif output is not None:
        output.write(signed.data)
    return signed


def _publish(
    signed: SignedPicture,
    output: str | os.PathLike[str],
    beside: Path | None,
    *,
    overwrite: bool,
) -> None:
    """Write the picture, and its manifest beside it: both, or nothing."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(stage(output, signed.data, overwrite=overwrite))]
        if beside is not None:
            sidecar = stage(beside, signed.manifest_store, overwrite=overwrite)
            files.insert(0, stack.enter_context(sidecar))
        for file in files:
            file.publish()


def read_file(
    source: Source,
    *,
    trust: Trust | None = None,
    manifest: Source | None = None,
    remote_hosts: Iterable[str] = (),
    ocsp: bool = False,
) -> CredentialReport:
    """Read the credentials of a picture from a path, bytes or a stream.

    Parameters
    ----------
    source : path, bytes or binary stream
        The picture.
    trust, ocsp
        As for `read`.
    manifest : path, bytes or binary stream, optional
        A manifest file to use. By default a ``.c2pa`` file beside the picture is used if the
        picture has none inside.
    remote_hosts : iterable of str
        Hosts from which a manifest that is kept elsewhere may be fetched. None by default; see
        `Fetcher`.

    Raises
    ------
    UnreadableImageError
        If a file cannot be read, or is of no format that could carry a manifest.
    NetworkError
        If `remote_hosts` were given and the manifest's address is none of them, or fails.
    """
    image = open_image(source)
    _ = image.media_type  # a file that could carry no manifest is an error, not an absent manifest
    if manifest is not None:
        return read(image, trust=trust, manifest_store=read_bytes(manifest), ocsp=ocsp)
    report = read(image, trust=trust, ocsp=ocsp)
    if report.state == "absent" and image.path is not None:
        beside = sidecar_path(image.path)
        if beside.is_file() and beside != image.path:
            store = read_bytes(beside)
            return read(image, trust=trust, manifest_store=store, ocsp=ocsp)
    hosts = tuple(remote_hosts)
    if report.remote_url is not None and hosts:
        store = Fetcher.of(hosts).get(report.remote_url, accept="application/c2pa")
        fetched = read(image, trust=trust, manifest_store=store, ocsp=ocsp)
        return dataclasses.replace(fetched, remote_url=report.remote_url)
    return report
