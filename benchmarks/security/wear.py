"""How a key wears out: what many published pictures of it show to statistics.

What real marked pictures show goes into the theory of docs/watermark.md, for any number of them.
A trial with `--learn` pictures of one variant checks it: their statistics are learned, and what
was learned is subtracted from other pictures.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Report, axes, print_settings, show
from benchmarks._running import Record, Store, Task, main, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes, payload_for
from benchmarks._visibility import butteraugli, butteraugli_setting, has_butteraugli, missing
from benchmarks.attacks import Pixels
from benchmarks.security import learning
from benchmarks.security.informed import (
    Lines,
    Plane,
    estimated,
    lines_of,
    mask_of,
    pattern_of,
    subtract,
)
from benchmarks.security.learning import Strain
from indelible import watermark
from indelible.choices import DEFAULT_STRENGTH, Strength
from indelible.errors import UnmarkableImageError
from indelible.watermark.carrier import VARIANTS, carrier_of
from indelible.watermark.coding import encode
from indelible.watermark.pattern import size_class_for, variant_for

__all__ = ["Learning", "Showing", "learn", "run", "show_one", "trial_table", "wear_table"]

_SIDE = 512  # pixels: one super-tile, so that each picture shows every line once
_TARGETS = 8  # pictures that what was learned is subtracted from
_GAINS = (1.0, 1.5)


@dataclass(frozen=True)
class Showing(Task):
    """What one marked picture shows."""

    source: images.Source
    strength: Strength
    seed: int


@dataclass(frozen=True)
class Learning(Task):
    """Learn from `counts` pictures of one variant, and attack others with it."""

    counts: tuple[int, ...]
    sources: tuple[images.Source, ...]
    strength: Strength
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("security.wear", "What many pictures of one key show of it.")
    picture_options(parser, generated=True)
    parser.add_argument(
        "--learn",
        type=int,
        nargs="*",
        default=[100, 200, 400, 800],
        help="pictures of one variant to learn from in the trial; each counts for eight of the key",
    )
    strengths = get_args(Strength)
    parser.add_argument("--strength", choices=strengths, default=DEFAULT_STRENGTH, help="of it")
    given = parser.parse_args(argv)
    sources = images.from_folders(given.images, given.generated, given.limit)
    settings = {
        "images": given.images or "built-in",
        "generated": given.generated,
        "pictures": [source.name for source in sources],
        "learn": given.learn,
        "strength": given.strength,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "butteraugli": butteraugli_setting(),
    }
    note = "" if has_butteraugli() else missing()[0]
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs}, note)
    store = Store(given.out, settings, restart=given.restart)
    work = [
        Showing(f"show {strength} | {source.name}", source, strength, given.seed)
        for strength in strengths
        for source in sources
    ]
    shown = run_tasks(work, show_one, store, jobs=given.jobs, label="marking")
    trials: list[Record] = []
    if given.learn:
        counts = tuple(sorted(given.learn))
        task = Learning("learn", counts, tuple(sources), given.strength, given.seed)
        trials = run_tasks([task], learn, store, label="learning")
    reports = [wear_table(shown)]
    if trials:
        reports.append(trial_table(trials))
    if not has_butteraugli():
        reports[0].notes.append(missing()[0])
    _plot(shown, trials, given.out / "wear.png")
    show(reports, given.out, settings)


def show_one(task: Showing) -> list[Record]:
    """Mark a picture and return what it shows."""
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    original = task.source.load()
    payload = payload_for(task.source.name, task.seed)
    try:
        marked = watermark.embed(original, payload, key, strength=task.strength)
    except UnmarkableImageError:
        return []
    lines, code = _read(marked, payload, key, task.strength)
    strain = learning.strain_of(lines, code)
    norm = butteraugli(original, marked).norm if has_butteraugli() else math.nan
    return [
        {
            "strength": task.strength,
            "strain": asdict(strain),
            "norm": norm,
            "psnr": measures.psnr(original, marked),
            "megapixels": original.shape[0] * original.shape[1] / 1e6,
        }
    ]


def _read(
    marked: Pixels, payload: bytes, key: watermark.Key, strength: Strength
) -> tuple[Lines, Plane]:
    """Return what a picture shows, and the true signs."""
    carrier, size_class = carrier_of(key), size_class_for(*marked.shape[:2])
    code = learning.code_of(carrier, variant_for(key, payload), payload, size_class)
    return lines_of(marked, mask_of(marked, strength)), code


def learn(task: Learning) -> list[Record]:
    """Collect pictures of one variant, and attack others whenever there are enough."""
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    targets = list(_crops(task, key, "targets", _TARGETS))
    carrier, size_class = carrier_of(key), size_class_for(_SIDE, _SIDE)
    seen, words, strains = [], [], []
    records: list[Record] = []
    for _, marked, payload in _crops(task, key, "learned", max(task.counts)):
        lines, code = _read(marked, payload, key, task.strength)
        seen.append(_weighed(lines))
        words.append(encode(carrier.cipher.encrypt(payload), size_class))
        strains.append(learning.strain_of(lines, code))
        if len(seen) not in task.counts:
            continue
        shown = np.stack(seen)
        basis = learning.subspace_from(shown)
        bit, sign = learning.places_from_payloads(shown, np.stack(words))
        right = (bit == carrier.coded_bit) & (np.sign(sign) == carrier.signs[0])
        known = {"learned": len(seen), "strain": asdict(learning.mean_of(strains))}
        for original, target, hidden in targets:
            lines, code = _read(target, hidden, key, task.strength)
            weight = np.concatenate([lines.ratio, lines.ratio]) ** 2
            mark = weight * code
            inside = float(np.sum(np.square(basis.T @ mark)) / np.sum(np.square(mark)))
            projected = basis @ (basis.T @ _weighed(lines))
            blind = np.clip(projected / np.maximum(weight, 1e-9), -1, 1)
            told = sign * encode(carrier.cipher.encrypt(hidden), size_class)[bit]
            share = {
                "subspace": inside,
                "payloads": float(np.sum(weight[right]) / np.sum(weight)),
            }
            for name, signs in (("subspace", blind), ("payloads", told)):
                for gain in _GAINS:
                    attacked = _without(target, lines, signs, task.strength, gain)
                    record = {"attack": name, "gain": gain, "share": share[name]}
                    record["read"] = watermark.detect(attacked, key).payload == hidden
                    records.append(known | record | _costs(original, target, attacked))
    return records


def _costs(original: Pixels, marked: Pixels, attacked: Pixels) -> Record:
    if not has_butteraugli():
        return {"norm": math.nan, "original norm": math.nan}
    pair = (butteraugli(other, attacked).norm for other in (marked, original))
    return dict(zip(("norm", "original norm"), pair, strict=True))


def _weighed(lines: Lines) -> Plane:
    weighed: Plane = lines.coefficients() * np.concatenate([lines.ratio, lines.ratio])
    return weighed


def _without(image: Pixels, lines: Lines, signs: Plane, strength: Strength, gain: float) -> Pixels:
    """Subtract the data whose signs are known, and the pilots, which the picture itself shows."""
    _, phases = estimated(lines, pilots=True, data=False)
    pattern = pattern_of(signs, phases, size_class_for(*image.shape[:2]))
    return subtract(image, pattern, mask_of(image, strength), gain)


def _crops(
    task: Learning, key: watermark.Key, label: str, count: int
) -> Iterator[tuple[Pixels, Pixels, bytes]]:
    """Yield (original, marked, payload) of random squares, all of the key's variant 0."""
    rng = attacks.generator(task.seed, label)
    yielded = 0
    for source in itertools.cycle(task.sources):
        if yielded == count:
            return
        original = images.random_square(source.load(), _SIDE, rng)
        payload = next(word for word in iter(lambda: rng.bytes(8), None) if _is_first(key, word))
        try:
            marked = watermark.embed(original, payload, key, strength=task.strength)
        except UnmarkableImageError:
            continue
        yielded += 1
        yield original, marked, payload


