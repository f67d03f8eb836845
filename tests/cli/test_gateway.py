"""``indelible gateway``: its options. What it does is tested beside the gateway."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from indelible.gateway import running
from tests.cli.conftest import Run


def test_options(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        running, "run", lambda upstream, **options: given.append((upstream, options))
    )
    done = run(
        "gateway", "--upstream", "http://a", "--port", 99, "--allow-host", "b", "--allow-host", "c",
        "--input-host", "*", "--partial", "mark", "--consent", "strict", "--rehost",
    )  # fmt: skip
    assert done.code == 0
    ((upstream, options),) = given
    assert (upstream, options["port"], options["consent"]) == ("http://a", 99, "strict")
    assert options["options"].allow_hosts == ("b", "c")
    assert options["options"].input_hosts == ("*",)
    assert options["options"].partial == "mark"
    assert options["options"].rehost


def test_what_it_is_made_of(run: Run, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{hashlib.sha256(b'x').hexdigest()} review Ada\n")
    tokens.chmod(0o600)
    done = run(
        "gateway", "--upstream", "http://a", "--check-config", "--override-tokens", tokens,
        "--audit", tmp_path / "audit.jsonl",
    )  # fmt: skip
    assert done.code == 0
    assert "refuse where there is doubt" in done.out
    assert run("gateway", "--upstream", "nowhere", "--check-config").code == 2
    assert run("gateway", "--upstream", "http://a", "--consent", "sometimes").code == 2
    wrong = run("gateway", "--upstream", "http://a", "--check-config", "--override-tokens", "none")
    assert wrong.code == 2
    assert run("gateway").code == 2
