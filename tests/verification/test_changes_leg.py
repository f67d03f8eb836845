"""Where a picture was changed: from protecting with a preview to boxes in both pictures."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import credentials, imaging
from indelible.credentials import Trust
from indelible.errors import ArgumentError
from indelible.protection import ProtectedImage
from indelible.settings import current
from indelible.verification import ChangeReport, Verifier, draw_changes, wording
from indelible.watermark import View

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
LEFT, TOP, RIGHT, BOTTOM = 170, 160, 332, 322  # a tenth of 512 x 512
CROPPED = (37, 23)  # left, top


@dataclass(frozen=True)
class Previewed:
    """A picture whose manifest holds a preview of it."""

    data: bytes
    pixels: Pixels


@pytest.fixture
def previewed(at_home: Path, photograph: Pixels) -> Previewed:
    done = indelible.protect(photograph, format="jpeg", thumbnail=True)
    return Previewed(done.data, imaging.decode(done.data).pixels)


def reposted(pixels: Pixels) -> bytes:
    left, top = CROPPED
    part = np.ascontiguousarray(pixels[top:-31, left:-41])
    return imaging.encode(part, "jpeg", quality=75)


def edited(pixels: Pixels, photographs: dict[str, Pixels]) -> Pixels:
    changed = pixels.copy()
    other = photographs["coffee"][:, 100:]
    changed[TOP:BOTTOM, LEFT:RIGHT] = other[: BOTTOM - TOP, : RIGHT - LEFT]
    return changed


def union(one: Box, other: Box) -> float:
    """Return the intersection of two boxes over their union."""

    def area(box: Box) -> int:
        return max(0, box[2] - box[0]) * max(0, box[3] - box[1])

    corners = zip(one, other, strict=True)
    left, top, right, bottom = (
        pick(pair) for pick, pair in zip((max, max, min, min), corners, strict=True)
    )
    both = area((left, top, right, bottom))
    return both / (area(one) + area(other) - both)


def test_a_replaced_region_is_found(previewed: Previewed, photographs: dict[str, Pixels]) -> None:
    result = indelible.verify(reposted(edited(previewed.pixels, photographs)), changes=True)
    found = result.changes
    assert found is not None
    assert (found.state, found.about, found.standing) == ("compared", "recovered", "trusted")
    (region,) = found.regions
    x, y = CROPPED
    assert union(region.picture, (LEFT - x, TOP - y, RIGHT - x, BOTTOM - y)) > 0.5
    assert union(region.original, (LEFT, TOP, RIGHT, BOTTOM)) > 0.5
    assert found.share == pytest.approx(0.12, abs=0.05)
    assert region.presence is not None
    assert region.presence < 0.6
    told = result.to_dict()["changes"]
    assert told["regions"][0]["picture"] == list(region.picture)
    assert "mask" not in told
    assert result.timing["changes_ms"] > 0
    line = dict(wording.evidence_lines(result))["changes"]
    assert "in one region" in line
    assert "watermark led to" in line


def test_an_unaltered_repost_has_no_changes(previewed: Previewed) -> None:
    found = indelible.verify(reposted(previewed.pixels), changes=True).changes
    assert found is not None
    assert (found.state, found.regions, found.share) == ("compared", (), 0.0)
    assert "no changed region found" in wording.changes_line(found)


def test_the_files_own_preview_where_it_was_changed_in_place(previewed: Previewed) -> None:
    data = bytearray(previewed.data)
    data[-len(data) // 8] ^= 0x01
    settings = current()
    verifier = Verifier(
        keys=settings.detection_keys(), registry=None, trust=settings.trust(), changes=True
    )
    for one in (verifier, pickle.loads(pickle.dumps(verifier))):
        result = one.verify(bytes(data))
        assert result.verdict == "altered"
        assert result.changes is not None
        assert (result.changes.about, result.changes.standing) == ("manifest", "trusted")
        assert "file's manifest" in wording.changes_line(result.changes)


def test_what_there_is_nothing_to_compare_with_is_said(
    protected: ProtectedImage, previewed: Previewed, photographs: dict[str, Pixels]
) -> None:
    def reason(data: bytes) -> str:
        found = indelible.verify(data, changes=True).changes
        assert found is not None
        assert found.state == "not_compared"
        assert wording.changes_line(found) == f"not compared: {found.reason}"
        return str(found.reason)

    assert "hash holds" in reason(previewed.data)
    assert "holds no preview" in reason(reposted(imaging.decode(protected.data).pixels))
    assert "No manifest" in reason(imaging.encode(photographs["coffee"], "png"))


def test_it_is_looked_for_only_where_it_is_asked(previewed: Previewed) -> None:
    result = indelible.verify(reposted(previewed.pixels))
    assert result.changes is None
    assert result.to_dict()["changes"] is None
    assert "changes" not in dict(wording.evidence_lines(result))


def test_the_preview_of_a_stranger_is_a_claim(
    previewed: Previewed, photographs: dict[str, Pixels]
) -> None:
    data = reposted(edited(previewed.pixels, photographs))
    result = indelible.verify(data, trust=Trust.nobody(), changes=True)
    assert result.changes is not None
    assert result.changes.standing == "untrusted"
    assert "which is a claim" in wording.changes_line(result.changes)
    assert any("which is a claim" in line for line in wording.map_legend(result.changes))


def test_a_preview_that_is_no_picture(
    previewed: Previewed, photographs: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "read_thumbnail", lambda _: b"GIF89a and no more")
    found = indelible.verify(reposted(previewed.pixels), changes=True).changes
    assert found is not None
    assert "cannot be read" in str(found.reason)


def test_the_map_shows_what_was_changed(
    previewed: Previewed, photographs: dict[str, Pixels]
) -> None:
    data = reposted(edited(previewed.pixels, photographs))
    result = indelible.verify(data, changes=True)
    assert result.changes is not None
    pixels = imaging.decode(data).pixels
    legend = wording.map_legend(result.changes)
    drawn = draw_changes(View(pixels), result.changes, legend)
    height, width = pixels.shape[:2]
    assert drawn.shape[1:] == (width, 3)
    assert drawn.shape[0] > height + 60
    x, y = (LEFT + RIGHT) // 2 - CROPPED[0], (TOP + BOTTOM) // 2 - CROPPED[1]
    redder = drawn[:height].astype(int) - pixels
    inside = redder[y - 40 : y + 40, x - 40 : x + 40].mean(axis=(0, 1))
    assert inside[0] > inside[1] + 15
    assert abs(redder[:40, :40].mean()) < 6
    assert legend[0].startswith("Red: changed")
    # A reduced copy shows the same places.
    small = draw_changes(View(np.ascontiguousarray(pixels[::2, ::2]), 2), result.changes, legend)
    part = small[y // 2 - 20 : y // 2 + 20, x // 2 - 20 : x // 2 + 20].astype(int)
    redder = (part - pixels[::2, ::2][y // 2 - 20 : y // 2 + 20, x // 2 - 20 : x // 2 + 20]).mean(
        axis=(0, 1)
    )
    assert redder[0] > redder[1] + 15


def test_nothing_compared_cannot_be_drawn(photograph: Pixels) -> None:
    with pytest.raises(ArgumentError, match="nothing to draw"):
        draw_changes(View(photograph), ChangeReport(), ())


def test_words_of_many_regions(previewed: Previewed, photographs: dict[str, Pixels]) -> None:
    result = indelible.verify(reposted(edited(previewed.pixels, photographs)), changes=True)
    assert result.changes is not None
    (region,) = result.changes.regions
    several = replace(result.changes, regions=(region,) * 5, share=0.004, visible=0.5)
    line = wording.changes_line(several)
    assert "about 0.4 % in 5 regions" in line
    assert "and 2 more" in line
    assert any("dark" in one for one in wording.map_legend(several))
    unchanged = replace(result.changes, regions=())
    assert wording.map_legend(unchanged)[0] == "No changed region was found."
