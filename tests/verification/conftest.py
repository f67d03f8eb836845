"""One protected picture for all, and for each test a home of its own that knows it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible.credentials import Signer, create_identity
from indelible.protection import ProtectedImage
from tests.verification.making import repost


@dataclass(frozen=True)
class Owner:
    """The folder with key ring, development identity and registry, and the picture made there."""

    folder: Path
    protected: ProtectedImage


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory, photograph: NDArray[np.uint8]) -> Owner:
    """Whoever protected the picture; nobody changes this folder."""
    folder = tmp_path_factory.mktemp("owner")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDELIBLE_HOME", str(folder))
        return Owner(folder, indelible.protect(photograph, format="jpeg"))


@pytest.fixture
def at_home(owner: Owner, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a copy of the owner's folder."""
    copy = home / "indelible"
    shutil.copytree(owner.folder, copy)
    monkeypatch.setenv("INDELIBLE_HOME", str(copy))
    return copy


@pytest.fixture
def protected(owner: Owner, at_home: Path) -> ProtectedImage:
    """A protected picture, where its keys, its signer and its registry are known."""
    return owner.protected


@pytest.fixture(scope="session")
def reposted(owner: Owner) -> bytes:
    """The protected picture as a network shows it: cropped, compressed, without metadata."""
    return repost(owner.protected.data)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """A signer whom this machine does not trust."""
    return create_identity(tmp_path_factory.mktemp("stranger") / "identity").signer
