"""Consents over HTTP: public look-ups, registrations of services, and the desk for people."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indelible.consent import ConsentGate
from indelible.credentials import DevelopmentIdentity
from indelible.imaging import DEFAULT_LIMITS
from indelible.network import Answer
from indelible.registry import RemoteRegistry, open_registry
from indelible.registry.consent_wire import consent_to_json, consents_from_json
from indelible.service import create_app
from indelible.service.desk import ConsentDesk
from tests.registry.test_consents import RECORD
from tests.service.asking import PATIENT, Service

PATH = f"/v1/consents/{RECORD.algorithm}/{RECORD.consent_id.hex()}"
BODY = consent_to_json(RECORD)


def test_a_service_registers_and_everybody_looks_up(production: Service) -> None:
    acme = production.client("store:consents")
    assert acme.put(PATH, content=BODY).status_code == 204
    assert acme.put(PATH, content=BODY).status_code == 204
    other = consent_to_json(dataclasses.replace(RECORD, owner="Mallory"))
    assert acme.put(PATH, content=other).status_code == 409
    found = production.client().get(PATH)
    assert found.status_code == 200
    assert consents_from_json(found.content) == [RECORD]
    unknown = production.client().get(PATH[:-2] + "00")
    assert (unknown.status_code, consents_from_json(unknown.content)) == (200, [])


def test_look_ups_can_be_closed(production: Service) -> None:
    settings = replace(PATIENT, public_consents=False)
    closed = Service(
        create_app(replace(production.app.state.parts, settings=settings)),
        production.registry,
        production.tokens,
    )
    assert closed.client().get(PATH).status_code == 401
    assert closed.client("fetch:manifests").get(PATH).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, b"{}"),
        (PATH[:-2] + "00", BODY),
        (PATH, consent_to_json(dataclasses.replace(RECORD, revoked_at=RECORD.created))),
        ("/v1/consents/a/0123", BODY),
        ("/v1/consents/a/0123456789ABCDEF", BODY),
    ],
)
def test_what_is_no_registration(production: Service, path: str, body: bytes) -> None:
    assert production.client("store:consents").put(path, content=body).status_code == 400
    assert production.registry.consents.find(RECORD.algorithm, RECORD.consent_id) == []


def test_who_registered_alone_withdraws(production: Service) -> None:
    acme, rival = (production.client("store:consents", owner=one) for one in ("acme", "rival"))
    acme.put(PATH, content=consent_to_json(RECORD, "user-7"))
    place = f"{PATH}/withdrawal"
    mine = {"reason": "sold", "account": "user-7"}
    assert production.client().post(place, json=mine).status_code == 401
    assert rival.post(place, json=mine).status_code == 403
    assert acme.post(place, json={"reason": "sold"}).status_code == 403
    assert acme.post(place, json={"reason": "x", "code": "guess"}).status_code == 403
    assert acme.post(place, json={}).status_code == 400
    gone = acme.post(place, json=mine)
    assert (gone.status_code, gone.json()["revoked_reason"]) == (200, "sold")
    assert "user-7" not in gone.text
    assert acme.post(f"{PATH[:-2]}00/withdrawal", json=mine).status_code == 404


# --- the client of a registry behind a service ----------------------------------------------------


@pytest.fixture
def remote(production: Service, monkeypatch: pytest.MonkeyPatch) -> RemoteRegistry:
    """A registry behind the service, without a socket between them."""
    made = open_registry("https://consents.example/v1")
    assert isinstance(made, RemoteRegistry)
    client = production.client("store:consents")

    def ask(_: object, method: str, url: str, *, body: bytes | None, **__: Any) -> Answer:
        path = url.removeprefix("https://consents.example")
        answer = client.request(method, path, content=body)
        return Answer(answer.status_code, answer.content, "application/json", url=url)

    monkeypatch.setattr("indelible.network.Fetcher.ask", ask)
    return made


def test_a_gate_asks_a_public_consent_registry(remote: RemoteRegistry) -> None:
    remote.consents.put(RECORD, account="user-7")
    assert remote.consents.find(RECORD.algorithm, RECORD.consent_id) == [RECORD]
    gone = remote.consents.withdraw(
        RECORD.algorithm, RECORD.consent_id, reason="sold", account="user-7"
    )
    assert gone.state() == "withdrawn"


# --- the desk -------------------------------------------------------------------------------------


@pytest.fixture
def desk(production: Service, identity: DevelopmentIdentity) -> Service:
    parts = replace(
        production.app.state.parts,
        settings=replace(PATIENT, consent_desk=True),
        desk=ConsentDesk(identity.signer, production.registry, DEFAULT_LIMITS),
    )
    return Service(create_app(parts), production.registry, production.tokens)


@pytest.fixture(scope="module")
def picture(photographs: dict[str, NDArray[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(photographs["coffee"]).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def test_a_stranger_has_a_photograph_signed_and_withdraws(
    desk: Service, picture: bytes, identity: DevelopmentIdentity
) -> None:
    stranger = desk.client()
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date().isoformat()
    answer = stranger.post(f"/v1/consents/sign?owner=Ada&until={until}", content=picture)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    consent_id, code = (answer.headers[f"indelible-consent-{one}"] for one in ("id", "code"))
    gate = ConsentGate(registry=desk.registry, trust=identity.trust())
    assert not gate.check(answer.content).allowed
    assert gate.check(picture).allowed
    asked = gate.check(answer.content).to_dict()
    assert code not in json.dumps(asked)

    place = f"/v1/consents/{RECORD.algorithm}/{consent_id}"
    (record,) = consents_from_json(stranger.get(place).content)
    assert (record.owner, record.state()) == ("Ada", "active")
    assert record.until is not None
    assert record.until.date().isoformat() == until
    for wrong in ("", "x", code[:-1], code.swapcase()):
        tried = stranger.post(f"{place}/withdrawal", json={"reason": "mine", "code": wrong})
        assert tried.status_code == 403
    gone = stranger.post(f"{place}/withdrawal", json={"reason": "I allow it", "code": code})
    assert (gone.status_code, gone.json()["revoked_reason"]) == (200, "I allow it")


def test_what_the_desk_refuses(desk: Service, production: Service, picture: bytes) -> None:
    stranger = desk.client()
    assert stranger.post("/v1/consents/sign", content=b"no picture").status_code == 400
    assert stranger.post("/v1/consents/sign?until=2020-01-01", content=picture).status_code == 400
    assert stranger.post("/v1/consents/sign?until=soon", content=picture).status_code == 400
    flat = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(flat, "PNG")
    refused = stranger.post("/v1/consents/sign", content=flat.getvalue())
    assert 400 <= refused.status_code < 500
    assert production.client().post("/v1/consents/sign", content=picture).status_code == 401
    signing = production.client("store:consents").post("/v1/consents/sign", content=picture)
    assert (signing.status_code, signing.json()["code"]) == (404, "not_offered")
