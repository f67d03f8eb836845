"""Options that would not hold are refused."""

from __future__ import annotations

import hashlib

import pytest

from indelible.errors import ArgumentError
from indelible.gateway import Options, OverrideToken


@pytest.mark.parametrize(
    "given",
    [
        {"partial": "keep"},
        {"allow_hosts": "example.org"},
        {"input_hosts": ("https://example.org",)},
        {"account_header": "Authorization"},
        {"account_header": "a b"},
        {"concurrency": 0},
        {"upstream_seconds": 0},
    ],
)
def test_refused(given: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        Options(**given)  # type: ignore[arg-type]


def test_override_tokens() -> None:
    digest = hashlib.sha256(b"secret").hexdigest()
    (one,) = OverrideToken.parse(f"# who\n\n{digest} review Ada Lovelace  # since May\n")
    assert (one.scope, one.by) == ("review", "Ada Lovelace")
    assert one.is_token("secret")
    assert not one.is_token("secre")
    assert digest not in repr(one)
    for text in ("secret review Ada", f"{digest} review"):
        with pytest.raises(ArgumentError):
            OverrideToken.parse(text)
