"""Asking others: an honest server names the origin, and one that lies changes nothing."""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import credentials, fingerprint, imaging
from indelible.credentials import (
    Generator,
    ManifestRequest,
    PictureFingerprint,
    Signer,
    SoftBinding,
    Trust,
)
from indelible.errors import ArgumentError
from indelible.registry import sqlite_url
from indelible.resolution import Resolver
from indelible.settings import current
from indelible.verification import Verdict, Verification, Verifier
from indelible.watermark import Key
from tests.resolution.servers import WELL_KNOWN, ForeignServer, Seen, Sent, as_json
from tests.verification.conftest import Owner

Serve = Callable[..., ForeignServer]

EXAMPLE = "org.example.mark.1"


@dataclass(frozen=True)
class World:
    """What the owner has, and what is made to deceive with it."""

    keys: tuple[Key, ...]
    trust: Trust
    signer: Signer
    algorithm: str
    payload: bytes
    manifest_id: str
    store: bytes
    other_store: bytes  # of another picture of the owner's
    other_id: str
    copied_store: bytes  # of another picture, naming the same watermark
    untrusted_store: bytes  # of this picture, by a stranger, naming the same watermark

    @property
    def binding(self) -> tuple[str, bytes]:
        return self.algorithm, self.payload


def signed_about(pixels: NDArray[np.uint8], signer: Signer, binding: SoftBinding | None) -> bytes:
    """Return a manifest about a picture, with its fingerprint, as anybody can sign one."""
    looks = fingerprint.pdq(pixels)
    reference = fingerprint.Reference.from_image(pixels).to_bytes()
    request = ManifestRequest(
        credentials.new_manifest_id(),
        Generator("Somebody"),
        soft_binding=binding,
        fingerprint=PictureFingerprint(looks.hash, looks.quality, reference),
    )
    data = imaging.encode(pixels, "jpeg", quality=85)
    return credentials.sign(data, request, signer).manifest_store


@pytest.fixture(scope="module")
def world(
    owner: Owner, stranger: Signer, photographs: dict[str, NDArray[np.uint8]]
) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDELIBLE_HOME", str(owner.folder))
        settings = current()
        record = settings.registry().get(owner.protected.manifest_id)
        assert record is not None
        other = photographs["coffee"]
        binding = SoftBinding(record.algorithm, record.payload)
        signer = settings.signer()
        elsewhere = signed_about(other, signer, SoftBinding(record.algorithm, b"another."))
        found = credentials.read(
            imaging.encode(other, "jpeg", quality=85), manifest_store=elsewhere
        )
        yield World(
            keys=settings.detection_keys(),
            trust=settings.trust(),
            signer=signer,
            algorithm=record.algorithm,
            payload=record.payload,
            manifest_id=record.manifest_id,
            store=record.manifest_store,
            other_store=elsewhere,
            other_id=found.manifest_id or "",
            copied_store=signed_about(other, signer, binding),
            untrusted_store=signed_about(
                imaging.decode(owner.protected.data).pixels, stranger, binding
            ),
        )


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[ForeignServer] = []

    def start(version: str = "2.4.0", base: str = "/v1") -> ForeignServer:
        started.append(ForeignServer(version, base))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def server(serve: Serve) -> ForeignServer:
    return serve()


def verifier(
    world: World,
    *servers: ForeignServer,
    keys: bool = True,
    timeout: float = 10,
    send_picture: bool = False,
    trust: Trust | None = None,
) -> Verifier:
    return Verifier(
        keys=world.keys if keys else (),
        registry=None,
        trust=world.trust if trust is None else trust,
        resolvers=[Resolver(one.address, timeout=timeout) for one in servers],
        send_picture=send_picture,
    )


# --- an honest server -----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0.0", "2.3.0", "2.4.0"])
def test_recovered_by_the_id_in_the_pixels(
    world: World, serve: Serve, reposted: bytes, version: str
) -> None:
    server = serve(version)
    server.hold(world.manifest_id, world.store, world.binding)
    result = verifier(world, server).verify(reposted)
    assert result.verdict == "recovered"
    assert result.exit_code == 0
    (answer,) = result.resolvers
    assert (answer.state, answer.chosen, answer.standing) == ("found", True, "trusted")
    assert (answer.asked_by, answer.names_payload) == ("pixels", True)
    assert answer.fingerprint.state == result.fingerprint.state == "match"
    assert result.origin is not None
    assert (result.origin.where, result.origin.standing) == ("recovered", "trusted")
    assert result.origin.credential.manifest_id == world.manifest_id
    assert result.ai.claimed
    assert result.registry.state == "not_asked"
    assert "server" in result.words.headline
    assert server.bytes_received == 0
    assert result.to_dict()["resolvers"][0]["manifest_id"] == world.manifest_id


