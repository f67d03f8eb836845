"""A picture that is edited again and again through the gateway: nothing of its history is lost."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from indelible import credentials, imaging
from indelible.credentials import ManifestReport
from indelible.registry.private import InputPicture, Tracer
from tests.gateway.houses import Gateway
from tests.gateway.upstream import Upstream, data_url, encode

pytestmark = pytest.mark.compiled

STEPS = 3


def edited(gateway: Gateway, data: bytes, **fields: Any) -> bytes:
    """Return an edit of a picture, sent as a form."""
    answer = gateway.client.post(
        "/v1/images/edits",
        data={"prompt": "bluer", **fields},
        files={"image": ("a.png", data, "image/png")},
        headers={"authorization": "Bearer sk-caller-1"},
    )
    assert answer.status_code == 200, answer.text[:300]
    assert gateway.leaks(answer) == []
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def active(data: bytes) -> ManifestReport:
    manifest = credentials.read(data).manifest
    assert manifest is not None
    return manifest


def mark_of(manifest: ManifestReport) -> str:
    """Return the id of the mark that a manifest names."""
    values = {one.value for one in manifest.soft_bindings if "indelible.dft" in one.algorithm}
    assert len(values) == 1
    return str(values.pop())


def history(data: bytes) -> list[tuple[str, str]]:
    """Return id and mark of a picture's manifest, and of those that it was made from."""
    found = []
    manifest: ManifestReport | None = active(data)
    while manifest is not None:
        found.append((manifest.manifest_id, mark_of(manifest)))
        parents = [one for one in manifest.ingredients if one.relationship == "parentOf"]
        assert len(parents) <= 1
        manifest = parents[0].manifest if parents else None
    return found


def begun(gateway: Gateway) -> bytes:
    answer = gateway.client.post("/v1/images/generations", json={"prompt": "a face"})
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def stripped(data: bytes) -> bytes:
    """Return what is left after an upload somewhere: pixels alone."""
    return encode(imaging.decode(data).pixels, "jpeg", quality=92)


@pytest.mark.parametrize("way", ["as it is", "without its metadata", "painted all over"])
def test_three_edits(gateway: Gateway, upstream: Upstream, way: str) -> None:
    upstream.repaint = way == "painted all over"
    between: Callable[[bytes], bytes] = stripped if "without" in way else bytes
    data = begun(gateway)
    expected = history(data)
    assert len(expected) == 1
    for _ in range(STEPS):
        data = edited(gateway, between(data))
        assert gateway.house.verdict(data) == "authentic"
        assert credentials.read(data).source_type == "compositeWithTrainedAlgorithmicMedia"
        chain = history(data)
        assert chain[1:] == expected
        expected = chain
    assert len(expected) == STEPS + 1
    assert len(set(expected)) == STEPS + 1
    for manifest_id, _ in expected:
        assert gateway.house.registry.get(manifest_id) is not None
    recovered = gateway.house.verifier.verify(stripped(data))
    assert recovered.verdict == "recovered"


def test_each_of_several_has_the_parent(gateway: Gateway, upstream: Upstream) -> None:
    data = begun(gateway)
    answer = gateway.client.post(
        "/v1/images/edits", json={"prompt": "x", "n": 2, "images": [{"image_url": data_url(data)}]}
    )
    made = [base64.b64decode(one["b64_json"]) for one in answer.json()["data"]]
    assert [history(one)[1:] for one in made] == [history(data)] * 2
    assert len({history(one)[0] for one in made}) == 2


def test_a_streamed_edit_has_the_parent(gateway: Gateway, upstream: Upstream) -> None:
    import json  # noqa: PLC0415

    data = begun(gateway)
    answer = gateway.client.post(
        "/v1/images/edits",
        data={"prompt": "x", "stream": "true"},
        files={"image": ("a.png", data, "image/png")},
    )
    line = next(line for line in answer.text.splitlines() if line.startswith("data: "))
    made = base64.b64decode(json.loads(line[6:])["b64_json"])
    assert history(made)[1:] == history(data)


def test_an_unsigned_input_is_no_history(gateway: Gateway, upstream: Upstream) -> None:
    made = edited(gateway, encode(upstream.pixels(1)))
    assert gateway.house.verdict(made) == "authentic"
    assert len(history(made)) == 1


def test_an_edit_by_conversation_names_what_it_came_from(
    gateway: Gateway, upstream: Upstream
) -> None:
    data = begun(gateway)
    (manifest_id, _), *_ = history(data)
    content = [{"type": "input_image", "image_url": data_url(data)}]
    answer = gateway.client.post(
        "/v1/responses", json={"model": "m", "input": [{"role": "user", "content": content}]}
    )
    made = base64.b64decode(answer.json()["output"][0]["result"])
    named = {
        one.manifest.manifest_id for one in active(made).ingredients if one.manifest is not None
    }
    assert named == {manifest_id}


def test_who_asked_is_on_record(gateway: Gateway, upstream: Upstream) -> None:
    data = begun(gateway)
    made = edited(gateway, data)
    house = gateway.house
    tracer = Tracer(house.registry, house.record_keys)
    (manifest_id, _), *_ = history(made)
    found = tracer.trace(manifest_id, reason="test", actor="me").record
    assert found is not None
    digest = hashlib.sha256(b"sk-caller-1").hexdigest()
    assert found.account is not None
    assert digest.startswith(found.account.removeprefix("key-"))
    assert found.request_id is not None
    assert [one.sha256 for one in found.inputs] == [hashlib.sha256(data).digest()]
    assert found.prompt_sha256 == hashlib.sha256(b"bluer").digest()
    asked = InputPicture(hashlib.sha256(data).digest())
    matches = tracer.trace_input(asked, reason="test", actor="me").matches
    assert manifest_id in {one.manifest_id for one in matches}
    assert b"sk-caller" not in made  # nothing of it is in the picture
    assert found.account.encode() not in made
