"""The command line of the benchmark of copied marks, its trials, its tables and its plot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np

from benchmarks import attacks, images
from benchmarks._measures import wilson
from benchmarks._report import Cell, Report, axes, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import key_bytes, package_fingerprint, payload_for
from benchmarks.attacks import Pixels
from benchmarks.copies import cases
from indelible import fingerprint, watermark
from indelible.errors import UnmarkableImageError
from indelible.fingerprint import Comparison, Reference
from indelible.watermark.carrier import TILES_PER_SUPER
from indelible.watermark.pattern import period_of, size_class_for

__all__ = ["run"]

_LARGEST = 1024.0  # root of the area of a picture, pixels
_AVERAGED = 64  # pictures of one key and payload
_TARGETS = 20  # that each average is added to; a tenth of the copies
_SIDE = 512  # pixels, of these
_DETECTED = 0.5  # of the edits' geometries are the detector's, the others the truth
_GOALS = {"edit": 0.01, "copy": 0.99}


@dataclass(frozen=True)
class Trial(Task):
    """An edited picture, or another one that was given its mark."""

    sources: tuple[images.Source, ...]
    number: int
    seed: int


@dataclass(frozen=True)
class Edit(Trial):
    """An honest edit."""


@dataclass(frozen=True)
class Copy(Trial):
    """A residual, or a part, of a marked picture on another."""


@dataclass(frozen=True)
class Average(Trial):
    """The mean residual of many pictures of one payload, on each of several others."""


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("copies", "Honest edits and copied marks, told apart by the fingerprint.")
    picture_options(parser, generated=True)
    parser.add_argument("--edits", type=int, default=2000, help="honest edits")
    parser.add_argument(
        "--copies", type=int, default=2000, help="copied marks, each tenth an average"
    )
    given = parser.parse_args(argv)
    sources = tuple(images.from_folders(given.images, given.generated, given.limit))
    settings = {
        "images": given.images or "built-in",
        "generated": given.generated,
        "pictures": [source.name for source in sources],
        "edits": given.edits,
        "copies": given.copies,
        "seed": given.seed,
        "fingerprint": package_fingerprint("indelible.fingerprint"),
        "watermark": package_fingerprint("indelible.watermark"),
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    averages = given.copies // (10 * _TARGETS)
    work: list[Trial] = []
    for number in range(max(given.edits, given.copies)):
        if number < given.edits:
            work.append(Edit(f"edit {number}", sources, number, given.seed))
        if number < given.copies - _TARGETS * averages:
            work.append(Copy(f"copy {number}", sources, number, given.seed))
        if number < averages:
            work.append(Average(f"average {number}", sources, number, given.seed))
    records = run_tasks(work, attempt, store, jobs=given.jobs, label="comparing")
    plot(records, given.out / "copies.png")
    show([verdicts(records), worst(records)], given.out, settings)


def attempt(task: Trial) -> list[Record]:
    """Do a trial; none where the picture cannot be marked, or the mark is lost."""
    rng = attacks.generator(task.seed, task.id)
    works: dict[type[Trial], Callable[..., Iterator[Record]]] = {
        Edit: _edit,
        Copy: _copy,
        Average: _average,
    }
    return list(works[type(task)](task, rng))


def _drawn(task: Trial, rng: np.random.Generator) -> tuple[images.Source, Pixels]:
    source = task.sources[int(rng.integers(len(task.sources)))]
    picture = source.load()
    if picture.shape[0] * picture.shape[1] > _LARGEST**2:
        picture = images.resize_area(picture, _LARGEST)
    return source, picture


def _marked(picture: Pixels, payload: bytes, seed: int) -> Pixels | None:
    try:
        return watermark.embed(picture, payload, watermark.Key.from_bytes(key_bytes(seed)))
    except UnmarkableImageError:
        return None


def _period(picture: Pixels) -> float:
    return float(TILES_PER_SUPER * period_of(size_class_for(*picture.shape[:2])))


def _edit(task: Edit, rng: np.random.Generator) -> Iterator[Record]:
    source, picture = _drawn(task, rng)
    payload = payload_for(task.id, task.seed)
    marked = _marked(picture, payload, task.seed)
    if marked is None:
        return
    edit = cases.drawn_edit(rng)
    edited = edit(marked, task.number)
    truth = edited.homography
    reference = Reference.from_image(marked)
    if truth is None or rng.random() < _DETECTED:
        key = watermark.Key.from_bytes(key_bytes(task.seed))
        found = watermark.detect(edited.pixels, key)
        if found.payload != payload or found.geometry is None:
            return
        geometry, kind = found.geometry, "detected"
    else:
        geometry, kind = truth, "true"
    compared = fingerprint.compare(reference, edited.pixels, geometry, period=_period(marked))
    record = _record("edit", edit.name, source.name, compared) | {"geometry": kind}
    record["off"] = None if truth is None else _off(compared, truth, marked)
    yield record


def _off(compared: Comparison, truth: attacks.Matrix, marked: Pixels) -> float | None:
    """Return how far the geometry has the picture's middle from where it is, in its own pixels."""
    if compared.geometry is None:
        return None
    middle = np.array([marked.shape[1] / 2, marked.shape[0] / 2, 1.0])
    places = [matrix @ middle for matrix in (compared.geometry, truth)]
    return float(np.hypot(*(places[0][:2] / places[0][2] - places[1][:2] / places[1][2])))


