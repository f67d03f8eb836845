"""``indelible trust``: whose signatures count."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, flowing, remark
from indelible.cli._errors import UsageError, guarded
from indelible.cli._options import JsonOption
from indelible.credentials import Trust, TrustList, TrustStore
from indelible.errors import OutputError, TrustError
from indelible.files import make_private_folder, write_atomic
from indelible.settings import Configuration, current, load_trust_list

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

Whose signatures count here: [cyan]indelible trust list[/cyan]

A newer official list, from a file: [cyan]indelible trust update --from C2PA-TRUST-LIST.json[/cyan]

A partner's certificate authority: [cyan]indelible trust add partner-ca.pem[/cyan]

One signer, whoever issued the certificate: [cyan]indelible trust add signer.pem --pin[/cyan]
"""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    epilog=flowing(EPILOG),
    help="See and change whose signatures count. The official C2PA lists come with the package.",
)


@app.command(name="list")
@guarded
def list_(
    certificates: Annotated[
        bool, typer.Option("--certificates", help="Name every authority.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the trust lists in use, with their dates; a stale one is said to be stale."""
    trust = current().trust()
    if json:
        for item in trust.lists:
            answer_json(_as_dict(item, certificates=certificates))
        for pem in trust.pinned:
            answer_json({"name": "pinned signers", "authorities": _subjects(pem)})
        return
    answer(_table(trust))
    if certificates:
        for item in trust.lists:
            answer(Text(clean(item.name), style="bold"))
            answer(*(Text(f"  {name}") for name in _subjects(item.pem)))
    for stale in trust.stale_lists():
        remark(
            f"{clean(stale.name)} is stale: its next update was due on "
            f"{_date(stale.next_update)}. See `indelible trust update --help`."
        )


@app.command()
@guarded
def update(
    source: Annotated[
        str,
        typer.Option("--from", metavar="FILE-OR-URL", help="The list in its official JSON form."),
    ],
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="HOST",
            help="Also follow redirects to this host; may be repeated.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Take over a newer official list. Only the URL's own host and --allow-host are contacted.

    The official lists are not signed: https, or whoever hands you the file, vouches for them.
    """
    hosts = [*_host(source), *(allow_host or ())]
    kept = TrustStore(current().folders.trust).update(source, hosts=hosts)
    if json:
        answer_json(_as_dict(kept, certificates=False))
    else:
        answer(
            Text.assemble(
                (clean(kept.name), "bold green"),
                f" of {_date(kept.issued)} with {len(kept.certificates())} authorities is in use.",
            )
        )


@app.command()
@guarded
def reset() -> None:
    """Go back to the official lists that came with the package."""
    TrustStore(current().folders.trust).reset()
    answer(Text("The lists that came with the package are in use."))


@app.command()
@guarded
def add(
    file: Annotated[Path, typer.Argument(metavar="PEM", help="Certificates.")],
    pin: Annotated[
        bool, typer.Option("--pin", help="Trust these signers themselves, whoever issued them.")
    ] = False,
) -> None:
    """Trust the certificate authorities in a file, besides the official ones."""
    anchors = load_trust_list(file)
    target = _folder(current(), pin=pin) / f"{file.stem}.pem"
    try:
        make_private_folder(target.parent)
    except OSError as error:
        raise OutputError(f"Cannot make {target.parent}: {error.strerror or error}.") from error
    write_atomic(target, anchors.pem.encode())
    count = len(anchors.certificates())
    one, several = ("signer is", "signers are") if pin else ("authority is", "authorities are")
    answer(Text(f"{count} {one if count == 1 else several} trusted now: {clean(target)}"))


@app.command()
@guarded
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="File name, as `list` shows it.")],
) -> None:
    """No longer trust the certificates that were added under a name."""
    stem = Path(name).name.removesuffix(".pem")
    defaults = current()
    for pin in (False, True):
        path = _folder(defaults, pin=pin) / f"{stem}.pem"
        if path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise OutputError(f"Cannot remove {path}: {error.strerror or error}.") from error
            answer(Text(f"{clean(path)} is no longer trusted."))
            return
    raise TrustError(
        f"nothing was added under the name {name!r}", hint="`indelible trust list` shows them."
    )


def _folder(defaults: Configuration, *, pin: bool) -> Path:
    return defaults.pinned_folder if pin else defaults.anchor_folder


def _host(source: str) -> list[str]:
    """Return the host that a URL names, with its port where it gives one."""
    if not source.lower().startswith(("http://", "https://")):
        return []
    try:
        parts = urlsplit(source)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{source!r} is not an address: {error}.") from error
    if not host:
        return []
    shown = f"[{host}]" if ":" in host else host
    return [shown if port is None else f"{shown}:{port}"]


def _subjects(pem: str) -> list[str]:
    return [clean(item.subject.rfc4514_string()) for item in TrustList("", pem).certificates()]


def _as_dict(item: TrustList, *, certificates: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "name": item.name,
        "kind": item.kind,
        "issued": None if item.issued is None else item.issued.isoformat(),
        "next_update": None if item.next_update is None else item.next_update.isoformat(),
        "stale": item.is_stale(),
        "count": len(item.certificates()),
        "source": item.source,
    }
    return facts | {"authorities": _subjects(item.pem)} if certificates else facts


def _table(trust: Trust) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("list", "vouches for", "issued", "next update", "authorities", "from"):
        table.add_column(heading, overflow="fold")
    for item in trust.lists:
        due = Text(_date(item.next_update))
        if item.is_stale():
            due = Text.assemble((f"{_date(item.next_update)} (stale)", "bold yellow"))
        table.add_row(
            Text(clean(item.name)),
            "time stamps" if item.kind == "tsa" else "signers",
            _date(item.issued),
            due,
            str(len(item.certificates())),
            Text(clean(_short(item.source))),
        )
    if trust.pinned:
        table.add_row("pinned signers", "themselves", "", "", str(len(trust.pinned)), "")
    return table


def _short(source: str | None) -> str:
    if source is None:
        return ""
    return Path(source).name if Path(source).is_absolute() else source


def _date(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()
