"""Copies of pictures and of hashes on a list, and what is none."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from indelible import Verifier, watermark
from indelible.consent import HashList
from indelible.errors import ArgumentError, ImageError
from indelible.fingerprint import pdq
from indelible.imaging import ImageFile
from indelible.scan import CopyFinder, ScanOptions, open_query, scan_batch
from indelible.watermark import Key

Pixels = NDArray[np.uint8]

PLAIN = Verifier(keys=(), registry=None, trust=None, consent=False)
KEY = Key.from_bytes(bytes(range(32)))
MARK = bytes.fromhex("0123456789abcdef")


def encoded(picture: Image.Image | Pixels, form: str = "JPEG", **options: Any) -> bytes:
    made = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    made.save(buffer, form, **options)
    return buffer.getvalue()


def cropped(picture: Image.Image, share: float) -> Image.Image:
    width, height = picture.size
    left, top = int(width * (1 - share) / 2), int(height * (1 - share) / 2)
    return picture.crop((left, top, left + int(width * share), top + int(height * share)))


@pytest.fixture(scope="module")
def pictures(photographs: dict[str, Pixels]) -> dict[str, Image.Image]:
    return {name: Image.fromarray(photographs[name]) for name in ("chelsea", "coffee", "rocket")}


@pytest.fixture(scope="module")
def files(pictures: dict[str, Image.Image], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("queries")
    for name, picture in pictures.items():
        (folder / f"{name}.png").write_bytes(encoded(picture, "PNG"))
    return folder


@pytest.fixture(scope="module")
def finder(files: Path) -> CopyFinder:
    names = ("chelsea", "coffee")
    return CopyFinder([open_query(files / f"{name}.png", PLAIN) for name in names])


def match(finder: CopyFinder, data: bytes, verifier: Verifier = PLAIN) -> dict[str, Any]:
    return dict(finder.match(ImageFile(data), verifier))


def test_the_same_bytes_are_not_even_decoded(finder: CopyFinder, files: Path) -> None:
    found = match(finder, (files / "coffee.png").read_bytes())
    assert found["match_kind"] == "exact"
    assert found["match_query"] == "coffee.png"
    assert "pdq" not in found


@pytest.mark.parametrize(
    ("change", "orientation"),
    [
        (lambda picture: picture, "original"),
        (ImageOps.mirror, "flip_y"),
        (ImageOps.flip, "flip_x"),
        (lambda picture: picture.rotate(180), "rotate180"),
        (lambda picture: picture.resize((300, 200)), "original"),
        (ImageOps.grayscale, "original"),
    ],
)
def test_copies_are_found_and_confirmed(
    finder: CopyFinder,
    pictures: dict[str, Image.Image],
    change: Callable[[Image.Image], Image.Image],
    orientation: str,
) -> None:
    found = match(finder, encoded(change(pictures["coffee"]), quality=60))
    assert (found["match_kind"], found["match_query"]) == ("pdq", "coffee.png")
    assert found["match_distance"] <= 31
    assert found["match_orientation"] == orientation
    assert found["match_confirmed"] is True
    assert found["match_score"] > 0.8


@pytest.mark.parametrize("angle", [90, 270])
def test_turned_ones_too(finder: CopyFinder, pictures: dict[str, Image.Image], angle: int) -> None:
    found = match(finder, encoded(pictures["chelsea"].rotate(angle, expand=True)))
    assert (found["match_kind"], found["match_query"]) == ("pdq", "chelsea.png")
    assert found["match_orientation"].startswith("rotate")


def test_what_a_hash_does_not_tell_the_picture_does(
    finder: CopyFinder, pictures: dict[str, Image.Image]
) -> None:
    found = match(finder, encoded(cropped(pictures["coffee"], 0.94)))
    assert found["match_kind"] == "reference"
    assert 31 < found["match_distance"] <= 90
    assert found["match_confirmed"] is True


def test_others_are_none(finder: CopyFinder, photographs: dict[str, Pixels]) -> None:
    for name in ("rocket", "astronaut", "motorcycle"):
        found = match(finder, encoded(photographs[name]))
        assert found.keys() == {"pdq", "pdq_quality"}


def test_a_crop_is_found_where_that_is_asked_for(
    files: Path, pictures: dict[str, Image.Image]
) -> None:
    data = encoded(cropped(pictures["coffee"], 0.6))
    query = open_query(files / "coffee.png", PLAIN)
    assert "match_kind" not in match(CopyFinder([query]), data)
    found = match(CopyFinder([query], crops=True), data)
    assert (found["match_kind"], found["match_confirmed"]) == ("reference", True)


@pytest.mark.compiled
def test_a_watermark_tells_where_a_hash_does_not(
    photographs: dict[str, Pixels], tmp_path: Path
) -> None:
    verifier = Verifier(keys=KEY, registry=None, trust=None, consent=False)
    marked = watermark.embed(photographs["astronaut"], MARK, KEY)
    (tmp_path / "mine.png").write_bytes(encoded(marked, "PNG"))
    finder = CopyFinder([open_query(tmp_path / "mine.png", verifier)])
    crop = encoded(np.ascontiguousarray(marked[100:400, 60:420]), quality=90)
    found = match(finder, crop, verifier)
    assert (found["match_kind"], found["match_query"]) == ("watermark", "mine.png")
    # Without the key nobody sees it.
    assert "match_kind" not in match(finder, crop)


def test_a_list_tells_which_entry(pictures: dict[str, Image.Image]) -> None:
    hashes = [bytes(32), pdq(np.asarray(pictures["coffee"])).hash, bytes(range(32))]
    finder = CopyFinder([HashList("own", [bytes(range(100, 132))]), HashList("duty", hashes)])
    found = match(finder, encoded(ImageOps.mirror(pictures["coffee"]), quality=80))
    assert (found["match_kind"], found["match_query"]) == ("pdq", "duty")
    assert found["match_entry"] == hashes[1].hex()
    assert found["match_confirmed"] is None


def test_the_distance_is_ones_own_to_choose(pictures: dict[str, Image.Image]) -> None:
    hashed = bytearray(pdq(np.asarray(pictures["coffee"])).hash)
    hashed[0] ^= 0xFF
    hashed[9] ^= 0xFF
    data = encoded(pictures["coffee"], "PNG")
    assert match(CopyFinder([HashList("x", [bytes(hashed)])], distance=20), data)["match_kind"]
    assert "match_kind" not in match(
        CopyFinder([HashList("x", [bytes(hashed)])], distance=15), data
    )


def test_a_flat_picture_is_like_all_flat_ones_and_matches_none(tmp_path: Path) -> None:
    flat = np.full((300, 300, 3), 90, np.uint8)
    (tmp_path / "flat.png").write_bytes(encoded(flat, "PNG"))
    query = open_query(tmp_path / "flat.png", PLAIN)
    finder = CopyFinder([query, HashList("x", [pdq(flat).hash])])
    assert "match_kind" not in match(finder, encoded(flat + np.uint8(1), "PNG"))
    assert match(finder, encoded(flat, "PNG"))["match_kind"] == "exact"


def test_what_is_no_picture_says_so(finder: CopyFinder) -> None:
    with pytest.raises(ImageError):
        match(finder, b"\xff\xd8\xff\xe0 no picture")


def test_only_copies_are_verified(
    finder: CopyFinder, pictures: dict[str, Image.Image], photograph: Pixels
) -> None:
    content = [encoded(photograph), encoded(pictures["coffee"], quality=70), b"\xff\xd8 nothing"]
    batch = pa.record_batch({"uri": ["a", "b", "c"], "content": pa.array(content, pa.binary())})
    rows = scan_batch(batch, ScanOptions(PLAIN, finder=finder)).to_pylist()
    assert [row["match_kind"] for row in rows] == [None, "pdq", None]
    assert [row["verdict"] for row in rows] == [None, "unchecked", None]
    assert [row["error_type"] is None for row in rows] == [True, True, False]
    assert rows[0]["pdq_quality"] > 50


def test_it_travels_and_says_what_it_looks_for(finder: CopyFinder, files: Path) -> None:
    again = pickle.loads(pickle.dumps(finder))
    assert str(again) == str(finder)
    assert str(finder).startswith("chelsea.png, coffee.png (distance 31; ")
    assert match(again, (files / "coffee.png").read_bytes())["match_kind"] == "exact"
    queries = [open_query(files / "coffee.png", PLAIN)]
    assert str(CopyFinder(queries, distance=20)) != str(CopyFinder(queries))


def test_wrong_arguments() -> None:
    with pytest.raises(ArgumentError):
        CopyFinder([])
    with pytest.raises(ArgumentError):
        CopyFinder([HashList("x", [])], distance=257)
