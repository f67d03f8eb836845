"""Scans that are killed at any moment: what is lost, and what is done twice?

``python -m tests.scan.killing --times 50`` kills many (``make kill-scans``), the tests kill a few.

After each kill the parts that were finished have to be there, whole, and stay as they are; in the
end every picture is a row, once, with the answers of a scan that nobody killed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# What takes long to import is imported where it is used: workers import this module, too.

__all__ = ["kill_and_compare"]

_ROOT = Path(__file__).parents[2]
_SAME = ("uri", "member", "size", "sha256", "verdict", "error_type", "duplicate_of", "scan_id")


def look(source: str, output: str) -> None:
    """Scan without decoding a pixel: what matters here is what becomes of rows."""
    from indelible import Verifier  # noqa: PLC0415
    from indelible.scan import scan  # noqa: PLC0415

    verifier = Verifier(keys=(), registry=None, trust=None, pixels=False)
    scan(source, output, verifier=verifier, only="credentials", shard_size=20, workers=2)


def _start(source: Path, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.scan.killing", "--look", str(source), str(output)]
    return subprocess.Popen(command, cwd=_ROOT)


def _finished(output: Path) -> dict[str, tuple[int, int]]:
    """Return the finished shards, and what tells whether their parts were written again."""
    found = {}
    for mark in (output / "_scan" / "done").glob("*.json"):
        told = (output / "parquet" / f"part-{mark.stem}.parquet").stat()
        found[mark.stem] = (told.st_ino, told.st_mtime_ns)
    return found


def _rows(output: Path) -> list[list[Any]]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    found = [[row[name] for name in _SAME] for row in pq.read_table(output / "parquet").to_pylist()]
    ids = {row.pop() for row in found}
    assert len(ids) == 1, "rows of several scans"
    return found


def _workers(output: Path) -> int:
    """Return how many processes of a scan are left: its own, and those that it started."""
    count = 0
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            count += os.fsencode(output) in place.read_bytes()
        except OSError:
            continue
    return count


def kill_and_compare(folder: Path, times: int, *, count: int, seed: int = 0) -> int:
    """Scan, kill so often, and compare; return how often a kill came while it was at work.

    Parameters
    ----------
    folder : Path
        An empty folder to work in.
    times : int
        Kills.
    count : int
        Pictures; half as many more are in an archive.
    seed : int
        Of the moments.

    Raises
    ------
    AssertionError
        If something was lost, or done again.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    from tests.scan.pictures import fill, tar  # noqa: PLC0415

    draw = random.Random(seed)
    source, output, whole = folder / "in", folder / "out", folder / "whole"
    names = fill(source, count)
    for number in range(0, count, 9):
        Path(names[number]).write_bytes(b"garbage" * number)
    members = [(f"{n}.jpg", Path(names[n * 2]).read_bytes()[: 400 + n]) for n in range(count // 2)]
    (source / "x.tar").write_bytes(tar(members))
    look(str(source), str(whole))
    before: dict[str, tuple[int, int]] = {}
    killed = 0
    for _ in range(times):
        process = _start(source, output)
        deadline = time.monotonic() + 120
        if draw.random() < 0.8:  # else at its very beginning
            more = len(before) + 1
            while process.poll() is None and len(_finished(output)) < more:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        time.sleep(draw.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        after = _finished(output)
        assert {name: after.get(name) for name in before} == before, "a finished shard was touched"
        for name in after:
            pq.read_table(output / "parquet" / f"part-{name}.parquet")
        before = after
    process = _start(source, output)
    assert process.wait(600) == 0
    after = _finished(output)
    assert {name: after[name] for name in before} == before, "a finished shard was done again"
    assert _rows(output) == _rows(whole)
    deadline = time.monotonic() + 30
    while _workers(output):
        assert time.monotonic() < deadline, "processes of a killed scan are left"
        time.sleep(0.1)
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--look", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.look:
        look(*given.look)
        return
    with tempfile.TemporaryDirectory() as folder:
        killed = kill_and_compare(Path(folder), given.times, count=30 * given.times)
        print(f"{given.times} kills, {killed} of them at work: no shard was lost or done again")  # noqa: T201


if __name__ == "__main__":
    main()
