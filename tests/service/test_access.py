"""Who may do what: tokens, scopes, owners, and what strangers are let into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from indelible.choices import Scope
from tests.service.asking import STORES, Service, service_at

C2PA = {"Content-Type": "application/c2pa"}
READING = [
    ("GET", "/v1/matches/byBinding?alg=a&value=AAAA"),
    ("POST", "/v1/matches/byBinding"),
    ("POST", "/v1/matches/byContent"),
    ("GET", "/v1/manifests/urn:c2pa:x"),
    ("GET", "/v1/manifests/urn:c2pa:x/receipts"),
    ("POST", "/v1/manifests/urn:c2pa:x/receipts"),
]
NEEDED: list[tuple[str, str, Scope]] = [
    *((method, path, "fetch:manifests") for method, path in READING),
    ("POST", "/v1/manifests", "store:manifests"),
    ("DELETE", "/v1/manifests/urn:c2pa:x", "store:manifests"),
    ("POST", "/v1/bindings", "store:bindings"),
    ("PUT", "/v1/bindings", "store:bindings"),
    ("GET", "/v1/records?alg=a&value=AAAA", "fetch:records"),
    ("GET", "/v1/records/urn:c2pa:x", "fetch:records"),
    ("PUT", "/v1/records/urn:c2pa:x", "store:manifests"),
    ("DELETE", "/v1/records/urn:c2pa:x", "store:manifests"),
    ("PUT", "/v1/consents/a/0123456789abcdef", "store:consents"),
    ("POST", "/v1/consents/a/0123456789abcdef/withdrawal", "store:consents"),
    ("POST", "/v1/consents/sign", "store:consents"),
]
SCOPES: tuple[Scope, ...] = (
    *STORES,
    "store:consents",
    "fetch:records",
    "verify",
    "protect",
    "metrics",
)


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED)
def test_a_scope_allows_what_it_is_for_and_nothing_else(
    production: Service, method: str, path: str, scope: Scope
) -> None:
    without = production.client().request(method, path)
    assert without.status_code == 401
    assert without.headers["www-authenticate"] == "Bearer"
    others: list[Scope] = [one for one in SCOPES if one != scope]
    refused = production.client(*others)
    assert refused.request(method, path).status_code == 403
    assert production.client(scope).request(method, path).status_code not in (401, 403)


def test_a_token_for_other_things_closes_no_open_door(production: Service) -> None:
    """It opens none, either: the full report stays with who may verify."""
    other = production.client("metrics")
    assert other.post("/v1/verify", content=b"no picture").status_code == 400
    assert other.post("/v1/verify?full=true", content=b"no picture").status_code == 401
    allowed = production.client("verify")
    assert allowed.post("/v1/verify?full=true", content=b"no picture").status_code == 400


@pytest.mark.parametrize(("method", "path"), READING)
def test_strangers_read_where_the_operator_lets_them(
    tmp_path: Path, method: str, path: str
) -> None:
    service = service_at(tmp_path, public_manifests=True)
    assert service.client().request(method, path).status_code not in (401, 403)
    wrong = {"Authorization": "Bearer indelible_0123456789abcdef_" + "x" * 43}
    assert service.client().request(method, path, headers=wrong).status_code == 401


def test_what_everybody_may_ask_needs_no_token(production: Service) -> None:
    for path in ("services/status", "services/capabilities", "services/supportedAlgorithms"):
        assert production.client().get(f"/v1/{path}").status_code == 200
    headers = {"Authorization": "Bearer nonsense"}
    path = "/.well-known/c2pa-soft-binding-resolution"
    assert production.client().get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer " + "x" * 100_000, "Bearer \xe4"],
)
def test_a_header_that_holds_no_token(production: Service, header: str) -> None:
    answer = production.client().get(
        "/v1/manifests/urn:c2pa:x", headers={b"Authorization": header.encode("latin-1")}
    )
    assert answer.status_code == 401


def test_an_expired_and_a_revoked_token(production: Service) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    _, expired = production.tokens.new("acme", ["fetch:manifests"], expires=past)
    token, revoked = production.tokens.new("acme", ["fetch:manifests"])
    path = "/v1/manifests/urn:c2pa:x"

    def asked(secret: bytes) -> int:
        headers = {"Authorization": f"Bearer {secret.decode()}"}
        return production.client().get(path, headers=headers).status_code

    assert asked(revoked.reveal()) == 404
    assert production.tokens.revoke(token.id)
    assert asked(revoked.reveal()) == asked(expired.reveal()) == 401


def test_a_stranger_with_a_token_changes_nothing_of_others(
    production: Service, new_store: Callable[[], tuple[str, bytes]]
) -> None:
    ours, theirs = production.client(*STORES), production.client(*STORES, owner="mallory")
    first, data = new_store()
    second, other = new_store()
    assert ours.post("/v1/manifests", content=data, headers=C2PA).status_code == 200
    assert theirs.post("/v1/manifests", content=other, headers=C2PA).status_code == 200
    binding = {"bindingValue": "AAAA", "alg": "org.example.mark.1"}
    assert ours.post("/v1/bindings", json={**binding, "manifestId": first}).status_code == 204

    assert theirs.post("/v1/manifests", content=data, headers=C2PA).status_code == 400
    assert theirs.delete(f"/v1/manifests/{first}").status_code == 403
    assert theirs.delete(f"/v1/records/{first}").status_code == 403
    # To a manifest of one's own, to the other's: both are somebody else's to move.
    assert theirs.put("/v1/bindings", json={**binding, "manifestId": second}).status_code == 403
    assert theirs.put("/v1/bindings", json={**binding, "manifestId": first}).status_code == 403
    assert theirs.post("/v1/bindings", json={**binding, "manifestId": second}).status_code == 400
    new = {"bindingValue": "BBBB", "alg": "org.example.mark.1"}
    assert theirs.post("/v1/bindings", json={**new, "manifestId": first}).status_code == 403
    found = ours.get("/v1/matches/byBinding?alg=org.example.mark.1&value=AAAA").json()
    assert found == {"matches": [{"manifestId": first}]}
    assert ours.delete(f"/v1/manifests/{first}").status_code == 204


def test_tokens_of_one_owner_share_what_they_own(
    production: Service, new_store: Callable[[], tuple[str, bytes]]
) -> None:
    manifest_id, data = new_store()
    for _ in range(2):  # the second sends the same again
        answer = production.client(*STORES).post("/v1/manifests", content=data, headers=C2PA)
        assert answer.json() == {"manifestId": manifest_id}
    assert production.client(*STORES).delete(f"/v1/manifests/{manifest_id}").status_code == 204


def test_questions_are_counted(tmp_path: Path) -> None:
    service = service_at(tmp_path, public_manifests=True, public_quota="3/minute")
    answers = [service.client().get("/v1/manifests/urn:c2pa:x") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [404] * 3 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    # A token has a quota of its own.
    assert service.client("fetch:manifests").get("/v1/manifests/x").status_code == 404
