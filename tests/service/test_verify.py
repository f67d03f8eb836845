"""Asking about a picture: what is taken, what is refused and how it is said, and how often."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from indelible import Verifier
from indelible.service import Parts, create_app
from indelible.settings import ServiceSettings


def client(**settings: Any) -> TestClient:
    verifier = Verifier(keys=(), registry=None, trust=None)
    return TestClient(create_app(Parts(verifier, None, ServiceSettings(**settings))))


@pytest.fixture(scope="module")
def picture(photographs: dict[str, NDArray[np.uint8]]) -> bytes:
    return encoded(photographs["chelsea"])


def encoded(pixels: NDArray[np.uint8], quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def test_a_picture_is_taken_as_a_body_and_as_a_form(picture: bytes) -> None:
    service = client()
    requests: list[dict[str, Any]] = [
        {"content": picture, "headers": {"Content-Type": "image/jpeg"}},
        {"content": picture},
        {"files": {"file": ("a.jpg", picture)}},
        {"files": {"file": ("a.jpg", picture)}, "data": {"other": "x"}},
    ]
    for request in requests:
        answer = service.post("/v1/verify", **request)
        assert answer.status_code == 200
        assert answer.json()["verdict"] == "unchecked"
        assert answer.headers["cache-control"] == "no-store"
    runtime = service.app.state.runtime  # type: ignore[attr-defined]
    assert (runtime.workers.room.places, runtime.workers.room.size) == (0, 0)


def broken_form(body: bytes, kind: str = "multipart/form-data; boundary=b") -> dict[str, Any]:
    return {"content": body, "headers": {"Content-Type": kind}}


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"content": b""}, 400, "no_picture"),
        ({"content": b"no picture at all"}, 400, "not_a_picture"),
        ({"content": b"\xff\xd8\xff\xe0" + b"x" * 50}, 400, "not_a_picture"),
        ({"files": {"other": ("a.jpg", b"abc")}}, 400, "no_picture"),
        (broken_form(b"no form"), 400, "bad_form"),
        (broken_form(b"x", "multipart/form-data"), 400, "bad_form"),
        (broken_form(b"--b\r\n" + b"A: b\r\n" * 1000), 400, "bad_form"),
        (broken_form(b"--b\r\n\r\n\r\n" * 100 + b"--b--"), 400, "bad_form"),
        (broken_form(b"{}", "application/json"), 415, "unsupported_type"),
        ({"content": b"x", "headers": {"Content-Encoding": "gzip"}}, 415, "compressed"),
        ({"content": b"x" * 2000}, 413, "too_large"),
        ({"content": iter([b"x" * 600, b"x" * 600])}, 413, "too_large"),
    ],
)
def test_every_refusal_has_a_code_and_a_sentence(
    request_: dict[str, Any], status: int, code: str
) -> None:
    service = client(max_bytes=1000 if status == 413 else 1 << 20)
    answer = service.post("/v1/verify", **request_)
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["detail"].endswith(".")
    assert told["request_id"] == answer.headers["x-request-id"]
    assert service.app.state.runtime.workers.room.size == 0  # type: ignore[attr-defined]


def test_an_address_has_a_quota(picture: bytes) -> None:
    service = client(public_quota="2/minute")
    answers = [service.post("/v1/verify", content=picture) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "quota"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60


def test_who_refines_a_picture_is_stopped(
    picture: bytes, photographs: dict[str, NDArray[np.uint8]]
) -> None:
    service = client(similar_quota="3/hour", public_quota="100/minute")
    for _ in range(5):  # the same file again tells nothing new
        assert service.post("/v1/verify", content=picture).status_code == 200
    pixels = photographs["chelsea"]
    refined = [encoded(pixels, 80), encoded(pixels[:, ::-1]), encoded(pixels, 70)]
    answers = [service.post("/v1/verify", content=one) for one in refined]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "too_similar"
    assert service.post("/v1/verify", content=encoded(photographs["coffee"])).status_code == 200


def test_strangers_may_be_kept_out_and_get_no_full_report(picture: bytes) -> None:
    assert client(public_verify=False).post("/v1/verify", content=picture).status_code == 401
    assert client().post("/v1/verify?full=true", content=picture).status_code == 401
    told = client().post("/v1/verify", content=picture).json()
    text = json.dumps(told)
    assert not [word for word in ("score", "geometry", "probability", "timing") if word in text]


def test_the_page_gets_pictures_and_words_in_its_language(picture: bytes) -> None:
    asking = client()
    german = asking.post("/v1/verify?views=true&language=de", content=picture).json()
    assert german["language"] == "de"
    assert german["views"] == {}  # there is no original to lay beside it
    headers = {"Accept-Language": "de-CH, en;q=0.5"}
    assert asking.post("/v1/verify", content=picture, headers=headers).json()["language"] == "de"
    english = asking.post("/v1/verify?language=xx", content=picture).json()
    assert (english["language"], "views" in english) == ("en", False)
