"""Serving pictures in sizes: what is served, what is not, and through ASGI and WSGI."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import Verdict, credentials, imaging
from indelible.errors import ArgumentError
from indelible.integrations.web import PictureServer, asgi, wsgi
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]


@pytest.fixture
def folder(house: House, photograph: Pixels, tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "people").mkdir(parents=True)
    house.protector.protect(photograph, folder / "people" / "face.png")
    (folder / ".hidden.png").write_bytes((folder / "people" / "face.png").read_bytes())
    (folder / "notes.txt").write_text("secret")
    (folder / "broken.png").write_bytes(b"broken")
    (tmp_path / "outside.png").write_bytes(b"outside")
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    return folder


@pytest.fixture
def server(house: House, folder: Path, tmp_path: Path) -> PictureServer:
    return PictureServer(
        folder,
        tmp_path / "cache",
        widths=(96, 160, 640),
        formats=("jpeg", "webp"),
        signer=house.identity.signer,
        keys=house.key,
        trust=house.trust,
    )


def test_a_copy_is_made_once(
    server: PictureServer, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = server.answer("GET", "people/face.png", "w=160&f=webp")
    headers = dict(answer.headers)
    assert answer.status == 200
    assert headers["Content-Type"] == "image/webp"
    assert headers["Content-Length"] == str(len(answer.body))
    assert imaging.read_header(answer.body).width == 160
    assert house.verdict(answer.body) is Verdict.AUTHENTIC
    (cached,) = (tmp_path / "cache").iterdir()
    assert server.answer("GET", "people/face.png", "f=webp&w=160").body == answer.body
    assert list((tmp_path / "cache").iterdir()) == [cached]
    monkeypatch.setattr(imaging, "open_image", None)  # the source is not read for what is there
    assert server.answer("GET", "people/face.png", "w=160&f=webp").body == answer.body
    again = server.answer(
        "GET", "people/face.png", "w=160&f=webp", {"if-none-match": headers["ETag"]}
    )
    assert (again.status, again.body) == (304, b"")
    assert server.answer("HEAD", "people/face.png", "w=160&f=webp").body == b""


def test_the_original_and_nothing_larger(server: PictureServer, folder: Path) -> None:
    original = (folder / "people" / "face.png").read_bytes()
    assert server.answer("GET", "/people/face.png").body == original
    large = server.answer("GET", "people/face.png", "w=640&f=jpeg").body
    assert imaging.read_header(large).width == 192


def test_a_changed_source_is_derived_anew(
    server: PictureServer, house: House, folder: Path, photograph: Pixels
) -> None:
    first = server.answer("GET", "people/face.png", "w=96")
    path = folder / "people" / "face.png"
    house.protector.protect(photograph[:, ::-1].copy(), path, overwrite=True)
    os.utime(path, ns=(1, 1))
    assert server.answer("GET", "people/face.png", "w=96").body != first.body


def test_a_source_that_does_not_hold_is_served_unsigned(
    server: PictureServer, folder: Path, photograph: Pixels, house: House
) -> None:
    data = bytearray(house.protector.protect(photograph, format="jpeg").data)
    data[-300] ^= 1
    (folder / "changed.jpg").write_bytes(data)
    answer = server.answer("GET", "changed.jpg", "w=96")
    assert answer.status == 200
    assert not credentials.has_manifest(answer.body)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "people", "missing.png", ".hidden.png", "notes.txt", "link.png", "broken.png",
        "../outside.png", "people/../../outside.png", "people/..%2f..", "/etc/passwd",
        "people\\face.png", "people/face.png\0", "x" * 5000 + ".png",
    ],
)  # fmt: skip
def test_what_is_not_served(server: PictureServer, path: str) -> None:
    assert server.answer("GET", path, "w=96").status == 404


@pytest.mark.parametrize(
    "query",
    ["w=97", "w=", "w=096", "f=png", "f=gif", "q=5", "w=96&x=1", "w", "w=96&w=97"],
)
def test_what_is_not_allowed(server: PictureServer, query: str, tmp_path: Path) -> None:
    assert server.answer("GET", "people/face.png", query).status == 400
    assert list((tmp_path / "cache").iterdir()) == []


def test_methods_and_folders(server: PictureServer, folder: Path, tmp_path: Path) -> None:
    answer = server.answer("POST", "people/face.png")
    assert answer.status == 405
    assert ("Allow", "GET, HEAD") in answer.headers
    with pytest.raises(ArgumentError):
        PictureServer(tmp_path / "nowhere", tmp_path / "cache")
    with pytest.raises(ArgumentError):
        PictureServer(folder, tmp_path / "cache", formats=("exe",))


def test_asgi(server: PictureServer) -> None:
    sent: list[dict[str, Any]] = []

    async def rest(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    application = asgi(server, prefix="/media/", app=rest)

    def ask(path: str) -> list[dict[str, Any]]:
        sent.clear()
        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": b"w=96", "headers": [],
        }  # fmt: skip
        asyncio.run(application(scope, None, send))
        return sent

    assert ask("/about")[0]["status"] == 204
    start, body = ask("/media/people/face.png")
    assert start["status"] == 200
    assert imaging.read_header(body["body"]).width == 96
    assert ask("/media/../outside.png")[0]["status"] == 404


def test_wsgi(server: PictureServer) -> None:
    seen: list[str] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        seen.append(status)

    def rest(environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        start_response("204 No Content", [])
        return []

    application = wsgi(server, prefix="/media/", app=rest)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/media/people/face.png",
        "QUERY_STRING": "w=96",
    }
    (body,) = application(environ, start)
    assert imaging.read_header(body).width == 96
    list(application({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, start))
    assert seen == ["200 OK", "204 No Content"]
    assert list(wsgi(server, prefix="/media/")({**environ, "PATH_INFO": "/x"}, start)) == [
        b"Not Found"
    ]
