"""Several resolvers side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from indelible.resolution import Binding, Question, Resolver, ask_all
from indelible.resolution.asking import MOST_MANIFESTS
from tests.resolution.servers import ForeignServer, Sent
from tests.resolution.test_conversation import ID, STORE

Serve = Callable[..., ForeignServer]

BINDING = Binding("foo.bar.watermark.1", b"12345678", in_pixels=True)
BY_ID = Question((BINDING,))
WITHHELD = Question(withheld=True)
SENT = Question((BINDING,), picture=b"a private picture", media_type="image/png")


def resolver(server: ForeignServer, timeout: float = 5) -> Resolver:
    return Resolver(server.address, timeout=timeout)


def test_each_has_its_own_answer(serve: Serve) -> None:
    """One holds it, one does not, one is down, one never ends: all within the time of one."""
    holds, empty, down, drips = serve(), serve(), serve(), serve()
    holds.hold(ID, STORE, (BINDING.algorithm, BINDING.value))
    drips.overrides["/matches/byBinding"] = lambda _: Sent(drip=True)
    down.close()
    began = time.monotonic()
    asked = [resolver(one, 1.5) for one in (drips, down, empty, holds)]
    slow, gone, nothing, found = ask_all(asked, BY_ID)
    assert time.monotonic() - began < 10
    assert [one.state for one in (slow, gone, nothing, found)] == [
        "unavailable", "unavailable", "unknown", "found",
    ]  # fmt: skip
    assert "longer" in str(slow.reason)
    assert found.held[0].store == STORE
    assert found.held[0].binding == BINDING


def test_one_that_stays_silent_is_left_alone(serve: Serve) -> None:
    """Of many pictures, two pay for a server that is down; one is not enough to give it up."""
    silent = serve()
    silent.overrides["/matches/byBinding"] = lambda _: Sent(drip=True)
    asked = [resolver(silent, 0.5)]
    for _ in range(2):
        assert "left alone" not in str(ask_all(asked, BY_ID)[0].reason)
    before, began = len(silent.seen), time.monotonic()
    (reply,) = ask_all(asked, BY_ID)
    assert (reply.state, len(silent.seen)) == ("unavailable", before)
    assert "left alone" in str(reply.reason)
    assert time.monotonic() - began < 0.4


def test_one_that_answers_between_is_asked_on(serve: Serve) -> None:
    moody = serve()
    asked = [resolver(moody, 0.5)]
    for _ in range(3):
        moody.overrides["/matches/byBinding"] = lambda _: Sent(drip=True)
        assert ask_all(asked, BY_ID)[0].state == "unavailable"
        del moody.overrides["/matches/byBinding"]
        assert ask_all(asked, BY_ID)[0].state == "unknown"


def test_without_consent_nobody_is_even_asked(server: ForeignServer) -> None:
    (reply,) = ask_all([resolver(server)], WITHHELD)
    assert (reply.state, reply.withheld) == ("not_asked", True)
    assert server.seen == []


def test_the_picture_is_sent_only_where_no_id_led_anywhere(server: ForeignServer) -> None:
    server.hold(ID, STORE, (BINDING.algorithm, BINDING.value))
    (reply,) = ask_all([resolver(server)], SENT)
    assert (reply.state, reply.sent_picture) == ("found", False)
    assert server.bytes_received == 0
    server.bindings.clear()
    (reply,) = ask_all([resolver(server)], SENT)
    assert (reply.state, reply.sent_picture, reply.looked) == ("unknown", True, True)
    assert server.bytes_received == len(b"a private picture")


def test_a_server_that_takes_no_pictures_is_sent_none(server: ForeignServer) -> None:
    server.capabilities = ["queryByReference"]
    (reply,) = ask_all([resolver(server)], SENT)
    assert (reply.state, reply.sent_picture, reply.looked) == ("unknown", False, False)
    (reply,) = ask_all([resolver(server)], replace(SENT, bindings=()))
    assert reply.state == "not_asked"
    assert server.bytes_received == 0


def test_a_manifest_that_is_named_and_not_handed_out(server: ForeignServer) -> None:
    server.bindings[BINDING.algorithm, BINDING.value] = [ID]
    (reply,) = ask_all([resolver(server)], BY_ID)
    assert reply.state == "unavailable"
    assert "does not have that" in str(reply.reason)


def test_few_of_many_manifests_are_fetched(server: ForeignServer) -> None:
    for number in range(100):
        server.hold(f"urn:{number}", STORE, (BINDING.algorithm, BINDING.value))
    (reply,) = ask_all([resolver(server)], BY_ID)
    assert len(reply.held) == MOST_MANIFESTS
    assert sum("/manifests/" in one.path for one in server.seen) == MOST_MANIFESTS


def test_many_manifests_that_fail_are_given_up(server: ForeignServer) -> None:
    server.bindings[BINDING.algorithm, BINDING.value] = [f"urn:{n}" for n in range(100)]
    server.overrides["/manifests/"] = lambda _: Sent(500)
    (reply,) = ask_all([resolver(server)], BY_ID)
    assert reply.state == "unavailable"
    assert sum("/manifests/" in one.path for one in server.seen) < 20


def test_a_manifest_without_an_end(server: ForeignServer) -> None:
    server.bindings[BINDING.algorithm, BINDING.value] = [ID]
    server.overrides["/manifests/"] = lambda _: Sent(200, b"", "application/c2pa", endless=True)
    (reply,) = ask_all([resolver(server, 20)], BY_ID)
    assert reply.state == "unavailable"


def test_what_a_server_says_is_cut(server: ForeignServer) -> None:
    server.overrides["/matches/byBinding"] = lambda _: Sent(200, b"{}", "x" * 60_000)
    (reply,) = ask_all([resolver(server)], BY_ID)
    assert reply.state == "unavailable"
    assert len(str(reply.reason)) < 400
