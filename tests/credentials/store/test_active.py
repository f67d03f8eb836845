"""The active manifest of a store, by itself."""

from __future__ import annotations

import numpy as np
import pytest

from indelible import credentials, imaging
from indelible.credentials import DevelopmentIdentity, Generator, ManifestRequest
from indelible.credentials.store.opening import open_store
from indelible.errors import ManifestError

PNG = imaging.encode(np.full((8, 8, 3), 90, np.uint8), "png")


def request() -> ManifestRequest:
    return ManifestRequest(credentials.new_manifest_id(), Generator("Acme Images"))


def test_it_is_the_last_one(identity: DevelopmentIdentity) -> None:
    first = credentials.sign(PNG, request(), identity.signer)
    second = credentials.sign(first.data, request(), identity.signer)
    store = second.manifest_store
    assert [one.label for one in open_store(store).manifests][-1] == second.manifest_id
    assert credentials.active_manifest_id(store) == second.manifest_id
    alone = credentials.active_manifest(store)
    assert [one.label for one in open_store(alone).manifests] == [second.manifest_id]
    assert credentials.active_manifest(first.manifest_store) == first.manifest_store


@pytest.mark.parametrize("data", [b"", b"hello", bytes(100), b"\0\0\0\x08jumb", PNG])
def test_what_is_no_store(data: bytes) -> None:
    for read in (credentials.active_manifest_id, credentials.active_manifest):
        with pytest.raises(ManifestError):
            read(data)
