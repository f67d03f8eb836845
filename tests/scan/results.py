"""Results of scans that never ran, for whoever reads results."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indelible.scan.schema import NAMES, schema

NASTY = '<img src=x onerror="alert(1)">\x1b[31m\u202e"&'


def row(**given: Any) -> dict[str, Any]:
    """Return a row: a JPEG file of which nothing is known, but for what is given."""
    made = dict.fromkeys(NAMES)
    made.update(
        scan_id="1f3a",
        uri="a.jpg",
        size=1000,
        sha256="00" * 32,
        media_type="image/jpeg",
        verdict="none",
        complete=True,
        ai_claimed=False,
        watermark_state="not_found",
        engine_version="0.1.0",
        scanned_at=dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC),
    )
    assert given.keys() <= made.keys()
    return {**made, **given}


def signed(standing: str, generator: str, signer: str, **given: Any) -> dict[str, Any]:
    """Return a row of a picture with a manifest that says that AI made it."""
    verdict = {"trusted": "authentic", "untrusted": "unverified", "broken": "invalid"}[standing]
    told = {
        "verdict": verdict,
        "origin_where": "manifest",
        "origin_standing": standing,
        "origin_generator": generator,
        "origin_signer": signer,
        "origin_time": "2026-03-05T10:20:30+00:00",
        "ai_claimed": True,
        "ai_kind": "generated",
        "ai_standing": standing,
    }
    return row(**{**told, **given})


def error(name: str, **given: Any) -> dict[str, Any]:
    """Return a row of a file that could not be judged."""
    return row(
        verdict=None,
        error_type=name,
        error="It is cut short.",
        media_type=None,
        **given,
    )


def many(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return rows as a platform's might be, mostly unmarked."""
    draw = random.Random(seed)
    made = []
    begin = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
    for number in range(count):
        when = begin + dt.timedelta(minutes=draw.triangular(0, 60 * 30, 60 * 8))
        year, month = draw.choice([(2024, 5), (2025, 1), (2025, 9), (2026, 3), (2026, 10)])
        time = f"{year}-{month:02}-{draw.randint(1, 28):02}T10:00:00+00:00"
        given = {
            "uri": f"{number}.jpg",
            "size": draw.randint(10_000, 400_000),
            "scanned_at": when,
            "media_type": draw.choice(["image/jpeg"] * 8 + ["image/png", "image/webp"]),
        }
        generator = draw.choice(
            ["Imagen", "Firefly", "A model with quite a long name, version 3.5"]
        )
        kind = draw.random()
        if kind < 0.9:
            made.append(row(**given))
        elif kind < 0.94:
            made.append(signed("trusted", generator, f"{generator} Inc", origin_time=time, **given))
        elif kind < 0.96:
            made.append(signed("untrusted", draw.choice([generator, NASTY]), "?", **given))
        elif kind < 0.97:
            other = {"verdict": "suspect", "watermark_state": "found"}
            made.append(signed("trusted", generator, f"{generator} Inc", **other, **given))
        elif kind < 0.98:
            made.append(row(verdict="altered", watermark_state="found", **given))
        elif kind < 0.985:
            made.append(row(duplicate_of="0.jpg", **given))
        else:
            name = draw.choice(["UnreadableImageError", "ImageTooLargeError", "WorkerDiedError"])
            made.append(error(name, uri=given["uri"], size=given["size"], scanned_at=when))
    return made


def write_parquet(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(list(rows), schema()), path)
    return path


def write_json(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    lines = [json.dumps(one, default=lambda moment: moment.isoformat()) for one in rows]
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return path
