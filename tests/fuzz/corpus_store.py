"""Manifest stores and their containers that once cost much, see `tests.fuzz.corpus`."""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from indelible.credentials import Generator, ManifestRequest, create_identity, new_manifest_id, sign
from tests.fuzz import build
from tests.fuzz.corpus import Seed, gif_file, jpeg_file

__all__ = ["gif_seeds", "store_seeds"]

C2PA = b"\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"  # the end of each kind's UUID


def described(kind: bytes, label: bytes) -> bytes:
    """Return the description box of a superbox."""
    return build.box(b"jumd", kind + C2PA + b"\x03" + label + b"\0")


def superbox(kind: bytes, label: bytes, *content: bytes) -> bytes:
    """Return a labelled box of boxes."""
    return build.box(b"jumb", described(kind, label), *content)


def long_box(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    """Return a box with a length of 64 bits."""
    return struct.pack(">I4sQ", 1, kind, len(body) + 16 if size is None else size) + body


def assertion(label: bytes, cbor: bytes) -> bytes:
    """Return an assertion of any CBOR."""
    return superbox(b"cbor", label, build.box(b"cbor", cbor))


def store(*assertions: bytes, claim: bytes = b"\xa0", outer_long: bool = False) -> bytes:
    """Return a manifest store with one manifest."""
    manifest = superbox(
        b"c2ma",
        b"urn:c2pa:00000000-0000-0000-0000-000000000000",
        superbox(b"c2as", b"c2pa.assertions", *assertions),
        superbox(b"c2cl", b"c2pa.claim.v2", build.box(b"cbor", claim)),
        superbox(b"c2cs", b"c2pa.signature", build.box(b"cbor", b"\xd2\x84\x40\xa0\xf6\x40")),
    )
    content = described(b"c2pa", b"c2pa") + manifest
    return long_box(b"jumb", content) if outer_long else build.box(b"jumb", content)


def signed_store() -> bytes:
    """Return the manifest store of a signed picture."""
    request = ManifestRequest(new_manifest_id(), Generator("Fuzz", "1", model="m"))
    with tempfile.TemporaryDirectory() as folder:
        signer = create_identity(Path(folder, "identity")).signer
        return sign(build.png(), request, signer).manifest_store


def with_box(store: bytes, added: bytes, *, long: bool) -> bytes:
    """Return a signed store with a further box among its assertions; `long`: lengths of 64 bits."""
    changed = bytearray(store)
    assertions = store.index(b"jumdc2as") - 12
    (length,) = struct.unpack_from(">I", store, assertions)
    changed[assertions + length : assertions + length] = added
    for start in (assertions, store.index(b"jumdc2ma") - 12, 0):
        (length,) = struct.unpack_from(">I", changed, start)
        struct.pack_into(">I", changed, start, length + len(added))
    return long_box(b"jumb", bytes(changed[8:])) if long else bytes(changed)


def app11(data: bytes, *, sequence: int = 1) -> bytes:
    """Return the APP11 segments of a JPEG file that hold one outer box."""
    head, parts = data[:8], []
    for number, at in enumerate(range(8, len(data), 60_000), start=1):
        body = b"JP" + struct.pack(">HI", sequence, number) + head + data[at : at + 60_000]
        parts.append(build.segment(0xEB, body))
    return b"".join(parts)


def store_seeds() -> Iterator[Seed]:
    """Yield stores alone, and the same in pictures."""
    text = b"\x7b" + struct.pack(">Q", 256 << 30) + b"a"
    array = b"\x9b" + struct.pack(">Q", 1 << 40)
    stores = {
        "text of 256 GB": store(assertion(b"a", text)),
        "text of 256 GB, long outer box": store(assertion(b"a", text), outer_long=True),
        "array of 2^40, long outer box": store(assertion(b"a", array), outer_long=True),
        "claim of 256 GB, long outer box": store(claim=text, outer_long=True),
        "many assertions": store(*[assertion(b"a%d" % n, b"\xa0") for n in range(4_000)]),
        "many equal assertions": store(*[assertion(b"a", b"\xa0")] * 4_000),
        "many cbor": store(build.box(b"cbor", b"cbor" * 8_000)),
        "cbor in cbor": store(*[build.box(b"cbor", b"\x9f" * 100 + b"cbor") for _ in range(1_000)]),
        "deep arrays": store(assertion(b"a", b"\x81" * 30_000)),
        "deep maps": store(assertion(b"a", b"\xa1\x61a" * 20_000)),
        "endless arrays": store(assertion(b"a", b"\x9f" * 30_000)),
        "long array": store(assertion(b"a", b"\x9a\x00\x07\xa1\x20" + b"\x80" * 500_000)),
        "long map": store(assertion(b"a", b"\xba\x00\x03\xd0\x90" + b"\x00\xf6" * 250_000)),
        "many manifests": build.box(
            b"jumb",
            described(b"c2pa", b"c2pa"),
            *[superbox(b"c2ma", b"m%d" % n) for n in range(4_000)],
        ),
        "compressed": store(superbox(b"brob", b"a", build.box(b"brob", b"\xff" * 60_000))),
        "lengths of zero": struct.pack(">I4s", 0, b"jumb") * 20_000,
        "deep boxes": nested(3_000),
        "descriptions": build.box(b"jumb", described(b"c2pa", b"c2pa") * 10_000),
        "long label": build.box(b"jumb", described(b"c2pa", b"a" * 2_000_000)),
        "certificates": store(claim=b"\x59\x01\x00\x30\x82" * 100_000),
        "certificate heads": b"\x30\x82" * 300_000,
    }
    signed = signed_store()
    stores["sound"] = signed
    further = {
        "text of 256 GB": assertion(b"a", text),
        "text of 4 GB": assertion(b"a", b"\x7a\xff\xff\xff\xff"),
        "bytes of 4 GB": assertion(b"a", b"\x5a\xff\xff\xff\xff"),
        "array of 2^40": assertion(b"a", array),
        "map of 2^31": assertion(b"a", b"\xba\x7f\xff\xff\xff"),
        "deep arrays": assertion(b"a", b"\x81" * 3_000),
        "compressed": superbox(b"brob", b"a", build.box(b"brob", zlib.compress(bytes(10**7)))),
        "many cbor": build.box(b"cbor", b"cbor" * 8_000),
        "4,000 assertions": b"".join(assertion(b"a%d" % n, b"\xa0") for n in range(4_000)),
        "2,000 ingredients": b"".join(
            assertion(b"c2pa.ingredient.v3__%d" % n, b"\xa1\x6crelationship\x68parentOf")
            for n in range(2_000)
        ),
    }
    for name, added in further.items():
        for long in (False, True):
            kind = "long signed" if long else "signed"
            stores[f"{name}, {kind}"] = with_box(signed, added, long=long)
    for name, data in stores.items():
        yield Seed("store", name, data)
        yield Seed("credentials", f"{name}, in a PNG", build.png((b"caBX", data)))
        if len(data) < 400_000:
            segments = build.with_segments(jpeg_file(), app11(data))
            yield Seed("credentials", f"{name}, in a JPEG", segments)
    pieces = [build.segment(0xEB, b"JP\0\1\0\0\0\1" + build.box(b"jumb", bytes(20)))] * 15_000
    yield Seed("credentials", "JPEG, many pieces", build.with_segments(jpeg_file(), *pieces))


def gif_seeds() -> Iterator[Seed]:
    """Yield GIF files whose chains of blocks, or their beginnings, are without end."""
    chain = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00" + b"\xff" + b"a" * 255 + b"\0"
    plain = gif_file()
    body = plain.index(b"\x2c")
    for name, blocks in {
        "chains": chain * 1_500,
        "beginnings": b"C2PA_GIF" * 50_000,
        "chain that holds beginnings": b"\x21\xff\x0bC2PA_GIF\x01\x00\x00"
        + (b"\x08C2PA_GIF" * 40_000)
        + b"\0",
    }.items():
        yield Seed("credentials", f"GIF {name}", plain[:body] + blocks + plain[body:])


def nested(depth: int) -> bytes:
    """Return superboxes inside each other."""
    data = b""
    for _ in range(depth):
        data = build.box(b"jumb", described(b"c2ma", b"a"), data)
    return data
