"""The command line of the robustness benchmark, and what it makes of its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import print_settings, show
from benchmarks._running import SettingsError, Store, options, picture_options, run_tasks
from benchmarks._systems import OURS, engine_fingerprint
from benchmarks.peers import METHODS, VERSIONS, environment
from benchmarks.robustness import plots, tables, trials
from indelible.choices import DEFAULT_STRENGTH, Strength

__all__ = ["run"]

_DEFAULT_GROUPS = [name for name in attacks.groups() if name not in {"seal", "waves", "removal"}]


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("robustness", "Exact recovery of the payload, attack by attack.")
    picture_options(parser)
    parser.add_argument(
        "--groups",
        nargs="*",
        default=_DEFAULT_GROUPS,
        metavar="NAME",
        help=f"groups of named attacks, or attacks; groups: {', '.join(attacks.groups())}",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=0,
        help="random attacks to draw for each promised row",
    )
    parser.add_argument(
        "--workloads",
        nargs="*",
        default=list(attacks.WORKLOADS),
        choices=list(attacks.WORKLOADS),
        metavar="NAME",
        help=f"rows to draw for: {', '.join(attacks.WORKLOADS)}",
    )
    parser.add_argument("--strength", choices=get_args(Strength), default=DEFAULT_STRENGTH)
    parser.add_argument(
        "--peers",
        action="store_true",
        help="run other packages too, in an environment of their own: named attacks only; slow",
    )
    options_given = parser.parse_args(argv)
    try:
        chosen = attacks.select(options_given.groups)
    except KeyError as error:
        raise SettingsError(f"There is no attack or group named {error}.") from None
    sources = images.from_argument(options_given.images, options_given.limit)
    systems = [OURS]
    if options_given.peers:
        environment()
        systems += METHODS
    settings = {
        "images": options_given.images or "built-in",
        "pictures": [source.name for source in sources],
        "groups": options_given.groups,
        "draws": options_given.draws,
        "workloads": options_given.workloads,
        "strength": options_given.strength,
        "systems": systems,
        "seed": options_given.seed,
        "engine": engine_fingerprint(),
        "ssim": measures.SSIM_SETTINGS,
    }
    if options_given.peers:
        settings["peers"] = VERSIONS
    print_settings(settings | {"pictures": len(sources), "jobs": options_given.jobs})
    store = Store(options_given.out, settings, restart=options_given.restart)
    how = {"strength": options_given.strength, "seed": options_given.seed}
    work = [task for system in systems for task in trials.named(system, sources, chosen, **how)]
    for name in options_given.workloads if options_given.draws else ():
        row = attacks.WORKLOADS[name]
        # Peers meet the named attacks only: their rows are zeros, and they are slow.
        work += trials.draws(OURS, sources, row, options_given.draws, **how)
    records = run_tasks(work, trials.try_attacks, store, jobs=options_given.jobs, label="attacking")
    named, drawn = tables.attack_table(records), tables.row_table(records)
    reports = [named, *tables.peer_tables(records, systems), drawn]
    reports += [tables.cost_table(records, systems), tables.miss_table(records)]
    plots.plot_attacks(records, systems, options_given.out / "attacks.png")
    plots.plot_draws(drawn, options_given.out / "draws.png")
    show([report for report in reports if report.rows], options_given.out, settings)
