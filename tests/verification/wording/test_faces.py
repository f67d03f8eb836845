"""No face holds a sentence: whatever a person reads about a picture comes from `wording`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Where verifications, credentials and detections are shown.
FACES = ("_report", "_tables", "_tree", "inspect", "detect")
MOST_WORDS = 3


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield the texts that a program may print, whole ones and the parts of f-strings.

    Left out are docstrings; help texts of options (what `Annotated` holds, and ``EPILOG``); and
    messages of errors, which go with the error to every face.
    """
    if isinstance(tree, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(tree):
        tree.body = tree.body[1:]
    if isinstance(tree, ast.Raise):
        return
    if isinstance(tree, ast.Subscript) and ast.unparse(tree.value) == "Annotated":
        return
    if isinstance(tree, ast.Assign) and ast.unparse(tree.targets[0]) == "EPILOG":
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
    for child in ast.iter_child_nodes(tree):
        yield from strings(child)


@pytest.mark.parametrize("name", FACES)
def test_no_sentence_in_a_face(name: str) -> None:
    tree = ast.parse((ROOT / "cli" / f"{name}.py").read_text(encoding="utf-8"))
    found = list(strings(tree))
    assert [text for text in found if len(text.split()) > MOST_WORDS] == []


def test_sentences_are_found_where_there_are_any() -> None:
    source = '''
def f(x):
    """Say nothing of what stands here."""
    if x:
        raise ValueError("An error has its own words.")
    return Text(f"The picture was not {x} looked at")
'''
    assert [text for text in strings(ast.parse(source)) if len(text.split()) > MOST_WORDS] == [
        "The picture was not "
    ]
