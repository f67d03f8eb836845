"""What `protect` and `verify` use of the user's: signer, keys, registry, trust, and the rest.

It comes from the user's settings, and where they are silent from the development identity.

The *development identity* is a small certificate authority with one signing certificate, a
watermark key and a registry. It is made on this machine when something is first protected,
readable by its owner only, and trusted on this machine only; every report says so. Looking things
up never creates anything.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indelible.credentials import (
    CallbackSigner,
    Generator,
    Signer,
    Trust,
    TrustList,
    TrustStore,
    load_identity,
    load_or_create_identity,
    parse_list,
)
from indelible.credentials.signers.opening import NO_TIMESTAMP, open_signer
from indelible.errors import ConfigurationError, IdentityError, KeyFileError, TrustError
from indelible.files import read_file, read_private_file
from indelible.imaging import Limits
from indelible.registry import Registries, Registry, open_registry, sqlite_url
from indelible.registry.private import RecordKeys, wrapper_named
from indelible.resolution import Resolver
from indelible.secret import Secret
from indelible.settings.environment import fingerprint
from indelible.settings.folders import Folders, settings_file, user_folders
from indelible.settings.key_ring import KeyRing
from indelible.settings.loading import load_settings
from indelible.settings.schema import Settings
from indelible.watermark import Key

if TYPE_CHECKING:
    from indelible.registry.private import TokenStore

__all__ = ["Configuration", "current", "load_trust_list", "with_timestamp"]

_log: Final = logging.getLogger("indelible")
_lock: Final = threading.Lock()
_MAX_TRUST_BYTES: Final = 16 << 20
_MAX_TOKEN_BYTES: Final = 8192


class Configuration:
    """What this user's settings and folders lead to.

    Parameters
    ----------
    settings : Settings
        The user's settings.
    folders : Folders
        Where the development identity lives, or will.

    Notes
    -----
    Nothing is read before it is asked for; the signer and the registry are then kept. Safe to use
    from several threads.
    """

    def __init__(self, settings: Settings, folders: Folders) -> None:
        self.settings = settings
        self.folders = folders
        self._lock = threading.RLock()
        self._signer: Signer | None = None
        self._registry: Registry | None = None
        self._announced: set[str] = set()

    @property
    def limits(self) -> Limits:
        """Sizes above which a picture is refused from its header."""
        default, wanted = Limits(), self.settings.limits
        return Limits(
            max_pixels=wanted.max_pixels or default.max_pixels,
            max_bytes=wanted.max_bytes or default.max_bytes,
            max_decoded_bytes=wanted.max_decoded_bytes or default.max_decoded_bytes,
        )

    @property
    def generator(self) -> Generator:
        """Who makes the claims in new manifests."""
        wanted = self.settings.generator
        details = {
            "provider": wanted.provider,
            "model": wanted.model,
            "model_version": wanted.model_version,
            "model_identifier": wanted.model_identifier,
            "abuse_contact": wanted.abuse_contact,
        }
        if wanted.name is None:
            return Generator.unnamed(**details)
        return Generator(name=wanted.name, version=wanted.version, **details)

    @property
    def key_ring(self) -> KeyRing:
        """The user's key ring; a configuration that names a single key file has none.

        Raises
        ------
        ConfigurationError
            If ``watermark.keys`` names a file.
        """
        path = self.settings.watermark.keys or self.folders.keys
        if not path.is_dir() and _exists(path):
            raise ConfigurationError(
                f"watermark.keys is a key file ({path}), not a folder of keys.",
                hint="Name a folder to have a key ring.",
            )
        return KeyRing(path)

    def signer(self) -> Signer:
        """Return the configured signer, else the development identity's, made on first use.

        Raises
        ------
        SigningError, CertificateError
            If the configured certificate or key cannot be used.
        IdentityError
            If the development identity cannot be made or loaded.
        """
        with self._lock:
            if self._signer is None:
                wanted = self.settings.signer
                if wanted.certificate is not None and wanted.private_key is not None:
                    self._signer = open_signer(
                        wanted.certificate,
                        wanted.private_key,
                        timestamp_url=wanted.timestamp_url,
                    )
                else:
                    self._signer = with_timestamp(self.development_signer(), wanted.timestamp_url)
            return self._signer

    def development_signer(self) -> Signer:
        """Return the development identity's signer, whatever is configured; made on first use.

        Raises
        ------
        IdentityError
            If it cannot be made or loaded.
        """
        identity, created = load_or_create_identity(self.folders.identity)
        if created:
            self._announce(
                "Created a development identity (certificate authority and signing "
                "certificate). Its signatures are trusted on this machine only."
            )
        return identity.signer

    def marking_keys(self) -> tuple[Key, ...]:
        """Return the user's own keys, the one for new marks first; made on first use.

        A partner's are not among them: their marks are neither made nor taken out.

        Raises
        ------
        KeyFileError
            If a key cannot be read, or all are retired.
        OutputError
            If the first key cannot be written.
        """
        wanted = self.settings.watermark.keys
        if wanted is not None and not wanted.is_dir() and _exists(wanted):
            return (Key.load(wanted),)
        with self._lock:
            keys, created = self.key_ring.ensure()
            if created:
                self._announce("Created a watermark key.")
            return keys

    def detection_keys(self) -> tuple[Key, ...]:
        """Return the keys to detect with, newest first; empty where there are none.

        Raises
        ------
        KeyFileError
            If a configured key is missing, or one cannot be read.
        """
        wanted = self.settings.watermark.keys
        if wanted is not None and not wanted.is_dir() and _exists(wanted):
            return (Key.load(wanted),)
        keys = self.key_ring.keys()
        if wanted is not None and not keys:
            raise KeyFileError(
                f"There is no watermark key in {wanted}.",
                hint="Check watermark.keys in the configuration.",
            )
        return keys

    def registry(self) -> Registry:
        """Return the user's registry; its file is created on the first write."""
        with self._lock:
            if self._registry is None:
                urls = self._registry_urls()
                first = open_registry(urls[0], token=self._registry_token())
                # One's own token is nobody else's business.
                others = [open_registry(url, token="") for url in urls[1:]]
                self._registry = Registries([first, *others]) if others else first
            return self._registry

    def _registry_urls(self) -> tuple[str, ...]:
        """Return where the user's registries are, the one that is written to first."""
        return self.settings.registry.url or (sqlite_url(self.folders.registry),)

    def _registry_token(self) -> Secret | None:
        """Return the token of the user's registry, where a file holds it.

        Raises
        ------
        ConfigurationError
            If the file cannot be read.
        """
        path = self.settings.registry.token_file
        if path is None:
            return None
        try:
            return Secret(read_private_file(path, _MAX_TOKEN_BYTES, what="token").strip())
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigurationError(
                f"registry.token_file {path} cannot be read: {reason}."
            ) from error

    def existing_registry(self) -> Registry | None:
        """Return the user's registry, or None where none was configured or ever written to."""
        return self.registry() if self.has_registry() else None

    def has_registry(self) -> bool:
        """Whether there is a registry, configured or written to before; opens none."""
        return self.settings.registry.url is not None or _exists(self.folders.registry)

    def tokens(self) -> TokenStore:
        """Return the tokens of the service over the user's registry, of several the first."""
        from indelible.registry.private import open_tokens  # noqa: PLC0415 - loads a database

        return open_tokens(self._registry_urls()[0])

    def resolvers(self) -> tuple[Resolver, ...]:
        """Return the servers of others that are to be asked; none by default."""
        return tuple(Resolver(address) for address in self.settings.resolvers.ask or ())

    def record_keys(self) -> RecordKeys | None:
        """Return the keys that seal generation records, or None where none are configured.

        Raises
        ------
        KeyFileError
            If their file cannot be read.
        RegistryError, MissingDependencyError
            If they are wrapped, and their key service does not unwrap them.
        """
        path = self.settings.registry.record_keys
        return None if path is None else RecordKeys.load(path, wrapper=wrapper_named)

    @property
    def anchor_folder(self) -> Path:
        """Where this user's own trust anchors are kept, one PEM file for each."""
        return self.folders.trust / "anchors"

    @property
    def pinned_folder(self) -> Path:
        """Where single signers are kept that this user trusts."""
        return self.folders.trust / "pinned"

    def trust(self) -> Trust:
        """Return whose signatures count: official list, configured anchors, development identity.

        Raises
        ------
        TrustError
            If a configured anchor cannot be read.
        """
        wanted = self.settings.trust
        lists = TrustStore(self.folders.trust).lists() if wanted.official else ()
        anchors = (*wanted.anchors, *_pem_files(self.anchor_folder))
        trust = Trust.of((*lists, *(load_trust_list(path) for path in anchors)))
        for path in _pem_files(self.pinned_folder):
            trust = trust.with_pinned(load_trust_list(path).pem)
        if _exists(self.folders.identity):
            try:
                trust = load_identity(self.folders.identity).trust(trust)
            except IdentityError as error:
                # Everybody else's credentials can still be judged.
                _log.warning("Not trusting the development identity: %s", error.reason())
        return trust

    def _announce(self, message: str) -> None:
        """Say once that something was created. Unless a program configures logging: on stderr."""
        if message not in self._announced:
            self._announced.add(message)
            _log.warning("%s It lives in %s.", message, self.folders.config)