def _copy(task: Copy, rng: np.random.Generator) -> Iterator[Record]:
    source, picture = _drawn(task, rng)
    other, onto = _drawn(task, rng)
    marked = _marked(picture, payload_for(task.id, task.seed), task.seed)
    if marked is None or other.name == source.name:
        return
    onto = cases.fitted(onto, marked)
    name = [*cases.COPIES, "pasted part"][task.number % (len(cases.COPIES) + 1)]
    forged = cases.with_jpeg(cases.COPIES.get(name, cases.paste)(marked, onto, rng), rng)
    reference = Reference.from_image(marked)
    # a copied mark lies where it lay, which is what a detector says
    compared = fingerprint.compare(reference, forged, np.eye(3), period=_period(marked))
    yield _record("paste" if name == "pasted part" else "copy", name, source.name, compared)


def _average(task: Average, rng: np.random.Generator) -> Iterator[Record]:
    payload = payload_for(task.id, task.seed)
    crops = (images.random_square(_drawn(task, rng)[1], _SIDE, rng) for _ in range(_AVERAGED))
    pictures = [
        marked for crop in crops if (marked := _marked(crop, payload, task.seed)) is not None
    ]
    reference = Reference.from_image(pictures[0])
    for _ in range(_TARGETS):
        onto = images.random_square(_drawn(task, rng)[1], _SIDE, rng)
        psnr = float(rng.uniform(34, 40))
        forged = cases.with_jpeg(cases.averaged(iter(pictures), onto, psnr), rng)
        compared = fingerprint.compare(reference, forged, np.eye(3), period=_period(onto))
        yield _record("copy", f"mean residual of {_AVERAGED}", "crops", compared)


def _record(kind: str, name: str, picture: str, compared: Comparison) -> Record:
    return {
        "kind": kind,
        "name": name,
        "picture": picture,
        "same": compared.same,
        "score": compared.score,
        "agreement": compared.agreement,
        "certainty": compared.certainty,
        "telling": compared.telling,
        "visible": compared.visible,
        "within": compared.within,
    }


def verdicts(records: Sequence[Record]) -> Report:
    """Return the table of what was said of each kind of picture."""
    columns = ("kind", "n", "same", "cannot tell", "another", "95 % from", "to", "goal")
    report = Report("What the comparison says", columns)
    rows: dict[str, list[Record]] = {}
    for record in records:
        if record["kind"] == "edit":
            rows.setdefault(f"edits, {record['geometry']} geometry", []).append(record)
    rows["edits"] = [record for record in records if record["kind"] == "edit"]
    for record in records:
        if record["kind"] != "edit":
            rows.setdefault(record["name"], []).append(record)
    rows["copies"] = [record for record in records if record["kind"] == "copy"]
    for name, mine in rows.items():
        if not mine:
            continue
        said = [sum(record["same"] is word for record in mine) for word in (True, None, False)]
        low, high = wilson(said[2], len(mine))
        goal = _GOALS.get({"edits": "edit", "copies": "copy"}.get(name, ""))
        cells: list[Cell] = [name, len(mine), *(count / len(mine) for count in said)]
        report.rows.append([*cells, low, high, goal])
    report.notes.append(
        "The interval is that of `another`. A pasted part is of the recorded picture: it is the "
        "same where it lies, and `within` says that this is the smaller part of the picture."
    )
    parts = [record["within"] for record in records if record["kind"] == "paste"]
    if parts:
        below = sum(part < 0.5 for part in parts) / len(parts)
        report.notes.append(f"Pasted parts of which `within` is below a half: {below:.4f}.")
    known = [record["off"] for record in records if record.get("off") is not None]
    if known:
        exact = sum(off < 16 for off in known) / len(known)
        report.notes.append(f"Edits found the same whose origin is exact to 16 px: {exact:.4f}.")
    return report


def worst(records: Sequence[Record]) -> Report:
    """Return the edits that look most like copies, and the copies that look most like edits."""
    report = Report(
        "Nearest to the other side",
        ("kind", "name", "picture", "said", "agreement", "certainty", "score", "telling"),
    )
    for kind in ("edit", "copy"):
        mine = [record for record in records if record["kind"] == kind]
        mine.sort(key=itemgetter("agreement"), reverse=kind == "copy")
        for record in mine[:12]:
            said = {True: "same", None: "cannot tell", False: "another"}[record["same"]]
            cells = [record[name] for name in ("agreement", "certainty", "score", "telling")]
            report.rows.append([kind, record["name"][:44], record["picture"][-24:], said, *cells])
        report.rows.append(None)
    return report


def plot(records: Sequence[Record], path: Path) -> None:
    """Draw the histograms of what the decision is made of."""
    kinds = (("edit", "honest edits"), ("copy", "copied marks"), ("paste", "pasted parts"))
    bins = [edge / 50 for edge in range(51)]
    title = "Cells that agree with the record's reference"
    with axes(path, title, width=9, height=3.2, columns=2) as plots:
        for axis, name in zip(plots, ("agreement", "certainty"), strict=True):
            for kind, label in kinds:
                values = [record[name] for record in records if record["kind"] == kind]
                if values:
                    axis.hist(values, bins, alpha=0.6, label=f"{label} ({len(values)})")
            axis.set_yscale("log")
            axis.set_xlabel(name)
        plots[0].set_ylabel("pictures")
        plots[0].legend(fontsize=8)
