"""Stores of manifests that were signed, and services over registries of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indelible import imaging
from indelible.credentials import (
    DevelopmentIdentity,
    Generator,
    ManifestRequest,
    new_manifest_id,
    sign,
)
from tests.service.asking import Service, service_at


@pytest.fixture
def sandbox(tmp_path: Path) -> Service:
    return service_at(tmp_path, sandbox=True)


@pytest.fixture
def production(tmp_path: Path) -> Service:
    return service_at(tmp_path)


@pytest.fixture(scope="session")
def new_store(identity: DevelopmentIdentity) -> Callable[[], tuple[str, bytes]]:
    """Sign a small picture; return its manifest's id, and the manifest store."""
    png = imaging.encode(np.full((8, 8, 3), 90, np.uint8), "png")

    def make() -> tuple[str, bytes]:
        request = ManifestRequest(new_manifest_id(), Generator("Acme Images"))
        signed = sign(png, request, identity.signer)
        return signed.manifest_id, signed.manifest_store

    return make
