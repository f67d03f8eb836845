"""A generator's house for the hooks' tests: what they protect with, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import Protector, Verdict, Verifier, imaging
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.registry import open_registry, sqlite_url
from indelible.registry.private import RecordKeys
from indelible.registry.sql import SqlRegistry
from indelible.watermark import Key


@dataclass(frozen=True)
class House:
    """What a generator holds."""

    protector: Protector
    verifier: Verifier
    registry: SqlRegistry
    key: Key
    identity: DevelopmentIdentity
    trust: Trust

    def verdict(self, picture: bytes | NDArray[np.uint8]) -> Verdict:
        """Return what is said of a file, or of pixels that were saved without a manifest."""
        if isinstance(picture, np.ndarray):
            picture = imaging.encode(picture, "png")
        return self.verifier.verify(picture).verdict


@pytest.fixture
def house(identity: DevelopmentIdentity, trust: Trust, tmp_path: Path) -> House:
    key = Key.generate()
    registry = open_registry(sqlite_url(tmp_path / "registry.sqlite3"))
    protector = Protector(
        signer=identity.signer,
        key=key,
        registry=registry,
        generator="Acme Images",
        trust=trust,
        record_keys=RecordKeys.generate(),
    )
    verifier = Verifier(keys=key, registry=registry, trust=trust)
    return House(protector, verifier, registry, key, identity, trust)


@pytest.fixture(scope="session")
def photograph(photographs: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A face, uint8 (192, 192, 3) RGB, read-only."""
    face = np.ascontiguousarray(photographs["astronaut"][20:212, 110:302])
    face.flags.writeable = False
    return face
