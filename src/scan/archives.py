"""Tar archives as streams: one member after the other, whatever the archive claims.

A reader of our own, as archives may be anybody's: it is linear in the bytes, holds no more than one
member in memory, extracts nothing, and follows no name. Of plain archives and of gzip; ustar, and
the long names of GNU and pax.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, Final, Protocol

from indelible.errors import ImageTooLargeError, UnreadableImageError
from indelible.limits import Limits

__all__ = ["ARCHIVE_SUFFIXES", "Member", "is_archive", "members"]

ARCHIVE_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz")

_BLOCK: Final = 512
_CHUNK: Final = 1 << 20  # bytes that are read, skipped and inflated at once
_MOST_NAME: Final = 64 * 1024  # bytes of a long name, and of pax records
_REGULAR: Final = (b"0", b"\0", b"7")
_LONG_NAME, _PAX, _PAX_ALL, _SPARSE = b"L", b"x", b"g", b"S"
_EMPTY_BLOCKS: Final = 2  # end an archive
# Inflated beyond a gigabyte, pictures take at least a hundredth of that compressed.
_MOST_RATIO: Final = 100
_FREE_BYTES: Final = 1 << 30


def is_archive(name: str) -> bool:
    """Whether a name is that of an archive that is read."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


class _Bytes(Protocol):
    """What an archive is read from."""

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        ...

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        ...


class Member:
    """A file in an archive. It can be read until the next one is asked for.

    Attributes
    ----------
    name : str
        As it stands there: it may say anything, and is only shown.
    size : int
        Bytes.
    """

    def __init__(self, name: str, size: int, source: _Bytes, *, sparse: bool) -> None:
        self.name = name
        self.size = size
        self._source = source
        self._sparse = sparse
        self._left = size + -size % _BLOCK

    def read(self, limits: Limits) -> bytes:
        """Return its content.

        Raises
        ------
        ImageTooLargeError
            If it is over the limit; nothing of it is read then.
        UnreadableImageError
            If the archive ends before it does, or it is stored in pieces.
        """
        if self._sparse:
            raise UnreadableImageError(f"{self.name!r} is stored in pieces (a sparse file)")
        limits.check_bytes(self.size)
        data = self._source.read(self.size)
        self._left -= len(data)
        if len(data) < self.size:
            raise _damaged("it is cut short")
        return data

    def pass_over(self) -> None:
        """Move on to what comes behind it."""
        left, self._left = self._left, 0
        self._source.skip(left)


def members(stream: IO[bytes], name: str) -> Iterator[Member]:
    """Yield the files in an archive, in their order; folders, links and devices are passed over.

    Parameters
    ----------
    stream : binary stream
        The archive, from its beginning.
    name : str
        Its name, whose end says whether it is compressed.

    Raises
    ------
    UnreadableImageError
        If it is no archive, damaged, or cut short: after the members before that.
    """
    compressed = not name.lower().endswith(".tar")
    source: _Bytes = _Inflated(stream) if compressed else _Plain(stream)
    empty = 0
    long_name: str | None = None
    pax: dict[str, str] = {}
    while True:
        block = source.read(_BLOCK)
        if not block:
            return  # without the blocks that end it: some programs write none
        if len(block) < _BLOCK:
            raise _damaged("it is cut short")
        if not block.strip(b"\0"):
            empty += 1
            if empty == _EMPTY_BLOCKS:
                return
            continue
        empty = 0
        _check_sum(block)
        kind, size = block[156:157], _number(block[124:136])
        if kind in (_LONG_NAME, _PAX, _PAX_ALL, b"K"):
            record = _small(source, size)
            if kind == _LONG_NAME:
                long_name = _text(record.split(b"\0", 1)[0])
            elif kind == _PAX:
                pax = _pax(record)
            continue
        if kind not in (*_REGULAR, _SPARSE):
            # Of links and devices nothing follows, whatever their size says; of others, it does.
            if kind not in b"123456":
                source.skip(size + -size % _BLOCK)
            long_name, pax = None, {}
            continue
        sparse = kind == _SPARSE or any(key.startswith("GNU.sparse") for key in pax)
        size = _pax_size(pax, size)
        member = Member(
            pax.get("path") or long_name or _name_in(block), size, source, sparse=sparse
        )
        long_name, pax = None, {}
        yield member
        member.pass_over()


