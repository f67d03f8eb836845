"""Damage to signed pictures; ``python -m tests.credentials.hostile`` runs the full counts.

Three kinds: single bytes flipped anywhere, structured damage to the containers and the boxes
inside, and manifests transplanted onto other pictures. Whatever is done, only our own errors may
appear, and a picture may stay trusted only if its pixels and everything that is reported about it
are the same as before (some box headers and padding are covered by no hash).
"""

from __future__ import annotations

import argparse
import random
import resource
import struct
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from indelible import imaging
from indelible.credentials import (
    CredentialReport,
    DevelopmentIdentity,
    Trust,
    create_identity,
    extract_store,
    find_signals,
    read,
    sign,
)
from indelible.credentials.store.jumbf import read_boxes
from indelible.errors import IndelibleError
from indelible.imaging import ImageFile
from tests.credentials.conftest import make_request, picture

KINDS = ("jpeg", "png", "webp")
SECONDS = 2.0
MEGABYTES = 512


@dataclass(frozen=True)
class Sample:
    """A signed picture, with all that must not change while it stays trusted."""

    kind: str
    data: bytes
    report: CredentialReport
    pixels: np.ndarray


def make_sample(kind: str, identity: DevelopmentIdentity, *, size: int = 192) -> Sample:
    request = make_request(title="A picture")
    first = sign(picture(kind, seed=1, size=size), request, identity.signer)
    data = sign(first.data, make_request(), identity.signer).data
    report = read(data, trust=identity.trust())
    assert report.state == "trusted"
    return Sample(kind, data, report, imaging.decode(data).pixels)


def complaint(sample: Sample, damaged: bytes, trust: Trust) -> str | None:
    """Return what is wrong with how damaged bytes are read, or None."""
    begin = time.monotonic()
    try:
        report, pixels = _read_all(sample, damaged, trust)
    except Exception as error:  # noqa: BLE001 - what must never happen
        return f"raised {type(error).__name__}: {error}"
    if time.monotonic() - begin > SECONDS:
        return f"took {time.monotonic() - begin:.1f} s"
    if report.state != "trusted":
        return None
    if report.to_dict() != sample.report.to_dict():
        return "trusted, but says something else"
    # A file that our decoder refuses shows nobody another picture.
    same_pixels = pixels is None or np.array_equal(pixels, sample.pixels)
    return None if same_pixels else "trusted, but the pixels are others"


def _read_all(
    sample: Sample, damaged: bytes, trust: Trust
) -> tuple[CredentialReport, np.ndarray | None]:
    report = read(damaged, trust=trust)
    with suppress(IndelibleError):
        extract_store(damaged)
    try:
        image = imaging.decode(damaged)
    except IndelibleError:
        return report, None
    find_signals(image.metadata)
    return report, image.pixels


# --- single bytes ---


def flips(data: bytes, count: int, rng: random.Random) -> Iterator[bytes]:
    """Yield copies with one byte changed, spread evenly over the whole file."""
    for index in range(count):
        position = min(len(data) - 1, int((index + rng.random()) * len(data) / count))
        damaged = bytearray(data)
        damaged[position] ^= rng.choice((1, 0x80, 0xFF, rng.randrange(1, 256)))
        yield bytes(damaged)


# --- structured damage ---


def mutations(sample: Sample, count: int, rng: random.Random) -> Iterator[bytes]:
    """Yield copies with one to three pieces of structured damage."""
    for _ in range(count):
        damaged = sample.data
        for _ in range(rng.randrange(1, 4)):
            damaged = rng.choice((*_ANY, *_OF_KIND[sample.kind]))(damaged, rng)
        yield damaged


