"""The consent carrier beside a generator's mark, and the gate that looks for it.

Without ``--gate``: how often both marks are found, with and without the generator's key, after JPEG
75 and a crop to half; how visible both are together (Butteraugli's 3-norm); what looking for the
consent key adds to a detection. With it: which share of photographs marked "no editing" the gate
refuses after what happens to pictures, and which share of unmarked ones.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
from rich.console import Console

from benchmarks import images
from benchmarks._measures import wilson
from benchmarks._report import Cell, Report, show
from benchmarks._running import main, options, picture_options, single_thread
from benchmarks._visibility import butteraugli, butteraugli_setting, has_butteraugli
from benchmarks.attacks import Pixels, codecs, geometry
from indelible import imaging, watermark
from indelible.choices import Strength
from indelible.consent import ConsentGate, sign
from indelible.credentials import create_identity
from indelible.registry import open_registry, sqlite_url
from indelible.watermark import CONSENT_KEY, Key, View

__all__ = ["EVERYDAY", "changed", "run"]

_SMALLEST = 256  # pixels a side of a photograph that is looked at
_GENERATOR = Key.from_bytes(bytes(range(32)))
_SAME_FAMILY = Key.from_bytes(hashlib.sha256(b"in the default family").digest())
_CONSOLE = Console()

Attack = Callable[[Pixels, np.random.Generator], Pixels]


def run(argv: Sequence[str] | None) -> None:
    """Measure coexistence and cost, or the gate."""
    parser = options("consent", __doc__ or "", jobs=False)
    picture_options(parser, limit=24)
    parser.add_argument("--gate", action="store_true", help="measure what the gate refuses")
    parser.add_argument("--draws", type=int, default=2, help="crops of each photograph")
    parser.add_argument(
        "--strength",
        choices=get_args(Strength),
        help="of the consent mark; by default discreet, and with --gate what signing chooses",
    )
    parser.add_argument("--unmarked", type=Path, default=None, help="folder of unmarked pictures")
    parser.add_argument("--most-unmarked", type=int, default=300, help="of them, so many")
    given = parser.parse_args(argv)
    single_thread()
    given.out.mkdir(parents=True, exist_ok=True)
    settings = {name: str(value) for name, value in vars(given).items()}
    sources = images.from_argument(given.images, given.limit)
    if given.gate:
        unmarked = images.from_argument(given.unmarked or given.images, given.most_unmarked)
        reports = [_gate(sources, unmarked, given.seed, given.strength)]
    else:
        settings["butteraugli"] = butteraugli_setting()
        strength: Strength = given.strength or "discreet"
        reports = [*_coexistence(sources, given.draws, given.seed, strength), _cost(sources)]
    show(reports, given.out, settings)


# --- the carrier beside a generator's mark --------------------------------------------------------


def _coexistence(
    sources: Sequence[images.Source], draws: int, seed: int, strength: Strength
) -> list[Report]:
    names = (
        "both (generator's key here)",
        "consent mark alone",
        "consent, generator's key not here",
        "the same, of one family",
        "generator's mark, with consent's over it",
        "generator's mark alone",
    )
    counts = dict.fromkeys(names, 0)
    trials = 0
    norms: dict[str, list[float]] = {"both": [], "generator's alone": [], "consent's alone": []}
    rng = np.random.default_rng(seed)
    for source in sources:
        original = source.load()
        if min(original.shape[:2]) < _SMALLEST:
            continue
        asks, made = rng.bytes(8), rng.bytes(8)
        alone = _asking(original, asks, strength)
        only_made = watermark.embed(original, made, _GENERATOR)
        both = watermark.embed(alone, made, _GENERATOR)
        beside = watermark.embed(original, asks, _SAME_FAMILY, strength=strength)
        one_family = watermark.embed(beside, made, _GENERATOR)
        if has_butteraugli():
            for name, marked in zip(norms, (both, only_made, alone), strict=True):
                norms[name].append(butteraugli(original, marked).norm)
        for _ in range(draws):
            cut = partial(_half, int(rng.integers(2**32)))
            trials += 1
            seen = cut(both)
            counts[names[0]] += {asks, made} <= _found(seen)
            counts[names[1]] += _consent(cut(alone)) == asks
            counts[names[2]] += _consent(seen) == asks
            counts[names[3]] += watermark.detect(cut(one_family), _SAME_FAMILY).payload == asks
            counts[names[4]] += watermark.detect(seen, _GENERATOR).payload == made
            counts[names[5]] += watermark.detect(cut(only_made), _GENERATOR).payload == made
        _CONSOLE.print(f"{source.name}: {counts[names[0]]} of {trials}", highlight=False)
    found = Report(
        "After a crop to half and JPEG 75",
        ("what is found", "share", "from", "to", "of"),
        [[name, n / trials, *wilson(n, trials), trials] for name, n in counts.items()],
        ["from, to: 95 % by Wilson. The generator's mark is balanced."],
    )
    if not norms["both"]:
        return [found]
    seen_by_eye = Report(
        "Butteraugli's 3-norm of the marked pictures",
        ("marks", "mean", "95th percentile", "worst", "pictures"),
        [
            [
                name,
                float(np.mean(values)),
                float(np.quantile(values, 0.95)),
                max(values),
                len(values),
            ]
            for name, values in norms.items()
        ],
        ["A small picture has little room, and is marked up to a fifth more visibly."],
    )
    return [found, seen_by_eye]


def _asking(picture: Pixels, payload: bytes, strength: Strength) -> Pixels:
    return watermark.embed(picture, payload, CONSENT_KEY, strength=strength)


def _consent(picture: Pixels) -> bytes | None:
    return watermark.detect(picture, CONSENT_KEY).payload


def _found(picture: Pixels) -> set[bytes | None]:
    """Return what a verifier with the generator's key finds: its mark, and the place below it."""
    view = View(picture)
    ring = (_GENERATOR, CONSENT_KEY)
    first = watermark.detect(view, _GENERATOR)
    found = {first.payload}
    if first.payload is not None:
        found |= {one.payload for one in watermark.detect_superposed(view, ring, first)}
    if len(found) == 1:
        found.add(_consent(picture))
    return found


