"""One picture, one row."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from indelible import Verifier
from indelible.errors import UnreadableImageError
from indelible.limits import Limits
from indelible.scan import ScanOptions, rows
from indelible.scan.batch import record_batch
from indelible.scan.reading import Reader
from indelible.scan.rows import Subject, error_row, plain, scan_picture
from indelible.scan.schema import NAMES
from indelible.watermark import Key
from tests.fuzz.corpus import seeds
from tests.scan.hostile import options
from tests.scan.pictures import picture

KEY = Key.from_bytes(b"k" * 32)
BOTH = Verifier(keys=KEY, registry=None, trust=None)


def test_a_picture_without_anything() -> None:
    data = picture(1, "PNG", side=64)
    row = scan_picture(Subject("a.png", data, read_ms=2.0), ScanOptions(BOTH, scan_id="s"))
    assert list(row) == list(NAMES)
    assert (row["verdict"], row["watermark_found"], row["error_type"]) == ("none", False, None)
    assert (row["media_type"], row["width"], row["height"]) == ("image/png", 64, 64)
    assert row["sha256"] == hashlib.sha256(data).hexdigest()
    assert len(row["pdq"]) == 64
    assert (row["scan_id"], row["read_ms"], row["size"]) == ("s", 2.0, len(data))
    assert row["credential_signer"] is None
    assert record_batch([row]).num_rows == 1


def test_one_leg_alone() -> None:
    data = picture(1, side=64)
    row = scan_picture(Subject("a", data), options())
    assert (row["verdict"], row["watermark_state"], row["pdq"]) == (
        "unchecked", "not_checked", None,
    )  # fmt: skip
    row = scan_picture(Subject("a", data), ScanOptions(BOTH, only="watermark"))
    assert (row["verdict"], row["watermark_state"], row["credential_state"]) == (
        None, "not_found", None,
    )  # fmt: skip


def test_credentials_decode_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows._Kept, "decode", lambda *_, **__: 1 / 0)
    assert scan_picture(Subject("a", picture(1)), options())["verdict"] == "unchecked"


def test_limits_and_errors_are_in_the_row() -> None:
    given = options(reader=Reader(Limits(max_pixels=100)))
    row = scan_picture(Subject("a", picture(1)), given)
    assert row["error_type"] == "ImageTooLargeError"
    assert row["error_hint"]
    assert row["sha256"] is not None
    assert row["verdict"] is None
    assert row["media_type"] == "image/jpeg"


def test_memory_and_what_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: Exception) -> object:
        raise error

    for error, kind in ((MemoryError(), "MemoryError"), (KeyError("secret"), "KeyError")):
        monkeypatch.setattr(rows, "_describe", lambda *_, error=error: fail(error))
        row = scan_picture(Subject("a", b"x"), options())
        assert row["error_type"] == kind
        assert "secret" not in str(row)


def test_what_strangers_wrote_is_cut_and_made_plain() -> None:
    assert plain("a" * 5000) == "a" * 2000 + "..."
    assert plain("a\udcff\0b") == "a\\udcff\\x00b"
    assert plain(["a"] * 100) == ["a"] * 20
    assert plain({"a": 1}) is None
    assert plain(1.5) == 1.5
    row = error_row("a\udcff", "b\0", UnreadableImageError("c\udcff"), scan_id="s")
    assert record_batch([row]).num_rows == 1


def test_hostile_pictures_are_rows() -> None:
    found = [one for one in seeds() if one.target.startswith("header-") and len(one.data) < 200_000]
    rows_ = [scan_picture(Subject(one.name, one.data), options()) for one in found]
    assert record_batch(rows_).num_rows == len(found) > 40
    kinds = {row["error_type"] for row in rows_}
    assert kinds <= {None, "UnreadableImageError", "UnsupportedImageError", "ImageTooLargeError"}


def test_a_manifest_beside_a_file_counts(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(1))
    (tmp_path / "a.c2pa").write_bytes(b"no manifest")
    path = str(tmp_path / "a.jpg")
    row = scan_picture(Subject(path, picture(1), path=path), options())
    assert row["credential_state"] == "unreadable"
    assert scan_picture(Subject(path, picture(1)), options())["credential_state"] == "absent"
