"""``POST /v1/evidence``: a bundle for whoever holds a picture, coarse for strangers, not kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from indelible import Protector, Verifier
from indelible.credentials import DevelopmentIdentity
from indelible.evidence.checking import check
from indelible.registry import open_registry, sqlite_url
from indelible.service import Parts, create_app
from indelible.service.bundles import MEDIA_TYPE
from indelible.settings import ServiceSettings
from indelible.watermark import Key

pytestmark = pytest.mark.compiled

KEY = Key(bytes(range(32)))


@pytest.fixture(scope="module")
def parts(
    identity: DevelopmentIdentity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Verifier, Protector]]:
    registry = open_registry(sqlite_url(tmp_path_factory.mktemp("r") / "registry.sqlite3"))
    trust = identity.trust()
    protector = Protector(
        signer=identity.signer, key=KEY, registry=registry, generator="Acme Images", trust=trust
    )
    yield Verifier(keys=[KEY], registry=registry, trust=trust, changes=True), protector
    registry.close()


@pytest.fixture(scope="module")
def repost(
    parts: tuple[Verifier, Protector], photographs: dict[str, NDArray[np.uint8]]
) -> tuple[bytes, bytes]:
    """A protected picture without its manifest, and the id of its mark."""
    protected = parts[1].protect(photographs["chelsea"], format="png")
    out = io.BytesIO()
    with Image.open(io.BytesIO(protected.data)) as image:
        image.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue(), protected.payload


def client(parts: tuple[Verifier, Protector | None], **settings: Any) -> TestClient:
    verifier, protector = parts
    return TestClient(create_app(Parts(verifier, None, ServiceSettings(**settings), protector)))


def members(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_stranger_gets_a_bundle_that_holds_and_tells_no_figures(
    parts: tuple[Verifier, Protector], repost: tuple[bytes, bytes]
) -> None:
    picture, payload = repost
    service = client(parts)
    answer = service.post("/v1/evidence?language=de&name=../a%0Ab.jpg", content=picture)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert check(answer.content, openssl=False).holds
    inside = members(answer.content)
    assert picture in inside.values()
    assert not any(name.startswith("working/") for name in inside)
    assert "findings/record.json" not in inside
    assert "findings/recovered.c2pa" not in inside
    verdict = json.loads(inside["findings/verdict.json"])
    assert verdict["verdict"] == "recovered"
    assert "report" not in verdict
    told = b"\n".join(inside.values())
    for secret in (payload.hex(), KEY.id, "false_positive_probability", '"geometry"', "key_ids"):
        assert secret.encode() not in told, secret
    assert 'lang="de"' in inside["statement/statement.html"].decode()
    runtime = service.app.state.runtime  # type: ignore[attr-defined]
    assert (runtime.workers.room.places, runtime.workers.room.size) == (0, 0)


def test_a_picture_that_may_show_a_minor_stays_out(
    parts: tuple[Verifier, Protector], repost: tuple[bytes, bytes]
) -> None:
    picture, _ = repost
    inside = members(client(parts).post("/v1/evidence?minor=true", content=picture).content)
    assert not any(picture in data for data in inside.values())
    assert not any(name.startswith(("original/", "working/")) for name in inside)
    assert {one for one in inside if one.startswith("letters/")} == {
        "letters/ncmec.json",
        "letters/report.txt",
    }


def test_nothing_is_kept(
    parts: tuple[Verifier, Protector],
    repost: tuple[bytes, bytes],
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert client(parts).post("/v1/evidence", content=repost[0]).status_code == 200
    assert list(tmp_path.iterdir()) == []
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_what_is_refused(parts: tuple[Verifier, Protector], repost: tuple[bytes, bytes]) -> None:
    picture, _ = repost
    assert client((parts[0], None)).post("/v1/evidence", content=picture).status_code == 404
    closed = client(parts, public_verify=False)
    assert closed.post("/v1/evidence", content=picture).status_code == 401
    service = client(parts)
    assert service.post("/v1/evidence?full=true", content=picture).status_code == 401
    assert service.post("/v1/evidence", content=b"no picture").status_code == 400
    assert service.post("/v1/evidence", content=b"").status_code == 400
    assert service.post("/v1/evidence?name=" + "x" * 500, content=picture).status_code == 400
    assert service.get("/v1/evidence").status_code == 405


def test_it_counts_as_a_question(
    parts: tuple[Verifier, Protector], repost: tuple[bytes, bytes]
) -> None:
    service = client(parts, public_quota="2/day")
    statuses = [service.post("/v1/evidence", content=b"x").status_code for _ in range(3)]
    assert statuses[2] == 429
    alike = client(parts, similar_quota="1/day")
    with Image.open(io.BytesIO(repost[0])) as image:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=70)
    asked = [alike.post("/v1/evidence", content=one) for one in (repost[0], out.getvalue())]
    assert [one.status_code for one in asked] == [200, 429]


def test_without_the_packages_it_is_not_offered(
    parts: tuple[Verifier, Protector], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client(parts).get("/").text
    assert 'data-evidence="true"' in page
    monkeypatch.setattr("indelible.service.bundles._installed", lambda: False)
    assert 'data-evidence=""' in client(parts).get("/").text
    assert client(parts).post("/v1/evidence", content=b"x").status_code == 404
