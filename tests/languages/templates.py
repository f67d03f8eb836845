"""Every template in the source, found without running it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from indelible.credentials.manifests import status_codes

ROOT = Path(__file__).resolve().parents[2]

# Tables whose sentences are made where they are read, not where they are written.
_TABLES = (
    status_codes.IDENTITY,
    status_codes.INTEGRITY,
    status_codes.NOTE,
    status_codes.PICTURE,
    status_codes.TRUST,
)
# Where a sentence is made of a template that stands elsewhere.
MADE_OF_OTHERS = {
    "src/credentials/manifests/status.py",
    "src/evidence/checking.py",
    "src/languages/sentences.py",
    "src/verification/public/_report.py",
}


@functools.cache
def _nodes(path: Path) -> list[ast.AST]:
    text = path.read_text("utf-8")
    return list(ast.walk(ast.parse(text))) if "say(" in text or "Sentence(" in text else []


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a function, with the file it is in."""
    for path in sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]):
        for node in _nodes(path):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == name
            ):
                yield path.relative_to(ROOT).as_posix(), node


def templates() -> set[str]:
    """Return every template of which a sentence is made."""
    found = {sentence for table in _TABLES for sentence in table.values()}
    for _, call in calls("say"):
        template = call.args[0]
        assert isinstance(template, ast.Constant)
        assert isinstance(template.value, str)
        found.add(template.value)
    return found
