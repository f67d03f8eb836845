"""What is counted of a scan's results, whatever is in them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indelible.errors import UnreadableScanError
from indelible.scan import ScanReport, report
from indelible.scan.reporting import Claim, Match, Named
from indelible.scan.schema import SCHEMA_VERSION, VERSION_KEY, schema
from tests.scan.results import NASTY, error, many, row, signed, write_json, write_parquet

ROWS = [
    row(),
    row(duplicate_of="a.jpg"),
    row(verdict="altered", watermark_state="found", complete=False),
    signed("trusted", "Imagen", "Imagen Inc"),
    signed("untrusted", "Imagen", "Imagen Inc"),
    signed("trusted", "Imagen", "Imagen Inc", verdict="suspect"),
    signed("broken", NASTY * 20, "?", origin_time="yesterday", credential_development=True),
    error("UnreadableImageError"),
    row(verdict=None, match_kind="pdq", match_query="one.jpg"),
]


@pytest.fixture(params=["parquet", "jsonl"])
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> ScanReport:
    write = write_parquet if request.param == "parquet" else write_json
    write(tmp_path / f"part-0.{request.param}", ROWS[:4])
    write(tmp_path / f"part-1.{request.param}", ROWS[4:])
    (tmp_path / "_state").mkdir()
    write(tmp_path / "_state" / f"part-2.{request.param}", ROWS)
    write(tmp_path / f".part-3.{request.param}", ROWS)
    return report(tmp_path)


def test_pictures_are_counted(counted: ScanReport) -> None:
    assert (counted.rows, counted.size, counted.copies) == (9, 9000, 1)
    assert (counted.incomplete, counted.development, counted.unjudged) == (1, 1, 1)
    assert counted.verdicts.counts() == {
        "none": 2,
        "altered": 1,
        "authentic": 1,
        "unverified": 1,
        "suspect": 1,
        "invalid": 1,
    }
    assert counted.errors.counts() == {"UnreadableImageError": 1}
    assert counted.media_types.counts() == {"image/jpeg": 8}
    assert counted.watermarks.counts() == {"not_found": 8, "found": 1}
    assert counted.matches.counts() == {Match("one.jpg", "pdq"): 1}


def test_a_name_is_a_fact_only_of_who_is_trusted(counted: ScanReport) -> None:
    """And of nobody where the evidence contradicts itself."""
    long = [key for key in counted.generators.counts() if key.name != "Imagen"]
    assert [(len(key.name), key.standing) for key in long] == [(100, "broken")]
    names = {key: n for key, n in counted.signers.counts().items() if key.name != "?"}
    assert names == {Named("Imagen Inc", "trusted"): 1, Named("Imagen Inc", "untrusted"): 2}


def test_what_is_said_about_ai(counted: ScanReport) -> None:
    assert counted.claims.counts() == {
        Claim("generated", "trusted"): 2,
        Claim("generated", "untrusted"): 1,
        Claim("generated", "broken"): 1,
    }


def test_times_are_of_the_scan_and_of_the_signing(counted: ScanReport) -> None:
    assert [one.count for one in counted.scanned.bins()] == [9]
    assert [(one.start, one.count) for one in counted.signed.bins()] == [
        (dt.datetime(2026, 3, 5, 10, tzinfo=dt.UTC), 3)
    ]
    assert counted.signed.outside == 1


def test_a_picture_that_is_in_both_kinds_counts_once(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", ROWS)
    write_json(tmp_path / "a.jsonl", ROWS)
    assert report(tmp_path).rows == 9


def test_one_file_is_results_too(tmp_path: Path) -> None:
    assert report(str(write_parquet(tmp_path / "a.parquet", ROWS))).rows == 9


def test_all_of_it_goes_to_json(tmp_path: Path) -> None:
    told = report(write_parquet(tmp_path / "a.parquet", many(3000))).to_dict()
    assert told["rows"] == 3000
    assert sum(told["verdicts"].values()) + sum(told["errors"].values()) == 3000
    assert told["generators"][0].keys() == {"name", "standing", "count"}
    assert told["scanned"]["step"] == "hour"


def test_results_of_many_batches_are_one(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(many(500), schema())
    pq.write_table(pa.concat_tables([table] * 200), tmp_path / "a.parquet")
    assert report(tmp_path).rows == 100_000


def refused(path: Path) -> str:
    with pytest.raises(UnreadableScanError) as caught:
        report(path)
    return caught.value.message


def test_what_holds_nothing_is_refused(tmp_path: Path) -> None:
    assert "no results" in refused(tmp_path)
    assert "No such file" in refused(tmp_path / "absent")
    assert "no results" in refused(write_parquet(tmp_path / "a.parquet", []))


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
@pytest.mark.parametrize(
    "data", [b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"{}\n", b"[]\n", b"\xff\n", b"[" * 100_000]
)
def test_something_else_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert refused(tmp_path / name)


@pytest.mark.parametrize(
    "wrong",
    [{"size": 1 << 80}, {"size": "x"}, {"scanned_at": "x"}, {"scanned_at": 5}, {"verdict": [1]}],
)
def test_values_of_other_types_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert refused(write_json(tmp_path / "a.jsonl", [row(**wrong)]))


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"verdict": ["none"]}), tmp_path / "a.parquet")
    assert "no result of a scan" in refused(tmp_path)


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    later = schema().with_metadata({VERSION_KEY: str(SCHEMA_VERSION + 1).encode()})
    pq.write_table(pa.Table.from_pylist([row()], later), tmp_path / "a.parquet")
    assert "later version" in refused(tmp_path)
