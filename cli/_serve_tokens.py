"""``indelible serve token``: who may do what over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.choices import Scope
from indelible.cli._console import answer, answer_json, clean, remark
from indelible.cli._errors import UsageError, guarded
from indelible.cli._options import JsonOption
from indelible.settings import current

if TYPE_CHECKING:
    from indelible.registry.private import Token

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Tokens of the service: make, list and revoke. They lie beside the registry, as hashes.",
)


@app.command()
@guarded
def new(
    owner: Annotated[
        str,
        typer.Argument(help="Who is to use it, and owns what is registered with it."),
    ],
    scopes: Annotated[
        list[str],
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help=f"What it allows: {', '.join(get_args(Scope))}. May be repeated.",
        ),
    ],
    days: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=1,
            max=36_500,
            help="How long it is good. By default, until it is revoked.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a token. It is shown once, and nobody can show it again."""
    expires = None if days is None else dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    token, secret = current().tokens().new(owner, cast("list[Scope]", scopes), expires=expires)
    if json:
        answer_json({**_as_dict(token), "token": secret.reveal().decode()})
        return
    answer(Text(secret.reveal().decode()))
    remark(f"This is the token of {clean(owner)}; it is not shown again. Its id is {token.id}.")


@app.command(name="list")
@guarded
def list_(json: JsonOption = False) -> None:
    """List the tokens, the oldest first."""
    tokens = current().tokens().tokens()
    if json:
        for token in tokens:
            answer_json(_as_dict(token))
        return
    if not tokens:
        remark("There are no tokens; indelible serve token new makes one.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("id", "owner", "scopes", "made", "state"):
        table.add_column(heading, overflow="fold")
    for token in tokens:
        table.add_row(
            token.id,
            Text(clean(token.owner)),
            ", ".join(sorted(token.scopes)),
            f"{token.created:%Y-%m-%d}",
            _state(token),
        )
    answer(table)


@app.command()
@guarded
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it.")],
    json: JsonOption = False,
) -> None:
    """Let a token allow nothing from now on."""
    if not current().tokens().revoke(token_id):
        raise UsageError(
            f"There is no token {clean(token_id)}.", hint="See indelible serve token list."
        )
    if json:
        answer_json({"id": token_id, "revoked": True})
    else:
        answer(Text.assemble("token ", (clean(token_id), "bold"), " allows nothing any more"))


def _state(token: Token) -> str:
    if token.revoked is not None:
        return f"revoked {token.revoked:%Y-%m-%d}"
    if token.expires is None:
        return "good"
    good = token.is_valid(dt.datetime.now(dt.UTC))
    return f"{'good until' if good else 'expired'} {token.expires:%Y-%m-%d}"


def _as_dict(token: Token) -> dict[str, Any]:
    def shown(time: dt.datetime | None) -> str | None:
        return None if time is None else time.isoformat()

    return {
        "id": token.id,
        "owner": token.owner,
        "scopes": sorted(token.scopes),
        "created": shown(token.created),
        "expires": shown(token.expires),
        "revoked": shown(token.revoked),
    }
