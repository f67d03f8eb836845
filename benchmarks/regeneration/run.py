"""The command line of the regeneration benchmark, and its table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks._report import Cell, Report, bars, print_settings, show
from benchmarks._running import (
    Record,
    SettingsError,
    Store,
    options,
    picture_options,
    run_tasks,
)
from benchmarks._systems import engine_fingerprint
from benchmarks.attacks import Attack
from benchmarks.regeneration.networks import AutoEncoder, Denoiser, Network
from benchmarks.robustness.trials import named, try_attacks

__all__ = ["attacks_of", "run"]

_FLOOR = 0.93


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("regeneration", "Marks after neural networks; bring your own, as ONNX files.")
    picture_options(parser)
    parser.add_argument("--encoder", type=Path, help="auto-encoder, or its first half")
    parser.add_argument("--decoder", type=Path, help="its second half: noise enters in between")
    parser.add_argument("--denoiser", type=Path, help="network from a noisy to a clean picture")
    parser.add_argument(
        "--range",
        type=float,
        nargs=2,
        default=(0.0, 1.0),
        metavar=("BLACK", "WHITE"),
        help="what black and white are to the networks",
    )
    parser.add_argument(
        "--noise", type=float, nargs="+", default=[0.0, 0.15], help="relative noise in the latent"
    )
    parser.add_argument("--sigma", type=float, default=25.0, help="noise before the denoiser")
    parser.add_argument("--quality", choices=("standard", "high"), default="standard")
    given = parser.parse_args(argv)
    chosen = attacks_of(given)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in sources],
        "attacks": [attack.name for attack in chosen],
        "networks": [str(each) for each in (given.encoder, given.decoder, given.denoiser)],
        "range": given.range,
        "quality": given.quality,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    work = named("indelible", sources, chosen, quality=given.quality, seed=given.seed)
    records = run_tasks(work, try_attacks, store, jobs=given.jobs, label="regenerating")
    report = table(records, [attack.name for attack in chosen])
    rows = [row for row in report.rows if row is not None]
    shares = {"indelible": [float(row[2] or 0) for row in rows]}
    labels = [str(row[0]) for row in rows]
    floors = [_FLOOR] * len(labels)
    title = "Payloads recovered exactly after regeneration"
    bars(given.out / "regeneration.png", title, labels, shares, axis="share", marks=floors)
    show([report], given.out, settings)


def attacks_of(given: Namespace) -> list[Attack]:
    """Return the attacks that the given networks allow.

    Raises
    ------
    SettingsError
        If there is no network.
    """
    low, high = given.range
    chosen: list[Attack] = []
    if given.encoder is not None:
        encoder = Network(given.encoder, low, high)
        decoder = None if given.decoder is None else Network(given.decoder, low, high)
        for noise in given.noise if decoder else [0.0]:
            label = f"auto-encoder, noise {noise:g}"
            for name, passes, scale in (("", 1, 1.0), (", twice", 2, 1.0), (", half size", 1, 0.5)):
                operation = AutoEncoder(encoder, decoder, noise, scale, passes)
                chosen.append(Attack(label + name, "learned", (operation,)))
    if given.denoiser is not None:
        denoiser = Denoiser(Network(given.denoiser, low, high), given.sigma)
        name = f"noise {given.sigma:g}, denoiser"
        chosen.append(Attack(name, "learned", (denoiser,)))
    if not chosen:
        raise SettingsError("Give --encoder (and --decoder) or --denoiser: no network ships.")
    return chosen


def table(records: Sequence[Record], names: Sequence[str]) -> Report:
    """Return the table of recoveries, attack by attack."""
    columns = ("attack", "n", "exact", "95 % from", "promised", "wrong payloads")
    report = Report("Regeneration", columns)
    for name in names:
        mine = [r for r in records if r["attack"] == name and not r["unmarkable"]]
        if not mine:
            continue
        exact = sum(record["exact"] for record in mine)
        wrong = sum(record["wrong"] for record in mine)
        low = measures.wilson(exact, len(mine))[0]
        row: list[Cell] = [name, len(mine), exact / len(mine), low, _FLOOR, wrong]
        report.rows.append(row)
    return report
