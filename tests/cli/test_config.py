"""`indelible config show`, and that no library's words reach the terminal."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from pathlib import Path

import pytest

from indelible.cli._app import _quiet_libraries
from indelible.settings import every_setting, user_folders
from tests.cli.conftest import Run


def configure(text: str) -> Path:
    file = user_folders().settings_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def _no_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDELIBLE_GENERATOR_SOURCE_TYPE")


def test_without_a_file(run: Run, home: Path) -> None:
    answer = run("config", "show")
    assert answer.code == 0, answer.err
    for item in every_setting():
        assert item.key in answer.out
    assert "100000000" in answer.out  # what holds where nothing is set
    assert "there is none" in answer.err
    told = json.loads(run("config", "show", "--json").out)
    assert told["file_exists"] is False
    assert set(told["settings"]) == {item.key for item in every_setting()}
    assert {item["from"] for item in told["settings"].values()} == {"default"}
    assert list(home.rglob("*")) == []


def test_values_and_where_they_come_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    file = configure(
        '[generator]\nname = "Acme"\nsource_type = "ai_edited"\n\n[trust]\nanchors = ["a"]'
    )
    monkeypatch.setenv("INDELIBLE_TRUST_OFFICIAL", "no")
    told = json.loads(run("config", "show", "--json").out)
    assert told["file"] == str(file)
    settings = told["settings"]
    assert settings["generator.name"]["value"] == "Acme"
    assert settings["generator.name"]["from"] == str(file)
    assert settings["generator.source_type"]["value"] == "ai-edited"
    assert settings["trust.anchors"]["value"] == [str(file.parent / "a")]
    assert settings["trust.official"] == settings["trust.official"] | {
        "value": False,
        "from": "INDELIBLE_TRUST_OFFICIAL",
    }
    assert "Acme" in run("config", "show").out


def test_secrets_are_never_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "INDELIBLE_KEY_PASSPHRASE": "canary-1",
        "INDELIBLE_PKCS11_PIN": "canary-2",
        "INDELIBLE_SIGNER_TIMESTAMP_URL": "https://user:canary-3@tsa.example/x?token=canary-4",
        "INDELIBLE_SIGNER_CERTIFICATE": "chain.pem",
        "INDELIBLE_SIGNER_PRIVATE_KEY": "pkcs11:token=T;object=K?pin-value=canary-5",
    }.items():
        monkeypatch.setenv(name, value)
    for answer in (run("config", "show"), run("config", "show", "--json")):
        assert answer.code == 0, answer.err
        assert "canary" not in answer.out + answer.err
        assert "tsa.example/x" in answer.out
        assert "set (a secret)" in answer.out


def test_a_broken_file_is_named(run: Run) -> None:
    file = configure("[registry]\nurll = 'x'\n")
    answer = run("config", "show")
    assert answer.code == 2
    assert "registry.urll" in answer.err
    assert "Did you mean url?" in answer.err
    assert str(file.parent) in answer.err.replace("\n", "")


def test_a_misspelt_variable_stops_a_command(run: Run, plain: Path) -> None:
    os.environ["INDELIBLE_REGISTRY_URLS"] = "x"
    answer = run("verify", plain)
    assert answer.code == 2
    assert "INDELIBLE_REGISTRY_URL?" in answer.err


def test_no_librarys_words_reach_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "warnoptions", [])
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    with warnings.catch_warnings():
        warnings.resetwarnings()
        _quiet_libraries()
        warnings.warn("from a library", UserWarning, stacklevel=1)
        logging.getLogger("some.library").error("from a library")
    assert capsys.readouterr().err == ""
