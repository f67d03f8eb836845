"""How many copies `indelible scan --find` finds, how many others it takes for copies, and its cost.

The first photographs of a folder are looked for, changed in many ways; the others are what must
not be found. Then random hashes: how long one picture takes in a list of so many.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from benchmarks import images
from benchmarks._report import Cell, Report, show
from benchmarks._running import main, options, picture_options, single_thread
from indelible import Verifier
from indelible.fingerprint import dihedral
from indelible.imaging import ImageFile
from indelible.scan import CopyFinder, open_query
from indelible.scan.hash_search import HashSearch, as_words

__all__ = ["run"]

Change = Callable[[Image.Image], Image.Image]

_VERIFIER = Verifier(keys=(), registry=None, trust=None, consent=False)
_LISTS = (10**4, 10**5, 10**6)
_REPEATS = 50


def _crop(share: float, across: float = 0.5, down: float = 0.5) -> Change:
    """Keep a share of each side; `across` and `down` say where, 0 to 1."""

    def change(picture: Image.Image) -> Image.Image:
        width, height = (round(share * side) for side in picture.size)
        left, top = (
            round(place * (side - kept))
            for place, side, kept in zip((across, down), picture.size, (width, height), strict=True)
        )
        return picture.crop((left, top, left + width, top + height))

    return change


def _scaled(factor: float) -> Change:
    return lambda picture: picture.resize(
        (round(factor * picture.width), round(factor * picture.height))
    )


_CHANGES: dict[str, Change] = {
    "JPEG 75": lambda picture: picture,
    "half the size": _scaled(0.5),
    "twice the size": _scaled(2.0),
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "turned by 90 degrees": lambda picture: picture.rotate(90, expand=True),
    "turned by 270 and mirrored": lambda picture: ImageOps.mirror(picture.rotate(270, expand=True)),
    "turned by 3 degrees": lambda picture: picture.rotate(3),
    "grey": ImageOps.grayscale,
    "brighter by 1.4": lambda picture: ImageEnhance.Brightness(picture).enhance(1.4),
    "white border of 12 px": lambda picture: ImageOps.expand(picture, 12, "white"),
    "crop of .98": _crop(0.98),
    "crop of .95": _crop(0.95),
    "crop of .95, a corner": _crop(0.95, 0.0, 1.0),
    "crop of .9": _crop(0.9),
    "crop of .8": _crop(0.8),
    "crop of .6, off the middle": _crop(0.6, 0.2, 0.7),
}


def run(argv: Sequence[str] | None) -> None:
    """Measure what is found, and what it takes."""
    parser = options("finding", __doc__ or "", jobs=False)
    picture_options(parser, limit=220)
    parser.add_argument("--queries", type=int, default=20, help="photographs to look for")
    parser.add_argument(
        "--crops", action="store_true", help="with --find-crops: half a second a pair"
    )
    given = parser.parse_args(argv)
    single_thread()
    given.out.mkdir(parents=True, exist_ok=True)
    sources = images.from_argument(given.images, given.limit)
    looked_for, others = sources[: given.queries], sources[given.queries :]
    with TemporaryDirectory() as folder:
        queries = []
        for source in looked_for:
            place = Path(folder) / f"{source.name}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(source.load()).save(place)
            queries.append(open_query(place, _VERIFIER))
        finder = CopyFinder(queries, crops=given.crops)
    settings = {name: str(value) for name, value in vars(given).items()}
    reports = [_recall(finder, looked_for), _others(finder, others), _cost()]
    show(reports, given.out, settings)


def _recall(finder: CopyFinder, sources: Sequence[images.Source]) -> Report:
    rows: list[Sequence[Cell] | None] = []
    for name, change in _CHANGES.items():
        kinds: Counter[str] = Counter()
        confirmed = wrong = 0
        begin = time.perf_counter()
        for source in sources:
            found = finder.match(_encoded(change(Image.fromarray(source.load()))), _VERIFIER)
            kinds[str(found.get("match_kind"))] += 1
            confirmed += found.get("match_confirmed") is True
            wrong += found.get("match_query") not in (None, f"{Path(source.name).name}.png")
        took = 1000 * (time.perf_counter() - begin) / len(sources)
        rows.append([name, kinds["pdq"], kinds["reference"], kinds["None"], confirmed, wrong, took])
    columns = ("change", "by PDQ", "by the picture", "not found", "confirmed", "wrong query", "ms")
    return Report(f"Copies of {len(sources)} photographs", columns, rows)


def _others(finder: CopyFinder, sources: Sequence[images.Source]) -> Report:
    begin = time.perf_counter()
    found = [
        source.name
        for source in sources
        if finder.match(_encoded(Image.fromarray(source.load())), _VERIFIER).get("match_kind")
    ]
    took = 1000 * (time.perf_counter() - begin) / max(1, len(sources))
    return Report(
        "Other photographs",
        ("pictures", "taken for copies", "ms each"),
        [[len(sources), len(found), took]],
        [*found, "With decoding; each is compared in eight orientations."],
    )


def _cost() -> Report:
    draw = np.random.default_rng(0)
    asked = as_words([one.hash for one in dihedral(images.photograph(0)).hashes()])
    rows: list[Sequence[Cell] | None] = []
    for count in _LISTS:
        listed = np.frombuffer(draw.bytes(32 * count), np.uint64).reshape(-1, 4)
        begin = time.perf_counter()
        search = HashSearch(listed)
        built = time.perf_counter() - begin
        begin = time.perf_counter()
        for _ in range(_REPEATS):
            search.nearest(asked, 31)
        rows.append([count, 1000 * (time.perf_counter() - begin) / _REPEATS, built])
    columns = ("hashes", "ms a picture", "s to sort them")
    return Report("A list of hashes", columns, rows, ["Eight orientations, distance 31."])


def _encoded(picture: Image.Image) -> ImageFile:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=75)
    return ImageFile(buffer.getvalue())


if __name__ == "__main__":
    main(run)