def test_recovered_by_the_picture_without_a_key(
    world: World, server: ForeignServer, reposted: bytes
) -> None:
    """A friend who holds no key and no registry."""
    server.hold(world.manifest_id, world.store)
    server.by_content = [world.manifest_id]
    result = verifier(world, server, keys=False, send_picture=True).verify(reposted)
    assert result.verdict == "recovered"
    (answer,) = result.resolvers
    assert (answer.asked_by, answer.sent_picture, answer.chosen) == ("content", True, True)
    assert result.fingerprint.about == "recovered"
    (sent,) = server.asked("/matches/byContent")
    assert sent.body == reposted
    assert sent.headers["content-type"] == "image/jpeg"
    assert "looks like" in result.words.meaning


def test_where_it_was_changed_is_shown_by_a_resolvers_manifest(
    world: World, server: ForeignServer, reposted: bytes
) -> None:
    server.hold(world.manifest_id, world.store, world.binding)
    asking = Verifier(
        keys=world.keys, registry=None, trust=world.trust, resolvers=[server.address], changes=True
    )
    result = asking.verify(reposted)
    assert result.changes is not None
    assert "preview" in str(result.changes.reason)


def test_an_untrusted_signer_is_unverified(
    world: World, server: ForeignServer, reposted: bytes
) -> None:
    server.hold(world.manifest_id, world.store, world.binding)
    server.by_content = [world.manifest_id]
    nobody = Trust.official()
    by_id = verifier(world, server, trust=nobody).verify(reposted)
    by_picture = verifier(world, server, keys=False, send_picture=True, trust=nobody)
    for result in (by_id, by_picture.verify(reposted)):
        assert result.verdict == "unverified"
        assert result.origin is not None
        assert result.origin.standing == "untrusted"


def test_a_no_counts_as_having_looked(world: World, server: ForeignServer, reposted: bytes) -> None:
    result = verifier(world, server, keys=False, send_picture=True).verify(reposted)
    assert result.verdict == "none"
    assert (result.exit_code, result.complete) == (1, True)
    (answer,) = result.resolvers
    assert (answer.state, answer.looked) == ("unknown", True)


# --- who is asked, and when -----------------------------------------------------------------------


def test_nothing_is_sent_without_consent(
    world: World, server: ForeignServer, reposted: bytes
) -> None:
    """By bytes that the server received: none, and no question either where there is no id."""
    without = verifier(world, server, keys=False).verify(reposted)
    assert without.verdict == "unchecked"
    (answer,) = without.resolvers
    assert (answer.state, answer.withheld, answer.sent_picture) == ("not_asked", True, False)
    assert without.withheld
    assert server.seen == []
    by_id = verifier(world, server).verify(reposted)
    assert by_id.withheld
    assert server.bytes_received == 0
    assert by_id.verdict == "unverified"
    assert (by_id.exit_code, by_id.complete) == (0, True)


def test_nobody_is_asked_about_what_is_known(
    world: World, owner: Owner, server: ForeignServer, reposted: bytes
) -> None:
    asking = verifier(world, server, send_picture=True)
    result = asking.verify(owner.protected.data)
    assert result.verdict == "authentic"
    assert result.resolvers[0].state == "not_asked"
    registry = indelible.registry.open_registry(sqlite_url(owner.registry_file))
    known = Verifier(
        keys=world.keys,
        registry=registry,
        trust=world.trust,
        resolvers=[server.address],
        send_picture=True,
    )
    assert known.verify(reposted).verdict == "recovered"
    assert server.seen == []


def test_no_resolver_is_asked_by_default(world: World, reposted: bytes) -> None:
    result = verifier(world).verify(reposted)
    assert result.resolvers == ()
    assert "resolvers_ms" not in result.timing


def test_an_id_that_the_files_manifest_names(
    world: World, server: ForeignServer, stranger: Signer, photographs: dict[str, NDArray[np.uint8]]
) -> None:
    """Asked for, whatever its algorithm; what it leads to has to look like this picture."""
    picture = photographs["chelsea"]
    binding = SoftBinding(EXAMPLE, b"\x01\x02\x03")
    request = ManifestRequest(
        credentials.new_manifest_id(), Generator("Editor"), soft_binding=binding
    )
    data = credentials.sign(imaging.encode(picture, "jpeg"), request, stranger).data
    own = signed_about(picture, world.signer, binding)
    others = signed_about(photographs["coffee"], world.signer, binding)
    server.hold("urn:others", others, (EXAMPLE, b"\x01\x02\x03"))
    result = verifier(world, server, keys=False).verify(data)
    (answer,) = result.resolvers
    assert (answer.state, answer.asked_by, answer.chosen) == ("found", "claim", False)
    assert len(result.origins) == 1
    server.hold("urn:own", own, (EXAMPLE, b"\x01\x02\x03"))
    result = verifier(world, server, keys=False).verify(data)
    assert result.verdict == "unverified"  # the file's own manifest is an unknown signer's
    assert [one.standing for one in result.origins] == ["untrusted", "trusted"]


