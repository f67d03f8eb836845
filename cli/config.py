"""``indelible config``: which settings hold, and where each comes from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, flowing, remark
from indelible.cli._errors import guarded
from indelible.cli._options import JsonOption
from indelible.settings import (
    OTHER_VARIABLES,
    SECRET_VARIABLES,
    Setting,
    every_setting,
    load_with_origins,
    secrets_set,
    settings_file,
    user_folders,
    variables,
)

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

[cyan]indelible config show[/cyan]

Where does one come from? [cyan]indelible config show --json | jq '.settings["signer.certificate"]'
[/cyan]

A setting stands in the file under its section, or in the environment under its variable's name.
"""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    epilog=flowing(EPILOG),
    help="See which settings hold, and where they come from.",
)
_HIDDEN: Final = "***"
_PIN: Final = re.compile(r"(pin-value=)[^;&?]*", re.IGNORECASE)


@app.callback()
def config() -> None:
    """See which settings hold, and where they come from."""


@app.command()
@guarded
def show(json: JsonOption = False) -> None:
    """Show every setting, its value and where it comes from; secrets are never shown."""
    file, named = settings_file()
    settings, origins = load_with_origins()
    folders = user_folders()
    rows = [
        (item, _shown(getattr(getattr(settings, item.section), item.name)), origins.get(item.key))
        for item in every_setting()
    ]
    if json:
        answer_json(
            {
                "file": str(file),
                "file_exists": named or file.exists(),
                "folders": {"config": str(folders.config), "data": str(folders.data)},
                "settings": {
                    item.key: {
                        "value": value,
                        "default": item.default or None,
                        "from": origin or "default",
                        "variable": item.variable,
                        "expects": item.kind,
                        "meaning": item.meaning,
                    }
                    for item, value, origin in rows
                },
                "variables": {name: _variable(name) for name in OTHER_VARIABLES},
            }
        )
        return
    answer(_table(rows))
    for name, meaning in OTHER_VARIABLES.items():
        answer(Text(clean(f"{name}: {_variable(name) or 'not set'}. {meaning}"), style="dim"))
    there = "" if named or file.exists() else " (there is none; nothing needs one)"
    remark(clean(f"Settings file: {file}{there}"))
    remark(clean(f"Keys and identity: {folders.config}. Registry: {folders.data}."))


def _table(rows: list[tuple[Setting, object, str | None]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("setting", "value", "from"):
        table.add_column(heading, overflow="fold")
    for item, value, origin in rows:
        table.add_row(
            Text(item.key, style="bold" if origin else ""),
            Text(clean(_words(value, item.default))),
            Text(clean(origin or "default"), style="" if origin else "dim"),
        )
    return table


def _words(value: object, default: str) -> str:
    if value is None or value == []:
        return default or "-"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shown(value: object) -> object:
    """Return a value for JSON, without what may be a secret in it."""
    if isinstance(value, tuple):
        return [_shown(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str):
        return _without_secrets(str(getattr(value, "short_name", value)))
    return value


def _without_secrets(text: str) -> str:
    """Hide the PIN in a token's name, and who asks and with what in an address."""
    text = _PIN.sub(rf"\1{_HIDDEN}", text)
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return _HIDDEN
    host = parts.netloc.rpartition("@")[2]
    netloc = host if host == parts.netloc else f"{_HIDDEN}@{host}"
    query = f"?{_HIDDEN}" if parts.query else ""
    return f"{parts.scheme}://{netloc}{parts.path}{query}"


def _variable(name: str) -> str | None:
    if name in SECRET_VARIABLES:
        return "set (a secret)" if name in secrets_set() else None
    return variables().get(name)
