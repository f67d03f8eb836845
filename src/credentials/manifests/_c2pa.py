"""The one place that imports ``c2pa``.

Everything that reaches the C2PA library passes through here, so that four things hold everywhere:

* **no network unless asked**: the library's defaults fetch remote manifests from any address that a
  picture's metadata names. Every context made here switches that off first;
* **the library reads what our own reader found and checked**: it is handed the manifest store, and
  a picture in which there is none does not reach it. See `embedded` and the room `store`;
* **contexts are built once** for each combination of settings, and signers once for each key in
  memory; both again in a forked child, which cannot use its parent's;
* **only our own exceptions leave**: the library's errors differ by message alone (`refusals`), and
  a signer's exception would otherwise be lost inside it.
"""

from __future__ import annotations

import io
import json
import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import c2pa

from indelible.credentials.manifests.embedded import (
    UNKNOWN_FORMAT,
    UnreadableManifestError,
    embedded,
)
from indelible.credentials.manifests.refusals import SIDECAR_HINT, refusal, without_type
from indelible.credentials.signers.pem_signer import PemSigner
from indelible.credentials.signers.protocol import Signer
from indelible.errors import (
    IndelibleError,
    ManifestError,
    SigningError,
    TrustError,
    UnsupportedImageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indelible.credentials.store.opening import Store
    from indelible.credentials.trust.trust import Trust
    from indelible.imaging import ImageFile, Located

_CONTEXTS_KEPT = 32
_THUMBNAIL_SIDE = 256  # pixels, where no other is asked for: about 6 KB
_BIG_TIFF = (b"II+\0", b"MM\0+")
_RECOVERED = "recovered.c2pa"

_contexts: OrderedDict[tuple[int, Settings], c2pa.Context] = OrderedDict()
# The library's copy of a key goes with the signer that it was made for.
_signers: WeakKeyDictionary[PemSigner, tuple[tuple[object, ...], c2pa.Signer]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A picture that the signed one was made from, and what the manifest says about it.

    `recovered` is its manifest store, where the file itself lost it.
    """

    image: ImageFile
    definition: dict[str, Any]
    recovered: Store | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the library says about one picture: its own summary, and its complete dump.

    `store` is what it read, `located` where our own reader found a manifest in the picture.
    """

    summary: dict[str, Any]
    complete: dict[str, Any]
    store: Store = field(repr=False)
    located: Located | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SigningJob:
    """One picture to sign, with everything that the library needs for it."""

    image: ImageFile
    manifest: dict[str, Any]
    settings: Settings
    signer: Signer = field(repr=False)
    parent: Ingredient | None = None
    embed: bool = True
    remote_url: str | None = None
    time_stamp: bool = True  # of the signer's authority, if it has one


def _forget_lock() -> None:
    """Replace the lock in a forked child: another thread may have held it at the fork."""
    global _lock  # noqa: PLW0603 - the only way to give a forked child a free lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the library is to work; the network is off.

    Attributes
    ----------
    trust : Trust, optional
        By which lists signers are judged.
    ocsp_hosts : tuple of str
        OCSP responders that may be contacted: none by default. Time-stamp authorities are
        contacted by the signer that names one, whatever these settings say.
    thumbnail : bool or int
        Whether signing puts a preview into the manifest; a number is its longer side in pixels.
    """

    trust: Trust | None = None
    ocsp_hosts: tuple[str, ...] = ()
    thumbnail: bool | int = False

    def as_dict(self) -> dict[str, Any]:
        """Return the settings in the library's own form; it ignores keys that it does not know."""
        settings: dict[str, Any] = {
            "verify": {"remote_manifest_fetch": False, "ocsp_fetch": bool(self.ocsp_hosts)},
            "core": {"allowed_network_hosts": list(self.ocsp_hosts)},  # empty: none
            "builder": {"thumbnail": self._thumbnail()},
        }
        if self.trust is not None:
            settings["trust"] = self.trust.settings()
        return settings

    def _thumbnail(self) -> dict[str, Any]:
        if not self.thumbnail:
            return {"enabled": False}
        side = _THUMBNAIL_SIDE if self.thumbnail is True else int(self.thumbnail)
        return {"enabled": True, "format": "jpeg", "long_edge": side, "quality": "low"}


def context(settings: Settings) -> c2pa.Context:
    """Return the shared context for `settings`; safe over threads and after a fork."""
    key = (os.getpid(), settings)
    with _lock:
        known = _contexts.get(key)
        if known is not None:
            _contexts.move_to_end(key)
            return known
        try:
            made = c2pa.Context.from_dict(settings.as_dict())
        except c2pa.C2paError as error:
            raise TrustError(
                f"the C2PA library refused the trust settings: {error}",
                hint="Check that every trust anchor is a PEM certificate.",
            ) from error
        _contexts[key] = made
        while len(_contexts) > _CONTEXTS_KEPT:
            _contexts.popitem(last=False)
        return made


def read(image: ImageFile, store: Store, settings: Settings) -> Reading:
    """Read and validate a manifest store that is about a picture: its own, or another.

    Raises
    ------
    UnreadableManifestError
        Instead of the library's errors.
    """
    with (
        _reading(),
        c2pa.Reader(
            image.media_type, io.BytesIO(image.data), store.data, context=context(settings)
        ) as reader,
    ):
        located = embedded(image).located
        return Reading(_object(reader.json()), _object(reader.crjson()), store, located)


@contextmanager
def _reading() -> Iterator[None]:
    """Turn the library's errors while reading into ours."""
    try:
        yield
    except c2pa.C2paError as error:
        # The errors' types are made at run time; their messages begin with the same words.
        message = str(error)
        if message.startswith("NotSupported"):
            raise UnreadableManifestError(UNKNOWN_FORMAT) from error
        raise UnreadableManifestError(without_type(message)) from error
    except (ValueError, KeyError, RecursionError) as error:  # JSON that is none
        raise UnreadableManifestError(f"the manifest cannot be decoded: {error}") from error


def sign(job: SigningJob) -> tuple[bytes, bytes]:
    """Sign a picture and return (the signed picture, its manifest store).

    Raises
    ------
    SigningError, ManifestError, UnsupportedImageError
        Instead of the library's errors. What the job's signer raised is raised unchanged if it
        is one of ours, and is the cause of a SigningError otherwise.
    """
    kind = _checked_type(job)
    raised: list[Exception] = []

    def guarded(payload: bytes) -> bytes:
        try:
            return job.signer.sign(payload)
        except Exception as error:  # noqa: BLE001 - kept, and raised again below
            raised.append(error)
            return b""  # which the library takes for a failure to sign

    url = job.signer.timestamp_url if job.time_stamp else None
    with _signer(job.signer, guarded, url) as signer:
        builder = _builder(job)
        signed = io.BytesIO()
        try:
            store = builder.sign(signer, kind, io.BytesIO(job.image.data), signed)
        except c2pa.C2paError as error:
            if raised and isinstance(raised[0], IndelibleError):
                raise raised[0] from None
            if raised:
                raise SigningError(f"the signer failed: {raised[0]}") from raised[0]
            raise refusal(
                str(error), timestamp_url=url, has_parent=job.parent is not None, embed=job.embed
            ) from error
    return signed.getvalue(), bytes(store)


@contextmanager
def _signer(
    ours: Signer, callback: Callable[[bytes], bytes], url: str | None
) -> Iterator[c2pa.Signer]:
    if url is not None and not url.startswith(("http://", "https://")):
        raise SigningError(f"the time-stamp address {url!r} is no http or https URL")
    try:
        if isinstance(ours, PemSigner):
            signer = _key_signer(ours, url)
        else:
            signer = c2pa.Signer.from_callback(
                callback,
                c2pa.C2paSigningAlg[ours.algorithm.upper()],
                ours.certificates.decode("ascii"),
                url,
            )
    except (c2pa.C2paError, KeyError, UnicodeDecodeError) as error:
        raise SigningError(
            f"the signer cannot be used: {error}",
            hint="Check the algorithm and that the certificate chain is PEM, leaf first.",
        ) from error
    if isinstance(ours, PemSigner):
        yield signer  # others may be signing with it
        return
    with signer:
        yield signer


def _key_signer(ours: PemSigner, url: str | None) -> c2pa.Signer:
    """Return the library's own signer for a key in memory; safe over threads and after a fork."""
    state = (os.getpid(), ours.algorithm, ours.certificates, url)
    with _lock:
        known = _signers.get(ours)
        if known is not None and known[0] == state:
            return known[1]
        info = c2pa.C2paSignerInfo(
            ours.algorithm.encode(), ours.certificates, ours.pkcs8(), _url(url)
        )
        made = c2pa.Signer.from_info(info)
        _signers[ours] = (state, made)
        return made


def _url(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _builder(job: SigningJob) -> c2pa.Builder:
    try:
        builder = c2pa.Builder(job.manifest, context(job.settings))
        if not job.embed:
            builder.set_no_embed()
        if job.remote_url is not None:
            builder.set_remote_url(job.remote_url)
        if job.parent is not None:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            _add_parent(builder, job.parent)
    except (c2pa.C2paError, TypeError, ValueError) as error:
        raise ManifestError(f"the manifest cannot be built: {error}") from error
    return builder


def _add_parent(builder: c2pa.Builder, parent: Ingredient) -> None:
    definition = parent.definition
    if parent.recovered is not None:
        builder.add_resource(_RECOVERED, io.BytesIO(parent.recovered.data))
        place = {"format": "application/c2pa", "identifier": _RECOVERED}
        definition = {**definition, "manifest_data": place}
    picture = io.BytesIO(parent.image.data)
    builder.add_ingredient(definition, embedded(parent.image).media_type, picture)


def _checked_type(job: SigningJob) -> str:
    """Return the picture's media type, if what the library will read and write is safe with it.

    Raises
    ------
    ManifestError
        If a picture that the library will read holds a manifest that cannot be read.
    UnsupportedImageError
        If the library would leave out more than the manifest.
    UnreadableImageError
        If there is no picture.
    """
    if job.embed and job.image.data.startswith(_BIG_TIFF):
        # It counts 16 bytes for each of a directory's entries, which have 20, and so leaves eight
        # bytes of another entry out of the hash.
        raise UnsupportedImageError(
            "A BigTIFF file cannot hold a manifest that protects all of it. Nothing was written.",
            hint=SIDECAR_HINT,
        )
    pictures = [job.image] if job.parent is None else [job.image, job.parent.image]
    for found in map(embedded, pictures):
        if found.problem is not None:
            raise ManifestError(
                f"the credentials that the picture already has cannot be read: {found.problem}",
                hint="Strip the old metadata first to sign it anew.",
            )
    return job.image.media_type


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        msg = "not a JSON object"
        raise ValueError(msg)  # noqa: TRY004 - a ValueError, as json raises for bad text
    return value
