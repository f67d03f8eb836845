"""Trust lists: the official ones, one's own, pins, age, and updates."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pytest

from indelible.credentials import (
    DevelopmentIdentity,
    PemSigner,
    Trust,
    TrustStore,
    parse_list,
    read,
    sign,
)
from indelible.credentials.trust.trust import PINNED
from indelible.credentials.trust.trust_lists import OFFICIAL, OFFICIAL_TSA, USER
from indelible.errors import NetworkError, TrustError
from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.conftest import make_request, picture

AUTHORITY = Authority()
KEY = new_key()
CHAIN = pem(AUTHORITY.issue(KEY))
DATA = sign(picture(), make_request(), PemSigner(CHAIN, key_pem(KEY))).data
LATER = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def shipped(name: str = "c2pa-trust-list.json") -> dict[str, Any]:
    folder = resources.files("indelible.credentials") / "data"
    body: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return body


def test_the_official_lists_ship_with_the_package() -> None:
    signers, authorities = Trust.official().lists
    assert (signers.name, signers.kind) == (OFFICIAL, "manifest")
    assert (authorities.name, authorities.kind) == (OFFICIAL_TSA, "tsa")
    assert len(signers.certificates()) >= 30
    assert len(authorities.certificates()) >= 22
    assert signers.issued is not None
    assert signers.issued >= dt.datetime(2026, 8, 5, tzinfo=dt.UTC)
    attribution = resources.files("indelible.credentials") / "data" / "README.md"
    assert "Creative Commons Attribution 4.0" in attribution.read_text("utf-8").replace("\n", " ")


def test_own_anchors_vouch_under_their_name() -> None:
    report = read(DATA, trust=Trust.official().with_anchors(AUTHORITY.pem))
    assert (report.state, report.trusted_by, report.development) == ("trusted", USER, False)
    named = read(DATA, trust=Trust.nobody().with_anchors(AUTHORITY.pem, name="Partners"))
    assert named.trusted_by == "Partners"
    assert "Partners" in named.reasons[0]


def test_a_pinned_signer_is_trusted_whoever_issued_it() -> None:
    report = read(DATA, trust=Trust.official().with_pinned(CHAIN))
    assert (report.state, report.trusted_by) == ("trusted", PINNED)
    other = pem(AUTHORITY.issue(new_key()))
    assert read(DATA, trust=Trust.nobody().with_pinned(other)).state == "valid"


def test_a_development_anchor_is_marked(identity: DevelopmentIdentity) -> None:
    data = sign(picture(), make_request(), identity.signer).data
    report = read(data, trust=identity.trust())
    assert report.development
    assert "development" in report.reasons[0]
    plain = Trust.official().with_anchors(identity.authority_pem)
    assert not read(data, trust=plain).development


@pytest.mark.parametrize(
    "kinds", [("manifest", "manifest"), ("manifest", "tsa"), ("tsa", "manifest")]
)
def test_an_ingredients_signer_does_not_lend_its_trust(
    kinds: tuple[Literal["manifest", "tsa"], Literal["manifest", "tsa"]],
) -> None:
    other, key = Authority("Other"), new_key()
    second = PemSigner(pem(other.issue(key)), key_pem(key))
    data = sign(DATA, make_request(), second).data
    trust = Trust.nobody().with_anchors(AUTHORITY.pem, name="First", kind=kinds[0])
    trust = trust.with_anchors(other.pem, name="Second", kind=kinds[1])
    report = read(data, trust=trust)
    expected = ("trusted", "Second") if kinds[1] == "manifest" else ("valid", None)
    assert (report.state, report.trusted_by) == expected


def test_lists_of_one_name_are_not_mixed_up() -> None:
    trust = Trust.nobody().with_anchors(Authority().pem, name="Same")
    trust = trust.with_anchors(AUTHORITY.pem, name="Same", kind="tsa")
    assert read(DATA, trust=trust).state == "valid"


@pytest.mark.parametrize("text", ["", "junk", b"\xff\xfe", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_anchors_that_are_none_are_told(text: str | bytes) -> None:
    with pytest.raises(TrustError):
        Trust.nobody().with_anchors(text)


def test_a_stale_list_is_said_to_be_stale() -> None:
    assert Trust.official().stale_lists(LATER) != ()
    body = shipped()
    body["LoTE"]["ListAndSchemeInformation"]["NextUpdate"] = "2026-08-06T00:00:00Z"
    old = parse_list(json.dumps(body))
    assert old.is_stale()
    trust = Trust.of([old]).with_anchors(AUTHORITY.pem)
    assert any("stale" in reason for reason in read(DATA, trust=trust).reasons)


def test_entries_that_were_withdrawn_do_not_count() -> None:
    body = shipped()
    entity = body["LoTE"]["TrustedEntitiesList"][0]
    services = entity["TrustedEntityServices"]
    status = "http://c2pa.org/conformance/trust-list/withdrawn"
    services[0]["ServiceInformation"]["ServiceStatus"] = status
    before = len(parse_list(json.dumps(shipped())).certificates())
    assert len(parse_list(json.dumps(body)).certificates()) == before - 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body.pop("LoTE"),
        lambda body: body["LoTE"].pop("TrustedEntitiesList"),
        lambda body: body["LoTE"].update(TrustedEntitiesList=[]),
        lambda body: body["LoTE"].update(TrustedEntitiesList=[7]),
        lambda body: body["LoTE"]["ListAndSchemeInformation"].update(NextUpdate="soon"),
        lambda body: body["LoTE"]["ListAndSchemeInformation"].update(SchemeName=[]),
    ],
)
def test_lists_that_are_damaged_are_told(damage: Callable[[dict[str, Any]], Any]) -> None:
    body = shipped()
    damage(body)
    with pytest.raises(TrustError):
        parse_list(json.dumps(body))
    with pytest.raises(TrustError):
        parse_list("{" * 100_000)


def write_list(path: Path, issued: str, name: str = "c2pa-trust-list.json") -> Path:
    body = shipped(name)
    body["LoTE"]["ListAndSchemeInformation"]["ListIssueDateTime"] = issued
    path.write_text(json.dumps(body))
    return path


def test_a_newer_list_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "trust")
    assert store.trust() == Trust.official()
    new = write_list(tmp_path / "new.json", "2026-09-01T00:00:00Z")
    found = store.update(new)
    assert found.issued == dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    assert store.lists()[0].issued == found.issued
    store.update(
        write_list(tmp_path / "t.json", "2026-09-02T00:00:00Z", "c2pa-tsa-trust-list.json")
    )
    assert [item.kind for item in store.lists()] == ["manifest", "tsa"]
    store.reset()
    assert store.trust() == Trust.official()


def test_lists_that_do_not_belong_are_refused(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "trust")
    for issued, words in (("2020-01-01T00:00:00Z", "older"), ("2099-01-01T00:00:00Z", "future")):
        with pytest.raises(TrustError, match=words):
            store.update(write_list(tmp_path / "list.json", issued))
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.pem)
    with pytest.raises(TrustError, match="no official"):
        store.update(tmp_path / "ca.pem")
    with pytest.raises(TrustError, match="cannot be read"):
        store.update(tmp_path / "missing.json")
    assert not (tmp_path / "trust").exists()


def test_updates_from_the_network_need_a_listed_host(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "trust")
    for url in ("https://trust.example/list.json", "HTTP://127.0.0.1/list.json"):
        with pytest.raises(NetworkError, match="not allowed"):
            store.update(url)
    with pytest.raises(NetworkError, match="private"):
        store.update("http://127.0.0.1/list.json", hosts=["127.0.0.1"])


def test_a_damaged_list_in_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "c2pa-trust-list.json").write_text("{}")
    with pytest.raises(TrustError) as caught:
        TrustStore(tmp_path).trust()
    assert "Delete it" in caught.value.diagnostics()
