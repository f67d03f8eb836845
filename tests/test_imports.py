"""What importing the package costs and offers, and the import rules that need a finer rule.

The coarse rules, floors and who may touch which library, are import-linter's: see pyproject.toml.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import indelible
from indelible import errors

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"numba", "llvmlite", "scipy", "cv2", "PIL", "c2pa", "cryptography", "sqlalchemy", "rich"}


def loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter and name the top-level modules that it left loaded."""
    program = f"{statement}\nimport sys\nprint(*{{m.partition('.')[0] for m in sys.modules}})"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return set(answer.stdout.split())


def imports_of(path: Path) -> Iterator[str]:
    """Name every module that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_import_is_light() -> None:
    assert loaded_by("import indelible") & (HEAVY | {"numpy"}) == set()


def test_errors_need_nothing() -> None:
    assert loaded_by("from indelible import IndelibleError; IndelibleError") & HEAVY == set()


@pytest.mark.parametrize("name", indelible.__all__)
def test_public_names_exist(name: str) -> None:
    assert getattr(indelible, name) is not None
    assert name in dir(indelible)


def test_unknown_names_raise_attribute_error() -> None:
    name = "nonsense"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(indelible, name)


def test_every_error_has_the_one_root() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), indelible.IndelibleError), name


@pytest.mark.parametrize("path", sorted((ROOT / "src").glob("*/_kernels/*.py")), ids=str)
def test_kernels_import_numpy_and_numba_only(path: Path) -> None:
    allowed = {"numpy", "numba"} | sys.stdlib_module_names
    for module in imports_of(path):
        package = f"indelible.{path.parent.parent.name}._kernels"
        own = module.startswith((package, "indelible.compiling"))
        assert own or module.partition(".")[0] in allowed, f"{path.name} imports {module}"
