"""A photograph that its owner signed, and a registry that holds the record."""

from __future__ import annotations

import types
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import consent, imaging
from indelible.consent import SignedConsent, signing
from indelible.credentials import DevelopmentIdentity
from indelible.registry import SqlRegistry, open_registry, sqlite_url

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="session")
def owners(tmp_path_factory: pytest.TempPathFactory) -> SqlRegistry:
    """The registry that the photograph's owner uses; nobody else changes it."""
    folder = tmp_path_factory.mktemp("owners")
    return open_registry(sqlite_url(folder / "registry.sqlite3"))


@pytest.fixture(scope="session")
def signed(photograph: Pixels, owners: SqlRegistry, identity: DevelopmentIdentity) -> SignedConsent:
    """The photograph, signed by its owner, as JPEG."""
    with pytest.MonkeyPatch.context() as patch:  # one id: the same pattern in every run
        fixed = types.SimpleNamespace(token_bytes=lambda count: b"consents"[:count])
        patch.setattr(signing, "secrets", fixed)
        return consent.sign(
            imaging.encode(photograph, "jpeg", quality=92),
            signer=identity.signer,
            records=owners.consents,
            owner="Ada",
        )


@pytest.fixture(scope="session")
def reposted(signed: SignedConsent) -> bytes:
    """The same after a screenshot: cropped, compressed, without metadata."""
    pixels = imaging.decode(signed.data).pixels
    return imaging.encode(np.ascontiguousarray(pixels[37:480, 51:490]), "jpeg", quality=75)


@pytest.fixture
def registry(tmp_path: Path) -> SqlRegistry:
    """An empty registry for one test."""
    return open_registry(sqlite_url(tmp_path / "registry.sqlite3"))
