"""The command line of the regeneration benchmark, and its table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

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
from benchmarks._visibility import butteraugli_setting, has_butteraugli, missing
from benchmarks.attacks import Attack
from benchmarks.regeneration.networks import AutoEncoder, Denoiser, Network, check
from benchmarks.robustness.trials import named, try_attacks
from indelible.choices import DEFAULT_STRENGTH, Strength

__all__ = ["attacks_of", "run"]

_FLOOR = 0.93
_PROMISED = {
    "auto-encoder, noise 0.15",
    "auto-encoder, noise 0.15, half size",
    "noise 25, denoiser",
}
"""The attacks that the promise of `_FLOOR` speaks of."""


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
    parser.add_argument("--strength", choices=get_args(Strength), default=DEFAULT_STRENGTH)
    given = parser.parse_args(argv)
    chosen = attacks_of(given)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in sources],
        "attacks": [attack.name for attack in chosen],
        # By content: a network that was trained again is another attack of the same name.
        "networks": {name: network.fingerprint() for name, network in _networks(given).items()},
        "range": given.range,
        "strength": given.strength,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "butteraugli": butteraugli_setting(),
    }
    note = "" if has_butteraugli() else missing()[0]
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs}, note)
    store = Store(given.out, settings, restart=given.restart)
    work = named(
        "indelible", sources, chosen, strength=given.strength, seed=given.seed, visible=True
    )
    records = run_tasks(work, try_attacks, store, jobs=given.jobs, label="regenerating")
    reports = [table(records, [attack.name for attack in chosen]), miss_table(records)]
    _plot(reports[0], given.out / "regeneration.png")
    show([report for report in reports if report.rows], given.out, settings)


def _networks(given: Namespace) -> dict[str, Network]:
    low, high = given.range
    paths = {name: getattr(given, name) for name in ("encoder", "decoder", "denoiser")}
    return {name: Network(path, low, high) for name, path in paths.items() if path is not None}


def attacks_of(given: Namespace) -> list[Attack]:
    """Return the attacks that the given networks allow, once each network was tried.

    Raises
    ------
    SettingsError
        If there is no network, or one that does not work.
    """
    networks = _networks(given)
    encoder, decoder = networks.get("encoder"), networks.get("decoder")
    if decoder is not None and encoder is None:
        raise SettingsError(
            "--decoder is the second half of an auto-encoder: give the first with --encoder."
        )
    chosen: list[Attack] = []
    if encoder is not None:
        check(encoder, decoder)
        for noise in given.noise if decoder else [0.0]:
            label = f"auto-encoder, noise {noise:g}"
            for name, passes, scale in (("", 1, 1.0), (", twice", 2, 1.0), (", half size", 1, 0.5)):
                operation = AutoEncoder(encoder, decoder, noise, scale, passes)
                chosen.append(Attack(label + name, "learned", (operation,)))
    if "denoiser" in networks:
        check(networks["denoiser"])
        name = f"noise {given.sigma:g}, denoiser"
        denoiser = Denoiser(networks["denoiser"], given.sigma)
        chosen.append(Attack(name, "learned", (denoiser,)))
    if not chosen:
        raise SettingsError("Give --encoder (and --decoder) or --denoiser: no network ships.")
    return chosen


def table(records: Sequence[Record], names: Sequence[str]) -> Report:
    """Return the table of recoveries, attack by attack."""
    columns = ["attack", "n", "exact", "95 % from", "promised", "wrong payloads", "PSNR"]
    report = Report("Regeneration", columns + ["3-norm"] * has_butteraugli())
    for name in names:
        mine = [r for r in records if r["attack"] == name and not r["unmarkable"]]
        if not mine:
            continue
        exact = sum(record["exact"] for record in mine)
        wrong = sum(record["wrong"] for record in mine)
        low = measures.wilson(exact, len(mine))[0]
        promised = _FLOOR if name in _PROMISED else None
        psnr = measures.mean([record["received"] for record in mine])
        row: list[Cell] = [name, len(mine), exact / len(mine), low, promised, wrong, psnr]
        if has_butteraugli():
            row.append(measures.mean([record["norm"] for record in mine]))
        report.rows.append(row)
    report.notes.append(
        "PSNR: mean over the pictures, of the attacked picture to the original without a mark. "
        "3-norm: likewise, to the marked picture, as in benchmarks.security.removal. "
        "Promised: a dash where nothing is."
    )
    if not has_butteraugli():
        report.notes.append(missing()[0])
    return report


def miss_table(records: Sequence[Record]) -> Report:
    """Return the pictures whose payload was not recovered, attack by attack."""
    report = Report("Not recovered", ("attack", "pictures"))
    for name in dict.fromkeys(record["attack"] for record in records):
        missed = [r["picture"] for r in records if r["attack"] == name and not r["exact"]]
        if missed:
            report.rows.append([name, ", ".join(missed)])
    return report


def _plot(report: Report, path: Path) -> None:
    rows = [row for row in report.rows if row is not None]
    labels = [str(row[0]) for row in rows]
    shares = {"indelible": [float(row[2] or 0) for row in rows]}
    floors = [_FLOOR if label in _PROMISED else None for label in labels]
    title = "Payloads recovered exactly after regeneration"
    bars(path, title, labels, shares, axis="share of pictures", marks=floors)
