"""The benchmark of what no hash covers would notice a hole."""

from __future__ import annotations

import random

import pytest

from benchmarks.security import padding
from indelible import credentials
from indelible.credentials import CredentialReport


@pytest.mark.parametrize("kind", ["jpeg", "avif"])
def test_no_try_shows_another_picture(kind: str) -> None:
    found = padding.tries(padding.sample(kind), kind, 25, random.Random(5))
    assert (found["tries"], found["different"]) == (25, 0)
    assert found["caught"] > 0


def test_a_hole_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = padding.sample("jpeg")
    fooled = CredentialReport("trusted")
    monkeypatch.setattr(credentials, "read", lambda *_, **__: fooled)
    found = padding.tries(given, "jpeg", 25, random.Random(5))
    assert found["intact"] == 25
    assert found["different"] > 0
    table = padding.table([found, found])
    assert table.rows[0] is not None
    assert table.rows[0][:4] == ["jpeg", 50, 0, 50]
