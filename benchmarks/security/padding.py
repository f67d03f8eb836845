"""Change what a manifest's hash leaves out, and see whether a trusted picture shows something else.

Run it as ``python -m benchmarks.security.padding``. The hash that binds a manifest to a picture
covers neither the manifest nor its padding. Each try changes only such bytes, in a random way; of
the pictures that still read as trusted, none may look different in any decoder.
"""

from __future__ import annotations

import hashlib
import io
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks._report import Report, print_settings, show
from benchmarks._running import Record, Store, Task, main, options, run_tasks
from benchmarks.security.fillings import (
    FILLINGS,
    INSIDE,
    Room,
    container,
    filled,
    iso_box,
    room_of,
    shrunk,
)
from indelible import credentials, imaging
from indelible.errors import IndelibleError
from indelible.imaging import ImageFile, Span

__all__ = ["attack", "run", "tries"]

_SIDE = 48
_BATCH = 250
_KINDS = ("jpeg", "png", "webp", "gif", "tiff", "avif")


@dataclass(frozen=True)
class Tries(Task):
    """Some tries on one format; `picture` is a file of it, where none can be made here."""

    kind: str
    count: int
    seed: int
    picture: Path | None = None


@dataclass(frozen=True)
class Sample:
    """A signed picture, whom it is trusted by, and what every decoder makes of it."""

    room: Room
    trust: credentials.Trust
    views: dict[str, str | None]
    full: bytes

    @property
    def left_out(self) -> list[Span]:
        """Where the bytes lie that the hash does not cover."""
        found = ImageFile(self.room.data).manifest
        spans = [] if found is None else [*found.container, *found.optional]
        if self.room.kind == "avif":  # the brands
            spans.append(Span(8, int.from_bytes(self.room.data[:4], "big")))
        return [span for span in spans if span.length > 0]


@cache
def sample(kind: str, picture: Path | None = None) -> Sample:
    """Return a signed picture of a format."""
    if picture is None:
        rng = np.random.default_rng(1)
        small = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8))
        out = io.BytesIO()
        small.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).save(out, kind.upper())
        data = out.getvalue()
    else:
        data = picture.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        identity = credentials.create_identity(Path(folder) / "identity")
        request = credentials.ManifestRequest(
            credentials.new_manifest_id(), credentials.Generator("Benchmark", "1")
        )
        signed = credentials.sign(data, request, identity.signer).data
        trust = identity.trust()
    found = ImageFile(signed).manifest
    if found is None:
        raise ValueError(f"the {kind} carries no manifest")
    room = room_of("avif" if kind == "heic" else kind, signed)
    return Sample(room, trust, _views(signed), found.store)


def _views(data: bytes) -> dict[str, str | None]:
    """Return what each decoder shows, None where it refuses the file."""
    return {name: _digest(view, data) for name, view in _DECODERS.items()}


