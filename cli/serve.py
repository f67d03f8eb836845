"""``indelible serve``: the resolution service, and the page where anyone can check a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli import _serve_tokens
from indelible.cli._console import answer, clean, flowing
from indelible.cli._errors import guarded
from indelible.extras import load

if TYPE_CHECKING:
    from indelible.service import Finding

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

[cyan]indelible serve[/cyan]   then open http://127.0.0.1:8000 in a browser

Let a generator register its pictures over HTTP: [cyan]indelible serve token new "Acme Images"
--scope store:manifests --scope store:bindings[/cyan]

Try a client of C2PA's API: [cyan]indelible serve --sandbox[/cyan]
"""

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    epilog=flowing(EPILOG),
    help="Answer over HTTP whom a picture comes from, with a page for everybody.",
)
app.add_typer(_serve_tokens.app, name="token")


@app.callback()
@guarded
def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on: service.host.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", min=0, max=65535, help="Port to listen on: service.port."),
    ] = None,
    public_manifests: Annotated[
        bool | None,
        typer.Option(
            "--public-manifests/--no-public-manifests",
            help="Let anybody look ids up and read manifests: service.public_manifests.",
        ),
    ] = None,
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="For trying clients out: take anything for a manifest, keep nothing.",
        ),
    ] = False,
    check_config: Annotated[
        bool,
        typer.Option("--check-config", help="Check the settings, and that all is there; then end."),
    ] = False,
) -> None:
    """Serve until told to stop, unless there is a sub-command."""
    if context.invoked_subcommand is not None:
        return
    service = load(
        "indelible.service.running", extra="service", missing="the service needs FastAPI"
    )
    if check_config:
        _say(service.check_config())
        return
    service.run(
        host=host,
        port=port,
        public_manifests=public_manifests,
        sandbox=sandbox,
        announce=lambda text: answer(clean(text)),
    )


def _say(findings: tuple[Finding, ...]) -> None:
    """Show what the service would be made of; a fault is the exit status of wrong settings."""
    table = Table(box=SIMPLE_HEAD, show_header=False)
    for one in findings:
        table.add_row(one.state, Text(clean(one.subject)), Text(clean(one.text)))
    answer(table)
    if any(one.state == "fault" for one in findings):
        raise typer.Exit(2)
