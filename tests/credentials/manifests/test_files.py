"""Files, sidecars, remote manifests and manifests from JSON files."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from indelible.credentials import (
    CallbackSigner,
    DevelopmentIdentity,
    ManifestDefinition,
    Trust,
    extract_store,
    read,
    read_file,
    sidecar_path,
    sign,
    sign_file,
)
from indelible.credentials.manifests.files import find_store
from indelible.credentials.store.jumbf import read_boxes
from indelible.credentials.store.opening import open_store, signing_chains
from indelible.errors import (
    ManifestError,
    OutputError,
    OutputExistsError,
    SigningError,
    UnreadableImageError,
)
from indelible.imaging import ImageFile, open_image
from indelible.network import Fetcher
from tests.credentials.conftest import make_request, picture

FIXTURE = (
    extract_store((Path(__file__).parents[1] / "fixtures" / "expired.jpg").read_bytes()) or b""
)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture())
    return path


def test_paths_bytes_and_streams(
    original: Path, identity: DevelopmentIdentity, trust: Trust
) -> None:
    out = original.with_name("signed.jpg")
    sign_file(original, out, make_request(), identity.signer)
    assert read_file(out, trust=trust).state == "trusted"
    stream = io.BytesIO()
    signed = sign_file(io.BytesIO(picture("png")), stream, make_request(), identity.signer)
    assert stream.getvalue() == signed.data
    assert read_file(io.BytesIO(signed.data), trust=trust).state == "trusted"
    assert sign_file(picture("webp"), None, make_request(), identity.signer).data[:4] == b"RIFF"


def test_nothing_is_overwritten_unasked(original: Path, identity: DevelopmentIdentity) -> None:
    before = original.read_bytes()
    with pytest.raises(OutputExistsError):
        sign_file(original, original, make_request(), identity.signer)
    assert original.read_bytes() == before


def test_signing_in_place_never_truncates(
    original: Path, identity: DevelopmentIdentity, trust: Trust
) -> None:
    before = original.read_bytes()
    broken = CallbackSigner(identity.signer.certificates, lambda data: bytes(1 // len(b"")))
    with pytest.raises(SigningError):
        sign_file(original, original, make_request(), broken, overwrite=True)
    assert original.read_bytes() == before
    sign_file(original, original, make_request(), identity.signer, overwrite=True)
    assert read_file(original, trust=trust).state == "trusted"
    assert [path.name for path in original.parent.iterdir()] == ["photo.jpg"]


def test_a_sidecar_is_written_and_found(
    original: Path, identity: DevelopmentIdentity, trust: Trust
) -> None:
    out = original.with_name("copy.jpg")
    request = make_request(embed=False)
    signed = sign_file(original, out, request, identity.signer, sidecar=True)
    assert out.read_bytes() == original.read_bytes()
    assert sidecar_path(out).read_bytes() == signed.manifest_store
    report = read_file(out, trust=trust)
    assert (report.state, report.embedded, report.place) == ("trusted", False, "beside")
    named = read_file(original, trust=trust, manifest=sidecar_path(out))
    assert (named.state, named.place) == ("trusted", "given")
    assert read_file(original, trust=trust).state == "absent"
    with pytest.raises(OutputExistsError):
        sign_file(original, original.with_name("copy.png"), request, identity.signer, sidecar=True)
    with pytest.raises(OutputError):
        sign_file(original, None, request, identity.signer, sidecar=True)


def test_a_remote_manifest_is_absent_and_its_address_is_told(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    url = "https://manifests.example/1.c2pa"
    request = make_request(embed=False, remote_url=url)
    signed = sign(picture(), request, identity.signer)
    report = read(signed.data, trust=trust)
    assert (report.state, report.remote_url) == ("absent", url)
    assert "not fetched" in report.reasons[0]
    fetched = read(signed.data, trust=trust, manifest_store=signed.manifest_store)
    assert fetched.state == "trusted"


def test_a_remote_manifest_stays_in_the_history(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    url = "https://manifests.example/1.c2pa"
    request = make_request(embed=False, remote_url=url)
    remote = sign(picture(), request, identity.signer)
    again = sign(remote.data, make_request(), identity.signer)
    report = read(again.data, trust=trust)
    assert report.state == "trusted"
    assert [(item.code, item.where) for item in report.ingredients[0].failures] == [
        ("manifest.inaccessible", url)
    ]
    fetched = sign(
        remote.data,
        make_request(),
        identity.signer,
        parent_store=remote.manifest_store,
    )
    parent = read(fetched.data, trust=trust).ingredients[0].manifest
    assert parent is not None
    assert parent.manifest_id == remote.manifest_id


def test_a_remote_manifest_is_fetched_only_from_listed_hosts(
    identity: DevelopmentIdentity, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = make_request(embed=False, remote_url="https://manifests.example/1.c2pa")
    signed = sign(picture(), request, identity.signer)
    report = read_file(signed.data, trust=trust, remote_hosts=["other.example"])
    assert (report.state, report.remote_url) == ("absent", request.remote_url)
    assert "not allowed" in report.reasons[-1]
    asked: list[str] = []

    def fetch(self: Fetcher, url: str, *, accept: str) -> bytes:
        asked.append(url)
        return signed.manifest_store

    monkeypatch.setattr(Fetcher, "get", fetch)
    assert read_file(signed.data, trust=trust).state == "absent"
    assert asked == []
    report = read_file(signed.data, trust=trust, remote_hosts=["manifests.example"])
    assert (report.state, report.place) == ("trusted", "address")
    assert report.remote_url == asked[0] == request.remote_url


def test_the_certificates_of_every_manifest_can_be_shown(identity: DevelopmentIdentity) -> None:
    first = sign(picture(), make_request(), identity.signer)
    second = sign(first.data, make_request(), identity.signer)
    chains = signing_chains(second.manifest_store)
    leaf = x509.load_pem_x509_certificate(identity.signer.certificates)
    assert chains == {first.manifest_id: [leaf], second.manifest_id: [leaf]}


def test_certificates_that_cannot_be_read_are_passed_over(identity: DevelopmentIdentity) -> None:
    store = sign(picture(), make_request(), identity.signer).manifest_store
    damaged = store.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x0a")
    assert damaged != store
    assert list(signing_chains(damaged).values()) == [[]]


@given(st.binary(max_size=300), st.integers(0, 3000))
def test_any_bytes_can_be_walked(data: bytes, position: int) -> None:
    damaged = FIXTURE[:position] + data + FIXTURE[position + len(data) :]
    for item in (data, damaged):
        for parse in (read_boxes, open_store):
            with suppress(ValueError):
                parse(item)
        signing_chains(item)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "gif", "avif"])
def test_the_store_can_be_taken_out(kind: str, identity: DevelopmentIdentity) -> None:
    signed = sign(picture(kind), make_request(), identity.signer)
    store = extract_store(signed.data)
    assert store is not None
    assert store[4:8] == b"jumb"
    assert signed.manifest_store == store
    assert extract_store(picture(kind)) is None


def test_what_is_no_picture_is_an_error(tmp_path: Path, identity: DevelopmentIdentity) -> None:
    text = tmp_path / "photo.jpg"
    text.write_text("hello")
    for call in (
        lambda: read_file(text),
        lambda: extract_store(b"hello"),
        lambda: sign_file(text, None, make_request(), identity.signer),
        lambda: read_file(tmp_path / "missing.jpg"),
    ):
        with pytest.raises(UnreadableImageError):
            call()


DEFINITION: dict[str, Any] = {
    "alg": "es256",
    "private_key": "/etc/passwd",
    "claim_generator_info": [{"name": "Studio", "version": "3"}],
    "title": "A title",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/"
                        "digitalCapture",
                    }
                ]
            },
        },
        {"label": "com.example.review", "data": {"by": "someone"}},
    ],
}


def test_a_definition_from_a_json_file_is_signed_as_it_is(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    definition = ManifestDefinition.from_json(json.dumps(DEFINITION))
    assert definition.ignored == ("alg", "private_key")
    signed = sign(picture(), definition, identity.signer)
    report = read(signed.data, trust=trust)
    assert report.state == "trusted"
    assert report.generator == "Studio 3"
    assert report.source_type == "digitalCapture"
    assert report.manifest is not None
    assert report.manifest.title == "A title"
    assert "com.example.review" in report.manifest.assertions
    again = sign(signed.data, ManifestDefinition.from_json("{}"), identity.signer)
    history = read(again.data, trust=trust)
    assert [item.action for item in history.actions] == ["c2pa.opened"]
    assert history.ingredients[0].manifest is not None


@pytest.mark.parametrize(
    "assertions",
    [
        [],
        [{"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.edited"}]}}],
        [{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created"}]}}],
        [{"label": "c2pa.training-mining", "data": {"entries": {}}}],
    ],
)
def test_a_definition_that_says_no_beginning_claims_none(
    assertions: list[dict[str, Any]], identity: DevelopmentIdentity, trust: Trust
) -> None:
    definition = ManifestDefinition.from_json(json.dumps({"assertions": assertions}))
    report = read(sign(picture(), definition, identity.signer).data, trust=trust)
    assert report.state == "trusted"
    assert report.actions[0].action == "c2pa.opened"
    assert report.source_type is None
    assert [item.relationship for item in report.ingredients] == ["parentOf"]


def test_a_definition_with_a_created_action_still_keeps_the_history(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    first = sign(picture(), make_request(), identity.signer)
    definition = ManifestDefinition.from_json(json.dumps(DEFINITION))
    report = read(sign(first.data, definition, identity.signer).data, trust=trust)
    assert report.source_type == "digitalCapture"
    assert [item.action for item in report.actions] == ["c2pa.opened"]
    assert report.ingredients[0].manifest is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"assertions": 1}',
        '{"assertions": [1]}',
        '{"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": 1}}]}',
        '{"label": "nonsense"}',
        '{"claim_generator_info": 7}',
    ],
)
def test_definitions_that_are_none_are_told(text: str, identity: DevelopmentIdentity) -> None:
    with pytest.raises(ManifestError):
        sign(picture(), ManifestDefinition.from_json(text), identity.signer)


def test_a_picture_is_not_the_manifest_beside_itself(tmp_path: Path) -> None:
    path = tmp_path / "picture.c2pa"
    path.write_bytes(picture("png"))
    assert find_store(open_image(path)).place == "file"
    other = ImageFile(picture("png"), path=tmp_path / "picture.png")
    assert find_store(other).place == "beside"