def _digest(view: Callable[[bytes], tuple[object, ...]], data: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return hashlib.sha256(repr(view(data)).encode()).hexdigest()
    except (IndelibleError, OSError, ValueError, SyntaxError, EOFError, cv2.error):
        return None


def _ours(data: bytes) -> tuple[object, ...]:
    image = imaging.decode(data)
    return image.pixels.shape, image.pixels.tobytes(), image.metadata.icc_profile


def _pillow(data: bytes) -> tuple[object, ...]:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        shown = (image.size, image.convert("RGBA").tobytes(), image.info.get("icc_profile"))
        return *shown, image.getexif().get(274, 1), getattr(image, "n_frames", 1)


def _opencv(data: bytes) -> tuple[object, ...]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("no picture")
    return pixels.shape, pixels.tobytes()


_DECODERS: dict[str, Callable[[bytes], tuple[object, ...]]] = {
    "ours": _ours,
    "Pillow": _pillow,
    "OpenCV": _opencv,
}


# --- ways to change what the hash leaves out ---


def _fill(given: Sample, rng: random.Random) -> bytes:
    """Shrink the store, and put something where the padding was."""
    made = [rng.choice([*FILLINGS[given.room.kind].values()])() for _ in range(rng.randint(1, 2))]
    place = rng.choice(("before", "after", "between"))
    if place == "between" and given.room.kind != "jpeg":
        place = "after"
    return filled(given.room, **{place: b"".join(made)})


def _inside(given: Sample, rng: random.Random) -> bytes:
    """Put something into the store, with every length right."""
    way = rng.choice([*INSIDE.values()])
    free = len(given.full) - len(shrunk(given.full))
    store = way(given.full, rng.randint(8, max(9, free - 48)))
    return filled(replace(given.room, store=store))


def _flip(given: Sample, rng: random.Random) -> bytes:
    data = bytearray(given.room.data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        start, end = rng.choice(given.left_out)
        data[rng.randrange(start, end)] ^= rng.randrange(1, 256)
    return bytes(data)


def _overwrite(given: Sample, rng: random.Random) -> bytes:
    """Put something over the padding, or over anything else that is left out."""
    data = bytearray(given.room.data)
    start, end = rng.choice(given.left_out)
    made = rng.choice([*FILLINGS[given.room.kind].values()])()[: end - start]
    padding = data.find(bytes(64), start, end)
    at = padding if padding >= 0 and rng.random() < 0.5 else rng.randrange(start, end)
    made = made[: end - at]
    data[at : at + len(made)] = made
    return bytes(data)


def _move(given: Sample, rng: random.Random) -> bytes:
    """Exchange two pieces of what is left out."""
    data = given.room.data
    start, end = max(given.left_out, key=lambda span: span[1] - span[0])
    cuts = sorted(rng.randrange(start, end) for _ in range(3))
    return data[: cuts[0]] + data[cuts[1] : cuts[2]] + data[cuts[0] : cuts[1]] + data[cuts[2] :]


def _cut(given: Sample, rng: random.Random) -> bytes:
    """Leave only the beginning of the container, and fill the rest with pieces of others."""
    data = given.room.data
    start, end = max(given.left_out, key=lambda span: span[1] - span[0])
    at = rng.randrange(start, end)
    made = b"".join(item() for item in rng.choices([*FILLINGS[given.room.kind].values()], k=40))
    return data[:at] + made[: end - at].ljust(end - at, b"\0") + data[end:]


def _add_boxes(given: Sample, rng: random.Random) -> bytes:
    """Add boxes that the hash of an ISO base media file does not cover, or fill in another way."""
    if given.room.kind != "avif":
        return _fill(given, rng)
    made = rng.choice([*FILLINGS["avif"].values()])()
    body = rng.choice((made, bytes(20), b"text"))
    return given.room.data + rng.choice((made, iso_box(rng.choice((b"free", b"skip")), body)))


def _repeat(given: Sample, rng: random.Random) -> bytes:
    """Put a second, smaller store beside the first."""
    small = container(given.room.kind, given.room.store[: rng.randrange(40, 400)])
    return filled(given.room, **{rng.choice(("before", "after")): small})


_COUNTS = ("tries", "caught", "intact", "different")
_WAYS = (_fill, _inside, _flip, _overwrite, _move, _cut, _add_boxes, _repeat)


# --- the run ---


def attack(task: Tries) -> list[Record]:
    """Make the tries of a task."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    given = sample(task.kind, task.picture)
    rng = random.Random(f"{task.id}/{task.seed}")
    return [tries(given, task.kind, task.count, rng)]


def tries(given: Sample, kind: str, count: int, rng: random.Random) -> Record:
    """Make random tries on a picture, and count what came of them."""
    counts = dict.fromkeys(_COUNTS, 0)
    found: Record = {"format": kind, **counts, "slowest": 0.0}
    while found["tries"] < count:
        try:
            data = rng.choice(_WAYS)(given, rng)
        except ValueError:
            continue  # there was not enough room
        if data == given.room.data:
            continue
        begin = time.perf_counter()
        report = credentials.read(data, trust=given.trust)
        found["slowest"] = max(found["slowest"], time.perf_counter() - begin)
        found["tries"] += 1
        found["caught"] += {item.code for item in report.failures} == {"indelible.exclusions"}
        if report.state in ("trusted", "valid"):
            found["intact"] += 1
            views = _views(data)
            found["different"] += any(
                shown not in (None, given.views[name]) for name, shown in views.items()
            )
    return found


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("security.padding", "Changes to what a manifest's hash leaves out.")
    parser.add_argument("--tries", type=int, default=20_000, help="over all formats")
    parser.add_argument("--heic", type=Path, help="a HEIC or HEIF picture, which is not made here")
    given = parser.parse_args(argv)
    kinds = [*_KINDS, *(["heic"] if given.heic else [])]
    settings = {
        "tries": given.tries,
        "formats": kinds,
        "decoders": list(_DECODERS),
        "side": _SIDE,
        "seed": given.seed,
        "library": version("c2pa-python"),
        "heic": given.heic,
    }
    print_settings(settings | {"jobs": given.jobs})
    batches = -(-given.tries // (_BATCH * len(kinds)))
    work = [
        Tries(f"{kind} {number}", kind, _BATCH, given.seed, given.heic if kind == "heic" else None)
        for kind in kinds
        for number in range(batches)
    ]
    store = Store(given.out, settings, restart=given.restart)
    records = run_tasks(work, attack, store, jobs=given.jobs, label="trying")
    show([table(records)], given.out, settings)


def table(records: Sequence[Record]) -> Report:
    """Return how many tries on each format left a trusted picture, and how many a different one."""
    columns = ("format", "tries", "hash holds, hole found", "trusted", "different", "slowest, s")
    report = Report("Changes to bytes that no hash covers", columns)
    for name in dict.fromkeys(record["format"] for record in records):
        mine = [record for record in records if record["format"] == name]
        counts = [sum(record[key] for record in mine) for key in _COUNTS]
        report.rows.append([name, *counts, max(record["slowest"] for record in mine)])
    report.notes.append(
        "Hash holds, hole found: signature and hash are right, and only what was left out is not. "
        "Different: trusted, with another picture, orientation, colour profile or number of frames "
        "in at least one decoder; it must be 0."
    )
    return report


if __name__ == "__main__":
    main(run)
