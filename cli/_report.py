"""A verification in words: a panel for one file, a table for many. The words are `wording`'s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from indelible.cli._console import clean, is_terminal, stdout
from indelible.credentials import Finding
from indelible.credentials.manifests.status import UNTRUSTED
from indelible.verification import wording
from indelible.verification.verdict import Verdict
from indelible.verification.verifier import Verification

__all__ = ["STYLES", "overview", "report"]

STYLES: Final = {
    Verdict.SUSPECT: "bold red",
    Verdict.INVALID: "bold red",
    Verdict.ALTERED: "bold dark_orange",
    Verdict.AUTHENTIC: "bold green",
    Verdict.RECOVERED: "bold cyan",
    Verdict.UNVERIFIED: "bold yellow",
    Verdict.UNCHECKED: "bold magenta",
    Verdict.NONE: "bold",
}


def report(result: Verification, name: str) -> RenderableType:
    """Return the whole report about one file: in a frame on terminals, plain in pipes."""
    style = STYLES[result.verdict]
    words = result.verdict.words
    title = Text.assemble(
        ("standard input" if name == "-" else clean(name), "bold"),
        ": ",
        (str(result.verdict), style),
    )
    body = Group(
        Text(clean(wording.ai_line(result.ai)), style="bold" if result.ai.claimed else ""),
        Text(words.headline, style="bold"),
        Text(words.meaning),
        *(Text(f"- {clean(reason)}") for reason in wording.reasons(result)),
        *_evidence(result),
        *_claims(result),
        *_failures(result),
        *_signals(result),
        *_remarks(result),
        Text(),
        Text.assemble(("Keep in mind: ", "italic bold"), (words.caution, "italic")),
    )
    if not is_terminal(stdout().file):
        return Group(title, Padding(body, (0, 0, 1, 2)))
    color = style.removeprefix("bold").strip() or "white"
    return Panel(
        body, title=title, title_align="left", border_style=color, box=ROUNDED, padding=(0, 1)
    )


def overview(rows: Sequence[tuple[str, Verification | None]]) -> RenderableType:
    """Return one line for each file (None: it could not be read), and what the words mean."""
    results = [result for _, result in rows if result is not None]
    headings = ["file", "verdict", "says AI", "origin", "time", "watermark id"]
    unsigned = any(result.signals for result in results)
    if unsigned:
        headings.append("unsigned claims")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for name, result in rows:
        if result is None:
            table.add_row(Text(clean(name)), Text("unreadable", style="red"))  # stderr says why
            continue
        origin, payload = result.origin, result.watermark.payload
        cells = [
            wording.ai_cell(result.ai),
            wording.origin_cell(result),
            (origin and origin.credential.time) or "",
            "" if payload is None else payload.hex(),
            wording.signal_cell(result.signals),
        ]
        table.add_row(
            Text(clean(name)),
            Text(str(result.verdict), style=STYLES[result.verdict]),
            *(Text(clean(cell)) for cell in cells[: len(headings) - 2]),
        )
    legend = [
        Text.assemble((f"{verdict}: ", STYLES[verdict]), f"{verdict.words.caution}")
        for verdict in dict.fromkeys(result.verdict for result in results)
    ]
    if unsigned:
        legend.append(Text("Unsigned claims can be written and removed by anybody."))
    if any(_is_development(result) for result in results):
        legend.append(Text(wording.DEVELOPMENT_NOTE, style="yellow"))
    return Group(table, *legend)


def _grid(lines: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=11)
    grid.add_column(overflow="fold")
    for label, text in lines:
        grid.add_row(label, Text(clean(text)))
    return grid


def _evidence(result: Verification) -> list[RenderableType]:
    lines = wording.evidence_lines(result)
    return [Text(), _grid(lines)] if lines else []


def _claims(result: Verification) -> list[RenderableType]:
    """Return what the manifests say, each under who stands behind it."""
    shown: list[RenderableType] = []
    for origin in wording.origins(result):
        lines = wording.claims(origin, result.verdict)
        if lines:
            heading = Text(clean(wording.origin_heading(origin)), style="bold")
            shown.extend((Text(), heading, _grid(lines)))
    return shown


def _failures(result: Verification) -> list[RenderableType]:
    """Every failure that no reason told; an unknown signer, the manifest's own line tells."""
    shown: list[RenderableType] = []
    credential, recovered = result.credential, result.registry.credential
    groups = [
        ("Failures of the manifest", credential.failures),
        ("Failures inside its history", credential.ingredient_failures),
        ("Failures of identity claims", credential.identity_failures),
    ]
    if recovered is not None and not credential.present:
        groups.append(("Inside the recovered manifest's history", recovered.ingredient_failures))
        if result.registry.integrity != "intact":
            groups.append(("Failures of the recovered manifest", recovered.failures))
    for heading, findings in groups:
        untold = [
            item
            for item in findings
            if item.sentence not in result.reasons and item.code != UNTRUSTED
        ]
        shown.extend(_findings(heading, untold))
    return shown


def _findings(heading: str, findings: Sequence[Finding]) -> list[RenderableType]:
    if not findings:
        return []
    lines = [
        Text.assemble("- ", clean(sentence), (f" [{clean(code)}]", "dim"))
        for sentence, code in dict.fromkeys((item.sentence, item.code) for item in findings)
    ]
    return [Text(), Text(heading, style="bold"), *lines]


def _signals(result: Verification) -> list[RenderableType]:
    """Return what unsigned metadata claims, as the claims that they are."""
    if not result.signals:
        return []
    claims = [Text(f"- {clean(wording.signal_text(signal))}") for signal in result.signals]
    heading = Text("Unsigned claims, which anybody can write or remove", style="bold")
    return [Text(), heading, *claims]


def _remarks(result: Verification) -> list[Text]:
    remarks = list(result.notes)
    look = wording.how_to_look(result)
    if look is not None:
        remarks.insert(0, look)
    host = _remote_host(result)
    if host is not None:
        remarks.append(f"To fetch the manifest from where the file says it is: --allow-host {host}")
    if _is_development(result):
        remarks.append(wording.DEVELOPMENT_NOTE)
    return [Text(), *(Text(clean(one), style="yellow") for one in remarks)] if remarks else []


def _remote_host(result: Verification) -> str | None:
    """Return the host that a manifest would have to be fetched from."""
    url = result.credential.remote_url
    tried = len(result.credential.reasons) > 1
    if url is None or tried or result.credential.present:
        return None
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or None
    except ValueError:
        return None


def _is_development(result: Verification) -> bool:
    return any(origin.credential.development for origin in wording.origins(result))
