"""How much of a mark pictures hide and need: refits the constants of `visibility` and `need`.

Each picture is marked at visibility 1, in several sizes. What the known mark scores after each of
`CHAINS` is explained by the shares of the picture's classes of detail (`need.CHAINS`). The local
distances that Butteraugli finds for an even pattern are explained by the detail (`visibility.KNEE`
and `MASKING_EXPONENT`), and its 3-norms of the marks say how far visibility 1 is from a 3-norm of 1
(`visibility.CALM`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes, payload_for
from benchmarks._visibility import butteraugli, butteraugli_setting, has_butteraugli, missing
from benchmarks.attacks import Operation, Pixels, codecs, filters, geometry
from benchmarks.need import heat
from benchmarks.need.fitting import explained, fit_masking, fit_scores, relative_errors
from indelible import watermark
from indelible.watermark import need, visibility
from indelible.watermark._kernels import masking
from indelible.watermark.alignment import canonical_of
from indelible.watermark.carrier import TILE, carrier_of
from indelible.watermark.coding import encode
from indelible.watermark.decoding import PilotsSeen, coefficients, folded
from indelible.watermark.embedding import LEAST_TEXTURE
from indelible.watermark.geometry import from_full_size
from indelible.watermark.pattern import period_of, size_class_for, synthesise, variant_for
from indelible.watermark.resolution import working_luminance
from indelible.watermark.whitening import whiten

__all__ = ["CHAINS", "Picture", "known_score", "measure", "run"]

CHAINS: Final[Mapping[str, tuple[Operation, ...]]] = {
    "WebP 20": (partial(codecs.webp, quality=20),),
    "a quarter, JPEG 50": (partial(geometry.crop, area=0.25), partial(codecs.jpeg, quality=50)),
    "blur 3": (partial(filters.blur, sigma=3.0),),
}
"""What a mark has to outlast; the names are those of `need.CHAINS`."""

_FACTORS = (1.0, 0.7, 0.5, 1.6)  # sizes of each picture: detail goes with it
_LEAST_ROOT = 256.0  # pixels, root of the area: smaller ones say little about a score
_EVEN = 1.5  # grey levels of the even pattern
_PLACES = 2000  # of a picture whose visibility is kept
_POOL = 4.0  # pixels: over which local distances are averaged by their cubes, as the 3-norm does


@dataclass(frozen=True)
class Picture(Task):
    """A picture at one size."""

    source: images.Source
    factor: float
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("need", "Refits how much detail masks, and what its classes score.")
    picture_options(parser, generated=True)
    given = parser.parse_args(argv)
    sources = images.from_folders(given.images, given.generated, given.limit)
    settings = {
        "images": given.images or "built-in",
        "generated": given.generated,
        "pictures": [source.name for source in sources],
        "factors": _FACTORS,
        "chains": list(CHAINS),
        "even": _EVEN,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "butteraugli": butteraugli_setting(),
    }
    note = "" if has_butteraugli() else missing()[0]
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs}, note)
    store = Store(given.out, settings, restart=given.restart)
    work = [
        Picture(f"{source.name} x {factor:g}", source, factor, given.seed)
        for factor in _FACTORS
        for source in sources
    ]
    records = run_tasks(work, measure, store, jobs=given.jobs)
    reports = [score_table(records), *masking_tables(records)]
    show([report for report in reports if report.rows], given.out, settings)


def measure(task: Picture) -> list[Record]:
    """Mark a picture at visibility 1; return its classes, scores, 3-norm and local visibility."""
    pixels = np.ascontiguousarray(task.source.load())
    if task.factor != 1:
        root = float(np.sqrt(pixels.shape[0] * pixels.shape[1]))
        pixels = images.resize_area(pixels, task.factor * root)
    height, width = pixels.shape[:2]
    if height * width < _LEAST_ROOT**2:
        return []
    key, payload = watermark.Key.from_bytes(key_bytes(task.seed)), payload_for(task.id, task.seed)
    room = visibility.room_of(pixels)
    if room.textured < LEAST_TEXTURE:
        return []
    scale = period_of(size_class_for(height, width)) / TILE
    discount = visibility.discount_of(scale * visibility.as_viewed(height, width))
    marked = _marked(pixels, room.mask * np.float32(discount), payload, key)
    per_standard = float(np.sqrt(need.STANDARD_SAMPLES * scale**2 / (height * width)))
    record: Record = {"classes": room.classes.tolist(), "scores": {}}
    for name, steps in CHAINS.items():
        received = attacks.Attack(f"{name} {task.id}", "need", steps)(marked, task.seed)
        score = known_score(received, (height, width), payload, key)
        record["scores"][name] = score * per_standard
    if has_butteraugli():
        record["norm"] = butteraugli(pixels, marked).norm
        if task.factor == 1:
            record["detail"], record["seen"] = _seen(pixels, room, payload, key, task.seed)
    return [record]


def _marked(
    pixels: Pixels, mask: npt.NDArray[np.float32], payload: bytes, key: watermark.Key
) -> Pixels:
    """Add a mark of these amplitudes as `watermark.embed` does, whatever the picture needs."""
    size_class = size_class_for(*pixels.shape[:2])
    pattern = synthesise(carrier_of(key), variant_for(key, payload), payload, size_class)
    shade, out = (visibility.LEAST_SHADE, visibility.SHADE_PER_LEVEL), np.empty_like(pixels)
    masking.add_pattern(pixels, mask, 1.0, pattern, *shade, out)
    return out


def known_score(
    received: attacks.Attacked, shape: tuple[int, int], payload: bytes, key: watermark.Key
) -> float:
    """Return what the true hypothesis scores: no search is involved, so that nothing is lost by it.

    Parameters
    ----------
    received : Attacked
        The attacked picture, and the homography that it went through.
    shape : (int, int)
        Of the marked picture.
    """
    size_class = size_class_for(*shape)
    carrier, variant = carrier_of(key), variant_for(key, payload)
    period = period_of(size_class)
    luminance = working_luminance(received.pixels)
    to_pixels = np.asarray(received.homography) @ np.diag([period, period, 1.0])
    map_ = from_full_size(to_pixels, luminance.shape, received.pixels.shape[:2])
    canonical = canonical_of(whiten(luminance), map_)
    if canonical is None:
        return 0.0
    values = coefficients(folded(canonical), PilotsSeen(carrier, variant, 1))
    word = encode(carrier.cipher.encrypt(payload), size_class)
    bits = word[carrier.coded_bit] * carrier.signs[variant]
    total = np.sum(bits * np.concatenate([values.real, values.imag]))
    return float(total / (np.linalg.norm(values) + 1e-20))


def _seen(
    pixels: Pixels, room: visibility.Room, payload: bytes, key: watermark.Key, seed: int
) -> tuple[list[float], list[float]]:
    """Return the detail at places, and there the visibility of a grey level of mark.

    Only where no channel is dark: elsewhere the mark was not even.
    """
    changed = _marked(pixels, np.full_like(room.mask, _EVEN), payload, key)
    local = heat.local_distances(pixels, changed)
    seen = np.cbrt(cv2.GaussianBlur(local**3, (0, 0), _POOL)) / _EVEN
    mask = visibility.spread(room.mask, *pixels.shape[:2])
    ratio = np.maximum(mask / visibility.CALM, 1) ** (2 / visibility.MASKING_EXPONENT)
    detail = visibility.KNEE * np.sqrt(ratio - 1)
    rng = attacks.generator(seed, "places of the need benchmark")
    rows, columns = (rng.integers(0, side, _PLACES) for side in pixels.shape[:2])
    bright = visibility.shade_of(pixels[rows, columns]).min(axis=1) >= 1
    rows, columns = rows[bright], columns[bright]
    kept = np.maximum(seen[rows, columns], 1e-2)
    return detail[rows // 2, columns // 2].tolist(), kept.tolist()


def score_table(records: Sequence[Record]) -> Report:
    """Return what each class of detail scores after each chain, as it stands and fitted anew."""
    columns = ["chain", "values", *_class_names(), "error", "least", "most"]
    report = Report("need.CHAINS: what 512 x 512 samples of each class score", columns)
    shares = np.array([record["classes"] for record in records])
    for name in CHAINS:
        scores = np.array([max(record["scores"][name], 0.1) for record in records])
        if not len(scores):
            continue
        stand = need.CHAINS[name][1]
        for title, values in (("present", stand), ("fitted", fit_scores(shares, scores))):
            errors = relative_errors(shares, scores, tuple(values))
            ends = float(np.std(errors)), float(np.min(errors)), float(np.max(errors))
            report.rows.append([name, title, *(round(float(value), 1) for value in values), *ends])
    report.notes.append(
        "Classes by their upper limit in grey levels. Errors: deviation and ends of the logarithm "
        f"of predicted over measured score, {len(records)} pictures."
    )
    return report


def _class_names() -> list[str]:
    return [*(f"{edge:g}" for edge in need.DETAIL_EDGES), "more"]


def masking_tables(records: Sequence[Record]) -> list[Report]:
    """Return how detail masks an even pattern, and the 3-norms of marks of visibility 1."""
    masks = Report("Masking", ("constant", "present", "fitted"))
    norms = Report("3-norm at visibility 1", ("pictures", "n", "mean", "deviation", "worst"))
    seen = [record for record in records if "seen" in record]
    if seen:
        detail, local = (
            np.concatenate([np.array(record[name]) for record in seen])
            for name in ("detail", "seen")
        )
        fit = fit_masking(detail, local)
        knee, exponent = visibility.KNEE, visibility.MASKING_EXPONENT
        masks.rows.append(["visibility.KNEE", knee, fit.knee])
        masks.rows.append(["visibility.MASKING_EXPONENT", exponent, fit.exponent])
        present = explained(detail, local, knee, exponent)
        masks.rows.append(["variance of log visibility explained", present, fit.explained])
    marks = [record["norm"] for record in records if "norm" in record]
    if marks:
        norms.rows.append(
            ["all", len(marks), measures.mean(marks), float(np.std(marks)), max(marks)]
        )
        calm = visibility.CALM / measures.mean(marks)
        masks.rows.append(["visibility.CALM", visibility.CALM, calm])
        norms.notes.append("visibility.CALM is fitted so that their mean is 1.")
    return [masks, norms]
