"""Small files that are as much work as they can be: ``python -m tests.credentials.costly -v``.

Each is read under limits on time and memory that leave room for a slow machine. What once took
minutes or gigabytes is among them.
"""

from __future__ import annotations

import itertools
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.security.fillings import container, gif_blocks, png_chunk
from indelible.credentials import (
    Assertion,
    create_identity,
    has_manifest,
    read,
    sign,
    signing_chains,
)
from indelible.imaging import C2PA_UUID
from tests.credentials.conftest import make_request, picture
from tests.credentials.stores import assertion, box, manifest, many, store, superbox

SECONDS = 10.0
MEGABYTES = 1024
SIZE = 2**20


def containers() -> Iterator[tuple[str, bytes]]:
    """Yield files whose containers take the longest to walk."""
    jpeg = b"\xff\xd8%sc2pa"
    for name, part in (
        ("short segments", b"\xff\xeb\0\2"),
        ("segments", b"\xff\xeb\0\x13JP\2\x11" + bytes(13)),
        ("stores", b"\xff\xeb\0\x1eJP\2\x11" + bytes(20) + b"c2pa"),
        ("fill bytes", b"\xff"),
        ("stuffed bytes", b"\xff\0"),
        ("scans", b"\xff\xda\0\2"),
        ("restarts", b"\xff\xda\0\2\xff\xd0\xff\0"),
    ):
        yield f"JPEG of {name}", jpeg % (part * (SIZE // len(part)))
    head = b"\x89PNG\r\n\x1a\n"
    yield "PNG of chunks", head + png_chunk(b"teSt", b"") * (SIZE // 12) + b"caBX"
    yield "PNG of stores", head + png_chunk(b"caBX", b"") * (SIZE // 12)
    yield "WebP of chunks", b"RIFF\xff\xff\xff\x7fWEBP" + b"TEST\0\0\0\0" * (SIZE // 8) + b"C2PA"
    start = b"GIF89a" + bytes(7)
    yield "GIF of sub-blocks", start + b"!\xfe" + b"\1x" * (SIZE // 2) + b"C2PA_GIF"
    yield "GIF of stores", start + container("gif", b"") * (SIZE // 15)
    inner = b"C2PA_GIF\1\0\0" * (SIZE // 11)
    yield "GIF of names", start + b"!\xff\x0bC2PA_GIF\1\0\0" + gif_blocks(inner)
    pages = (struct.pack("<HI", 0, 14 + 6 * number) for number in range(SIZE // 6))
    yield "TIFF of pages", b"II*\0\x08\0\0\0" + b"".join(pages)
    tags = b"\x41\xcd\7\0\xff\0\0\0\1\0\0\0" * 60_000
    yield "TIFF of tags", b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + tags + bytes(4)
    brand = b"\0\0\0\x10ftypavif\0\0\0\0"
    yield "AVIF of boxes", brand + b"\0\0\0\x08free" * (SIZE // 8) + C2PA_UUID
    yield "AVIF of stores", brand + (b"\0\0\0\x18uuid" + C2PA_UUID) * (SIZE // 24)


def stores() -> Iterator[tuple[str, bytes]]:
    """Yield stores that cost too much, and must not reach the library."""
    yield "boxes", store(manifest(superbox(b"cbor", "a", box(b"free", b"") * 100_000)))
    for label in ("com.example.thing", "c2pa.ingredient.v3"):
        yield f"4000 of {label}", store(manifest(*many(4_000, label)))
    yield "items", store(manifest(assertion("a", [0] * 500_000)))
    yield "maps", store(manifest(assertion("a", [{}] * 500_000)))
    yield "bytes", store(manifest(assertion("a", bytes(4_000_000))))
    yield "letters", store(manifest(assertion("a", "x" * 20_000_000)))
    json = b"[" + b"1," * 600_000 + b"1]"
    yield "JSON", store(manifest(superbox(b"json", "a", box(b"json", json))))
    inner = superbox(b"cbor", "cbor", box(b"cbor", b"\x58\xffcbor" + b"cbor" * 63)) * 600
    yield "boxes in boxes", store(manifest(inner))
    head = struct.pack(">I4sQ", 1, b"jumb", 60) + b"\0\0\0\x1ejumdc2pa"
    yield "a bomb behind a length of 64 bits", head + bytes(13) + b"\x5a\xf0\0\0\0"
    yield "a compressed bomb", store(superbox(b"c2cm", "a", box(b"brob", b"\x1b" * 60_000)))


def signed() -> Iterator[tuple[str, bytes]]:
    """Yield signed pictures close to the limits, which do reach it."""
    with tempfile.TemporaryDirectory() as folder:
        signer = create_identity(Path(folder) / "identity").signer
    thing = "com.example.thing"
    for name, given in (
        ("500 assertions", [Assertion(thing, {"text": "x"})] * 500),
        ("12000 maps", [Assertion(thing, {"list": [{"a": {}}] * 12_000})]),
        ("800 kB of text", [Assertion(thing, {"text": "x" * 800_000})]),
    ):
        request = make_request(assertions=tuple(given))
        data = sign(picture("jpeg"), request, signer).data
        yield name, data


def main() -> int:
    """Read everything, and say what cost too much."""
    files: Iterator[tuple[str, bytes, bytes | None]] = itertools.chain(
        ((name, data, None) for name, data in containers()),
        ((name, picture("png"), data) for name, data in stores()),
        ((name, data, None) for name, data in signed()),
    )
    for name, data, given in files:
        begin = time.process_time()
        report = read(data, manifest_store=given)
        if given is None:
            has_manifest(data)
        else:
            signing_chains(given)
        took = time.process_time() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if took > SECONDS or peak > MEGABYTES:
            sys.stdout.write(f"{name}: {took:.1f} s, {peak:.0f} MB\n")
            return 1
        if "-v" in sys.argv:
            sys.stdout.write(f"{name}: {report.state}, {took:.2f} s, {peak:.0f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
