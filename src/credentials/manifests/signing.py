"""Signing: put a manifest into a picture, and keep the history that the picture already has."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
import time
from dataclasses import dataclass
from typing import Any, Final, Protocol

from indelible.credentials.manifests import _c2pa, readback
from indelible.credentials.manifests.media_types import media_type, sniff
from indelible.credentials.manifests.request import PARENT_INSTANCE
from indelible.credentials.signers.certificate_profile import require_profile
from indelible.credentials.signers.chains import is_development, load_chain
from indelible.credentials.signers.protocol import DEFAULT_TIMESTAMP_URL, Signer
from indelible.credentials.source_types import SourceType
from indelible.credentials.trust.trust import Trust
from indelible.errors import ManifestError, UnreadableImageError

__all__ = ["Definition", "SignedPicture", "has_manifest", "sign"]

_RECOVERED = "recovered.c2pa"
_RETRY_AFTER = 300.0  # seconds
_log: Final = logging.getLogger("indelible")


class Definition(Protocol):
    """What can be signed: a `ManifestRequest`, or a `ManifestDefinition` from a JSON file."""

    @property
    def manifest_id(self) -> str:
        """The new manifest's id."""
        ...

    @property
    def source_type(self) -> SourceType:
        """How the picture came to be."""
        ...

    @property
    def begins_here(self) -> bool:
        """Whether it says how the picture began, if the picture has no history."""
        ...

    @property
    def thumbnail(self) -> bool:
        """Whether to put a small preview into the manifest."""
        ...

    @property
    def embed(self) -> bool:
        """Whether to put the manifest into the picture."""
        ...

    @property
    def remote_url(self) -> str | None:
        """Address at which the manifest will also be found."""
        ...

    def definition(self, *, has_parent: bool) -> dict[str, Any]:
        """Return the manifest definition for the C2PA library."""
        ...


@dataclass(frozen=True, slots=True)
class SignedPicture:
    """What signing gives.

    Attributes
    ----------
    data : bytes
        The picture with its manifest inside, or unchanged where the request said not to embed it.
    manifest_store : bytes
        The manifest with its whole history, as ``application/c2pa``: for a registry, or for a
        sidecar file.
    manifest_id : str
        The id of the new manifest.
    sha256 : str
        SHA-256 of `data`, in hexadecimal.
    """

    data: bytes
    manifest_store: bytes
    manifest_id: str
    sha256: str


