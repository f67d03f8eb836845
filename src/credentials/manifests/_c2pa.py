"""The one place that imports ``c2pa``.

Everything that reaches the C2PA library passes through here, so that four things hold everywhere:

* **no network unless asked**: the library's defaults fetch remote manifests from any address that a
  picture's metadata names. Every context made here switches that off first;
* **the library reads what our own reader found and checked**: it is handed the manifest store, and
  a picture in which there is none does not reach it. See `locating` and `store`;
* **contexts are built once** for each combination of settings, and signers once for each key in
  memory; both again in a forked child, which cannot use its parent's;
* **only our own exceptions leave**: the library tells its errors apart by message alone, and a
  signer's exception would otherwise be lost inside it.
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

from indelible.credentials.manifests.media_types import sniff
from indelible.credentials.manifests.remote import remote_address
from indelible.credentials.signers.pem_signer import PemSigner
from indelible.credentials.signers.protocol import Signer
from indelible.credentials.store.opening import Store, open_store
from indelible.errors import (
    IndelibleError,
    ManifestError,
    SigningError,
    TrustError,
    UnsupportedImageError,
)
from indelible.imaging._located import Located
from indelible.imaging._locating import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indelible.credentials.trust.trust import Trust

_CONTEXTS_KEPT = 32
_THUMBNAIL = {"enabled": True, "format": "jpeg", "long_edge": 256, "quality": "low"}  # 6 KB
_BIG_TIFF = (b"II+\0", b"MM\0+")
# How the library's messages begin when it cannot take a picture apart, or put it together again.
_PICTURE_FAULTS = ("io: ", "other: asset could not be parsed", "invalidasset")
_MANIFEST_FAULTS = ("other: bad parameter", "encoding:", "json:", "assertion")

#: What to do with a picture that cannot take a manifest.
SIDECAR_HINT = (
    "Keep the manifest beside the picture (`indelible sign --sidecar --no-embed`, "
    "ManifestRequest(embed=False)), or convert the picture to JPEG, PNG or WebP first."
)

_contexts: OrderedDict[tuple[int, Settings], c2pa.Context] = OrderedDict()
# The library's copy of a key goes with the signer that it was made for.
_signers: WeakKeyDictionary[PemSigner, tuple[tuple[object, ...], c2pa.Signer]] = WeakKeyDictionary()
_lock = threading.Lock()


class NoManifestError(Exception):
    """The picture carries no manifest store."""


class RemoteManifestError(Exception):
    """The picture carries no manifest, only the URL of one."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class UnreadableManifestError(Exception):
    """There is a manifest store, or a picture, that cannot be parsed."""


class NoTimeStampError(SigningError):
    """The time-stamp authority cannot be reached, or does not answer as it should."""


class NotAPictureError(UnreadableManifestError):
    """The bytes are of no format that the library knows."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A picture that the signed one was made from, and what the manifest says about it."""

    data: bytes
    media_type: str
    definition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the library says about one picture: its own summary, and its complete dump.

    `store` is what it read, `found` where our own reader found a manifest in the picture.
    """

    summary: dict[str, Any]
    complete: dict[str, Any]
    store: Store = field(repr=False)
    found: Located | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SigningJob:
    """One picture to sign, with everything that the library needs for it."""

    data: bytes
    media_type: str
    manifest: dict[str, Any]
    settings: Settings
    signer: Signer = field(repr=False)
    parent: Ingredient | None = None
    resources: tuple[tuple[str, bytes], ...] = ()
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
    thumbnail : bool
        Whether signing puts a small preview into the manifest.
    """

    trust: Trust | None = None
    ocsp_hosts: tuple[str, ...] = ()
    thumbnail: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the settings in the library's own form; it ignores keys that it does not know."""
        settings: dict[str, Any] = {
            "verify": {"remote_manifest_fetch": False, "ocsp_fetch": bool(self.ocsp_hosts)},
            "core": {"allowed_network_hosts": list(self.ocsp_hosts)},  # empty: none
            "builder": {"thumbnail": _THUMBNAIL if self.thumbnail else {"enabled": False}},
        }
        if self.trust is not None:
            settings["trust"] = self.trust.settings()
        return settings


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


def library_version() -> str:
    """Return the version of the C2PA library underneath."""
    return str(c2pa.sdk_version())


def read(
    data: bytes, media_type: str, settings: Settings, manifest_store: bytes | None = None
) -> Reading:
    """Read and validate the manifest of a picture.

    Raises
    ------
    NoManifestError, RemoteManifestError, UnreadableManifestError
        Instead of the library's errors.
    """
    with _reading():
        found, store = _checked(data, manifest_store)
        with c2pa.Reader(
            sniff(data) or media_type, io.BytesIO(data), store.data, context=context(settings)
        ) as reader:
            return Reading(_object(reader.json()), _object(reader.crjson()), store, found)


def extract_store(data: bytes) -> bytes:
    """Return the manifest store inside a picture, checked but not validated.

    Raises
    ------
    NoManifestError, RemoteManifestError, UnreadableManifestError
        If there is none, or none that can be read.
    """
    with _reading():
        return _checked(data, None)[1].data


def _checked(data: bytes, given: bytes | None) -> tuple[Located | None, Store]:
    """Return where a picture's manifest is, and the store to read: its own, or the one given.

    Raises
    ------
    ValueError
        If it cannot be read, or not in one way only.
    """
    if given is not None:
        try:
            return locate(data), open_store(given)
        except ValueError:
            return None, open_store(given)  # what the picture itself holds does not matter here
    found = locate(data)
    if found is not None:
        return found, open_store(found.store)
    if sniff(data) is None:
        raise NotAPictureError("the bytes are of no known format")
    address = remote_address(data)
    raise NoManifestError if address is None else RemoteManifestError(address)


