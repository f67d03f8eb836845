"""Fill the bytes that a manifest's hash leaves out: what the padding attack does, in every dress.

About a thousand bytes of a signature are padding, which nothing signs. `shrunk` takes them out of a
manifest store; `filled` puts the smaller store back into the bytes that the hash leaves out and
fills what was freed. No signature and no hash breaks; only a reader that asks what lies there
notices.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import cbor2
from PIL import Image, ImageCms

from indelible.credentials.store.jumbf import Box, read_boxes
from indelible.imaging import C2PA_UUID, ImageFile

__all__ = ["FILLINGS", "INSIDE", "Room", "filled", "grown", "room_of", "shrunk"]

Filling = Callable[[], bytes]


@dataclass(frozen=True)
class Room:
    """A signed picture, the bytes that its hash leaves out, and its store without padding."""

    kind: str
    data: bytes
    start: int
    end: int
    store: bytes

    @property
    def size(self) -> int:
        """How many bytes are freed."""
        return self.end - self.start - len(container(self.kind, self.store))


def room_of(kind: str, data: bytes) -> Room:
    """Return the room in a signed picture of one of Indelible's formats."""
    found = ImageFile(data).manifest
    if found is None or len(found.container) != 1:
        raise ValueError("the picture has no manifest in one piece")
    span = found.container[0]
    store = shrunk(found.store)
    if len(store) % 2:  # a WebP's chunks begin at even places
        store = shrunk(found.store, bytes(1))
    return Room(kind, data, span.start, span.end, store)


def filled(room: Room, before: bytes = b"", after: bytes = b"", between: bytes = b"") -> bytes:
    """Return the picture with its store shrunk and bytes put before, after, or amid the store.

    What is still free then is taken by something that decoders skip. Only a JPEG's store can have
    something amid it.
    """
    held = container(room.kind, room.store, between)
    free = room.end - room.start - len(held) - len(before) - len(after)
    held = before + held + after + _skipped(room.kind, free)
    if len(held) != room.end - room.start:
        raise ValueError("there is not enough room")
    data = room.data[: room.start] + held + room.data[room.end :]
    if room.kind == "tiff":  # the length in the directory is left out, too
        return _with_length(data, room)
    return data


def shrunk(store: bytes, padding: bytes = b"", **headers: bytes) -> bytes:
    """Return a store whose active signature has this padding, and further headers, unsigned."""
    boxes = read_boxes(store)
    index = max(at for at, box in enumerate(boxes) if box.label == "c2pa.signature") + 1
    tag = cbor2.loads(store[boxes[index].content : boxes[index].end])
    protected, unprotected, payload, signature = tag.value
    new = {name: value for name, value in unprotected.items() if name not in ("pad", "pad2")}
    new |= {"pad": padding, **headers}
    content = cbor2.dumps(cbor2.CBORTag(18, [protected, new, payload, signature]))
    return _replaced(store, boxes, index, store[boxes[index].start :][:8] + content)


def grown(store: bytes, box: bytes) -> bytes:
    """Return a store with one more box at its end."""
    return struct.pack(">I", len(store) + len(box)) + store[4:] + box


def _replaced(store: bytes, boxes: list[Box], index: int, new: bytes) -> bytes:
    """Return a store with another box in the place of one, and all lengths put right."""
    old = boxes[index]
    made = bytearray(store[: old.start] + new + store[old.end :])
    change = len(new) - (old.end - old.start)
    for box in boxes[: index + 1]:
        if box.start <= old.start and box.end >= old.end:
            struct.pack_into(">I", made, box.start, box.end - box.start + change)
    return bytes(made)


# --- containers ---


def container(kind: str, store: bytes, between: bytes = b"") -> bytes:
    """Return what holds a store in a file of a format."""
    match kind:
        case "jpeg":
            half = (len(store) + 1) // 2 if between else 60_000
            pieces = [store[at : at + half] for at in range(0, len(store), half)]
            segments = [
                _app11(number, piece if number == 1 else store[:8] + piece)
                for number, piece in enumerate(pieces, 1)
            ]
            return between.join(segments)
        case "png":
            return png_chunk(b"caBX", store)
        case "webp":
            return b"C2PA" + struct.pack("<I", len(store)) + store
        case "gif":
            return b"!\xff\x0bC2PA_GIF\1\0\0" + gif_blocks(store)
        case "tiff":
            return store
        case _:
            return iso_box(b"uuid", C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + store)


