"""``indelible registry init, migrate, backup, stats``: a registry as a whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, remark
from indelible.cli._errors import UsageError, guarded
from indelible.cli._options import ForceOption, JsonOption, RegistryOption
from indelible.cli._registry_shared import PlaceArgument, existing, named, shown_time
from indelible.errors import NoRegistryError

__all__ = ["back_up", "init", "migrate", "stats"]


@guarded
def init(
    place: PlaceArgument = None, registry: RegistryOption = None, json: JsonOption = False
) -> None:
    """Make an empty registry; nothing that is there is touched.

    The first `indelible protect` does so, too.
    """
    from indelible.registry import upkeep

    ours = named(place, registry)
    try:
        made = upkeep.initialise(ours)
    except NoRegistryError as error:
        raise UsageError(error.message, hint=error.hint) from error
    if json:
        answer_json({"url": ours.url, "made": made})
    elif made:
        answer(Text.assemble((clean(ours.database.name), "bold green"), " is a registry now."))
    else:
        answer(Text(f"{clean(ours.database.name)} is a registry already; it is as it was."))


@guarded
def migrate(
    place: PlaceArgument = None, registry: RegistryOption = None, json: JsonOption = False
) -> None:
    """Bring a registry of an older version to this one's schema; an SQLite file is copied first.

    The first write does so, too, without a copy.
    """
    from indelible.registry import upkeep

    ours = named(place, registry)
    try:
        done = upkeep.migrate(ours)
    except NoRegistryError as error:
        raise UsageError(error.message, hint=error.hint) from error
    if json:
        kept = None if done.backup is None else str(done.backup)
        answer_json({"url": ours.url, "from": done.before, "to": done.after, "backup": kept})
        return
    name = clean(ours.database.name)
    if done.before == done.after:
        answer(Text(f"{name} has schema {done.after} already."))
        return
    answer(Text(f"{name} was brought from schema {done.before} to {done.after}."))
    if done.backup is not None:
        remark(f"As it was, it is in {clean(done.backup)}.")


@guarded
def back_up(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    registry: RegistryOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Copy an SQLite registry, as it is at one moment, to a file that can take its place.

    Others may write meanwhile. The copy holds everything, what is private included.
    """
    from indelible.registry import backup

    ours = existing(None, registry)
    kept = backup.back_up(ours, output, overwrite=force)
    size = kept.stat().st_size
    if json:
        answer_json({"url": ours.url, "backup": str(kept), "bytes": size})
        return
    answer(Text.assemble((clean(kept), "bold green"), f" is a copy of {size} bytes."))
    if "manifests=" in ours.url:
        remark("Manifests in the object store are not in it: back that up, too.")


@guarded
def stats(registry: RegistryOption = None, json: JsonOption = False) -> None:
    """Say how many records there are, since when, and how much room they take."""
    from indelible.registry import upkeep

    ours = existing(None, registry)
    found = upkeep.statistics(ours)
    if json:
        facts = dataclasses.asdict(found)
        for name in ("oldest", "newest"):
            facts[name] = facts[name] and facts[name].isoformat()
        answer_json({"url": ours.url, **facts})
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in (
        ("registry", clean(ours.url)),
        ("schema", str(found.schema)),
        ("live", str(found.live)),
        ("withdrawn", str(found.withdrawn)),
        ("erased", str(found.erased)),
        ("bindings", str(found.bindings)),
        ("fingerprints", str(found.fingerprints)),
        ("oldest", shown_time(found.oldest)),
        ("newest", shown_time(found.newest)),
        ("size on disk", _size(found.disk_bytes)),
    ):
        grid.add_row(Text(name, style="dim"), Text(value))
    answer(grid)


def _size(count: int) -> str:
    power = min(3, max(0, (len(str(count)) - 1) // 3))
    return f"{count / 1000**power:.3g} {('bytes', 'KB', 'MB', 'GB')[power]}"
