"""Hostile files, made from good ones: truncations, flipped bits, and surgery on the structure.

Everything here is deterministic: the same data and the same seed give the same file, so that a
failure names the file that caused it. For use by the tests of every package that reads files::

    for label, data in hostile.mutations(good, count=300):
        ...
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

Pieces = list[bytes]


class Mutation(NamedTuple):
    """A hostile file, and what was done to it."""

    label: str
    data: bytes


def mutations(data: bytes, *, count: int, seed: int = 0) -> Iterator[Mutation]:
    """Yield hostile variants of a good file; half of them with a damaged structure."""
    for number in range(seed, seed + count):
        yield mutate(data, number)


def mutate(data: bytes, seed: int) -> Mutation:
    """Return one hostile variant of a good file."""
    rng = random.Random(seed)
    kinds: list[Callable[[bytes, random.Random], Mutation]] = [
        truncate,
        flip_bits,
        overwrite,
        surgery,
        surgery,
        surgery,
    ]
    mutation = rng.choice(kinds)(data, rng)
    return Mutation(f"{mutation.label} (seed {seed})", mutation.data)


def truncate(data: bytes, rng: random.Random) -> Mutation:
    """Cut a file short, near its end as often as anywhere."""
    end = rng.randrange(len(data)) if rng.random() < 0.5 else len(data) - rng.randint(1, 64)
    return Mutation(f"cut to {max(end, 0)} bytes", data[: max(end, 0)])


def flip_bits(data: bytes, rng: random.Random) -> Mutation:
    """Flip one to eight bits, in the first kilobyte as often as anywhere."""
    flipped = bytearray(data)
    reach = min(len(data), 1024) if rng.random() < 0.5 else len(data)
    places = [rng.randrange(reach) for _ in range(rng.randint(1, 8))]
    for place in places:
        flipped[place] ^= 1 << rng.randrange(8)
    return Mutation(f"flipped bits at {places}", bytes(flipped))


def overwrite(data: bytes, rng: random.Random) -> Mutation:
    """Overwrite a run of bytes with zeros, ones, or noise."""
    length = rng.randint(1, 64)
    at = rng.randrange(max(len(data) - length, 1))
    filling = rng.choice([b"\0" * length, b"\xff" * length, rng.randbytes(length)])
    return Mutation(f"overwrote {length} bytes at {at}", data[:at] + filling + data[at + length :])


def surgery(data: bytes, rng: random.Random) -> Mutation:
    """Drop, repeat, swap, rename, resize or empty a part of the structure."""
    name, split = _splitter(data)
    pieces = split(data)
    at = rng.randrange(len(pieces))
    other = rng.randrange(len(pieces))
    operation = rng.choice(["drop", "repeat", "swap", "cut", "empty", "lie", "rename", "many"])
    if operation == "drop":
        del pieces[at]
    elif operation == "repeat":
        pieces.insert(other, pieces[at])
    elif operation == "swap":
        pieces[at], pieces[other] = pieces[other], pieces[at]
    elif operation == "cut":
        pieces[at] = pieces[at][: rng.randrange(len(pieces[at]) + 1)]
    elif operation == "empty":
        pieces[at] = _edit(name, pieces[at], rng, body=b"")
    elif operation == "lie":
        pieces[at] = _lie(name, pieces[at], rng)
    elif operation == "rename":
        pieces[at] = _edit(name, pieces[at], rng)
    else:
        pieces[at:at] = [pieces[at]] * rng.randint(2, 300)
    return Mutation(f"{name}: {operation} piece {at}, other {other}", b"".join(pieces))


def _splitter(data: bytes) -> tuple[str, Callable[[bytes], Pieces]]:
    if data.startswith(b"\x89PNG"):
        return "png", png_chunks
    if data.startswith(b"\xff\xd8"):
        return "jpeg", jpeg_segments
    if data.startswith(b"RIFF"):
        return "webp", riff_chunks
    return "other", _slices


def png_chunks(data: bytes) -> Pieces:
    """Split a good PNG file into its signature and its chunks."""
    pieces = [data[:8]]
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        pieces.append(data[at : at + 12 + length])
        at += 12 + length
    return pieces


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a PNG chunk with a right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_segments(data: bytes) -> Pieces:
    """Split a good JPEG file into its segments; compressed data are a piece of their own."""
    pieces = [data[:2]]
    at = 2
    while at < len(data):
        if data[at + 1] == 0xD9:
            pieces.append(data[at:])
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        pieces.append(data[at:end])
        if data[at + 1] == 0xDA:
            start = end
            while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7:
                end += 1
            pieces.append(data[start:end])
        at = end
    return pieces


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """Return a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def riff_chunks(data: bytes) -> Pieces:
    """Split a good WebP file into its file header and its chunks, padding included."""
    pieces = [data[:12]]
    at = 12
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        end = at + 8 + length + length % 2
        pieces.append(data[at:end])
        at = end
    return pieces


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a RIFF chunk, padded to an even length."""
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff_file(*chunks: bytes) -> bytes:
    """Return a WebP file made of chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _slices(data: bytes) -> Pieces:
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def _edit(name: str, piece: bytes, rng: random.Random, *, body: bytes | None = None) -> bytes:
    """Return a piece with another type (or, with `body`, another content) and the rest sound."""
    if name == "png" and len(piece) >= 12:
        kind = piece[4:8]
        if body is None:
            kind = rng.choice(
                [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"iCCP", b"zTXt", b"acTL", b"fdAT"]
            )
        return png_chunk(kind, piece[8:-4] if body is None else body)
    if name == "jpeg" and len(piece) >= 4 and piece[0] == 0xFF:
        marker = rng.randrange(0xC0, 0xFF) if body is None else piece[1]
        return jpeg_segment(marker, piece[4:] if body is None else body)
    if name == "webp" and len(piece) >= 8 and not piece.startswith(b"RIFF"):
        kind = piece[:4]
        if body is None:
            kind = rng.choice([b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANMF", b"ICCP", b"EXIF"])
        return riff_chunk(kind, piece[8:] if body is None else body)
    return rng.randbytes(len(piece)) if body is None else body


def _lie(name: str, piece: bytes, rng: random.Random) -> bytes:
    """Return a piece whose length field is wrong."""
    lie = rng.choice([0, 1, 2, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(piece) + 1])
    if name == "png":
        return struct.pack(">I", lie) + piece[4:]
    if name == "jpeg":
        return piece[:2] + struct.pack(">H", lie & 0xFFFF) + piece[4:]
    if name == "webp":
        return piece[:4] + struct.pack("<I", lie) + piece[8:]
    return struct.pack(">I", lie) + piece[4:]
