"""Looking for an unmarked picture in whatever comes out of a gateway, as a thief would.

Everything in which a picture can be wrapped is unwrapped, again and again: base64 in both
alphabets, hexadecimal digits, lists of numbers, escapes, compression, archives, pieces over many
events.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import gzip
import hashlib
import io
import json
import re
import urllib.parse
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from PIL import Image

from indelible import watermark
from indelible.watermark import Key

__all__ = ["leaks", "pictures_in"]

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{64,}={0,2}")
_BASE85: Final = re.compile(rb"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{100,}")
_READABLE: Final = re.compile(rb"[\t\n\r -~]{64,}")
_PUNCTUATION: Final = re.compile(rb'\s+|": ?1, ?"|", ?"|"}, ?{"id": ?"|", "object": "model"')
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}){64,}")
_NUMBERS: Final = re.compile(rb"(?:\d{1,3}\s*,\s*){64,}\d{1,3}")
_BEGINNINGS: Final = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF....WEBP|GIF8[79]a|BM....\0\0\0\0|II\*\0|MM\0\*"
    rb"|\0\0\0.ftyp(?:avif|avis|heic|mif1|msf1)|\0\0\0\x0cjP  ",
    re.DOTALL,
)
_WINDOW: Final = 24  # bytes of a canary that nothing else has
_DEEPEST: Final = 5
_MOST_VIEWS: Final = 400


def leaks(canaries: Sequence[bytes], key: Key, body: bytes, headers: str = "") -> list[str]:
    """Name every unmarked picture that can be got out of an answer."""
    found: list[str] = []
    windows = [window for one in canaries for window in _windows(one)]
    for view in _views([body, headers.encode("utf-8", "replace")]):
        if any(window in view for window in windows):
            found.append(f"bytes of an unmarked file, in {view[:40]!r}")
        found += [
            f"a picture {picture.shape} without a mark, in {view[:40]!r}"
            for picture in _carved(view)
            if watermark.detect(picture, key, effort="quick").payload is None
        ]
    return found


def pictures_in(body: bytes) -> list[np.ndarray[Any, Any]]:
    """Return the pixels of every picture that can be got out of an answer."""
    return [picture for view in _views([body]) for picture in _carved(view)]


def _windows(data: bytes) -> Iterator[bytes]:
    """Yield parts of a file's compressed pixels: its middle, after the tables of a JPEG."""
    start = data.rfind(b"\xff\xda") + 16 if data.startswith(b"\xff\xd8") else len(data) // 4
    end = len(data) - max(_WINDOW, (len(data) - start) // 4)
    for place in range(start, end, max(1, (end - start) // 40)):
        window = data[place : place + _WINDOW]
        if len(set(window)) > _WINDOW // 3:
            yield window


def _views(given: Sequence[bytes]) -> Iterator[bytes]:
    """Yield bytes, and everything that they can be unwrapped to."""
    seen: set[bytes] = set()
    waiting = [(one, 0) for one in given]
    while waiting and len(seen) < _MOST_VIEWS:
        view, depth = waiting.pop(0)
        digest = hashlib.sha256(view).digest()
        if not view or digest in seen:
            continue
        seen.add(digest)
        yield view
        if depth < _DEEPEST:
            waiting.extend((inner, depth + 1) for inner in _unwrapped(view))


def _unwrapped(view: bytes) -> Iterator[bytes]:
    yield from _texts(view)
    yield from _streams(view)
    yield from _joined_events(view)


def _texts(view: bytes) -> Iterator[bytes]:
    """Yield what the texts in bytes say."""
    if view.count(b"\0") > len(view) // 3:  # UTF-16
        yield view.replace(b"\0", b"")
    with contextlib.suppress(ValueError):  # a file whose bytes became letters
        yield view.decode("utf-8").encode("latin-1")
    for text in _READABLE.findall(view):
        plain = text.replace(b"\\/", b"/").replace(b"\\n", b"").replace(b"\\r", b"")
        plain = re.sub(rb"\\u00([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), plain)
        if plain.count(b"%") > 16:
            plain = urllib.parse.unquote_to_bytes(plain)
        if plain != text:
            yield plain
        for one in {plain, re.sub(rb"\s+", b"", plain), _PUNCTUATION.sub(b"", plain)}:
            yield from _decoded(one)


def _decoded(text: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(text):
        body = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):  # a word before it may have shifted it
            part = body[start:]
            data = base64.b64decode(part[: len(part) // 4 * 4])
            if start == 0 or _BEGINNINGS.search(data[:64]):
                yield data
        with contextlib.suppress(ValueError):
            yield base64.b32decode(run.rstrip(b"=")[: len(run) // 8 * 8])
    for run in _BASE85.findall(text):
        if _BASE64.fullmatch(run) is None:
            with contextlib.suppress(ValueError):
                yield base64.b85decode(run[: len(run) // 5 * 5])
    for run in _HEX.findall(text):
        yield binascii.unhexlify(run)
    for run in _NUMBERS.findall(text.replace(b"[", b"").replace(b"]", b"")):
        values = [int(one) for one in run.split(b",")]
        if max(values) < 256:
            yield bytes(values)


def _streams(view: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"\x1f\x8b\x08", view):
        try:
            yield gzip.GzipFile(fileobj=io.BytesIO(view[match.start() :])).read(1 << 24)
        except (OSError, EOFError, zlib.error):
            continue
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", view):
        try:
            yield zlib.decompressobj().decompress(view[match.start() :], 1 << 24)
        except zlib.error:
            continue
    if b"PK\x03\x04" in view:
        try:
            with zipfile.ZipFile(io.BytesIO(view)) as archive:
                for member in archive.infolist():
                    yield archive.read(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
            pass


def _joined_events(view: bytes) -> Iterator[bytes]:
    """Yield what the same place says over all events, joined."""
    lines = re.findall(rb"(?m)^data: ?(.*)$", view)
    places: dict[str, list[str]] = {}
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        for place, text in _strings(value, ""):
            places.setdefault(place, []).append(text)
    for texts in places.values():
        if len(texts) > 1:
            yield "".join(texts).encode()
    if len(lines) > 1:
        yield b"".join(lines)


def _strings(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _strings(one, f"{place}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, place)


def _carved(view: bytes) -> Iterator[np.ndarray[Any, Any]]:
    for match in _BEGINNINGS.finditer(view):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with Image.open(io.BytesIO(view[match.start() :])) as opened:
                    if opened.width < 32 or opened.height < 32:
                        continue
                    for frame in range(getattr(opened, "n_frames", 1)):
                        opened.seek(frame)
                        yield from _seen(np.array(opened.convert("RGBA")))
            except Exception:  # noqa: BLE001 - whatever Pillow says of what is no picture
                continue


def _seen(pixels: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """Yield what a file shows, what lies under its transparency, and its transparency."""
    shown, alpha = np.ascontiguousarray(pixels[:, :, :3]), pixels[:, :, 3]
    yield shown
    clear = alpha == 0
    rows = np.flatnonzero(clear.mean(axis=1) > 0.9)
    if len(rows) >= 64 and shown[rows].std() > 8:
        hidden = shown[rows[0] : rows[-1] + 1]
        yield np.ascontiguousarray(hidden)
    if len(np.unique(alpha)) > 16:
        yield np.dstack([alpha, alpha, alpha])
