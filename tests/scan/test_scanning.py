"""A scan as a whole: every file is a row, in order, once; and going on."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import indelible
from indelible import Verifier
from indelible.credentials import create_identity
from indelible.errors import ArgumentError, OutputExistsError, UnreadableImageError
from indelible.registry import open_registry
from indelible.scan import Progress, ScanSummary, scan
from indelible.scan.local import Engine
from indelible.watermark import Key
from tests.scan.hostile import Hostile, hostile
from tests.scan.pictures import fill, picture, tar

SEEN = Verifier(keys=(), registry=None, trust=None, pixels=False)


def look(source: Any, output: Path, **given: Any) -> ScanSummary:
    return scan(
        source,
        output,
        **{"verifier": SEEN, "only": "credentials", "shard_size": 4, "workers": 2, **given},
    )


def rows(output: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(output / "parquet").to_pylist()
    return found


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Eleven pictures, among them one twice, one empty, garbage and no picture; and an archive."""
    folder = tmp_path / "in"
    fill(folder, 11)
    (folder / "00003.jpg").write_bytes((folder / "00001.jpg").read_bytes())
    (folder / "00004.jpg").write_bytes(b"")
    (folder / "00005.jpg").write_bytes(b"garbage" * 100)
    (folder / "notes.txt").write_text("no picture")
    members = [
        ("../a.jpg", picture(100)),
        ("a.json", b"{}"),
        ("b.jpg", picture(1)),
        ("c.jpg", b"x"),
    ]
    (folder / "x.tar").write_bytes(tar([*members, *((f"{n}.png", picture(n)) for n in range(3))]))
    return folder


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def test_every_picture_is_a_row_in_the_order_of_the_list(mixed: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    done = look(mixed, tmp_path / "out", format="both", progress=told.append)
    found = rows(tmp_path / "out")
    names = [row["member"] or Path(row["uri"]).name for row in found]
    assert names == [
        *(f"{number:05d}.jpg" for number in range(11)),
        "../a.jpg", "b.jpg", "c.jpg", "0.png", "1.png", "2.png",
    ]  # fmt: skip
    by_name = dict(zip(names, found, strict=True))
    bad = {name for name, row in by_name.items() if row["error_type"]}
    assert bad == {"00004.jpg", "00005.jpg", "c.jpg"}
    copies = {name: row["duplicate_of"] for name, row in by_name.items() if row["duplicate_of"]}
    assert {name: Path(of).name for name, of in copies.items()} == {
        "00003.jpg": "00001.jpg", "b.jpg": "00001.jpg", "0.png": "00000.jpg",
        "1.png": "00001.jpg", "2.png": "00002.jpg",
    }  # fmt: skip
    assert (done.rows, done.errors, done.duplicates, done.passed_over) == (17, 3, 5, 2)
    assert {row["scan_id"] for row in found} == {done.scan_id}
    lines = [
        json.loads(line)
        for part in sorted((tmp_path / "out" / "jsonl").iterdir())
        for line in part.read_text().splitlines()
    ]
    assert [row["sha256"] for row in lines] == [row["sha256"] for row in found]
    assert told == [] or told[-1].rows <= 17


def test_the_same_call_goes_on_and_a_finished_scan_is_left_as_it_is(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = look(mixed, tmp_path / "whole")
    shards = 0
    publish = Engine._publish

    def interrupted(self: Engine) -> None:
        nonlocal shards
        publish(self)
        if self._progress.published > shards:
            shards = self._progress.published
            raise KeyboardInterrupt

    runs = []
    for _ in range(20):
        with monkeypatch.context() as patch:
            patch.setattr(Engine, "_publish", interrupted)
            shards = 0
            try:
                runs.append(look(mixed, tmp_path / "out"))
                break
            except KeyboardInterrupt:
                continue
    assert runs
    assert runs[-1].scan_id == rows(tmp_path / "out")[0]["scan_id"]
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "parquet").iterdir()}
    (mixed / "later.jpg").write_bytes(picture(77))  # the list was made when the scan began
    again = look(mixed, tmp_path / "out")
    assert (again.rows, again.before) == (whole.rows, whole.rows)
    assert parts == {path: path.stat().st_mtime_ns for path in parts}
    same = ("uri", "member", "sha256", "verdict", "error_type", "duplicate_of")
    assert [[row[name] for name in same] for row in rows(tmp_path / "out")] == [
        [row[name] for name in same] for row in rows(tmp_path / "whole")
    ]


