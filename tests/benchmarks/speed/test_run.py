"""The speed benchmark: its pictures, its tables, and a run on a picture that is soon done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import hosts
from benchmarks._running import Record, SettingsError
from benchmarks.images import Source
from benchmarks.speed import (
    credentials,
    efforts,
    encoding,
    glance,
    probe,
    startup,
    timings,
    whole,
    worst,
)
from benchmarks.speed import run as command


def test_picture_is_a_mosaic_without_enlargement() -> None:
    picture = timings.picture("512", 3)
    assert picture.shape == (512, 512, 3)
    np.testing.assert_array_equal(picture, timings.picture("512", 3))
    assert (picture != timings.picture("512", 4)).any()


def table(result: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = (one for one in result["tables"] if one["title"] == title)
    return dict(found)


@pytest.mark.usefixtures("quick_engine")
def test_run_writes_ratios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(timings.SIZES, "512", (256, 256))
    # `protect` finds its mark again, which this engine does not.
    monkeypatch.setattr(command, "time_threads", lambda _: [])
    line = ["--sizes", "512", "--rounds", "1", "--no-fresh", "--whole", "--out", str(tmp_path)]
    command.run(line)
    result = json.loads((tmp_path / "result.json").read_text())
    times = {row["operation"]: row for row in result["tables"][0]["rows"]}
    assert times["JPEG q90 encode"]["x JPEG encode"] == 1
    assert times["JPEG q90 decode"]["x JPEG decode"] == 1
    assert times["embed"]["ms"] > 0
    assert "reject, ring of 16" in times
    promises = {row["promise"]: row for row in table(result, "Promises")["rows"]}
    assert promises["sign credentials / bare C2PA library"]["at most"] == 2
    assert promises["read credentials / bare C2PA library"]["at most"] == 3
    assert (tmp_path / "speed.png").exists()


def test_promises_compare_what_was_measured() -> None:
    def record(operation: str, size: str, milliseconds: float, ratio: float) -> Record:
        times = {"milliseconds": milliseconds, "per_encode": ratio, "per_decode": ratio}
        return {"operation": operation, "size": size, **times}

    records = [
        record("embed", "1024", 10, 2.5),
        record("detect, upright", "1024", 40, 13),
        record("detect, upright", "12 MP", 80, 3),
        {"operation": "two threads: verify", "gain": 1.9},
    ]
    rows = {str(row[0]): row for row in command.promise_table(records).rows if row is not None}
    assert rows["embed / JPEG encode, 1024"][-1] is True
    assert rows["detect, upright / JPEG decode, 1024"][-1] is False
    assert rows["detect at 12 MP / at 1 MP"][1] == 2
    assert rows["throughput of two threads / one, verify"][-1] is True
    assert len(rows) == 4


def test_each_effort_is_compared_with_a_standard_search() -> None:
    flat = Source("flat", lambda: np.full((40, 40, 3), 128, np.uint8))
    (record,) = efforts.measure(efforts.Efforts("flat", flat, rounds=1, seed=0))
    assert not record["found"]
    assert record["seconds"].keys() == {"quick", "standard", "thorough"}
    seconds = {"quick": 0.5, "standard": 1.0, "thorough": 26.0}
    records = [record | {"seconds": seconds}, record | {"seconds": seconds | {"quick": 0.6}}]
    rows = {str(row[0]): row for row in efforts.effort_table(records).rows if row is not None}
    assert rows["most"][2:] == [0.6, 26.0]
    assert rows["at most"][2:] == list(efforts.PROMISES.values())


def test_credentials_are_timed_beside_the_bare_library() -> None:
    task = credentials.CredentialTimings("credentials", rounds=1, seed=0)
    records = {record["operation"]: record for record in credentials.time_credentials(task)}
    assert len(records) == 4
    for name in ("sign", "read"):
        ours = records[f"credentials: {name}"]
        bare = records[f"credentials: {name}, bare library"]
        assert bare["per_bare"] == 1
        assert ours["per_bare"] == pytest.approx(ours["milliseconds"] / bare["milliseconds"])


@pytest.mark.usefixtures("quick_engine")
def test_credentials_are_left_out_with_a_note_where_the_library_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "available", lambda: False)
    monkeypatch.setitem(timings.SIZES, "512", (256, 256))
    command.run(
        ["--sizes", "512", "--rounds", "1", "--no-fresh", "--whole", "--out", str(tmp_path)]
    )
    result = json.loads((tmp_path / "result.json").read_text())
    times, promises = result["tables"][0], table(result, "Promises")
    assert not any("credentials" in row["operation"] for row in times["rows"])
    assert "c2pa-python is not installed" in promises["notes"][0]


def test_probes_run_in_processes_of_their_own() -> None:
    answer = command._probe("imports alone")
    assert answer["seconds"] > 0
    assert {"first call", "memory of embed"} <= set(probe.PROBES)


def test_the_dearest_pictures_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worst, "_SIDE", 320)
    monkeypatch.setattr(worst, "_RING", 2)
    records = worst.time_worst(worst.WorstTimings("dearest", rounds=1, seed=0))
    names = [record["worst"] for record in records]
    assert len(set(names)) == len(names) == 23
    table = worst.worst_table(records)
    assert [row[0] for row in table.rows if row] == names
    (dearest, one, most), (_, ring, _) = worst.worst_promises(records)
    assert (dearest, most) == ("reject the dearest picture / JPEG decode", 30)
    assert one == max(record["one"] for record in records) > 0
    assert ring > 0
    assert worst.worst_promises([]) == []


def test_calls_are_timed_from_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(whole.WHOLE_SIZES, "1 MP", (512, 640))
    probed: list[tuple[str, str]] = []

    def probe(operation: str, folder: str, seed: str, image: str) -> dict[str, float]:
        probed.append((operation, Path(image).name))
        assert whole.peak_picture_bytes(Path(image)) > 0
        return {"times_picture": 2.0}

    records = whole.time_whole(whole.WholeTimings("whole", "1 MP", rounds=1, seed=0), probe)
    answers = {record["whole"]: record["answer"] for record in records}
    assert answers["verify, authentic"] == "authentic"
    assert answers["verify, reposted"] == "recovered"
    assert answers["verify, unmarked"] == answers["verify, wallpaper"] == "none"
    assert answers["protect, array"] == "jpeg"
    assert ("protect", "array.npy") in probed
    assert len(whole.whole_table(records).rows) == len(records) == 8
    promised = {title: limit for title, _, limit in whole.whole_promises(records)}
    assert promised["protect, file, 1 MP / JPEG encode"] == 10


def test_whole_processes_are_compared_with_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"import numpy, numba, scipy.fft": 2.0, "pass": 0.5}
    monkeypatch.setattr(
        startup, "_seconds", lambda program, folder: seconds.get(program[1], len(program) * 0.5)
    )
    ratios = startup.process_ratios(rounds=1, seed=0)
    assert ratios["--version"] == {"per_imports": 0.75, "per_python": 3}
    records: list[Record] = [{"operation": f"process: {name}", **ratios[name]} for name in ratios]
    assert [row[0] for row in command.process_table(records).rows if row] == list(startup.COMMANDS)


def test_a_process_is_timed_to_its_end(tmp_path: Path) -> None:
    assert 0 < startup._seconds(("-c", "pass"), tmp_path) < 10
    with pytest.raises(SettingsError, match="unforeseen"):
        startup._seconds(
            ("-c", "import sys; print('unforeseen', file=sys.stderr); sys.exit(5)"), tmp_path
        )


def test_encodings_are_compared_with_usual_ones() -> None:
    (source,) = hosts.hard(("line drawing",), side=128)
    task = encoding.Encodings("one", "drawings", source, 1)
    rows = {row[1]: row for row in encoding.encoding_table(encoding.measure(task)).rows if row}
    assert list(rows) == [
        "jpeg",
        "png",
        "png, fast",
        "webp",
        "webp, fast",
        "webp, lossless",
        "webp, lossless, fast",
    ]
    assert rows["png"][3] == 1
    assert rows["png, fast"][4] == float("inf")


def test_glances_are_compared_with_detections() -> None:
    source = Source("mosaic", lambda: timings.mosaic(320, 320, 0))
    records = glance.measure(glance.Glances("one", source, 0.0, 1))
    rows = [row for row in glance.glance_table(records).rows if row]
    assert len(rows) == 3
    for row in rows:
        assert row[1:5] == [1, 1, 1, 0]
