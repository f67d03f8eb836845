"""A verification as `verification.wording` words it: a panel for one file, a table for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from indelible.cli._console import clean, is_terminal, stdout
from indelible.cli._tables import VERDICT_STYLES, drawn_table
from indelible.languages import ENGLISH
from indelible.verification import Verification, wording

__all__ = ["overview", "report"]

_REMARK: Final = "yellow"


def report(result: Verification, name: str, language: str = ENGLISH) -> RenderableType:
    """Return the whole report about one file: in a frame on terminals, plain in pipes."""
    style = VERDICT_STYLES[result.verdict]
    title = Text.assemble(
        ("standard input" if name == "-" else clean(name), "bold"),
        ": ",
        (str(result.verdict), style),
    )
    body = _body(
        wording.report(result, fetch_option="--allow-host", ask_option="--ask", language=language)
    )
    if not is_terminal(stdout().file):
        return Group(title, Padding(body, (0, 0, 1, 2)))
    color = style.removeprefix("bold").strip() or "white"
    return Panel(
        body, title=title, title_align="left", border_style=color, box=ROUNDED, padding=(0, 1)
    )


def overview(
    rows: Sequence[tuple[str, Verification | None]], language: str = ENGLISH
) -> RenderableType:
    """Return one line for each file (None: it could not be read), and what the words mean."""
    words = wording.overview(rows, language=language)
    legend = [
        Text.assemble((f"{item.label}: " if item.label else "", _verdict_style(item)), item.text)
        for item in words.legend
    ]
    remarks = [Text(remark, style=_REMARK) for remark in words.remarks]
    return Group(drawn_table(words.table), *legend, *remarks)


def _verdict_style(item: wording.Item) -> str:
    return VERDICT_STYLES.get(item.label, "")


def _body(words: wording.Report) -> Group:
    return Group(
        Text(clean(words.ai), style="bold" if words.ai_claimed else ""),
        Text(words.headline, style="bold"),
        Text(words.meaning),
        *(Text(f"- {clean(reason)}") for reason in words.reasons),
        *(part for section in words.sections for part in _section(section)),
        *_remarks(words.remarks),
        Text(),
        Text.assemble((f"{words.caution.label}: ", "italic bold"), (words.caution.text, "italic")),
    )


def _section(section: wording.Section) -> list[RenderableType]:
    parts: list[RenderableType] = [Text()]
    if section.heading:
        parts.append(Text(clean(section.heading), style="bold"))
    if any(item.label for item in section.items):
        parts.append(_grid(section.items))
    else:
        parts.extend(_listed(item) for item in section.items)
    return parts


def _grid(items: Sequence[wording.Item]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=11)
    grid.add_column(overflow="fold")
    for item in items:
        grid.add_row(item.label, Text(clean(item.text)))
    return grid


def _listed(item: wording.Item) -> Text:
    code = f" [{clean(item.code)}]" if item.code else ""
    return Text.assemble("- ", clean(item.text), (code, "dim"))


def _remarks(remarks: Sequence[str]) -> list[Text]:
    lines = [Text(clean(remark), style=_REMARK) for remark in remarks]
    return [Text(), *lines] if lines else []
