"""A picture's history as a tree, its certificates, and what a disclosure profile found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from indelible.cli._console import clean
from indelible.cli._tables import TONE_STYLES, drawn_table
from indelible.credentials import (
    PROFILE_NOTICE,
    CertificateReport,
    CredentialReport,
    ProfileLine,
    Signal,
)
from indelible.verification import wording

__all__ = ["certificate_list", "certificate_table", "manifest_tree", "profile_table", "signal_list"]

# Of the label, what stands after it, and of the text.
_STYLES: Final[Mapping[str, tuple[str, str, str]]] = {
    "file": ("bold", ": ", ""),
    "line": ("", "", ""),
    "manifest": ("", " ", "cyan"),
    "fact": ("dim", ": ", ""),
    "heading": ("", "", "dim"),
    "ingredient": ("bold", " ", ""),
    "failures": ("", "", "bold red"),
    "nothing": ("", "", "dim"),
    "remark": ("", "", "yellow"),
}


def manifest_tree(name: str, credential: CredentialReport) -> RenderableType:
    """Return everything that the credentials of one file say."""
    root = wording.history(name, credential)
    tree = Tree(_node(root))
    _grow(tree, root)
    return tree


def _grow(tree: Tree, node: wording.Node) -> None:
    for child in node.children:
        _grow(tree.add(_node(child)), child)


def _node(node: wording.Node) -> Text:
    label_style, separator, style = _STYLES[node.kind]
    return Text.assemble(
        (f"{clean(node.label)}{separator}" if node.label else "", label_style),
        (clean(node.text), TONE_STYLES.get(node.tone, style)),
        (f" [{clean(node.code)}]" if node.code else "", "dim"),
    )


def certificate_list(chains: Mapping[str, Sequence[CertificateReport]]) -> RenderableType:
    """Return the certificates of every manifest, as tables and in PEM."""
    if not chains:
        return Text(wording.NO_CERTIFICATES)
    parts: list[RenderableType] = []
    for manifest_id, chain in chains.items():
        label, text = wording.certificates_heading(manifest_id)
        parts.append(Text.assemble((f"{label} ", "bold"), (clean(text), "cyan")))
        for report in chain:
            parts.extend((certificate_table(report), Text(report.pem)))
    return Group(*parts)


def certificate_table(report: CertificateReport) -> Table:
    """Return what one certificate says."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in wording.certificate_facts(report):
        grid.add_row(label, Text(clean(value)))
    return grid


def profile_table(lines: Sequence[ProfileLine]) -> RenderableType:
    """Return a disclosure profile line by line."""
    return Group(drawn_table(wording.profile_table(lines)), Text(PROFILE_NOTICE, style="italic"))


def signal_list(signals: Sequence[Signal]) -> RenderableType:
    """Return what plain metadata claims, as the claims that they are."""
    caution = Text(wording.SIGNALS_CAUTION, style="italic")
    return Group(drawn_table(wording.signal_table(signals)), caution)
