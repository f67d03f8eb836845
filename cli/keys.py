"""``indelible keys``: watermark keys and the key ring (certificates have their own module)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli import certificates
from indelible.cli._console import answer, answer_json, clean, flowing, remark
from indelible.cli._errors import guarded
from indelible.cli._options import JsonOption
from indelible.settings import KeyFile, KeyRing, current
from indelible.watermark import Key

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

A key file of its own: [cyan]indelible keys new my.key[/cyan]

Your key ring: [cyan]indelible keys list[/cyan]

Mark with a new key from now on, and still find the old marks: [cyan]indelible keys rotate[/cyan]

A partner's key, to find the partner's marks and never to make any: [cyan]indelible keys add
partner.key --detect-only[/cyan]

A key has leaked: [cyan]indelible keys rotate[/cyan], then [cyan]indelible keys retire ID[/cyan]

A certificate of your own, from a real authority:
[cyan]indelible keys csr --name "Acme Images" --organization "Acme Inc." --key-out acme.pem
-o acme.csr[/cyan]

Is a certificate fit for signing? [cyan]indelible keys inspect chain.pem[/cyan]
"""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    epilog=flowing(EPILOG),
    help="Watermark keys, signing keys and certificates. New marks use the newest watermark key, "
    "detection tries all.",
)
_WATERMARK = "Watermark keys"
_CERTIFICATES = "Signing keys and certificates"
app.command("dev", rich_help_panel=_CERTIFICATES)(certificates.development)
app.command("csr", rich_help_panel=_CERTIFICATES)(certificates.request)
app.command("inspect", rich_help_panel=_CERTIFICATES)(certificates.inspect)

RingOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--ring", metavar="FOLDER", help="Key ring to use instead of yours."),
]
IdArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The key's id, as `indelible keys list` shows it.")
]


def _ring(folder: Path | None) -> KeyRing:
    return current().key_ring if folder is None else KeyRing(folder)


@app.command(rich_help_panel=_WATERMARK)
@guarded
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the key.")],
    family: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Keys of one family are searched together at nearly the price of one.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write a new key to a file that only you can read. Whoever has it can mark in your name."""
    key = Key.generate() if family is None else Key.generate(family=family)
    key.save(file)
    if json:
        answer_json({"id": key.id, "path": str(file), "family": key.family})
    else:
        answer(Text.assemble((clean(file), "bold green"), f" holds key {key.id}"))
        remark("Keep it safe and keep it: without it, nobody finds its marks again.")


@app.command(name="list", rich_help_panel=_WATERMARK)
@guarded
def list_(ring: RingOption = None, json: JsonOption = False) -> None:
    """List the key ring, newest first, and what each key is used for."""
    place = _ring(ring)
    files = place.files()
    if json:
        for place_in_ring, file in enumerate(files):
            answer_json({**_as_dict(file), "marks": _marks(place_in_ring, file)})
        return
    if not files:
        remark(f"The key ring {place.folder} is empty; the first `indelible protect` fills it.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("id", "use", "family", "file"):
        table.add_column(heading, overflow="fold")
    for place_in_ring, file in enumerate(files):
        use = Text("retired", style="dim")
        if _marks(place_in_ring, file):
            use = Text("marks and detects", style="bold green")
        elif not file.retired:
            use = Text("detects (a partner's)" if file.detect_only else "detects")
        table.add_row(Text(file.key.id), use, Text(clean(file.key.family)), Text(clean(file.path)))
    answer(table)


@app.command(rich_help_panel=_WATERMARK)
@guarded
def rotate(ring: RingOption = None, json: JsonOption = False) -> None:
    """Make a new key, the newest of the ring: new marks use it, older ones are still found."""
    _tell(_ring(ring).rotate(), "marks from now on", json=json)


@app.command(rich_help_panel=_WATERMARK)
@guarded
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A key file.")],
    detect_only: Annotated[
        bool,
        typer.Option(
            "--detect-only", help="A partner's key: find its marks, never mark pictures with it."
        ),
    ] = False,
    ring: RingOption = None,
    json: JsonOption = False,
) -> None:
    """Copy a key file into the ring, as its newest key.

    New marks use it from now on, unless --detect-only says that it is a partner's.
    """
    added = _ring(ring).add(Key.load(file), detect_only=detect_only)
    _tell(added, "is looked for, never marked with" if detect_only else "marks now", json=json)


@app.command(rich_help_panel=_WATERMARK)
@guarded
def retire(key_id: IdArgument, ring: RingOption = None, json: JsonOption = False) -> None:
    """Take a key out of use: it neither marks nor detects, but is kept."""
    _tell(_ring(ring).retire(key_id), "is retired", json=json)


@app.command(rich_help_panel=_WATERMARK)
@guarded
def restore(key_id: IdArgument, ring: RingOption = None, json: JsonOption = False) -> None:
    """Bring a retired key back into use."""
    _tell(_ring(ring).restore(key_id), "is back in use", json=json)


@app.command(rich_help_panel=_WATERMARK)
@guarded
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A key file.")],
    json: JsonOption = False,
) -> None:
    """Show the id of a key file, never the key."""
    key = Key.load(file)
    if json:
        answer_json({"id": key.id, "path": str(file), "family": key.family})
    else:
        answer(Text(f"{key.id}  family {clean(key.family)}"))


def _marks(place_in_ring: int, file: KeyFile) -> bool:
    return place_in_ring == 0 and not file.retired and not file.detect_only


def _as_dict(file: KeyFile) -> dict[str, object]:
    return {
        "id": file.key.id,
        "path": str(file.path),
        "family": file.key.family,
        "retired": file.retired,
        "detect_only": file.detect_only,
    }


def _tell(file: KeyFile, what: str, *, json: bool) -> None:
    if json:
        answer_json(_as_dict(file))
    else:
        answer(Text.assemble("key ", (file.key.id, "bold green"), f" {what}: {clean(file.path)}"))
