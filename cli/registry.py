"""``indelible registry``: where ids of watermarks lead to their manifests."""

from __future__ import annotations

from typing import Final

import typer

from indelible.cli import (
    _registry_auditing,
    _registry_making,
    _registry_moving,
    _registry_records,
    _registry_tracing,
)
from indelible.cli._console import flowing

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

What is in it? [cyan]indelible registry stats[/cyan], [cyan]indelible registry list[/cyan]

An SQLite file, copied while others write: [cyan]indelible registry backup copy.sqlite3[/cyan]

From SQLite to PostgreSQL: [cyan]indelible registry merge registry.sqlite3 --registry
postgresql+psycopg://user@host/database[/cyan]

A picture that should not be vouched for any more: [cyan]indelible registry status ID withdrawn
--reason "made with a faulty model"[/cyan]

Who had this picture made? [cyan]indelible registry trace picture.jpg --reason "a complaint" --case
17[/cyan]

Keep manifests for two years: [cyan]indelible registry purge --older-than 730[/cyan]
"""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    epilog=flowing(EPILOG),
    help="Where ids of watermarks lead: make, list, move, back up, purge and trace.",
)

# Every sub-command is added here; each is a function of a module of its own subject.
_WHOLE: Final = "The registry"
_RECORDS: Final = "Records"
_PRIVATE: Final = "For the operator alone"
_MOVING: Final = "To and from others"
for _panel, _name, _command in (
    (_WHOLE, "init", _registry_making.init),
    (_WHOLE, "migrate", _registry_making.migrate),
    (_WHOLE, "stats", _registry_making.stats),
    (_WHOLE, "backup", _registry_making.back_up),
    (_RECORDS, "list", _registry_records.list_),
    (_RECORDS, "show", _registry_records.show),
    (_RECORDS, "status", _registry_records.status),
    (_RECORDS, "purge", _registry_records.purge),
    (_PRIVATE, "trace", _registry_tracing.trace),
    (_PRIVATE, "audit", _registry_auditing.audit),
    (_MOVING, "export", _registry_moving.export),
    (_MOVING, "import", _registry_moving.import_),
    (_MOVING, "merge", _registry_moving.merge),
):
    app.command(_name, rich_help_panel=_panel)(_command)
app.add_typer(_registry_auditing.keys, name="keys", rich_help_panel=_PRIVATE)