def _boxes(data: bytes, rng: random.Random) -> bytes:
    """Damage a JUMBF box where it lies in the file: its length, type, label, or place."""
    at = data.find(b"jumb")
    try:
        found = ImageFile(data).manifest
        boxes = [] if found is None else read_boxes(found.store)
    except ValueError:
        return data  # damaged before
    if not boxes:
        return data
    box = rng.choice(boxes)
    start, content, end = (at - 4 + value for value in (box.start, box.content, box.end))
    damaged = bytearray(data)
    match rng.randrange(6):
        case 0:
            size = rng.choice((0, 1, 7, 8, 0x7FFFFFFF, 0xFFFFFFFF, rng.randrange(2**32)))
            damaged[start : start + 4] = struct.pack(">I", size)
        case 1:
            damaged[start + 4 : start + 8] = rng.choice(
                (b"jumb", b"jumd", b"cbor", b"json", b"\0" * 4)
            )
        case 2:
            del damaged[start:end]
        case 3:
            damaged[start:start] = damaged[start:end]
        case 4:
            damaged[content:end] = rng.randbytes(end - content)
        case _:
            damaged[content:end] = bytes(end - content)
    return bytes(damaged)


_CBOR_LABELS = (
    b"actions",
    b"alg",
    b"hash",
    b"exclusions",
    b"value",
    b"pad",
    b"when",
    b"instanceID",
)


def _cbor(data: bytes, rng: random.Random) -> bytes:
    """Put other CBOR (huge lengths, deep nesting, wrong types) where a known key's value was."""
    at = data.find(rng.choice(_CBOR_LABELS), rng.randrange(len(data)))
    if at < 0:
        return data
    at += rng.randrange(12)
    other = rng.choice(
        (
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\x5a\xf0\0\0\0",
            b"\x7b\0\0\0\xff\0\0\0\0",
            b"\x81" * 60,
            b"\xa1\x61a" * 30,
            b"\xf7\xf6\xfb\x7f\xf0\0\0\0\0\0\0",
            b"\xc2\x58\x20" + b"\xff" * 32,
            b"\x7f\x61a",
            rng.randbytes(8),
        )
    )
    return data[:at] + other + data[at + len(other) :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def _splice(data: bytes, rng: random.Random) -> bytes:
    start, length, at = rng.randrange(len(data)), rng.randrange(1, 2000), rng.randrange(len(data))
    return data[:at] + data[start : start + length] + data[at:]


def _append(data: bytes, rng: random.Random) -> bytes:
    return data + rng.choice((b"\0" * 64, data[:500], rng.randbytes(64)))


def _jpeg_segments(data: bytes, rng: random.Random) -> bytes:
    """Reorder, repeat, drop or damage APP11 segments."""
    segments = []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xD9, 0xDA):
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        segments.append(data[at:end])
        at = end
    app11 = [index for index, item in enumerate(segments) if item[1] == 0xEB]
    if not app11:
        return data
    chosen = rng.choice(app11)
    segment = bytearray(segments[chosen])
    match rng.randrange(6):
        case 0:
            rng.shuffle(segments)
        case 1:
            segments.insert(rng.randrange(len(segments) + 1), bytes(segment))
        case 2:
            del segments[chosen]
        case 3:
            segment[2:4] = struct.pack(">H", rng.randrange(65536))
        case 4 if len(segment) > 12:
            segment[8:12] = struct.pack(">I", rng.choice((0, 1, 2, 2**32 - 1)))
        case _:
            segment[4:6] = b"XX"
    if chosen < len(segments):
        segments[chosen] = bytes(segment)
    return data[:2] + b"".join(segments) + data[at:]


