"""Whether the service lives."""

from __future__ import annotations

from fastapi.testclient import TestClient

from indelible import Verifier
from indelible.service import Parts, create_app


def test_livez_answers() -> None:
    app = create_app(Parts(Verifier(keys=(), registry=None, trust=None), None))
    assert TestClient(app).get("/livez").text == "ok"