def _half(seed: int, picture: Pixels) -> Pixels:
    rng = np.random.default_rng(seed)
    cut = geometry.crop(picture, rng, area=0.5).pixels
    return codecs.jpeg(cut, rng, quality=75).pixels


def _cost(sources: Sequence[images.Source]) -> Report:
    """Time detections of unmarked pictures, which cost most, in seconds of this process."""
    looks = {
        "a generator's key": partial(watermark.detect, key=_GENERATOR),
        "with the consent key in the ring": partial(
            watermark.detect, key=(_GENERATOR, CONSENT_KEY)
        ),
        "the consent key alone, quick (what a verifier adds)": partial(
            watermark.detect, key=CONSENT_KEY, effort="quick"
        ),
        "the consent key alone, standard (what a gate adds)": partial(
            watermark.detect, key=CONSENT_KEY
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in looks}
    for source in [sources[0], *sources]:  # the first one compiles
        picture = source.load()
        for name, look in looks.items():
            view = View(picture)
            _ = view.white  # decoded and whitened once for all searches
            start = time.process_time()
            look(view)
            times[name].append(time.process_time() - start)
    return Report(
        "Looking for marks in an unmarked picture",
        ("what is looked for", "median ms", "mean ms"),
        [
            [name, 1000 * float(np.median(one[1:])), 1000 * float(np.mean(one[1:]))]
            for name, one in times.items()
        ],
    )


# --- the gate -------------------------------------------------------------------------------------


def _gate(
    sources: Sequence[images.Source],
    unmarked: Sequence[images.Source],
    seed: int,
    strength: Strength | None,
) -> Report:
    rng = np.random.default_rng(seed)
    refused = dict.fromkeys(EVERYDAY, 0)
    marked = 0
    with tempfile.TemporaryDirectory() as folder:
        registry = open_registry(sqlite_url(Path(folder) / "registry.sqlite3"))
        gate = ConsentGate(registry=registry, audit=lambda _: None)
        signer = create_identity(Path(folder) / "identity").signer
        for source in sources:
            original = source.load()
            if min(original.shape[:2]) < _SMALLEST:
                continue
            records = registry.consents
            signed = sign(original, signer=signer, records=records, strength=strength, format="png")
            asks = imaging.decode(signed.data).pixels
            marked += 1
            for name in EVERYDAY:
                refused[name] += not gate.check(changed(asks, name, rng)).allowed
            _CONSOLE.print(f"{source.name}: {refused} of {marked}", highlight=False)
        passed, spent = 0, 0.0
        for source in unmarked:
            data = imaging.encode(source.load(), "jpeg", quality=85)
            start = time.process_time()
            passed += gate.check(data).allowed
            spent += time.process_time() - start
        registry.close()
    total, all_refused = marked * len(EVERYDAY), sum(refused.values())
    falsely = len(unmarked) - passed
    rows: list[Sequence[Cell] | None]
    rows = [[name, n / marked, *wilson(n, marked), marked] for name, n in refused.items()]
    rows.append(["all of them", all_refused / total, *wilson(all_refused, total), total])
    rows.append(
        ["unmarked", falsely / len(unmarked), *wilson(falsely, len(unmarked)), len(unmarked)]
    )
    return Report(
        "Refused by the gate",
        ("photograph", "share", "from", "to", "of"),
        rows,
        [f"A decision about an unmarked picture took {1000 * spent / len(unmarked):.0f} ms."],
    )


def changed(picture: Pixels, name: str, rng: np.random.Generator) -> bytes:
    """Return a photograph as a JPEG file after one of the `EVERYDAY` changes."""
    change, quality = EVERYDAY[name]
    return imaging.encode(np.ascontiguousarray(change(picture, rng)), "jpeg", quality=quality)


def _screenshot(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Show it at another size, and cut off a little of its border."""
    size = float(rng.uniform(0.7, 1.1))
    shown = geometry.resize(picture, rng, x=size).pixels
    height, width = shown.shape[:2]
    top, left, bottom, right = (
        math.floor(side * share)
        for side, share in zip((height, width, height, width), rng.uniform(0, 0.04, 4), strict=True)
    )
    return np.ascontiguousarray(shown[top : height - bottom, left : width - right])


def _social(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Reduce it to 1080 pixels at most, or by a fifth."""
    factor = min(1080 / max(picture.shape[:2]), 0.8)
    return geometry.resize(picture, rng, x=factor).pixels


EVERYDAY: dict[str, tuple[Attack, int]] = {
    "original": (lambda picture, _: picture, 90),
    "screenshot": (_screenshot, 85),
    "crop to half": (lambda picture, rng: geometry.crop(picture, rng, area=0.5).pixels, 75),
    "7 degrees": (lambda picture, rng: geometry.rotate(picture, rng, degrees=7).pixels, 75),
    "social re-post": (_social, 70),
}
"""What happens to photographs, by name, and the quality of the JPEG that comes of it."""


if __name__ == "__main__":
    main(run)
