"""Version 1 of the mark stays what it is: what was marked with it is found for ever."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from indelible.watermark import detect
from indelible.watermark.carrier import VERSION
from tests.watermark import vectors

KEPT = json.loads((vectors.FOLDER / f"version-{VERSION}.json").read_text(encoding="utf-8"))
NOW = vectors.vectors()


@pytest.mark.parametrize("name", [name for name in KEPT if name != "keys"])
def test_what_all_keys_share(name: str) -> None:
    assert NOW[name] == KEPT[name]


@pytest.mark.parametrize("index", range(len(KEPT["keys"])))
def test_what_a_key_determines(index: int) -> None:
    kept, now = dict(KEPT["keys"][index]), dict(NOW["keys"][index])
    assert np.allclose(now.pop("patterns"), kept.pop("patterns"), atol=2e-4)
    assert now == kept


@pytest.mark.compiled
def test_a_marked_picture_of_this_version_is_found() -> None:
    with Image.open(vectors.FOLDER / f"version-{VERSION}.jpg") as picture:
        found = detect(np.array(picture), list(vectors.KEYS))
    assert found.payload == vectors.PAYLOADS[2]
    assert found.key_id == vectors.KEYS[0].id
