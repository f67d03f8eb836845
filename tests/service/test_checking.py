"""What a service would be made of, said before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from indelible.service.checking import Finding, check
from indelible.settings import Configuration, ServiceSettings, Settings, user_folders


def found(**values: Any) -> dict[str, list[Finding]]:
    settings = Settings(service=ServiceSettings(**values))
    findings = check(Configuration(settings, user_folders()))
    return {
        state: [one for one in findings if one.state == state] for state in ("ok", "note", "fault")
    }


def test_by_default_nothing_is_wrong_and_nothing_is_made(home: Path) -> None:
    before = sorted(home.rglob("*"))
    told = found()
    assert told["fault"] == []
    assert {one.subject for one in told["note"]} == {
        "public",
        "registry",
        "signer",
        "watermark keys",
    }
    assert "service.public_quota" in {one.subject for one in told["ok"]}
    assert sorted(home.rglob("*")) == before


def test_faults_are_named() -> None:
    told = found(public_quota="often", trusted_proxies="x", host="0.0.0.0")
    assert [one.subject for one in told["fault"]] == [
        "service.public_quota",
        "service.trusted_proxies",
    ]
    assert any("0.0.0.0" in one.text for one in told["note"])