def _is_first(key: watermark.Key, payload: bytes) -> bool:
    return variant_for(key, payload) == 0


def _strain(records: Sequence[Record]) -> Strain:
    return learning.mean_of([Strain(**record["strain"]) for record in records])


def wear_table(records: Sequence[Record]) -> Report:
    """Return, per strength, after how many published pictures a key is worn."""
    columns = ["strength", "n", "megapixels", "3-norm", "PSNR", "score", "onset", "half", "nine"]
    columns += ["words: half", "words: nine", "rotate after"]
    report = Report("Published pictures of a key until it is worn", columns)
    for strength in dict.fromkeys(record["strength"] for record in records):
        mine = [record for record in records if record["strength"] == strength]
        strain = _strain(mine)
        size, norm, psnr = (
            measures.mean([record[field] for record in mine])
            for field in ("megapixels", "norm", "psnr")
        )
        score = float(np.median([math.sqrt(record["strain"]["energy"]) for record in mine]))
        hidden, known = (
            [round(learning.pictures_for(share, strain, known=how)) for share in (0.5, 0.9)]
            for how in (False, True)
        )
        numbers = [round(strain.onset), *hidden, *known, _two_digits(strain.onset)]
        report.rows.append([strength, len(mine), size, norm, psnr, score, *numbers])
    report.notes.append(
        "score: median, of the best detector without the key's secrets but with the signs. onset: "
        "second-order statistics begin to show anything; half, nine: they catch half and nine "
        "tenths of the data's energy. words: the same for somebody who knows each picture's code "
        "word, which no published payload tells. rotate after: the onset. By theory, from what "
        "these pictures show."
    )
    return report


