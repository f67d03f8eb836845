"""Stores that cost too much, or can be read in two ways, never reach the library."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.security.fillings import container
from indelible.credentials import (
    DevelopmentIdentity,
    extract_store,
    has_manifest,
    read,
    sign,
    signing_chains,
)
from indelible.credentials.manifests import _c2pa
from indelible.credentials.manifests.remote import remote_address
from indelible.credentials.store.cose import cose_headers
from indelible.credentials.store.opening import open_store
from indelible.errors import ManifestError
from indelible.imaging import MAX_STORE, ImageFile
from tests.credentials.conftest import make_request, picture
from tests.credentials.stores import (
    FORM_TAIL,
    MANIFEST,
    assertion,
    box,
    manifest,
    many,
    signature,
    store,
    superbox,
)

GOOD = store(manifest(assertion("c2pa.actions.v2", {"actions": []})))


def test_a_store_is_read_as_it_is() -> None:
    found = open_store(GOOD + bytes(9))
    assert found.data == GOOD
    assert found.active.label == MANIFEST
    assert [label for label, _ in found.active.assertions] == ["c2pa.actions.v2"]
    assert found.content(found.active.assertions[0][1]) == {"actions": []}
    assert cose_headers(found.active.signature)[0] == {1: -7}
    assert signing_chains(GOOD) == {MANIFEST: []}


def nested(inside: bytes, _: int) -> bytes:
    return superbox(b"cbor", "a", inside)


LONG = struct.pack(">I4sQ", 1, b"jumb", len(GOOD) + 8) + GOOD[8:]
REFUSED = {
    "empty": b"",
    "no store": superbox(b"json", "c2pa", manifest()),
    "no manifest": store(),
    "a length of 64 bits": LONG,
    "a length up to the end": b"\0\0\0\0" + GOOD[4:],
    "too long": struct.pack(">I", len(GOOD) + 1) + GOOD[4:],
    "something behind it": GOOD + b"x",
    "an inner length of 64 bits": store(
        manifest(superbox(b"cbor", "a", struct.pack(">I4sQ", 1, b"cbor", 17) + b"\0"))
    ),
    "a compressed manifest": store(superbox(b"c2cm", MANIFEST, box(b"brob", b"x"))),
    "a compressed assertion": store(manifest(superbox(b"cbor", "a", box(b"brob", b"cborx")))),
    "a compressed form": store(superbox(b"c2cm", MANIFEST)),
    "something else beside manifests": store(manifest(), superbox(b"json", "other")),
    "an unknown box": store(manifest(superbox(b"cbor", "a", box(b"prIv", b"x")))),
    "padding that is not empty": store(manifest(), box(b"free", b"\0x")),
    "no label": store(box(b"jumb", box(b"jumd", b"c2ma" + FORM_TAIL + b"\0"))),
    "a label that is no text": store(manifest(label="a").replace(b"\3a\0", b"\3\xff\0")),
    "two descriptions": store(superbox(b"c2ma", "a", box(b"jumd", b"c2ma" + FORM_TAIL + b"\3a\0"))),
    "something in a description": store(
        box(b"jumb", box(b"jumd", b"c2ma" + FORM_TAIL + b"\3a\0x"))
    ),
    "deep nesting": store(manifest(eval("superbox(b'cbor', 'a', " * 12 + "b''" + ")" * 12))),
    "too many manifests": store(*(manifest(label=str(number)) for number in range(257))),
    "too many assertions": store(manifest(*many(513))),
    "too many assertions together": store(
        *(manifest(*many(500), label=str(number)) for number in range(5))
    ),
    "too many ingredients": store(manifest(*many(257, "c2pa.ingredient.v3"))),
    "too many boxes": store(manifest(superbox(b"cbor", "a", *[box(b"free", b"")] * 10_001))),
    "too many items": store(manifest(assertion("a", [0] * 80_001))),
    "too many bytes that become numbers": store(manifest(assertion("a", bytes(500_000)))),
    "too much text": store(manifest(assertion("a", "x" * 15_000_000))),
    "too much JSON": store(manifest(superbox(b"json", "a", box(b"json", b" " * 1_000_000)))),
    "a huge signature": store(manifest(signed=signature(pad=bytes(600_000)))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_such_stores_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever way they come, before the library sees them."""
    bad = REFUSED[name]
    with pytest.raises(ValueError, match=r"\w"):
        open_store(bad)
    assert signing_chains(bad) == {}
    monkeypatch.setattr(_c2pa, "context", None)  # calling it would fail
    data = picture("png")
    inside = data[:33] + container("png", bad) + data[33:]
    for report in (
        read(inside),
        read(data, manifest_store=bad),
        *([read(bad)] if bad[4:8] == b"jumb" else []),
    ):
        assert report.state == "unreadable", report
    with pytest.raises(ManifestError):
        extract_store(inside)


def test_a_store_that_is_too_large_is_refused() -> None:
    large = store(manifest(superbox(b"bidb", "a", box(b"bidb", bytes(MAX_STORE)))))
    with pytest.raises(ValueError, match="large"):
        open_store(large)
    assert read(large).state == "unreadable"


def test_no_parent_brings_one_into_a_signature(identity: DevelopmentIdentity) -> None:
    data = picture("png")
    for bad in (REFUSED["too many ingredients"], REFUSED["a length of 64 bits"]):
        inside = data[:33] + container("png", bad) + data[33:]
        for arguments in ({}, {"parent": inside}, {"parent_store": bad}):
            source = data if arguments else inside
            with pytest.raises(ManifestError, match="cannot be read"):
                sign(source, make_request(), identity.signer, **arguments)  # type: ignore[arg-type]


def test_a_picture_without_a_store_does_not_reach_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_c2pa, "context", None)
    for kind in ("jpeg", "png", "webp", "gif", "tiff", "avif"):
        assert read(picture(kind)).state == "absent"
        assert not has_manifest(picture(kind))
    assert read(b"\xff\xd8\xff").state == "absent"
    assert read(b"neither").state == "unreadable"
    assert has_manifest(picture("png")[:33] + container("png", b"x"))


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "tiff", "avif"])
def test_addresses_are_read_by_ourselves(kind: str, identity: DevelopmentIdentity) -> None:
    address = "https://manifests.example/one.c2pa"
    wanted = make_request(embed=False, remote_url=address)
    data = sign(picture(kind), wanted, identity.signer).data
    assert remote_address(ImageFile(data)) == address
    report = read(data)
    assert (report.state, report.remote_url) == ("absent", address)
    local = data.replace(b"https://", b"file:///")
    assert local != data
    assert remote_address(ImageFile(local)) is None


def test_chains_are_decoded_not_searched_for(identity: DevelopmentIdentity) -> None:
    leaf = x509.load_pem_x509_certificate(identity.signer.certificates)
    der = leaf.public_bytes(Encoding.DER)
    for chain, found in (([der], [leaf]), (der, [leaf]), ([der, b"none"], [])):
        data = store(manifest(signed=signature(x5chain=chain, other=der)))
        assert signing_chains(data) == {MANIFEST: found}


@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 40))
def test_any_bytes_are_read_or_refused(data: bytes, position: int, cut: int) -> None:
    for item in (data, GOOD[:position] + data + GOOD[position + cut :]):
        with suppress(ValueError):
            open_store(item)
        signing_chains(item)
