"""``indelible serve``: its options and its tokens. What it serves is tested beside the service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from indelible.service import running
from indelible.settings import current
from tests.cli.conftest import Run


def test_tokens_are_made_listed_and_revoked(run: Run) -> None:
    made = run("serve", "token", "new", "Acme Images", "--scope", "verify", "--days", "7")
    token = made.out.strip()
    assert made.code == 0
    assert token.startswith("indelible_")
    assert token not in made.err
    found = current().tokens().find(token)
    assert found is not None
    assert found.owner == "Acme Images"
    listed = run("serve", "token", "list")
    assert "Acme Images" in listed.out
    assert token[-20:] not in listed.out
    assert run("serve", "token", "revoke", found.id).code == 0
    assert current().tokens().find(token) is None
    (line,) = run("serve", "token", "list", "--json").out.splitlines()
    assert json.loads(line)["revoked"] is not None


def test_what_can_be_no_token(run: Run) -> None:
    wrong = run("serve", "token", "new", "acme", "--scope", "everything")
    assert wrong.code == 2
    assert "fetch:manifests" in wrong.err
    assert run("serve", "token", "revoke", "nothing").code == 2
    assert run("serve", "token", "list").out == ""


def test_options_come_before_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(running, "run", lambda **options: given.append(options))
    assert run("serve", "--port", 8080, "--public-manifests").code == 0
    assert run("serve", "--sandbox").code == 0
    assert [(one["port"], one["public_manifests"], one["sandbox"]) for one in given] == [
        (8080, True, False),
        (None, None, True),
    ]


def test_a_fault_of_the_settings_is_said_and_is_the_exit_status(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = run("serve", "--check-config")
    assert checked.code == 0
    assert "service.public_quota" in checked.out
    monkeypatch.setenv("INDELIBLE_SERVICE_PUBLIC_QUOTA", "often")
    checked = run("serve", "--check-config")
    assert checked.code == 2
    assert "fault" in checked.out