def _app11(number: int, piece: bytes) -> bytes:
    return jpeg_segment(0xEB, b"JP\x02\x11" + struct.pack(">I", number) + piece)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """Return a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a WebP."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def gif_blocks(body: bytes) -> bytes:
    """Return a chain of a GIF's sub-blocks."""
    pieces = [body[at : at + 255] for at in range(0, len(body), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def iso_box(kind: bytes, body: bytes) -> bytes:
    """Return a box of an ISO base media file."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _skipped(kind: str, size: int) -> bytes:
    """Return so many bytes that decoders skip; zeros where there is no room for a header."""
    makers: dict[str, tuple[int, Callable[[int], bytes]]] = {
        "jpeg": (4, lambda size: jpeg_segment(0xFE, bytes(size - 4))),
        "png": (12, lambda size: png_chunk(b"teSt", bytes(size - 12))),
        "webp": (8, lambda size: riff_chunk(b"teSt", bytes(size - 8))[:size]),
        "gif": (3, _gif_comment),
        "tiff": (0, bytes),
        "avif": (8, lambda size: iso_box(b"free", bytes(size - 8))),
    }
    least, maker = makers[kind]
    return maker(size) if size >= least else bytes(max(size, 0))


def _gif_comment(size: int) -> bytes:
    rest = size - 3  # sub-blocks with their lengths, and the end
    blocks = b""
    while rest:
        piece = min(rest, 255) if rest != 256 else 128
        blocks += bytes([piece - 1]) + b"x" * (piece - 1) if piece > 1 else b""
        rest -= piece
    return b"!\xfe" + blocks + b"\0"


def _with_length(data: bytes, room: Room) -> bytes:
    found = ImageFile(room.data).manifest
    if found is None:
        return data
    at = found.optional[0].start
    order = "<" if data[:2] == b"II" else ">"
    return data[:at] + struct.pack(f"{order}I", len(room.store)) + data[at + 4 :]


# --- what is filled in ---


def _other(kind: str) -> bytes:
    """Return another picture, as small as it gets."""
    out = io.BytesIO()
    Image.new("L", (16, 16), 255).save(out, kind, **({"quality": 5} if kind == "JPEG" else {}))
    return out.getvalue()


def _orientation() -> bytes:
    return b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\3\0\0\0\0\0\0"


def _profile() -> bytes:
    made: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    return made


def _short(length: int) -> Filling:
    """Return an APP11 segment of so few bytes, as the attack puts one before the real ones."""
    return lambda: jpeg_segment(0xEB, (b"JP\x02\x11\0\0\0\1" + bytes(40))[: length - 2])


FILLINGS: dict[str, dict[str, Filling]] = {
    "jpeg": {
        "orientation": lambda: jpeg_segment(0xE1, b"Exif\0\0" + _orientation()),
        "profile": lambda: jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + _profile()),
        "picture": lambda: _other("JPEG")[2:],
        "frame": lambda: jpeg_segment(0xC0, b"\x08\0\x20\0\x20\1\1\x11\0"),
        "tables": lambda: jpeg_segment(0xDB, b"\0" + bytes([255]) * 64),
        "end": lambda: b"\xff\xd9",
        "comment": lambda: jpeg_segment(0xFE, b"x"),
        "xmp": lambda: jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
        "no segment": lambda: b"junk",
        **{f"short {length}": _short(length) for length in range(2, 41)},
    },
    "png": {
        "orientation": lambda: png_chunk(b"eXIf", _orientation()),
        "profile": lambda: png_chunk(b"iCCP", b"p\0\0" + zlib.compress(_profile())),
        "gamma": lambda: png_chunk(b"gAMA", struct.pack(">I", 1)),
        "pixels": lambda: png_chunk(b"IDAT", zlib.compress(bytes(100))),
        "palette": lambda: png_chunk(b"PLTE", bytes(768)),
        "transparency": lambda: png_chunk(b"tRNS", bytes(6)),
        "animation": lambda: png_chunk(b"acTL", struct.pack(">II", 1, 0)),
        "header": lambda: png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)),
        "end": lambda: png_chunk(b"IEND", b""),
        "unknown": lambda: png_chunk(b"prIv", b"x"),
    },
    "webp": {
        "orientation": lambda: riff_chunk(b"EXIF", _orientation()),
        "profile": lambda: riff_chunk(b"ICCP", _profile()),
        "picture": lambda: _other("WEBP")[12:],
        "frame": lambda: riff_chunk(b"ANMF", bytes(16) + _other("WEBP")[12:]),
        "xmp": lambda: riff_chunk(b"XMP ", b"<x/>"),
        "alpha": lambda: riff_chunk(b"ALPH", bytes(32)),
        "unknown": lambda: riff_chunk(b"prIv", b"x"),
    },
    "gif": {
        "picture": lambda: b",\0\0\0\0\x10\0\x10\0\0" + b"\x02\x02\x4c\x01\0",
        "transparency": lambda: b"!\xf9\x04\x01\0\0\0\0",
        "loop": lambda: b"!\xff\x0bNETSCAPE2.0\x03\1\0\0\0",
        "comment": lambda: b"!\xfe\x01x\0",
        "text": lambda: b"!\x01\x0c" + bytes(12) + b"\x01x\0",
        "end": lambda: b";",
    },
    "tiff": {"picture": lambda: _other("TIFF"), "text": lambda: b"x"},
    "avif": {
        "free": lambda: iso_box(b"free", _other("JPEG")),
        "skip": lambda: iso_box(b"skip", _other("JPEG")),
        "fragments": lambda: iso_box(b"mfra", _other("JPEG")),
        "brands": lambda: iso_box(b"ftyp", b"avis\0\0\0\0avis"),
        "items": lambda: iso_box(b"meta", bytes(64)),
        "data": lambda: iso_box(b"mdat", bytes(64)),
        "tree": lambda: iso_box(b"uuid", C2PA_UUID + bytes(4) + b"merkle\0" + _other("JPEG")),
        "misaligned": lambda: struct.pack(">I4s", 5, b"free") + b"free" + bytes(3),
    },
}
"""By format: what can be put where the padding was; each breaks no hash of the library's."""


INSIDE: dict[str, Callable[[bytes, int], bytes]] = {
    "padding": lambda store, size: shrunk(store, b"x" * size),
    "header": lambda store, size: shrunk(store, other=b"x" * size),
    "free box": lambda store, size: grown(shrunk(store), iso_box(b"free", b"x" * (size - 8))),
    "unknown box": lambda store, size: grown(shrunk(store), iso_box(b"prIv", b"x" * (size - 8))),
    "behind": lambda store, size: shrunk(store) + b"x" * size,
}
"""What can be put into the store itself: a function of it and of how many bytes to take."""