def sign(
    data: bytes,
    format: str,
    request: Definition,
    signer: Signer,
    *,
    parent: bytes | None = None,
    parent_store: bytes | None = None,
    trust: Trust | None = None,
) -> SignedPicture:
    """Sign a picture.

    Parameters
    ----------
    data : bytes
        The encoded picture. If it carries a manifest already, that history is kept: it becomes the
        parent of the new one.
    format : str
        "jpeg", "png", ... or a media type.
    request : ManifestRequest or ManifestDefinition
        What the manifest is to say.
    signer : Signer
        Who signs.
    parent : bytes, optional
        The file that `data` was made from, where that is another one: its manifest, if it has one,
        becomes the parent. A file without credentials is kept as parent only for edited pictures;
        a generated picture has none.
    parent_store : bytes, optional
        A manifest store recovered for `parent` (or for `data`), whose file lost it.
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
    kind = media_type(format)
    require_profile(signer.certificates)
    if signer.timestamp_url is None:
        _warn_of_expiry(signer.certificates)
    trust = Trust.official() if trust is None else trust
    settings = _c2pa.Settings(trust, thumbnail=request.thumbnail)
    own = _Before(data, kind)
    before = dataclasses.replace(own, store=parent_store)
    if parent is not None:
        before = _Before(parent, sniff(parent) or kind, parent_store, is_other_file=True)
    if before != own and _continues_own_history(own, before, settings):
        before = own
    ancestor = _ancestor(before, request, settings)
    if ancestor is None:
        # There is no history to judge, and going through long lists takes the library its time.
        settings = dataclasses.replace(settings, trust=Trust.nobody())
    recovered = before.store
    picture = readback.prepared(data) if request.embed else data
    signed, store = _signed(
        _c2pa.SigningJob(
            data=picture,
            media_type=kind,
            manifest=request.definition(has_parent=ancestor is not None),
            settings=settings,
            signer=signer,
            parent=ancestor,
            resources=() if recovered is None else ((_RECOVERED, recovered),),
            embed=request.embed,
            remote_url=request.remote_url,
        )
    )
    readback.check(picture, signed, store, kind, request)
    return SignedPicture(
        data=signed,
        manifest_store=store,
        manifest_id=request.manifest_id,
        sha256=hashlib.sha256(signed).hexdigest(),
    )


def _signed(job: _c2pa.SigningJob) -> tuple[bytes, bytes]:
    """Sign, without a time stamp where only the default authority cannot be reached.

    Nobody asked for that one by name: a machine without a network still signs, and says what its
    signatures lack. An authority that somebody named is not done without.
    """
    is_default = job.signer.timestamp_url == DEFAULT_TIMESTAMP_URL
    if is_default and _unreachable.is_set():
        job = dataclasses.replace(job, time_stamp=False)
    try:
        return _c2pa.sign(job)
    except _c2pa.NoTimeStampError:
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


def has_manifest(data: bytes, format: str) -> bool:
    """Whether a picture carries a manifest, readable or not, or the address of one."""
    media_type(format)
    try:
        _c2pa.extract_store(data)
    except (_c2pa.NoManifestError, _c2pa.NotAPictureError):
        return False
    except (_c2pa.RemoteManifestError, _c2pa.UnreadableManifestError):
        return True
    return True


@dataclass(frozen=True, slots=True)
class _Before:
    """The file whose history is carried on, and the manifest that was recovered for it."""

    data: bytes
    media_type: str
    store: bytes | None = None
    is_other_file: bool = False


def _continues_own_history(own: _Before, given: _Before, settings: _c2pa.Settings) -> bool:
    """Whether the picture's own manifest, rather than the parent that was given, is the parent.

    Raises
    ------
    ManifestError
        If there are two histories, of which one would be lost.
    """
    inside = _read_history(own, settings)
    if not inside.manifests:
        return False
    outside = _read_history(given, settings)
    if not outside.manifests or outside.active in inside.manifests:
        return True
    raise ManifestError(
        "the picture already has credentials of its own, with another history than its parent's",
        hint="Leave out the parent, or strip the picture's own metadata first.",
    )


@dataclass(frozen=True, slots=True)
class _History:
    """The manifests of a file, or that it only names an address of theirs."""

    summary: dict[str, Any]
    remote: bool = False

    @property
    def active(self) -> str | None:
        return self.summary.get("active_manifest")

    @property
    def manifests(self) -> dict[str, Any]:
        return self.summary.get("manifests") or {}


def _read_history(source: _Before, settings: _c2pa.Settings) -> _History:
    """Return the history of a file, empty if it has none.

    Raises
    ------
    ManifestError, UnreadableImageError
        If it has some that cannot be read, or is no picture.
    """
    try:
        reading = _c2pa.read(source.data, source.media_type, settings, source.store)
    except _c2pa.NoManifestError:
        return _History({})
    except _c2pa.RemoteManifestError:
        return _History({}, remote=True)
    except _c2pa.NotAPictureError as error:
        raise UnreadableImageError(f"there is no picture to sign: {error}") from error
    except _c2pa.UnreadableManifestError as error:
        raise ManifestError(
            f"the credentials that the picture already has cannot be read: {error}",
            hint="Its history cannot be carried on. Strip the old metadata first to sign it anew.",
        ) from error
    return _History(reading.summary)


def _ancestor(
    before: _Before, request: Definition, settings: _c2pa.Settings
) -> _c2pa.Ingredient | None:
    """Return the ingredient that carries the picture's history on, or None if it has none."""
    definition: dict[str, Any] = {
        "relationship": "parentOf",
        "instance_id": PARENT_INSTANCE,
        "title": "the picture before",
    }
    history = _read_history(before, settings)
    if not history.manifests and not history.remote:
        if not before.is_other_file:
            if request.begins_here:
                return None  # otherwise the picture was opened: it is its own original
        elif request.source_type is SourceType.GENERATED:
            return None  # what went into a model is not what came out
    # An address stays in the history as one: the old manifest is not fetched here. Whoever wants
    # all of it inside fetches it and gives it as `parent_store`.
    if before.store is not None:
        definition["manifest_data"] = {"format": "application/c2pa", "identifier": _RECOVERED}
        definition["active_manifest"] = history.active
        definition["validation_results"] = history.summary.get("validation_results", {})
    return _c2pa.Ingredient(before.data, before.media_type, definition)