def _two_digits(number: float) -> int:
    unit: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return math.floor(number / unit) * unit


def trial_table(records: Sequence[Record]) -> Report:
    """Return what the trial learned, beside the theory, and what subtracting it does."""
    columns = ("attack", "learned", "of the key", "caught", "theory", "gain", "n", "still read")
    report = Report("Learned from real pictures", (*columns, "3-norm", "to the original"))
    for name in ("subspace", "payloads"):
        theory = learning.known_share if name == "payloads" else learning.subspace_share
        for count in dict.fromkeys(record["learned"] for record in records):
            for gain in _GAINS:
                mine = [
                    r
                    for r in records
                    if (r["attack"], r["learned"], r["gain"]) == (name, count, gain)
                ]
                share, norm, original = (
                    measures.mean([record[field] for record in mine])
                    for field in ("share", "norm", "original norm")
                )
                read = sum(record["read"] for record in mine) / len(mine)
                expected = theory(_strain(mine), VARIANTS * count)
                row = [name, count, VARIANTS * count, share, expected, gain, len(mine), read]
                report.rows.append([*row, norm, original])
    report.notes.append(
        f"Squares of {_SIDE} px of one variant; among pictures of a key one in {VARIANTS} is. "
        "caught: share of the data's energy in the subspace, or whose place and sign are right. "
        "3-norm: of the attacked picture to the marked one, and to the original. The pilots, which "
        "each picture shows by itself, are subtracted, too."
    )
    return report


def _plot(shown: Sequence[Record], trials: Sequence[Record], path: Path) -> None:
    """Draw the share caught over the pictures published: theory as lines, the trial as points."""
    pictures = np.logspace(1.5, 6, 200)
    with axes(path, "How a key wears out") as (plot,):
        for index, strength in enumerate(dict.fromkeys(r["strength"] for r in shown)):
            strain = _strain([record for record in shown if record["strength"] == strength])
            color = f"C{index}"
            hidden = [learning.subspace_share(strain, count) for count in pictures]
            known = [learning.known_share(strain, count) for count in pictures]
            plot.plot(pictures, hidden, "-", color=color, label=f"{strength}, words unknown")
            plot.plot(pictures, known, "--", color=color, label=f"{strength}, words known")
        for name, marker in (("subspace", "o"), ("payloads", "s")):
            mine = [record for record in trials if record["attack"] == name]
            counts = list(dict.fromkeys(record["learned"] for record in mine))
            shares = [
                measures.mean([r["share"] for r in mine if r["learned"] == count])
                for count in counts
            ]
            if counts:
                label = f"trial, {name}, {_SIDE} px"
                places = [VARIANTS * count for count in counts]
                plot.plot(places, shares, marker, color="black", fillstyle="none", label=label)
        plot.set_xscale("log")
        plot.set_ylim(-0.02, 1.02)
        plot.set_xlabel("published pictures of one key")
        plot.set_ylabel("share of the data's energy that is known")
        plot.legend(fontsize=7)
        plot.grid(visible=True, alpha=0.3)


if __name__ == "__main__":
    main(run)