def test_other_options_are_refused_unless_told(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = look(mixed, out)
    for other in ({"shard_size": 5}, {"format": "jsonl"}):
        with pytest.raises(OutputExistsError, match="another scan"):
            look(mixed, out, **other)
    with pytest.raises(OutputExistsError, match="another scan: the sources"):
        look(tmp_path, out)
    keyed = Verifier(keys=Key.generate(), registry=None, trust=None, pixels=False)
    with pytest.raises(OutputExistsError, match="verifier keys"):
        look(mixed, out, verifier=keyed)
    assert look(mixed, out, verifier=keyed, resume_anyway=True).scan_id == first.scan_id
    anew = look(mixed, out, force=True)
    assert anew.scan_id != first.scan_id
    assert len(rows(out)) == anew.rows == first.rows


def test_killers_cost_their_rows_and_their_duplicates(tmp_path: Path) -> None:
    fill(tmp_path / "in", 8)
    for name in ("00002.jpg", "00006.jpg"):
        (tmp_path / "in" / name).write_bytes(hostile("exit"))
    done = look(tmp_path / "in", tmp_path / "out", finder=Hostile())
    kinds = [row["error_type"] for row in rows(tmp_path / "out")]
    assert kinds == [None, None, "WorkerDiedError", None, None, None, "WorkerDiedError", None]
    assert (done.errors, done.duplicates) == (2, 1)


def test_a_part_that_was_damaged_is_done_again(tmp_path: Path) -> None:
    fill(tmp_path / "in", 8)
    look(tmp_path / "in", tmp_path / "out")
    before = rows(tmp_path / "out")
    first, _ = sorted((tmp_path / "out" / "parquet").iterdir())
    first.write_bytes(first.read_bytes()[:100])
    done = look(tmp_path / "in", tmp_path / "out")
    assert (done.rows, done.before) == (8, 4)
    assert [row["uri"] for row in rows(tmp_path / "out")] == [row["uri"] for row in before]


def test_a_manifest_beside_a_file_is_not_its_twin_s(tmp_path: Path) -> None:
    names = fill(tmp_path / "in", 1)
    (tmp_path / "in" / "twin.jpg").write_bytes(Path(names[0]).read_bytes())
    (tmp_path / "in" / "twin.c2pa").write_bytes(b"no manifest")
    look(tmp_path / "in", tmp_path / "out")
    assert [row["credential_state"] for row in rows(tmp_path / "out")] == ["absent", "unreadable"]


def test_a_column_and_a_list_in_one_call(tmp_path: Path) -> None:
    names = fill(tmp_path / "in", 2)
    (tmp_path / "list").write_text("\n".join([*names, "missing.jpg"]))
    pq.write_table(pa.table({"image": [picture(5), picture(0)]}), tmp_path / "t.parquet")
    look([f"@{tmp_path / 'list'}", f"{tmp_path}/t.parquet::image"], tmp_path / "out")
    assert [(row["member"], row["error_type"]) for row in rows(tmp_path / "out")] == [
        (None, None), (None, None), (None, "UnreadableImageError"), ("0", None), ("1", None),
    ]  # fmt: skip


@pytest.mark.compiled
def test_a_protected_picture_and_its_repost(tmp_path: Path, photographs: dict[str, Any]) -> None:
    identity = create_identity(tmp_path / "identity")
    registry = open_registry(f"sqlite:///{tmp_path}/r.sqlite3")
    key = Key.generate()
    (tmp_path / "in").mkdir()
    made = indelible.Protector(
        signer=identity.signer, key=key, registry=registry, generator="Acme"
    ).protect(photographs["coffee"], tmp_path / "in" / "a.jpg")
    pixels = indelible.imaging.decode((tmp_path / "in" / "a.jpg").read_bytes()).pixels
    (tmp_path / "in" / "b.png").write_bytes(indelible.imaging.encode(pixels, "png"))
    verifier = Verifier(keys=key, registry=registry, trust=identity.trust())
    done = look(tmp_path / "in", tmp_path / "out", verifier=verifier, only=None)
    first, second = rows(tmp_path / "out")
    assert (first["verdict"], second["verdict"]) == ("authentic", "recovered")
    for row in (first, second):
        assert row["watermark_payload"] == made.payload.hex()
        assert row["watermark_key_id"] == key.id
        assert row["origin_generator"].startswith("Acme")
        assert row["ai_claimed"]
    assert second["registry_manifest_id"] == made.manifest_id
    assert second["credential_state"] == "absent"
    assert done.found == 2


def test_wrong_arguments(tmp_path: Path) -> None:
    fill(tmp_path / "in", 1)
    for wrong in (
        {"only": "pixels"},
        {"shard_size": 0},
        {"seconds": 0},
        {"memory": 1},
        {"workers": 0},
        {"format": "csv"},
    ):
        with pytest.raises(ArgumentError):
            look(tmp_path / "in", tmp_path / "out", **wrong)
    with pytest.raises(ArgumentError, match="nothing to scan"):
        look([], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArgumentError, match="nothing to scan"):
        look(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(UnreadableImageError):
        look("missing", tmp_path / "out")
    assert look(tmp_path / "in", tmp_path / "out").rows == 1  # in the folder that these left


def test_a_verifier_that_cannot_travel_says_so(tmp_path: Path) -> None:
    fill(tmp_path / "in", 1)

    class Fixed(Hostile):
        def __reduce__(self) -> tuple[Any, ...]:
            raise TypeError("never")

    with pytest.raises(ArgumentError, match="other processes"):
        look(tmp_path / "in", tmp_path / "out", finder=Fixed())
