"""What the engine's tests share."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.watermark import Key, embed

PAYLOAD = bytes.fromhex("0123456789abcdef")


@pytest.fixture(scope="session")
def key() -> Key:
    return Key.from_bytes(b"a key of the engine's own tests!")


@pytest.fixture(scope="session")
def payload() -> bytes:
    return PAYLOAD


@pytest.fixture(scope="session")
def marked(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> NDArray[np.uint8]:
    """The everyday photograph with the everyday mark, uint8 (512, 512, 3), read-only."""
    out = embed(photograph, payload, key)
    out.flags.writeable = False
    return out


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_501)