def current() -> Configuration:
    """Return this user's configuration, read again when the environment or the file changed.

    Raises
    ------
    ConfigurationError
        If the settings cannot be read.
    """
    folders = user_folders()
    file, _ = settings_file()
    try:
        status = file.stat()
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
    except (OSError, ValueError):
        version = (0, 0, 0)
    state = (os.getpid(), folders, file, version, fingerprint())
    with _lock:
        known = _current.get(state)
        if known is None:
            known = Configuration(load_settings(), folders)
            _current.clear()
            _current[state] = known
        return known


_current: dict[object, Configuration] = {}


def with_timestamp(signer: Signer, url: str | None) -> Signer:
    """Return a signer that asks this time-stamp authority, or none for "none".

    Without a URL it is the same signer.
    """
    url = signer.timestamp_url if url is None else None if url == NO_TIMESTAMP else url
    if url == signer.timestamp_url:
        return signer
    return CallbackSigner(
        signer.certificates, signer.sign, algorithm=signer.algorithm, timestamp_url=url
    )


def load_trust_list(path: Path) -> TrustList:
    """Read trust anchors from a file: PEM certificates, or a list in the official JSON form.

    Raises
    ------
    TrustError
        If the file cannot be read or holds neither.
    """
    try:
        content = read_file(path, _MAX_TRUST_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TrustError(f"the trust anchors {path} cannot be read: {reason}") from error
    return parse_list(content, source=str(path))


def _pem_files(folder: Path) -> list[Path]:
    """Return the certificates' files in a folder of the user's, which need not exist.

    Raises
    ------
    TrustError
        If the folder cannot be listed: anchors in it would be left out in silence.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".pem")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise TrustError(f"Cannot list {folder}: {error.strerror or error}.") from error


def _exists(path: Path) -> bool:
    """Whether something is there, or may be: what cannot be looked at fails when it is used."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
