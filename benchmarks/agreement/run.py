"""The command line: record what this version answers, or compare what two answered."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import images
from benchmarks._report import print_settings, show
from benchmarks._running import (
    Record,
    SettingsError,
    Store,
    options,
    picture_options,
    run_tasks,
    single_thread,
)
from benchmarks._systems import package_fingerprint
from benchmarks.agreement.comparing import compared, difference_table, summary_table
from benchmarks.agreement.recording import TREATMENTS, Answer, answer, house

__all__ = ["run"]

_USAGE: Final = (
    "Say what to do: `record --out FOLDER --images PICTURES` with each version, then "
    "`compare BEFORE AFTER` with the two folders."
)


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    given = sys.argv[1:] if argv is None else list(argv)
    if given[:1] == ["record"]:
        _record(given[1:])
    elif given[:1] == ["compare"]:
        _compare(given[1:])
    else:
        raise SettingsError(_USAGE)


def _record(argv: Sequence[str]) -> None:
    parser = options("agreement", "record: what this version answers.", jobs=False)
    picture_options(parser)
    parser.add_argument("--count", type=int, default=2000, help="pictures")
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": [source.name for source in sources],
        "count": given.count,
        "seed": given.seed,
        "treatments": TREATMENTS,
        "package": package_fingerprint("indelible"),
    }
    print_settings({**settings, "images": len(sources), "treatments": len(TREATMENTS)})
    single_thread()
    store = Store(given.out, settings, restart=given.restart)
    tasks = [
        # Of each photograph one that is marked and one that is not.
        Answer(f"{number}", number, sources[number // 2 % len(sources)], given.seed)
        for number in range(given.count)
    ]
    with house(given.seed) as owner:
        run_tasks(tasks, partial(answer, owner=owner), store)


def _compare(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement compare")
    parser.add_argument("before", type=Path, help="folder of a run of `record`")
    parser.add_argument("after", type=Path, help="the same of the other version; gets the tables")
    given = parser.parse_args(argv)
    before, after = _read(given.before), _read(given.after)
    result = compared(before, after)
    reports = [summary_table(result, before, after), difference_table(result)]
    show([one for one in reports if one.rows], given.after, {"before": given.before})
    if result.fails:
        sys.exit(1)


def _read(folder: Path) -> dict[int, Record]:
    """Return the records of a run, by number.

    Raises
    ------
    SettingsError
        If there is none.
    """
    lines = folder / "records.jsonl"
    if not lines.exists():
        raise SettingsError(f"{folder} holds no run; make one with `record --out {folder}`.")
    entries = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    return {one["number"]: one for entry in entries for one in entry["records"]}
