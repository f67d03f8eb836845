"""Several marks in one picture: collages, pictures marked twice, parents under their edits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import credentials, imaging, watermark
from indelible.protection import ProtectedImage
from indelible.registry import Record
from indelible.settings import current
from indelible.verification import Verification, wording
from tests.verification.conftest import Owner

Pixels = NDArray[np.uint8]
UNKNOWN = bytes.fromhex("fedcba9876543210")


@dataclass(frozen=True)
class Pair:
    """Two pictures of one generator, and their ids."""

    first: Pixels
    second: Pixels
    ids: frozenset[bytes]


def pair_of(protected: ProtectedImage, photographs: dict[str, Pixels]) -> Pair:
    other = indelible.protect(np.ascontiguousarray(photographs["motorcycle"][:480]), format="png")
    return Pair(
        imaging.decode(protected.data).pixels,
        imaging.decode(other.data).pixels,
        frozenset({protected.payload, other.payload}),
    )


@pytest.fixture
def pair(protected: ProtectedImage, photographs: dict[str, Pixels]) -> Pair:
    return pair_of(protected, photographs)


def verified(pixels: Pixels, quality: int = 85) -> Verification:
    data = imaging.encode(np.ascontiguousarray(pixels), "jpeg", quality=quality)
    return indelible.verify(data)


def collage(protected: ProtectedImage, photographs: dict[str, Pixels]) -> tuple[Pair, Verification]:
    pair = pair_of(protected, photographs)
    height = min(len(pair.first), len(pair.second))
    return pair, verified(np.hstack([pair.first[:height], pair.second[:height]]))


def test_a_collage_of_one_generator_is_recovered(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    pair, result = collage(protected, photographs)
    if result.watermark.gone_together:  # with some ids a place of one in thirty looks bare
        pair, result = collage(protected, photographs)
    (other,) = result.watermark.others
    assert result.watermark.payload is not None
    assert {result.watermark.payload, other.payload} == pair.ids
    assert result.watermark.regions_gone
    assert result.watermark.gone_together is False
    assert (other.registry, other.standing, other.same_place) == ("found", "trusted", False)
    assert result.verdict == "recovered"
    assert any("put together" in note for note in result.notes)
    told = result.to_dict()["watermark"]
    assert told["others"][0]["payload"] == other.payload.hex()
    assert told["area_together"] > 0.75
    (line,) = [text for label, text in wording.evidence_lines(result) if label == "other mark"]
    assert other.payload.hex() in line
    assert "beside it" in line


def test_a_collage_with_a_stranger_in_it_is_altered(
    pair: Pair, photographs: dict[str, Pixels]
) -> None:
    height = min(len(pair.first), len(pair.second))
    sheet = np.hstack([pair.first[:height], pair.second[:height]])
    sheet[:400, :320] = photographs["coffee"][:400, :320]
    result = verified(sheet)
    assert len(result.watermark.others) == 1
    assert result.verdict == "altered"


def test_two_ids_over_one_area_are_suspect(protected: ProtectedImage) -> None:
    (key, *_) = current().detection_keys()
    pixels = imaging.decode(protected.data).pixels
    result = verified(watermark.embed(pixels, UNKNOWN, key))
    (other,) = result.watermark.others
    assert {result.watermark.payload, other.payload} == {protected.payload, UNKNOWN}
    assert other.same_place
    assert result.verdict == "suspect"
    assert "Two watermarks" in result.reasons[0]


def test_a_parents_mark_under_its_edits_is_history(protected: ProtectedImage, owner: Owner) -> None:
    """An edit whose maker did not take the older mark out, but named the picture it is from."""
    (key, *_) = current().detection_keys()
    twice = watermark.embed(imaging.decode(protected.data).pixels, UNKNOWN, key)
    signed = credentials.sign(
        imaging.encode(twice, "jpeg", quality=90),
        credentials.ManifestRequest(
            credentials.new_manifest_id(),
            credentials.Generator("Editor"),
            source_type=credentials.SourceType.AI_EDITED,
            soft_binding=credentials.SoftBinding(watermark.ALGORITHM, UNKNOWN),
        ),
        current().signer(),
        parent=protected.data,
    )
    current().registry().put(
        Record(
            manifest_id=signed.manifest_id,
            algorithm=watermark.ALGORITHM,
            payload=UNKNOWN,
            manifest_store=signed.manifest_store,
            media_type="image/jpeg",
        )
    )
    result = verified(twice)
    assert result.verdict == "recovered"
    assert result.watermark.payload == UNKNOWN
    assert result.registry.manifest_id == signed.manifest_id
    (other,) = result.watermark.others
    assert other.payload == protected.payload
    assert indelible.verify(signed.data).verdict == "authentic"


def test_a_covered_picture_is_searched_once(
    reposted: bytes, at_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        pytest.fail("the whole picture was searched for other marks")

    monkeypatch.setattr(watermark, "detect_all", never)
    assert indelible.verify(reposted).verdict == "recovered"


def test_a_thorough_search_looks_for_others_in_any_case(
    reposted: bytes, at_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    search = watermark.detect_all

    def noted(*given: Any, **named: Any) -> object:
        asked.append(given)
        return search(*given, **named)

    monkeypatch.setattr(watermark, "detect_all", noted)
    result = indelible.verify(reposted, effort="thorough")
    assert result.verdict == "recovered"
    assert len(asked) == 1
    assert dataclasses.replace(result.watermark, others=()).found
