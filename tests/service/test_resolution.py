"""Look-ups: by a binding in every spelling, by a picture, and by looks."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import Protector, imaging
from indelible.credentials import DevelopmentIdentity, Generator
from indelible.registry import StoredFingerprint
from indelible.watermark import Key
from tests.registry.records import ALGORITHM, make_record
from tests.service.asking import Service, service_at

VALUE = bytes([0xFB, 0xEF, 0xFF, 0xFE, 0, 1, 2, 3])
KEY = Key(bytes(range(32)))
PDQ = "org.indelible.pdq.1"


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return service_at(tmp_path, public_manifests=True)


def ids(answer: object) -> list[str]:
    value = answer.json()  # type: ignore[attr-defined]
    assert set(value) == {"matches"}
    assert all(set(match) == {"manifestId"} for match in value["matches"])  # and no score
    return [match["manifestId"] for match in value["matches"]]


def test_a_value_in_every_spelling(service: Service) -> None:
    record = make_record(VALUE)
    service.registry.put(record)
    plain = base64.b64encode(VALUE).decode()
    other = base64.urlsafe_b64encode(VALUE).decode()
    client = service.client()
    for text in (plain, plain.rstrip("="), other, other.rstrip("="), plain.replace("+", " ")):
        query = f"alg={ALGORITHM}&value={quote(text, safe='')}"
        assert ids(client.get(f"/v1/matches/byBinding?{query}")) == [record.manifest_id]
        body = {"alg": ALGORITHM, "value": text}
        assert ids(client.post("/v1/matches/byBinding", json=body)) == [record.manifest_id]
    mangled = f"alg={ALGORITHM}&value={plain}"  # whose pluses arrive as blanks
    assert ids(client.get(f"/v1/matches/byBinding?{mangled}")) == [record.manifest_id]


def test_unknown_values_and_huge_wishes(service: Service) -> None:
    client = service.client()
    query = "/v1/matches/byBinding?alg=org.example.unknown&value=AAAA"
    assert ids(client.get(query)) == []  # nothing was ever registered
    service.registry.put(make_record(VALUE))
    assert ids(client.get(query + "&maxResults=" + "9" * 30)) == []


def test_looks_are_a_binding_too(service: Service) -> None:
    near, far = make_record(b"1" * 8), make_record(b"2" * 8)
    for record, hash_ in ((near, bytes(32)), (far, b"\xff" * 32)):
        looks = StoredFingerprint(hash_, 90)
        service.registry.put(make_record(record.payload, manifest_id=record.manifest_id,
                                         fingerprint=looks))  # fmt: skip
    value = base64.b64encode(b"\x01" + bytes(31)).decode()
    answer = service.client().post("/v1/matches/byBinding", json={"alg": PDQ, "value": value})
    assert ids(answer) == [near.manifest_id]
    short = service.client().post("/v1/matches/byBinding", json={"alg": PDQ, "value": "AAAA"})
    assert short.status_code == 400


@pytest.mark.compiled
def test_a_picture_leads_to_its_manifest(
    tmp_path: Path, photograph: NDArray[np.uint8], identity: DevelopmentIdentity
) -> None:
    service = service_at(tmp_path, keys=KEY, public_manifests=True)
    protector = Protector(signer=identity.signer, key=KEY, registry=service.registry,
                          generator=Generator("Acme Images"))  # fmt: skip
    done = protector.protect(photograph, source_type="generated", format="jpeg")
    assert done.data is not None
    stripped = imaging.encode(imaging.decode(done.data).pixels, "jpeg", quality=80)
    client, path = service.client(), "/v1/matches/byContent"
    jpeg = {"Content-Type": "image/jpeg"}
    assert ids(client.post(path, content=stripped, headers=jpeg)) == [done.manifest_id]
    query = f"{path}?alg={PDQ}"
    assert ids(client.post(query, content=stripped, headers=jpeg)) == []
    hint = f"{path}?hintAlg={ALGORITHM}&hintValue=AAAA"
    assert ids(client.post(hint, content=stripped, headers=jpeg)) == [done.manifest_id]
    assert client.post(f"{path}?hintAlg=a", content=stripped, headers=jpeg).status_code == 400
    assert client.post(path, content=b"GIF89a", headers=jpeg).status_code in (400, 415)
    fetched = client.get(f"/v1/manifests/{done.manifest_id}?returnActiveManifest=true")
    assert fetched.status_code == 200
