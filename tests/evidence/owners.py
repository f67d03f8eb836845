"""Who makes bundles in these tests: a key, a registry, an identity, and a picture of theirs."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible import evidence, imaging
from indelible.credentials import DevelopmentIdentity, create_identity
from indelible.evidence import Bundle
from indelible.protection import ProtectedImage, Protector
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.verification import Verification, Verifier
from indelible.watermark import Key

_KNOWN: dict[object, Verification] = {}


class RememberingVerifier(Verifier):
    """Examines each picture once: these tests are about what is made of the result."""

    def verify(self, image: Any, *, manifest: Any = None) -> Verification:
        known = image, manifest, repr(self.registry), self.trust, self.key_ids
        if known not in _KNOWN:
            _KNOWN[known] = super().verify(image, manifest=manifest)
        return _KNOWN[known]


@dataclass(frozen=True)
class Owner:
    """A maker of bundles who has a picture that was protected here, and a changed copy of it."""

    folder: Path
    key: Key
    identity: DevelopmentIdentity
    registry: SqlRegistry
    protected: ProtectedImage
    changed: bytes

    @property
    def store(self) -> bytes:
        """The manifest store of the protected picture."""
        record = self.registry.get(self.protected.manifest_id or "")
        assert record is not None
        return record.manifest_store

    @property
    def verifier(self) -> Verifier:
        return self.verifier_with()

    def verifier_with(self, **given: Any) -> Verifier:
        return RememberingVerifier(
            **{
                "keys": self.key,
                "registry": self.registry,
                "trust": self.identity.trust(),
                "changes": True,
                **given,
            }
        )

    def make(self, picture: Any = None, **given: Any) -> Bundle:
        """Make a bundle about the changed copy, or another picture."""
        if picture is None and "url" not in given:
            picture = self.changed
            given.setdefault("name", "found.jpg")
        given.setdefault("verifier", self.verifier)
        given.setdefault("signer", self.identity.signer)
        return evidence.make(picture, **given)


def owner_in(folder: Path, photograph: NDArray[np.uint8]) -> Owner:
    """Return somebody who protects a photograph, and finds it changed."""
    key = Key.from_bytes(bytes(range(32)))
    identity = create_identity(folder / "identity")
    registry = open_registry(sqlite_url(folder / "registry.sqlite3"))
    assert isinstance(registry, SqlRegistry)
    protector = Protector(
        signer=identity.signer,
        key=key,
        registry=registry,
        generator="Test images",
        source_type="generated",
        trust=identity.trust(),
        thumbnail=True,
    )
    protected = protector.protect(photograph, format="jpeg")
    pixels = imaging.decode(protected.data).pixels.copy()
    pixels[150:250, 180:300] = 255 - pixels[150:250, 180:300]
    changed = imaging.encode(pixels, "jpeg", quality=85)
    return Owner(folder, key, identity, registry, protected, changed)


def parts_of(bundle: Bundle | bytes) -> dict[str, bytes]:
    """Return a bundle's members, as anybody's zip reader does."""
    data = bundle if isinstance(bundle, bytes) else bundle.data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def said(parts: dict[str, bytes], path: str) -> Any:
    return json.loads(parts[path])
