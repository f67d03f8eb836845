"""The example for Spark, in a real Spark of this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indelible import Verifier
from indelible.scan import ScanOptions, report
from tests.scan.pictures import picture

pyspark = pytest.importorskip(
    "pyspark", reason="needs PySpark, which is not in the lock: python -m pip install pyspark"
)
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("needs Java: apt install default-jre-headless", allow_module_level=True)

# Spark leaves its sockets to the interpreter, and calls old functions of others.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

ROOT = Path(__file__).resolve().parents[2]
FILES = 6


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = (
            pyspark.sql.SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            .getOrCreate()
        )
        yield session
        session.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(FILES):
        (folder / f"{number}.jpg").write_bytes(picture(number))
    (folder / "none.jpg").write_bytes(b"no picture")
    return folder


@pytest.mark.parametrize("way", ["with_arrow", "with_pandas"])
def test_a_row_for_each_picture(spark: Any, folder: Path, way: str) -> None:
    from examples import spark_scan  # noqa: PLC0415 - with PySpark only

    files = spark.read.format("binaryFile").load(str(folder))
    verifier = Verifier(keys=(), registry=None, trust=None, consent=False)
    scan = getattr(spark_scan, way)
    rows = scan(files.selectExpr("path AS uri", "content"), ScanOptions(verifier, scan_id="one"))
    found = {Path(row["uri"]).name: row.asDict() for row in rows.collect()}
    assert len(found) == FILES + 1
    assert found["none.jpg"]["error_type"] == "UnreadableImageError"
    assert {row["verdict"] for row in found.values()} == {"unchecked", None}
    assert found["3.jpg"]["scan_id"] == "one"
    assert found["3.jpg"]["width"] == 24
    assert found["3.jpg"]["reasons"]
    assert found["3.jpg"]["scanned_at"].year >= 2026


def test_its_results_are_reported(spark: Any, folder: Path, tmp_path: Path) -> None:
    from examples import spark_scan  # noqa: PLC0415 - with PySpark only

    spark_scan.main(str(folder), str(tmp_path / "results"))
    counted = report(tmp_path / "results")
    assert counted.rows == FILES + 1
    assert counted.errors.counts() == {"UnreadableImageError": 1}
