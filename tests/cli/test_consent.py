"""``indelible consent``: sign, show, withdraw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indelible import imaging
from tests.cli.conftest import Run


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite3"


@pytest.fixture
def signed(run: Run, plain: Path, registry: Path, tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "asks.jpg"
    answer = run(
        *("consent", "sign", plain, "-o", path, "--owner", "Ada"),
        *("--until", "2090-01-01", "--registry", registry, "--json"),
    )
    assert answer.code == 0, answer.err
    told = json.loads(answer.out)
    assert told["record"]["owner"] == "Ada"
    assert told["record"]["entries"]["org.indelible.ai_editing"] == "notAllowed"
    return path, told["consent_id"]


def test_sign_show_withdraw(
    run: Run, signed: tuple[Path, str], registry: Path, tmp_path: Path
) -> None:
    path, consent_id = signed
    answer = run("consent", "show", path, "--registry", registry)
    assert answer.code == 0
    for text in (consent_id, "notAllowed", "DMI-PROHIBITED", "the registry's record says the same"):
        assert text in answer.out
    screenshot = tmp_path / "screenshot.png"
    pixels = imaging.decode(path.read_bytes()).pixels[40:, 30:]
    screenshot.write_bytes(imaging.encode(np.ascontiguousarray(pixels), "png"))
    answer = run("consent", "show", screenshot, "--registry", registry, "--json")
    told = json.loads(answer.out)
    assert told["asks"] is True
    assert told["permissions"] == []
    assert told["consents"][0]["standing"] == "active"
    answer = run("consent", "show", consent_id, "--registry", registry)
    assert answer.code == 0
    assert "Ada" in answer.out
    answer = run("consent", "withdraw", consent_id, "--reason", "sold", "--registry", registry)
    assert answer.code == 0
    assert "withdrawn" in answer.out
    answer = run("consent", "show", screenshot, "--registry", registry, "--json")
    assert json.loads(answer.out)["consents"][0]["standing"] == "withdrawn"
    # `verify` says so, too, without any key of a generator
    answer = run("verify", screenshot, "--registry", registry)
    assert answer.code == 1
    assert "consent mark" in answer.out


def test_without_a_registry(run: Run, plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "asks.png"
    answer = run("consent", "sign", plain, "-o", path)
    assert answer.code == 0
    assert "Nothing was registered" in answer.err
    answer = run("consent", "show", path)
    assert answer.code == 0
    assert "there is no registry to ask" in answer.out.replace("\n", " ")
    assert run("consent", "sign", path, "-o", tmp_path / "twice.png").code == 5
    assert run("consent", "sign", plain, "-o", path).code != 0  # it exists


def test_what_is_not_there(run: Run, plain: Path, registry: Path, tmp_path: Path) -> None:
    answer = run("consent", "show", plain)
    assert answer.code == 1
    assert "nothing in the picture asks" in answer.out
    assert run("consent", "show", "0123456789abcdef").code == 1
    assert run("consent", "show", tmp_path / "missing.jpg").code not in (0, 1)
    assert run("consent", "withdraw", "xyz", "--reason", "x").code == 2
    missing = run(
        "consent", "withdraw", "0123456789abcdef", "--reason", "x", "--registry", registry
    )
    assert missing.code == 2
