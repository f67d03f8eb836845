"""Talking with servers of others: three versions of the document, and what is none of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from indelible.errors import NetworkError
from indelible.resolution import Binding, Resolver
from indelible.resolution.answers import Match
from tests.resolution.servers import WELL_KNOWN, ForeignServer, Seen, Sent, as_json

Serve = Callable[..., ForeignServer]

STORE = b"\0\0\0\x20jumb" + bytes(24)
ID = "urn:c2pa:F9168C5E-CEB2-4FAA-B6BF-329BF39FA1E4:acme/pictures"
BINDING = Binding("foo.bar.watermark.1", b"\xfb\xff\xfe+/=??")  # +, / and = in base64


@pytest.mark.parametrize("version", ["1.0.0", "2.3.0", "2.4.0"])
def test_each_version_of_the_document(serve: Serve, version: str) -> None:
    server = serve(version)
    server.hold(ID, STORE, (BINDING.algorithm, BINDING.value))
    server.by_content = [ID]
    talk = Resolver(server.address).conversation()
    (match,) = talk.by_binding(BINDING)
    assert match == Match(ID)
    assert talk.by_content(b"a picture", "image/png") == (match,)
    assert talk.manifest(match) == STORE
    assert talk.takes_pictures() is (True if version == "2.4.0" else None)
    (asked,) = server.asked("/matches/byBinding")
    assert asked.query["value"] == [base64.b64encode(BINDING.value).decode()]
    (sent,) = server.asked("/matches/byContent")
    assert (sent.body, sent.headers["content-type"]) == (b"a picture", "image/png")
    assert server.seen[-2].path == (
        "/v1/manifests/urn%3Ac2pa%3AF9168C5E-CEB2-4FAA-B6BF-329BF39FA1E4%3Aacme%2Fpictures"
    )


@pytest.mark.parametrize(
    ("base", "named"),
    [("/v1", ""), ("/v1", "/v1"), ("/api/v1", "/api/v1"), ("/api/v1", "/api"), ("/api", "/api"),
     ("/sbr/v2", "")],
)  # fmt: skip
def test_where_the_api_is(serve: Serve, base: str, named: str) -> None:
    """At the host it says itself where; a versioned address is meant; else it is there or below."""
    server = serve("2.4.0", base)
    server.hold(ID, STORE, (BINDING.algorithm, BINDING.value))
    resolver = Resolver(f"{server.address}{named}/")
    assert resolver.conversation().by_binding(BINDING) == (Match(ID),)
    before = len(server.seen)
    assert resolver.conversation().by_binding(BINDING) == (Match(ID),)
    assert len(server.seen) == before + 1  # it is not looked for again


def test_a_relative_endpoint(server: ForeignServer) -> None:
    server.overrides[WELL_KNOWN] = lambda _: as_json({"apiEndpoint": "/v1"})
    assert Resolver(server.address).conversation().by_binding(BINDING) == ()


@pytest.mark.parametrize(
    "told",
    [Sent(200, b"<html>", "text/html"), as_json({"api": "/v1"}), as_json([]), Sent(500),
     as_json({"apiEndpoint": "ftp://x/"}), as_json({"apiEndpoint": "http://[::1"})],
)  # fmt: skip
def test_a_host_that_does_not_say_where(server: ForeignServer, told: Sent) -> None:
    server.overrides[WELL_KNOWN] = lambda _: told
    assert Resolver(server.address).conversation().by_binding(BINDING) == ()


@pytest.mark.parametrize("where", ["http://169.254.169.254/v1", "http://localhost:1/v1"])
def test_an_api_elsewhere_is_asked_only_if_listed(server: ForeignServer, where: str) -> None:
    server.overrides[WELL_KNOWN] = lambda _: as_json({"apiEndpoint": where})
    with pytest.raises(NetworkError, match="nobody said may be asked"):
        Resolver(server.address).conversation().by_binding(BINDING)


def test_an_api_elsewhere_that_is_listed(serve: Serve) -> None:
    server, api = serve(), serve()
    server.overrides[WELL_KNOWN] = lambda _: as_json({"apiEndpoint": api.api})
    talk = Resolver(server.address, hosts=[f"127.0.0.1:{api.port}"]).conversation()
    assert talk.by_binding(BINDING) == ()
    assert len(api.asked("/matches/byBinding")) == 1


def test_a_long_value_is_posted(server: ForeignServer) -> None:
    long = Binding("foo.bar.fingerprint.1", bytes(2000))
    server.hold(ID, STORE, (long.algorithm, long.value))
    assert Resolver(server.address).conversation().by_binding(long) == (Match(ID),)
    assert server.seen[-1].method == "POST"


@pytest.mark.parametrize("status", [405, 414])
def test_a_server_that_wants_a_post(server: ForeignServer, status: int) -> None:
    server.hold(ID, STORE, (BINDING.algorithm, BINDING.value))

    def only_posts(seen: Seen) -> Sent:
        return server._by_binding(seen) if seen.method == "POST" else Sent(status)

    server.overrides["/matches/byBinding"] = only_posts
    assert Resolver(server.address).conversation().by_binding(BINDING) == (Match(ID),)


@pytest.mark.parametrize(
    ("status", "said"),
    [(400, "does not take the question"), (401, "asks for a token"), (403, "does not answer us"),
     (404, "does not have that"), (415, "no pictures of this kind"), (429, "left alone for 7 s"),
     (500, "status 500"), (503, "busy for 7 s"), (302, "redirects to nowhere")],
)  # fmt: skip
def test_refusals_are_said(server: ForeignServer, status: int, said: str) -> None:
    server.overrides["/matches/byContent"] = lambda _: Sent(status, headers={"Retry-After": "7"})
    with pytest.raises(NetworkError, match=said):
        Resolver(server.address).conversation().by_content(b"x", "image/png")


def matches(*items: object) -> Sent:
    return as_json({"matches": list(items)})


@pytest.mark.parametrize(
    "answer",
    [
        Sent(200, b"", "application/json"),
        Sent(200, b"garbage", "application/json"),
        Sent(200, b"\xff\xfe{}", "application/json"),
        Sent(200, b'{"matches": []}', "text/html"),
        Sent(200, b'{"matches":' * 100_000, "application/json"),
        Sent(200, b'{"matches": [' + b'{"manifestId": "urn:1"},' * 1_000_000, "application/json"),
        Sent(200, b'{"matches": [], "matches": [{"manifestId": "x"}]}', "application/json"),
        as_json([]), as_json({}), as_json(None), as_json({"matches": {}}), matches("urn:1"),
        matches({}), matches({"manifestId": 7}), matches({"manifestId": ""}),
        matches({"manifestId": "a b"}), matches({"manifestId": "a\0"}),
        matches({"manifestId": "x" * 513}), matches({"manifestId": "\ud800"}),
        matches({"manifestId": "urn:1", "endpoint": 7}),
        matches({"manifestId": "urn:1", "endpoint": "x" * 3000}),
        matches(*({"manifestId": f"urn:{number}"} for number in range(101))),
    ],
)  # fmt: skip
def test_answers_that_are_none(server: ForeignServer, answer: Sent) -> None:
    server.overrides["/matches/byBinding"] = lambda _: answer
    with pytest.raises(NetworkError):
        Resolver(server.address).conversation().by_binding(BINDING)


def test_what_is_not_known_is_left_aside(server: ForeignServer) -> None:
    server.overrides["/matches/byBinding"] = lambda _: as_json({
        "matches": [{"manifestId": ID, "similarityScore": "high", "more": [1]},
                    {"manifestId": ID, "endpoint": None}],
        "more": {"a": []},
    })  # fmt: skip
    assert Resolver(server.address).conversation().by_binding(BINDING) == (Match(ID),)


@pytest.mark.parametrize(
    "answer",
    [Sent(200, STORE, "text/html"), Sent(200, b"garbage, and more", "application/c2pa"),
     Sent(200, b"", "application/c2pa"), Sent(404), Sent(200, b"{}", "application/json")],
)  # fmt: skip
def test_manifests_that_are_none(server: ForeignServer, answer: Sent) -> None:
    server.overrides["/manifests/"] = lambda _: answer
    with pytest.raises(NetworkError):
        Resolver(server.address).conversation().manifest(Match("urn:1"))


def test_a_manifest_at_another_server(serve: Serve) -> None:
    """Fetched there only if that host is listed; never with this one's token."""
    server, other = serve(), serve()
    other.hold(ID, STORE)
    match = Match(ID, other.api)
    alone = Resolver(server.address, token="a-token").conversation()
    with pytest.raises(NetworkError, match="nobody said may be asked"):
        alone.manifest(match)
    assert other.seen == []
    listed = Resolver(server.address, hosts=[f"127.0.0.1:{other.port}"], token="a-token")
    assert listed.conversation().manifest(match) == STORE
    assert "authorization" not in other.seen[-1].headers
    server.hold(ID, STORE)
    assert listed.conversation().manifest(Match(ID, server.api)) == STORE
    assert server.seen[-1].headers["authorization"] == "Bearer a-token"


def test_a_picture_goes_to_nobody_whom_it_is_not_meant_for(serve: Serve) -> None:
    server, other = serve(), serve()
    where = f"{other.api}/matches/byContent"
    server.overrides["/matches/byContent"] = lambda _: Sent(308, headers={"Location": where})
    talk = Resolver(server.address, hosts=[f"127.0.0.1:{other.port}"]).conversation()
    with pytest.raises(NetworkError, match="another host"):
        talk.by_content(b"a private picture", "image/png")
    assert other.seen == []


def test_the_time_of_all_is_limited(server: ForeignServer) -> None:
    server.overrides["/matches/byBinding"] = lambda _: Sent(drip=True)
    talk = Resolver(server.address, timeout=0.5).conversation()
    for _ in range(2):
        with pytest.raises(NetworkError, match="took longer"):
            talk.by_binding(BINDING)


def test_the_question_is_json(server: ForeignServer) -> None:
    long = Binding("foo.bar", bytes(1000))
    Resolver(server.address).conversation().by_binding(long)
    asked = json.loads(server.seen[-1].body)
    assert asked == {"alg": "foo.bar", "value": base64.b64encode(bytes(1000)).decode()}
