"""A gateway by the user's settings."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from indelible.errors import ArgumentError, ConfigurationError
from indelible.gateway import Options
from indelible.gateway.running import configured


def test_consent_by_name(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{hashlib.sha256(b'x').hexdigest()} review Ada\n")
    tokens.chmod(0o600)
    gate = configured("http://a", override_tokens=tokens).app.parts.gate
    assert gate is not None
    assert gate.policy.override_scopes == {"review"}
    assert (gate.policy.mining, gate.policy.unregistered) == ("warn", "deny")
    strict = configured("http://a", consent="strict").app.parts.gate
    assert strict is not None
    assert strict.policy.mining == "deny"
    registered = configured("http://a", consent="registered").app.parts.gate
    assert registered is not None
    assert registered.policy.unregistered == "allow"
    off = configured("http://a", consent="off", options=Options(input_hosts=("a.test",)))
    assert off.app.parts.gate is None
    assert ("inputs by address", "a.test") in off.facts


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError):
        configured("http://a", consent="never")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        configured("http://a", override_tokens=tmp_path / "none")
    with pytest.raises(ConfigurationError):
        configured("http://a", hash_lists=[tmp_path / "none"])
