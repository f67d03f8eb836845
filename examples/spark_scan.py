"""Indelible in Spark: a row for each picture of a DataFrame.

    python examples/spark_scan.py FOLDER RESULTS

needs PySpark and Java (``python -m pip install pyspark``), and Indelible with its extra ``scan`` on
every machine. What Spark's workers run is `scan_batch`: Arrow in, Arrow out, a row for each picture
whatever is in it. The verifier, with its keys, goes to the workers in Spark's own messages: use a
cluster that you would leave the keys with.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession  # pyright: ignore[reportMissingImports]

from indelible import Verifier
from indelible.scan import ScanOptions, ddl_schema, scan_batch


def with_arrow(pictures: DataFrame, options: ScanOptions) -> DataFrame:
    """Scan a DataFrame with columns ``uri`` and ``content``."""

    def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield scan_batch(batch, options)

    return pictures.mapInArrow(look, ddl_schema())


def with_pandas(pictures: DataFrame, options: ScanOptions) -> DataFrame:
    """Do the same through pandas, where other steps want that."""

    def look(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            rows = scan_batch(pa.RecordBatch.from_pandas(batch, preserve_index=False), options)
            yield rows.to_pandas()

    return pictures.mapInPandas(look, ddl_schema())


def main(folder: str, results: str) -> None:
    """Scan the files of a folder, and write the rows as Parquet."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("indelible").getOrCreate()
    # Pictures are large: few in a batch.
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "32")
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(folder)
    pictures = files.selectExpr("path AS uri", "content")
    options = ScanOptions(Verifier.from_settings(), scan_id=uuid4().hex)
    with_arrow(pictures, options).write.parquet(results)
    print(f"Count them: indelible report {results}")


if __name__ == "__main__":
    main(*sys.argv[1:])