@contextmanager
def _reading() -> Iterator[None]:
    """Turn the library's errors while reading into ours."""
    try:
        yield
    except c2pa.C2paError as error:
        # The errors' types are made at run time; their messages begin with the same words.
        message = str(error)
        if message.startswith("NotSupported"):
            raise NotAPictureError("the bytes are of no known format") from error
        raise UnreadableManifestError(_without_type(message)) from error
    except (ValueError, KeyError, RecursionError) as error:  # ours, or JSON that is none
        raise UnreadableManifestError(f"the manifest cannot be decoded: {error}") from error


def sign(job: SigningJob) -> tuple[bytes, bytes]:
    """Sign a picture and return (the signed picture, its manifest store).

    Raises
    ------
    SigningError, ManifestError, UnsupportedImageError
        Instead of the library's errors. What the job's signer raised is raised unchanged if it
        is one of ours, and is the cause of a SigningError otherwise.
    """
    raised: list[Exception] = []

    def guarded(payload: bytes) -> bytes:
        try:
            return job.signer.sign(payload)
        except Exception as error:  # noqa: BLE001 - kept, and raised again below
            raised.append(error)
            return b""  # tells the library that signing failed

    url = job.signer.timestamp_url if job.time_stamp else None
    with _signer(job.signer, guarded, url) as signer:
        builder = _builder(job)
        signed = io.BytesIO()
        try:
            store = builder.sign(signer, job.media_type, io.BytesIO(job.data), signed)
        except c2pa.C2paError as error:
            if raised and isinstance(raised[0], IndelibleError):
                raise raised[0] from None
            if raised:
                raise SigningError(f"the signer failed: {raised[0]}") from raised[0]
            raise _translated(str(error), job) from error
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
    _check_pictures(job)
    try:
        builder = c2pa.Builder(job.manifest, context(job.settings))
        if not job.embed:
            builder.set_no_embed()
        if job.remote_url is not None:
            builder.set_remote_url(job.remote_url)
        for name, content in job.resources:
            builder.add_resource(name, io.BytesIO(content))
        if job.parent is not None:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            builder.add_ingredient(
                job.parent.definition, job.parent.media_type, io.BytesIO(job.parent.data)
            )
    except (c2pa.C2paError, TypeError, ValueError) as error:
        raise ManifestError(f"the manifest cannot be built: {error}") from error
    return builder


def _check_pictures(job: SigningJob) -> None:
    """Check every manifest store that the library will read while it signs, and where it writes.

    Raises
    ------
    ManifestError
        If one cannot be read.
    UnsupportedImageError
        If the library would leave out more than the manifest.
    """
    if job.embed and job.data.startswith(_BIG_TIFF):
        # It counts 16 bytes for each of a directory's entries, which have 20, and so leaves eight
        # bytes of some other entry out of the hash.
        raise UnsupportedImageError(
            "A BigTIFF file cannot hold a manifest that protects all of it. Nothing was written.",
            hint=SIDECAR_HINT,
        )
    pictures = {job.data} if job.parent is None else {job.data, job.parent.data}
    try:
        for picture in pictures:
            if (found := locate(picture)) is not None:
                open_store(found.store)
        for _, content in job.resources:
            if content[4:8] == b"jumb":
                open_store(content)
    except ValueError as error:
        raise ManifestError(
            f"the credentials that the picture already has cannot be read: {error}",
            hint="Strip the old metadata first to sign it anew.",
        ) from error


def _translated(message: str, job: SigningJob) -> IndelibleError:
    """Tell apart, by its message, why the library refused to sign."""
    lowered = message.lower()
    stamping = job.time_stamp and job.signer.timestamp_url is not None
    if stamping and lowered.startswith("signature: internal error"):
        return NoTimeStampError(
            f"the time-stamp authority at {job.signer.timestamp_url} did not answer as it should: "
            f"{_without_type(message)}",
            hint="Check the address and that it is reachable, or sign without a time stamp: "
            '--timestamp none, or timestamp_url = "none" under [signer] in the settings.',
        )
    if "certificate" in lowered or "cose" in lowered:
        return SigningError(
            f"the C2PA library refused the signature or its certificate: {message}",
            hint="`indelible keys inspect` says which rule of the C2PA profile fails.",
        )
    if lowered.startswith(_MANIFEST_FAULTS):
        return ManifestError(f"the manifest cannot be built: {message}")
    if job.parent is not None and "ingredient" in lowered:
        return ManifestError(
            "the credentials that the picture already has are broken, so that its history cannot "
            f"be carried on: {' '.join(_without_type(message).split())}",
            hint="Strip the old metadata first to sign it anew.",
        )
    if lowered.startswith("verify: manifest failed validation"):
        return ManifestError(f"the signed manifest does not pass its own validation: {message}")
    faulty = lowered.startswith(_PICTURE_FAULTS)
    return _unfit(message, job) if faulty else SigningError(f"signing failed: {message}")


def _unfit(message: str, job: SigningJob) -> UnsupportedImageError:
    reason = _without_type(_without_type(message).rpartition("parsed: ")[2])
    return UnsupportedImageError(
        "A manifest cannot be put into this picture: the C2PA library cannot take it apart "
        f"({reason}). Nothing was written.",
        hint=SIDECAR_HINT if job.embed else "Open and re-save it in an image editor.",
    )


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        msg = "not a JSON object"
        raise ValueError(msg)  # noqa: TRY004 - a ValueError, as json raises for bad text
    return value


def _without_type(message: str) -> str:
    """Return a library message without the type that it begins with ("Verify: ...")."""
    kind, separator, rest = message.partition(": ")
    return rest if separator and kind.isalnum() else message
