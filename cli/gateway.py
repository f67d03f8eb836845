"""``indelible gateway``: before a server whose pictures leave it protected, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli._console import answer, clean
from indelible.cli._errors import guarded
from indelible.extras import load

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

[cyan]indelible gateway --upstream http://127.0.0.1:8091[/cyan]   then give clients
http://127.0.0.1:8090/v1 as their base URL

Pictures that the server names by address, from its bucket: [cyan]--allow-host
bucket.example.org --rehost --public-url https://pictures.example.org[/cyan]

The server itself must not be reachable by anybody else. docs/gateway.md has the rest.
"""


@guarded
def command(
    upstream: Annotated[
        str, typer.Option("--upstream", metavar="URL", help="Root of the server behind it.")
    ],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, max=65535, help="Port to listen on.")
    ] = 8090,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST",
            help="Host, besides the server's own, from which the answers' pictures are fetched.",
        ),
    ] = None,
    input_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST",
            help="Host from which pictures are fetched that requests name by address; * for any "
            "on the public internet. By default they are refused.",
        ),
    ] = None,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Let these hosts be on private networks."),
    ] = False,
    partial: Annotated[
        Literal["drop", "mark"],
        typer.Option(help="Leave partial pictures of streams out, or protect them."),
    ] = "drop",
    consent: Annotated[
        Literal["default", "strict", "registered", "off"],
        typer.Option(
            help="Refuse inputs where there is doubt (default), also what asks not to be trained "
            "on (strict), only by registered marks (registered), or none (off)."
        ),
    ] = "default",
    hash_list: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Pictures that are always refused, as PDQ hashes."),
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where a line goes for each decision about an input."),
    ] = None,
    override_tokens: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help='Who may let a refused input pass: lines of "SHA256 SCOPE NAME".'
        ),
    ] = None,
    rehost: Annotated[
        bool,
        typer.Option("--rehost", help="Answer addresses by addresses of the gateway."),
    ] = False,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="How clients reach the gateway, for such addresses."),
    ] = None,
    account_header: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Header with your reference to an account, set by a proxy in front.",
        ),
    ] = None,
    stored_inputs: Annotated[
        bool,
        typer.Option(
            "--stored-inputs", help="Let requests refer to pictures that the server keeps."
        ),
    ] = False,
    seconds: Annotated[
        float, typer.Option(metavar="NUMBER", min=1, help="Time for one answer.")
    ] = 300.0,
    concurrency: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, help="Requests at a time.")
    ] = 32,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=1, help="Pictures at a time; by default one for each core."
        ),
    ] = None,
    check_config: Annotated[
        bool,
        typer.Option("--check-config", help="Check that all is there; then end."),
    ] = False,
) -> None:
    """Stand before a server that makes pictures: none leaves it unprotected."""
    missing = "the gateway needs FastAPI, httpx2 and uvicorn"
    running = load("indelible.gateway.running", extra="gateway", missing=missing)
    options = load("indelible.gateway.options", extra="gateway", missing=missing).Options(
        allow_hosts=tuple(allow_host or ()),
        input_hosts=tuple(input_host or ()),
        allow_private=allow_private,
        partial=partial,
        rehost=rehost,
        public_url=public_url,
        account_header=account_header,
        stored_inputs=stored_inputs,
        upstream_seconds=seconds,
        concurrency=concurrency,
        workers=workers,
    )
    given: dict[str, Any] = {
        "options": options,
        "consent": consent,
        "hash_lists": hash_list or (),
        "audit": audit,
        "override_tokens": override_tokens,
    }
    if check_config:
        _say(running.configured(upstream, **given).facts)
        return
    running.run(upstream, host=host, port=port, announce=lambda text: answer(clean(text)), **given)


def _say(facts: tuple[tuple[str, str], ...]) -> None:
    table = Table(box=SIMPLE_HEAD, show_header=False)
    for name, text in facts:
        table.add_row(clean(name), Text(clean(text)))
    answer(table)
