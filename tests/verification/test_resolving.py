"""Which registered manifests a picture leads to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import Protector, Verifier, imaging
from indelible.credentials import DevelopmentIdentity, Generator, Trust
from indelible.errors import ImageError
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.verification import Match
from indelible.watermark import ALGORITHM, Key

KEY = Key(bytes(range(32)))
PDQ = "org.indelible.pdq.1"


@pytest.fixture
def registry(tmp_path: Path) -> SqlRegistry:
    return open_registry(sqlite_url(tmp_path / "registry.sqlite3"))


@pytest.fixture
def protected(
    registry: SqlRegistry, photograph: NDArray[np.uint8], identity: DevelopmentIdentity
) -> tuple[str, bytes]:
    protector = Protector(
        signer=identity.signer, key=KEY, registry=registry, generator=Generator("Acme Images")
    )
    done = protector.protect(photograph, source_type="generated", format="jpeg")
    assert done.data is not None
    return done.manifest_id, done.data


def verifier(registry: SqlRegistry, trust: Trust, *keys: Key) -> Verifier:
    return Verifier(keys=keys, registry=registry, trust=trust)


@pytest.mark.compiled
def test_a_repost_leads_to_its_manifest(
    registry: SqlRegistry, protected: tuple[str, bytes], trust: Trust
) -> None:
    manifest_id, data = protected
    pixels = imaging.decode(data).pixels
    repost = imaging.encode(pixels, "jpeg", quality=70)
    # By its mark where there is a key; by its looks, confirmed, where there is none.
    assert verifier(registry, trust, KEY).find_matches(repost) == (Match(manifest_id, ALGORITHM),)
    assert verifier(registry, trust).find_matches(repost) == (Match(manifest_id, PDQ),)
    registry.set_status(manifest_id, "withdrawn")
    assert verifier(registry, trust, KEY).find_matches(repost) == ()


@pytest.mark.compiled
def test_another_picture_leads_nowhere(
    registry: SqlRegistry,
    protected: tuple[str, bytes],
    photographs: dict[str, NDArray[np.uint8]],
    trust: Trust,
) -> None:
    other = imaging.encode(photographs["coffee"], "jpeg")
    assert verifier(registry, trust, KEY).find_matches(other) == ()


def test_what_cannot_be_asked(tmp_path: Path, trust: Trust, photograph: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError):
        Verifier(
            keys=(), registry=open_registry(sqlite_url(tmp_path / "r")), trust=trust
        ).find_matches(b"no picture")
    small = imaging.encode(photograph[:64, :64], "png")
    assert Verifier(keys=(), registry=None, trust=trust).find_matches(small) == ()
