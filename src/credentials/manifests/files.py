"""Credentials of files: sign one, and read one wherever its manifest is kept."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from indelible.choices import Place
from indelible.credentials.manifests.definitions import Definition
from indelible.credentials.manifests.embedded import embedded
from indelible.credentials.manifests.reading import read
from indelible.credentials.manifests.report import CredentialReport
from indelible.credentials.manifests.signing import SignedPicture, sign
from indelible.credentials.signers.protocol import Signer
from indelible.credentials.trust.trust import Trust
from indelible.errors import NetworkError, OutputError, OutputExistsError
from indelible.files import read_bytes, stage
from indelible.imaging import Encoded, ImageFile, open_image
from indelible.network import Fetcher

__all__ = ["FoundStore", "find_store", "read_file", "read_found", "sidecar_path", "sign_file"]

Target: TypeAlias = str | os.PathLike[str] | BinaryIO | None


def sidecar_path(path: str | os.PathLike[str]) -> Path:
    """Return where a picture's manifest lies if it is not inside: ``photo.jpg`` ``photo.c2pa``."""
    return Path(path).with_suffix(".c2pa")


def sign_file(
    source: Encoded | ImageFile,
    output: Target,
    request: Definition,
    signer: Signer,
    *,
    parent: Encoded | ImageFile | None = None,
    parent_store: bytes | None = None,
    sidecar: bool = False,
    overwrite: bool = False,
    trust: Trust | None = None,
) -> SignedPicture:
    """Sign a picture from a path, bytes or a stream, and write the result.

    Parameters
    ----------
    source : path, bytes, binary stream or ImageFile
        The picture.
    output : path, binary stream or None
        Where to; None only returns it. It may be the source's own path, with `overwrite`: at every
        moment the old file or the new one is there, whole.
    request, signer, parent_store, trust
        As for `sign`.
    parent : path, bytes, binary stream or ImageFile, optional
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
                "a manifest beside the picture needs an output path",
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


@dataclass(frozen=True, slots=True)
class FoundStore:
    """Where the manifest of a picture is kept, and the store itself if that is not in its file.

    Attributes
    ----------
    place : {"file", "beside", "given", "address"}
        Where it is kept; ``"file"`` also for a picture without one.
    data : bytes or None
        The manifest store from elsewhere; None for what the picture holds.
    address : str or None
        Where it was fetched.
    problem : str or None
        Why it was not fetched.
    """

    place: Place = "file"
    data: bytes | None = field(default=None, repr=False)
    address: str | None = None
    problem: str | None = None


def find_store(
    image: ImageFile, *, manifest: Encoded | None = None, remote_hosts: Iterable[str] = ()
) -> FoundStore:
    """Find a picture's manifest: as given, inside, beside it, or where it points.

    Parameters
    ----------
    image : ImageFile
        The picture. Where it has a path, a manifest file may lie beside it.
    manifest, remote_hosts
        As for `read_file`.

    Raises
    ------
    ImageError
        If a manifest file cannot be read.
    """
    if manifest is not None:
        return FoundStore("given", read_bytes(manifest, limits=image.limits))
    held = embedded(image)
    if held.media_type is None or held.store is not None or held.problem is not None:
        return FoundStore()
    if image.path is not None:
        beside = sidecar_path(image.path)
        if beside.is_file() and beside != image.path:
            return FoundStore("beside", read_bytes(beside, limits=image.limits))
    hosts = tuple(remote_hosts)
    if held.address is None or not hosts:
        return FoundStore()
    try:
        data = Fetcher.of(hosts).get(held.address, accept="application/c2pa")
    except NetworkError as error:
        return FoundStore(problem=error.reason())
    return FoundStore("address", data, held.address)


def read_found(
    image: ImageFile, found: FoundStore, *, trust: Trust | None = None, ocsp: bool = False
) -> CredentialReport:
    """Read the manifest that `find_store` found; see `read`."""
    report = read(image, trust=trust, manifest_store=found.data, ocsp=ocsp)
    if found.problem is not None:
        return dataclasses.replace(report, reasons=(*report.reasons, found.problem))
    if found.data is None:
        return report
    return dataclasses.replace(report, place=found.place, remote_url=found.address)


def read_file(
    source: Encoded | ImageFile,
    *,
    trust: Trust | None = None,
    manifest: Encoded | None = None,
    remote_hosts: Iterable[str] = (),
    ocsp: bool = False,
) -> CredentialReport:
    """Read the credentials of a picture, wherever its manifest is kept.

    Parameters
    ----------
    source : path, bytes, binary stream or ImageFile
        The picture.
    trust, ocsp
        As for `read`.
    manifest : path, bytes or binary stream, optional
        A manifest file to use. By default a ``.c2pa`` file beside the picture is used if the
        picture has none inside.
    remote_hosts : iterable of str
        Hosts from which a manifest that is kept elsewhere may be fetched. None by default; see
        `Fetcher`. What cannot be fetched is ``absent``, with the reason.

    Raises
    ------
    UnreadableImageError
        If a file cannot be read, or is of no format that could carry a manifest.
    """
    image = open_image(source)
    _ = image.media_type  # a file that could carry no manifest is an error, not an absent manifest
    found = find_store(image, manifest=manifest, remote_hosts=remote_hosts)
    return read_found(image, found, trust=trust, ocsp=ocsp)