# --- servers that lie, are down, are slow ---------------------------------------------------------


def hold(world: World, server: ForeignServer, store: bytes, name: str = "urn:c2pa:lie") -> None:
    server.hold(name, store, world.binding)
    server.by_content = [name]


def lie_another_picture(world: World, server: ForeignServer) -> None:
    hold(world, server, world.other_store)


def lie_a_copy_that_names_the_id(world: World, server: ForeignServer) -> None:
    hold(world, server, world.copied_store)


def lie_garbage(world: World, server: ForeignServer) -> None:
    hold(world, server, b"\0\0\x10\0jumb" + bytes(range(256)) * 20)


def lie_a_tampered_manifest(world: World, server: ForeignServer) -> None:
    hold(
        world,
        server,
        world.store.replace(b"trainedAlgorithmicMedia", b"humanEditsAreAllThere!!"),
    )


def lie_a_manifest_cut_short(world: World, server: ForeignServer) -> None:
    hold(world, server, world.store[: len(world.store) // 2])


def lie_an_endless_manifest(world: World, server: ForeignServer) -> None:
    hold(world, server, world.store)
    server.overrides["/manifests/"] = lambda _: Sent(200, b"", "application/c2pa", endless=True)


def lie_a_slow_drip(world: World, server: ForeignServer) -> None:
    for path in ("/matches/byBinding", "/matches/byContent"):
        server.overrides[path] = lambda _: Sent(drip=True)


def lie_an_error(world: World, server: ForeignServer) -> None:
    for path in ("/matches/byBinding", "/matches/byContent"):
        server.overrides[path] = lambda _: Sent(500, b"<script>", "text/html")


def lie_a_redirect_to_a_private_address(world: World, server: ForeignServer) -> None:
    where = "http://169.254.169.254/latest/meta-data/"
    for path in ("/matches/byBinding", "/matches/byContent", "/manifests/", WELL_KNOWN):
        server.overrides[path] = lambda _: Sent(307, headers={"Location": where})


def lie_another_hosts_endpoint(world: World, server: ForeignServer) -> None:
    def answer(_: Seen) -> Sent:
        return as_json({"matches": [{"manifestId": "urn:1", "endpoint": "http://127.0.0.1:1/v1"}]})

    for path in ("/matches/byBinding", "/matches/byContent"):
        server.overrides[path] = answer


def lie_deep_json(world: World, server: ForeignServer) -> None:
    for path in ("/matches/byBinding", "/matches/byContent"):
        server.overrides[path] = lambda _: Sent(200, b'{"matches":' * 50_000)


def lie_a_million_matches(world: World, server: ForeignServer) -> None:
    body = b'{"matches": [' + b'{"manifestId": "urn:1"},' * 1_000_000 + b'{"manifestId": "x"}]}'
    for path in ("/matches/byBinding", "/matches/byContent"):
        server.overrides[path] = lambda _: Sent(200, body)


def lie_a_wrong_content_type(world: World, server: ForeignServer) -> None:
    hold(world, server, world.store)
    server.overrides["/manifests/"] = lambda _: Sent(200, world.store, "text/html")


def lie_a_manifest_that_is_not_there(world: World, server: ForeignServer) -> None:
    hold(world, server, world.store)
    server.overrides["/manifests/"] = lambda _: Sent(404)


LIES = [
    lie_another_picture,
    lie_a_copy_that_names_the_id,
    lie_garbage,
    lie_a_tampered_manifest,
    lie_a_manifest_cut_short,
    lie_an_endless_manifest,
    lie_a_slow_drip,
    lie_an_error,
    lie_a_redirect_to_a_private_address,
    lie_another_hosts_endpoint,
    lie_deep_json,
    lie_a_million_matches,
    lie_a_wrong_content_type,
    lie_a_manifest_that_is_not_there,
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
@pytest.mark.parametrize("by", ["id", "picture"])
def test_a_lie_changes_nothing_but_its_own_row(
    world: World,
    serve: Serve,
    reposted: bytes,
    lie: Callable[[World, ForeignServer], None],
    by: str,
) -> None:
    liar = serve()
    lie(world, liar)
    keys, sent = by == "id", by == "picture"
    plain = verifier(world, keys=keys).verify(reposted)
    began = time.monotonic()
    lied_to = verifier(world, liar, keys=keys, send_picture=sent, timeout=3).verify(reposted)
    assert time.monotonic() - began < 60
    assert lied_to.verdict == plain.verdict
    assert lied_to.origin == plain.origin is None
    assert lied_to.ai == plain.ai
    assert lied_to.fingerprint == plain.fingerprint
    (answer,) = lied_to.resolvers
    assert not answer.chosen
    assert answer.standing in (None, "broken")
    honest = serve()
    honest.hold(world.manifest_id, world.store, world.binding)
    honest.by_content = [world.manifest_id]
    both = verifier(world, liar, honest, keys=keys, send_picture=sent, timeout=3).verify(reposted)
    assert both.verdict == "recovered"
    assert [one.chosen for one in both.resolvers] == [False, True]


def test_without_a_mark_nobody_is_told_that_a_manifest_is_of_another_picture(
    world: World, serve: Serve, reposted: bytes
) -> None:
    """More may have happened to a picture than can be tried: it may be the one, all the same."""
    server = serve()
    lie_another_picture(world, server)
    (answer,) = verifier(world, server, send_picture=True).verify(reposted).resolvers
    assert answer.fingerprint.state in ("unclear", "not_checked")
    assert answer.is_about is None


def test_a_stranger_can_claim_what_is_in_the_pixels_and_no_more(
    world: World, serve: Serve, reposted: bytes
) -> None:
    """A manifest that anybody signed about this picture is a claim, and beats no trusted one."""
    liar, honest = serve(), serve()
    liar.hold("urn:1", world.untrusted_store, world.binding)
    honest.hold(world.manifest_id, world.store, world.binding)
    alone = verifier(world, liar).verify(reposted)
    assert alone.verdict == "unverified"
    assert alone.origin is not None
    assert alone.origin.standing == "untrusted"
    both = verifier(world, liar, honest).verify(reposted)
    assert both.verdict == "recovered"
    assert both.origin is not None
    assert both.origin.credential.manifest_id == world.manifest_id


def test_where_nobody_answers(world: World, server: ForeignServer, reposted: bytes) -> None:
    server.close()
    by_id = verifier(world, server).verify(reposted)
    assert (by_id.verdict, by_id.complete, by_id.exit_code) == ("unverified", False, 5)
    by_picture = verifier(world, server, keys=False, send_picture=True).verify(reposted)
    assert (by_picture.verdict, by_picture.exit_code) == ("unchecked", 5)
    without = verifier(world, server, keys=False).verify(reposted)
    assert (without.verdict, without.exit_code) == ("unchecked", 1)


def test_one_that_is_down_is_no_matter_where_another_answers(
    world: World, serve: Serve, reposted: bytes
) -> None:
    down, empty = serve(), serve()
    down.close()
    result = verifier(world, down, empty).verify(reposted)
    assert (result.verdict, result.complete) == ("unverified", True)
    assert [one.state for one in result.resolvers] == ["unavailable", "unknown"]


def test_one_resolver_may_name_another_that_is_asked_too(
    world: World, serve: Serve, reposted: bytes
) -> None:
    index, store = serve(), serve()
    store.hold(world.manifest_id, world.store)
    index.overrides["/matches/byBinding"] = lambda _: as_json(
        {"matches": [{"manifestId": world.manifest_id, "endpoint": store.api}]}
    )
    result = verifier(world, index, store).verify(reposted)
    assert result.verdict == "recovered"
    assert result.resolvers[0].chosen


# --- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resolvers",
    ["https://a.example", None, [7], ["http://a.example"],
     [f"https://{number}.example" for number in range(9)]],
)  # fmt: skip
def test_resolvers_that_are_none(world: World, resolvers: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        Verifier(keys=(), registry=None, trust=None, resolvers=resolvers)  # type: ignore[arg-type]
    assert caught.value.argument == "resolvers"


def test_it_travels(world: World, server: ForeignServer, reposted: bytes) -> None:
    server.hold(world.manifest_id, world.store, world.binding)
    again = pickle.loads(pickle.dumps(verifier(world, server)))
    assert again.verify(reposted).verdict == "recovered"


def test_those_of_the_settings_are_asked(
    world: World,
    at_home: object,
    server: ForeignServer,
    reposted: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.hold(world.manifest_id, world.store, world.binding)
    monkeypatch.setenv("INDELIBLE_RESOLVERS_ASK", server.address)
    monkeypatch.setenv("INDELIBLE_REGISTRY_URL", "sqlite:////nonexistent/r.sqlite3")
    assert indelible.verify(reposted).verdict is Verdict.RECOVERED
    asked = len(server.seen)
    assert indelible.verify(reposted, resolvers=[]).verdict is Verdict.UNVERIFIED
    assert len(server.seen) == asked


def test_a_stream_is_sent_whole(world: World, server: ForeignServer, reposted: bytes) -> None:
    result: Verification = verifier(world, server, keys=False, send_picture=True).verify(
        io.BytesIO(reposted)
    )
    assert server.bytes_received == len(reposted)
    assert replace(result.resolvers[0], reason=None).looked
