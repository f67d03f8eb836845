"""Chains of edits: mark, edit, mark again with a key of the same ring, and so on.

Each link of a chain does to the pixels what `indelible.protect` does. The newest mark has to be
the one that is read back, and the one that is found after whatever happens next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Cell, Report, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes
from benchmarks.attacks import Pixels, chains, codecs, edits, geometry
from indelible import imaging, watermark
from indelible.errors import EmbeddingFailedError, UnmarkableImageError
from indelible.imaging.sources import Source
from indelible.protection.markable import MarkablePicture, Marked
from indelible.watermark import Key

__all__ = ["protect_again", "run"]

_QUALITY = 90  # of the JPEG that each link writes
_DRAWS = 4  # of payloads for one link, as `protect` draws again
_MOST_LOST = 0.01
_SMALLEST = 200  # pixels: a chain that shrank below ends


@dataclass(frozen=True)
class Chain(Task):
    """One picture, marked and edited again and again."""

    source: images.Source
    number: int
    length: int
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("chains", "Pictures that are marked, edited, and marked again.")
    picture_options(parser)
    parser.add_argument("--length", type=int, default=3, help="marks in a chain")
    parser.add_argument("--chains", type=int, default=1, help="chains for each picture")
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in sources],
        "length": given.length,
        "chains": given.chains,
        "quality": _QUALITY,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    work = [
        Chain(f"{source.name} {number}", source, number, given.length, given.seed)
        for number in range(given.chains)
        for source in sources
    ]
    records = run_tasks(work, follow, store, jobs=given.jobs, label="chaining")
    show([table(records), _edits(records)], given.out, settings)


def follow(task: Chain) -> list[Record]:
    """Do one chain; each link is a record."""
    ring = [Key.from_bytes(key_bytes(1000 * task.seed + index)) for index in range(2)]
    rng = attacks.generator(task.seed, f"chain {task.id}")
    picture = clean = task.source.load()
    older: list[bytes] = []
    records: list[Record] = []
    for link in range(task.length):
        key = ring[int(rng.random() < 0.25)]
        try:
            marked, payload, draws = protect_again(picture, key, ring, rng)
        except UnmarkableImageError:
            break
        won = marked is not None and marked.payload == payload
        record: Record = {"link": link + 1, "draws": draws, "won": won}
        records.append(record)
        if marked is None or not won:
            record["older"] = marked is not None
            break
        pixels = marked.file.decode().pixels
        clean = imaging.decode(imaging.encode(clean, "jpeg", quality=_QUALITY)).pixels
        unmarked = imaging.decode(imaging.encode(picture, "jpeg", quality=_QUALITY)).pixels
        record["input"] = measures.psnr(unmarked, pixels)
        record["unmarked"] = measures.psnr(clean, pixels)
        name, edit = _edit(rng)
        seed = int(rng.integers(2**31))
        picture = attacks.Attack(name, "", edit)(pixels, seed).pixels
        clean = attacks.Attack(name, "", edit)(clean, seed).pixels
        found = watermark.detect(picture, ring).payload
        record |= {"edit": name, "kept": found == payload, "older": found in older}
        older.append(payload)
        if min(picture.shape[:2]) < _SMALLEST:
            break
    return records


def protect_again(
    picture: Pixels, key: Key, ring: list[Key], rng: np.random.Generator
) -> tuple[Marked | None, bytes, int]:
    """Take older marks out, embed, encode and read back.

    Returns
    -------
    marked : Marked or None
        None if no mark at all was read back.
    payload : bytes
        The last one that was tried.
    draws : int
        How many were.
    """
    markable = MarkablePicture(Source(picture), "jpeg", quality=_QUALITY)
    markable.clear(ring)
    draws, payload, marked = 0, b"", None
    while draws < _DRAWS and (marked is None or marked.payload != payload):
        payload = rng.bytes(8)
        draws += 1
        try:
            marked = markable.mark(payload, key)
        except EmbeddingFailedError:
            marked = None
        if draws == 1 and marked is not None and marked.payload != payload:
            markable.clear(ring, effort="standard")  # as `protect` does
    return marked, payload, draws


def _edit(rng: np.random.Generator) -> tuple[str, tuple[attacks.Operation, ...]]:
    """Draw what happens to a picture between two marks; it always ends in a JPEG."""
    degrees = float(rng.uniform(-8, 8))
    choices: dict[str, attacks.Operation] = {
        "nothing": chains.nothing,
        "shrink": partial(geometry.resize, x=float(rng.uniform(0.4, 0.9))),
        "crop": partial(geometry.crop, area=float(rng.uniform(0.5, 0.9))),
        "rotate": partial(geometry.rotate, degrees=degrees, inscribed=True),
        "quarter turn": partial(geometry.quarter_turn, turns=int(rng.integers(1, 4))),
        "frame": partial(edits.border, share=float(rng.uniform(0.02, 0.08))),
        "caption": edits.caption,
    }
    weights = np.array([1, 4, 2, 1, 1, 1, 1], float)
    name = str(rng.choice(list(choices), p=weights / weights.sum()))
    return name, (choices[name], partial(codecs.jpeg, quality=int(rng.integers(60, 96))))


def table(records: Sequence[Record]) -> Report:
    """Return how often the newest mark won, by its place in the chain."""
    columns = ["mark", "n", "won", "95 % from", "kept", "older found", "to input"]
    columns += ["to unmarked", "draws", "as meant"]
    report = Report("Chains of marks", columns)
    links = sorted({record["link"] for record in records})
    for link in [*links, None]:
        mine = [record for record in records if link in (None, record["link"])]
        name = "all again" if link is None else f"number {link}"
        if link is None:
            mine = [record for record in mine if record["link"] > 1]
            report.rows.append(None)
        report.rows.append([name, *_summary(mine)])
    report.notes.append(
        "won: read back from the file that was written; kept: found after the next edit; to input, "
        "to unmarked: PSNR in dB against the picture that was marked again, and against one that "
        "never was marked but edited alike."
    )
    return report


def _summary(records: Sequence[Record]) -> list[Cell]:
    n = len(records)
    won = sum(record["won"] for record in records)
    later = [record for record in records if "kept" in record]
    kept = measures.mean([float(record["kept"]) for record in later])
    older = sum(bool(record.get("older")) for record in records)
    psnr = [
        measures.mean([record[name] for record in records if name in record])
        for name in ("input", "unmarked")
    ]
    draws = measures.mean([float(record["draws"]) for record in records])
    meant = won >= (1 - _MOST_LOST) * n and older == 0
    least = measures.wilson(won, n)[0] if n else float("nan")
    return [n, won / n if n else float("nan"), least, kept, older, *psnr, draws, meant]


def _edits(records: Sequence[Record]) -> Report:
    """Return what was lost, by the edit that came before."""
    report = Report("Found after one more edit", ("edit", "n", "the newest", "an older one"))
    later = [record for record in records if "kept" in record]
    for name, n in sorted(Counter(record["edit"] for record in later).items()):
        mine = [record for record in later if record["edit"] == name]
        kept = measures.mean([float(record["kept"]) for record in mine])
        report.rows.append([name, n, kept, sum(record["older"] for record in mine)])
    return report
