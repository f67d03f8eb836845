"""``indelible report``: what a scan found, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, remark
from indelible.cli._errors import guarded
from indelible.cli._options import ForceOption, LanguageOption, language_of
from indelible.cli._tables import drawn_table
from indelible.files import write_atomic
from indelible.settings import current

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

Count what a scan found: [cyan]indelible report results/[/cyan]

As a page that stands alone: [cyan]indelible report results/ --html report.html[/cyan]
"""


@guarded
def command(
    results: Annotated[
        Path,
        typer.Argument(metavar="RESULTS", help="What a scan wrote: a folder, or one file of it."),
    ],
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write a page that needs no network."),
    ] = None,
    force: ForceOption = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    language: LanguageOption = None,
) -> None:
    """Count what a scan found: by verdict, generator, signer and claim, and over time."""
    from indelible.scan import html_page, report, tables, worded

    spoken = language_of(language, current())
    counted = report(results)
    words = worded(counted, language=spoken)
    if html is not None:
        write_atomic(html, html_page(words, spoken).encode(), overwrite=force)
    if json:
        answer_json(counted.to_dict())
    else:
        for heading, table in tables(words, spoken):
            answer(Text(clean(heading), style="bold"), drawn_table(table))
        for line in words.remarks:
            remark(clean(line))
    if html is not None:
        remark(f"Written to {clean(html)}.")