def _check_sum(block: bytes) -> None:
    stored = _number(block[148:156])
    whole = sum(block[:148]) + 8 * 32 + sum(block[156:])
    if stored != whole:
        raise _damaged("a header does not hold")


def _number(field: bytes) -> int:
    """Return a number as archives write it: octal digits, or from 8 GiB on, bytes."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        if field[0] != 0x80 or value >= 1 << 63:
            raise _damaged("a header holds no size")
        return value
    text = field.split(b"\0", 1)[0].strip()
    if any(digit not in b"01234567" for digit in text):
        raise _damaged("a header holds no number")
    return int(text or b"0", 8)


def _name_in(block: bytes) -> str:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _small(source: _Bytes, size: int) -> bytes:
    """Return a record that describes a member."""
    if size > _MOST_NAME:
        raise _damaged("a name in it is longer than any name")
    record = source.read(size)
    if len(record) < size:
        raise _damaged("it is cut short")
    source.skip(-size % _BLOCK)
    return record


def _pax(record: bytes) -> dict[str, str]:
    """Return pax's records: a length in digits, a blank, a name, "=", a value, an end of line."""
    found: dict[str, str] = {}
    start = 0
    while start < len(record):
        digits = record[start : start + 8].split(b" ", 1)[0]
        length = int(digits) if digits.isdigit() else 0
        if not len(digits) + 3 <= length <= len(record) - start:
            raise _damaged("a record in it does not hold")
        key, _, value = record[start + len(digits) + 1 : start + length - 1].partition(b"=")
        found[_text(key)] = _text(value)
        start += length
    return found


def _pax_size(pax: dict[str, str], size: int) -> int:
    text = pax.get("size")
    if text is None:
        return size
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _damaged("a record in it holds no size")
    return int(text)


def _damaged(why: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"The archive is damaged: {why}.", hint="What comes before that was looked at."
    )


class _Plain:
    """An archive as it lies there."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        seekable = getattr(stream, "seekable", None)
        self._seekable = bool(seekable is not None and seekable())

    def read(self, size: int) -> bytes:
        parts = []
        while size > 0:
            part = self._stream.read(min(size, _CHUNK))
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, size: int) -> None:
        if self._seekable and size > _BLOCK:
            try:
                self._stream.seek(size, 1)
            except (OSError, OverflowError, ValueError) as error:
                raise _damaged("a size in it leads nowhere") from error
            return
        while size > 0:
            part = self._stream.read(min(size, _CHUNK))
            if not part:
                return
            size -= len(part)


class _Inflated:
    """An archive in gzip's format, of one piece or several."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(wbits=31)
        self._input = b""
        self._ready = b""
        self._used = 0  # of what is ready
        self._taken = self._given = 0

    def read(self, size: int) -> bytes:
        parts = []
        while size > 0:
            if self._used == len(self._ready):
                self._ready, self._used = self._more(), 0
                if not self._ready:
                    break
            part = self._ready[self._used : self._used + size]
            self._used += len(part)
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, size: int) -> None:
        while size > 0:
            part = self.read(min(size, _CHUNK))
            if not part:
                return
            size -= len(part)

    def _more(self) -> bytes:
        """Inflate a piece; nothing at the end."""
        while True:
            if self._inflate.eof:
                self._input = self._inflate.unused_data.lstrip(b"\0")  # padding of tapes
                self._inflate = zlib.decompressobj(wbits=31)
                if not (self._input or self._fill()):
                    return b""
            elif not (self._input or self._fill()):
                raise _damaged("it is cut short")
            try:
                data = self._inflate.decompress(self._input, _CHUNK)
            except zlib.error as error:
                raise _damaged("what is compressed in it does not hold") from error
            self._input = self._inflate.unconsumed_tail
            self._given += len(data)
            if self._given > _FREE_BYTES + _MOST_RATIO * self._taken:
                raise ImageTooLargeError(
                    "The archive is refused: it inflates to more than "
                    f"{_MOST_RATIO} times its size.",
                    hint="Unpack it yourself if you trust where it comes from.",
                )
            if data:
                return data

    def _fill(self) -> bool:
        self._input = self._stream.read(_CHUNK)
        self._taken += len(self._input)
        return bool(self._input)
