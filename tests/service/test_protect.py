"""Protecting over HTTP: for tokens, registered before it is answered."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from indelible import Protector, Verifier
from indelible.credentials import DevelopmentIdentity
from indelible.errors import RegistryUnavailableError
from indelible.registry.private import RecordKeys
from indelible.service import create_app
from indelible.watermark import Key
from tests.service.asking import Service, service_at

pytestmark = pytest.mark.compiled


@pytest.fixture
def service(tmp_path: Path, identity: DevelopmentIdentity) -> Service:
    made = service_at(tmp_path)
    key = Key(bytes(range(32)))
    protector = Protector(
        signer=identity.signer,
        key=key,
        registry=made.registry,
        generator="Acme",
        record_keys=RecordKeys.generate(),
    )
    verifier = Verifier(keys=key, registry=made.registry, trust=identity.trust())
    parts = replace(made.app.state.parts, protector=protector, verifier=verifier)
    return Service(create_app(parts), made.registry, made.tokens)


@pytest.fixture(scope="module")
def picture(photographs: dict[str, NDArray[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(photographs["chelsea"]).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_picture_comes_back_protected_and_is_its_token_owners(
    service: Service, picture: bytes
) -> None:
    asking = service.client("protect", owner="acme")
    record = json.dumps({"account": "user-1", "prompt": "a cat in the sun"})
    answer = asking.post(
        "/v1/protect?format=jpeg&quality=90&source_type=generated",
        files={"file": ("a.png", picture)},
        data={"record": record},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    manifest_id = answer.headers["indelible-manifest-id"]
    found = service.registry.get(manifest_id)
    assert found is not None
    assert found.owner == "acme"
    assert service.registry.sealed_records([manifest_id])
    told = service.client().post("/v1/verify", content=answer.content).json()
    assert told["verdict"] == "authentic"


def test_it_takes_a_token_that_allows_it(service: Service, picture: bytes) -> None:
    assert service.client().post("/v1/protect", content=picture).status_code == 401
    assert service.client("verify").post("/v1/protect", content=picture).status_code == 403


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("?quality=1000", {}, "invalid"),
        ("", {"Indelible-Record": "no JSON"}, "bad_record"),
        ("", {"Indelible-Record": "[1]"}, "bad_record"),
        ("", {"Indelible-Record": '{"name": "x"}'}, "invalid_argument"),
        ("", {"Indelible-Record": '{"account": 5}'}, "invalid_argument"),
        ("", {"Indelible-Record": '{"prompt_sha256": "zz"}'}, "invalid_argument"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_registered(
    service: Service, picture: bytes, query: str, headers: dict[str, str], code: str
) -> None:
    asking = service.client("protect")
    answer = asking.post(f"/v1/protect{query}", content=picture, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert service.registry.count() == 0
    runtime: Any = service.app.state.runtime
    assert (runtime.workers.room.places, runtime.workers.room.size) == (0, 0)


def test_a_picture_that_cannot_be_registered_is_not_answered(
    service: Service, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RegistryUnavailableError("it is gone")

    monkeypatch.setattr(type(service.registry), "put", gone)
    answer = service.client("protect").post("/v1/protect", content=picture)
    assert (answer.status_code, answer.json()["code"]) == (503, "registry_unavailable")
    assert "retry-after" in answer.headers


def test_a_service_without_a_protector_says_so(tmp_path: Path, picture: bytes) -> None:
    asking: TestClient = service_at(tmp_path).client("protect")
    assert asking.post("/v1/protect", content=picture).status_code == 404
