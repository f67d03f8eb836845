"""Every version of the mark stays what it is: what was marked with it is found for ever."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indelible.watermark import detect
from indelible.watermark.versions import VERSIONS, CarrierVersion
from tests.watermark import vectors

pytestmark = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


def kept(version: CarrierVersion) -> dict[str, Any]:
    text = (vectors.FOLDER / f"version-{version.number}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def test_what_all_keys_share(version: CarrierVersion) -> None:
    expected, now = kept(version), vectors.vectors(version)
    del expected["keys"], now["keys"]
    assert now == expected


def test_what_a_key_determines(version: CarrierVersion) -> None:
    pairs = zip(kept(version)["keys"], vectors.vectors(version)["keys"], strict=True)
    for expected, now in pairs:
        assert np.allclose(now.pop("patterns"), expected.pop("patterns"), atol=2e-4)
        assert now == expected


@pytest.mark.compiled
def test_a_marked_picture_is_found(version: CarrierVersion) -> None:
    keys = vectors.keys_of(version)
    with Image.open(vectors.FOLDER / f"version-{version.number}.jpg") as picture:
        found = detect(np.array(picture), keys)
    assert found.payload == vectors.PAYLOADS[2]
    assert found.key_id == keys[0].id
    assert found.algorithm == version.algorithm
