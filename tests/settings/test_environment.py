"""The environment: read in one place, and never shown with the secrets in it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from indelible.credentials.signers.pkcs11 import PIN_VARIABLE
from indelible.credentials.signers.private_keys import PASSPHRASE_VARIABLE
from indelible.registry.remote_line import TOKEN_VARIABLE
from indelible.settings import OTHER_VARIABLES, SECRET_VARIABLES, environment, secrets_set

SOURCE = Path(__file__).parents[2] / "src"
READERS = {"environ", "environb", "getenv", "expanduser", "home", "platformdirs"}


def names_in(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.name for alias in node.names)
            names.add(getattr(node, "module", None) or "")
    return names


def test_nothing_else_reads_the_environment_or_the_home_folder() -> None:
    """But for the secrets, which those who need them take where they are used."""
    readers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if names_in(path) & READERS
    }
    elsewhere = {name for name in readers if not name.startswith("settings/")}
    elsewhere -= {
        "registry/remote_line.py",
        "scan/ray_engine.py",
    }  # which only sets a switch of Ray's
    assert {name.rpartition("/")[0] for name in elsewhere} <= {"credentials/signers"}


def test_one_name_for_each_secret() -> None:
    assert {PASSPHRASE_VARIABLE, PIN_VARIABLE, TOKEN_VARIABLE} == SECRET_VARIABLES
    assert set(OTHER_VARIABLES) > SECRET_VARIABLES


def test_secrets_are_not_among_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIN_VARIABLE, "2222")
    monkeypatch.setenv("INDELIBLE_GENERATOR_NAME", "Acme")
    monkeypatch.setenv("ANOTHER", "x")
    assert environment.variables() == {"INDELIBLE_GENERATOR_NAME": "Acme"}
    assert secrets_set() == {PIN_VARIABLE}


def test_a_change_of_any_variable_shows_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIN_VARIABLE, "2222")
    before = environment.fingerprint()
    assert "2222" not in repr(before)
    monkeypatch.setenv(PIN_VARIABLE, "3333")
    assert environment.fingerprint() != before
    monkeypatch.setenv(PIN_VARIABLE, "2222")
    assert environment.fingerprint() == before
    monkeypatch.setenv("ANOTHER", "x")
    assert environment.fingerprint() == before
