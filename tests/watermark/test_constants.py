"""Every number that the engine is tuned with says where it comes from."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "src" / "watermark"


def is_number(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    )


def constants(source: str) -> Iterator[tuple[str, range]]:
    """Yield each UPPER_CASE name whose value holds a number, and the lines of its assignment."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            target: ast.expr = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        names = [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]
        value = node.value
        if value is None or not any(map(is_number, ast.walk(value))):
            continue
        for name in names:
            if name.isupper():
                yield name, range(node.lineno, (node.end_lineno or node.lineno) + 1)


def commented(source: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0] for token in tokens if token.type == tokenize.COMMENT}


def bare(source: str) -> list[str]:
    """Return the constants that have a comment neither on their lines nor directly above."""
    lines, comments = source.splitlines(), commented(source)
    found = []
    for name, places in constants(source):
        above = places.start - 1
        own_line = above in comments and lines[above - 1].lstrip().startswith("#")
        if not own_line and not comments & set(places):
            found.append(name)
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_a_constant_has_a_reason(path: Path) -> None:
    assert bare(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A = 1", ["A"]),
        ("A = 1  # why", []),
        ("# why\nA = (1, -2.0)", []),
        ("# why\n\nA = 1", ["A"]),
        ("A = 1  # why\nB = 2", ["B"]),
        ("A = (\n    1,  # why\n    2,\n)", []),
        ("A: Final = np.float32(3)", ["A"]),
        ('A = "text"\nB = True\nlower = 3\nC = OTHER', []),
    ],
)
def test_what_counts_as_a_reason(source: str, expected: list[str]) -> None:
    assert bare(source) == expected