def _png_chunks(data: bytes, rng: random.Random) -> bytes:
    """Reorder, repeat, drop or resize chunks, with checksums put right."""
    chunks = []
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return data
    chosen = rng.randrange(len(chunks))
    kind, body = chunks[chosen]
    wrong_length = 0
    match rng.randrange(5):
        case 0:
            rng.shuffle(chunks)
        case 1:
            chunks.insert(rng.randrange(len(chunks)), (kind, body))
        case 2:
            del chunks[chosen]
        case 3:
            chunks[chosen] = (kind, body[: len(body) // 2] + rng.randbytes(5))
        case _:
            wrong_length = rng.choice((1, 2**31 - 1, 2**32 - 1))
    out = bytearray(data[:8])
    for kind, body in chunks:
        length = wrong_length or len(body)
        out += struct.pack(">I", length) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return bytes(out)


def _riff_sizes(data: bytes, rng: random.Random) -> bytes:
    """Change the size of the RIFF file or of one chunk, or repeat or drop a chunk."""
    places: list[tuple[int, int | None]] = [(4, None)]
    at = 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        places.append((at + 4, at + 8 + length + length % 2))
        at += 8 + length + length % 2
    place, end = rng.choice(places)
    if end is not None and rng.random() < 0.5:
        chunk = data[place - 4 : end]
        return data[: place - 4] + (chunk * 2 if rng.random() < 0.5 else b"") + data[end:]
    size = rng.choice((0, 1, 2**31, 2**32 - 1, rng.randrange(2**32), rng.randrange(len(data))))
    return data[:place] + struct.pack("<I", size) + data[place + 4 :]


Damage = Callable[[bytes, random.Random], bytes]
_ANY: tuple[Damage, ...] = (_boxes, _boxes, _cbor, _cbor, _cut, _splice, _append)
_OF_KIND: dict[str, tuple[Damage, ...]] = {
    "jpeg": (_jpeg_segments,) * 3,
    "png": (_png_chunks,) * 3,
    "webp": (_riff_sizes,) * 3,
}


# --- transplants ---


def transplants(
    identity: DevelopmentIdentity, count: int, rng: random.Random
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (format, another picture, the manifest store of a first one)."""
    for index in range(count):
        kind, other = rng.choice(KINDS), rng.choice(KINDS)
        signed = sign(picture(kind, seed=index), make_request(), identity.signer)
        target = picture(other, seed=index + 1_000_000)
        if other == "jpeg" and kind == "jpeg":
            # The manifest's own segments, moved into the other file.
            start = signed.data.index(b"\xff\xeb")
            end = start
            while signed.data[end : end + 2] == b"\xff\xeb":
                end += 2 + struct.unpack_from(">H", signed.data, end + 2)[0]
            target = target[:2] + signed.data[start:end] + target[2:]
            yield other, target, b""
        else:
            yield other, target, signed.manifest_store


def transplant_complaint(kind: str, data: bytes, store: bytes, trust: Trust) -> str | None:
    report = read(data, trust=trust, manifest_store=store or None)
    return None if report.state == "invalid" else f"a transplanted manifest reads {report.state}"


def main() -> int:
    """Run the full counts and say what fails."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--flips", type=int, default=20_000)
    parser.add_argument("--mutations", type=int, default=5_000)
    parser.add_argument("--transplants", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    complaints: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        identity = create_identity(Path(folder) / "identity")
        trust = identity.trust()
        for kind in KINDS:
            sample = make_sample(kind, identity)
            for name, count, damage in (
                ("flips", options.flips, flips(sample.data, options.flips // 3, rng)),
                ("mutations", options.mutations, mutations(sample, options.mutations // 3, rng)),
            ):
                for item in track(damage, f"{kind} {name}", total=count // 3):
                    found = complaint(sample, item, trust)
                    if found is not None:
                        complaints.append(f"{kind} {name}: {found}")
        moved = transplants(identity, options.transplants, rng)
        for case in track(moved, "transplants", total=options.transplants):
            found = transplant_complaint(*case, trust)
            if found is not None:
                complaints.append(found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if peak > MEGABYTES:
        complaints.append(f"took {peak:.0f} MB")
    for text in complaints[:50]:
        sys.stdout.write(f"{text}\n")
    sys.stdout.write(f"{len(complaints)} complaints; peak memory {peak:.0f} MB\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
