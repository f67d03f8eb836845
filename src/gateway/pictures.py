"""Whether something is, or holds, a picture: the last look at what is about to be passed on.

What is passed on has to be text that a person could read. A picture in any dress is found by how
files begin (as bytes, base64, base64url, hex, data URL; in archives, too), and whatever is too long
to be a word is taken for one: nobody here decodes it to see.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Tail",
    "begins_as_picture",
    "holds_file",
    "holds_picture",
    "is_opaque",
    "links_picture",
    "listed_numbers",
]

# Anywhere in bytes: long enough not to come up by chance.
_MARKS: Final = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff[\xc0-\xc4\xdb\xe0-\xef\xfe]|GIF8[79]a|II\*\0|MM\0\*|II\+\0"
    rb"|MM\0\+|RIFF[\0-\xff]{4}WEBP|ftyp(?:avif|avis|heic|heix|hevc|mif1|msf1|isom|mp4|iso\d|qt  )"
    rb"|\0\0\0\x0cJXL |\0\0\0\x0cjP  |\xff\x4f\xff\x51|8BPS\0\x01|DDS \x7c|qoif\0|#\?RADIANCE"
    rb"|\x1aE\xdf\xa3|OggS\0|%PDF-\d|FLV\x01\x05"
)
# At the beginning only; archives and compressed data are looked into by nobody.
_BEGINNINGS: Final = (
    b"\xff\x0a", b"\0\0\1\0", b"\0\0\2\0", b"v/1\x01", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b",
    b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd", b"\x78\x01\xed",
    b"\x78\x9c", b"\x78\xda", b"\x04\x22\x4d\x18",
)  # fmt: skip
_LONG_BEGINNINGS: Final = (
    *(one for one in _BEGINNINGS if len(one) > 3),
    b"\x1f\x8b\x08\0",
    b"\x1f\x8b\x08\x08",
)
_PNM: Final = re.compile(rb"P[1-7]\s+(?:#[^\n]*\n\s*)*\d+\s+\d+\s|P7\n|P[fF]\n\d+ \d+\n")
_BMP: Final = re.compile(rb"BM[\0-\xff]{4}\0\0\0\0[\0-\xff]{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0")
_SVG: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]"
)

_DATA_URL: Final = re.compile(
    r"data:\s*(?:(?:image|video|audio)/[\w.+-]+[^,\s]{0,200},[^\s\"']{16}"
    r"|[^,\s]{0,200};\s*base64,\s*[\w+/%-]{16})",
    re.IGNORECASE,
)
# Each from where a run of its letters begins, so that a search takes one look at every letter.
_WORD: Final = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{20,}+")
_DENSE: Final = re.compile(  # base85, and the like
    r"(?<![0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-])[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{640,}+"
)
_HEX_BYTES: Final = re.compile(  # " 89 50 4E", "\\x89\\x50", "%89%50"
    r"(?<![0-9A-Fa-f])(?:(?:0x|\\x|%|=|\\u00)?[0-9A-Fa-f]{2}[ ,:;\t\r\n]{0,2}+){24,}+"
)
_DECIMAL_BYTES: Final = re.compile(r"(?<!\d)(?:\d{1,3}[ ,;\t\r\n]{1,3}+){24,}+")
_ASCII85: Final = re.compile(r"<~[!-uz\s]{40,}+")
_BASE64_MAGIC: Final = re.compile(
    r"iVBORw0KGg|/9j/[\w+/]{4}|_9j_[\w-]{4}|R0lGOD[dl]h|UklGR[\w+/-]{6}XRUJQ|SUkqA|TU0AK|AAAA[\w+/-]GZ0eX"
)
_LINK: Final = re.compile(
    r"!\[[^\]\n]{0,200}\]\(\s{0,8}<?\s{0,8}(?:https?:|//|/)|<img\b"
    r"|<(?:image|picture|source|object|embed|video)\b[^<>]{0,400}?=\s{0,8}[\"']?(?:https?:|//)",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(r"!\[[^\]\n]{0,200}\]\[[^\]\n]{0,200}\]")  # "![a][1]", and below:
_DEFINITION: Final = re.compile(
    r"^ {0,3}\[[^\]\n]{1,200}\]:\s{0,8}<?(?:https?:|//)", re.IGNORECASE | re.MULTILINE
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_LONGEST_WORD: Final = 256  # of base64's letters: nothing to read is as long, and 192 bytes are few
_LONGEST_ID: Final = 48  # bytes; in one, the two that archives begin with come up by chance
_LINE: Final = 32
_LONGEST_LINES: Final = 512  # of base64 that is broken into lines
_GAP: Final = 4  # letters between two lines of one encoded text
_MOST_BYTES: Final = 64  # numbers from 0 to 255 in a row
_MOST_NUMBERS: Final = 4096  # of one list
_LARGEST: Final = 1 << 64  # integer; a larger one is no number but bytes
_KINDS: Final = bytes(
    0 if chr(at).islower() else 1 if chr(at).isupper() else 2 for at in range(128)
) + bytes(128)
_NO_LETTERS: Final = bytes(at for at in range(128) if not chr(at).isalnum())
_LEAST_JUMBLE: Final = 256  # letters of a text that is judged by them
_WINDOW: Final = 512  # letters at a time
_MOST_CHANGES: Final = 0.42  # of all letters; base64 has .65, lists of names of models .35
_LEAST_SHARE: Final = 0.15  # of capitals, and of small letters; hexadecimal digits have one of them
_MOST_TEXT: Final = 2 << 20  # letters that are looked at: nobody reads as much
_SHORT: Final = 3  # letters that words repeat by chance
_TAIL: Final = 700  # letters of a stream that are remembered


def begins_as_picture(data: bytes) -> bool:
    """Whether bytes begin as the file of a picture, a video, or an archive that may hold one."""
    head = data[:4096]
    if head.startswith(_BEGINNINGS) or data[4:8] == b"ftyp":
        return True
    return any(pattern.match(head) for pattern in (_MARKS, _PNM, _BMP, _SVG))


def holds_file(data: bytes) -> bool:
    """Whether the file of a picture begins anywhere in bytes."""
    return _MARKS.search(data) is not None


def is_opaque(data: bytes) -> bool:
    """Whether bytes are, or hold, a picture, or are nothing that could be read as text."""
    if begins_as_picture(data) or _MARKS.search(data):
        return True
    try:
        return _text_holds(data.decode("utf-8"))
    except UnicodeDecodeError:
        return True


def holds_picture(value: object) -> bool:
    """Whether JSON-ready data hold a picture in any of their texts, names or lists.

    Parameters
    ----------
    value : object
        As a parser returns it; its depth is bounded by who parsed it.
    """
    length = 0
    texts: list[str] = []
    for text in _texts(value):
        length += len(text)
        if length > _MOST_TEXT or _text_holds(text):
            return True
        texts.append(text)
    return _is_jumble("".join(texts)) or _lists_hold(value) or listed_numbers(value) > _MOST_NUMBERS


def listed_numbers(value: object) -> int:
    """Return how many numbers stand in lists, and in lists of these."""
    if isinstance(value, Mapping):
        return sum(listed_numbers(one) for one in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        own = sum(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        return own + sum(listed_numbers(one) for one in value)
    return 0


def links_picture(value: object) -> bool:
    """Whether texts in JSON-ready data show a picture by its address, in Markdown or in HTML."""
    return any(_links(text) for text in _texts(value))


def _links(text: str) -> bool:
    if _LINK.search(text) is not None:
        return True
    return _REFERENCE.search(text) is not None and _DEFINITION.search(text) is not None


class Tail:
    """The last letters of texts that arrive in pieces, so that no picture passes in pieces."""

    def __init__(self) -> None:
        self._seen: dict[object, str] = {}
        self._last: dict[object, str] = {}
        self._numbers = 0

    def holds_numbers(self, value: object) -> bool:
        """Whether all events together list as many numbers as a picture has."""
        self._numbers += listed_numbers(value)
        return self._numbers > _MOST_NUMBERS

    def holds_picture(self, key: object, piece: str) -> bool:
        """Whether a text holds a picture with this piece at its end.

        Parameters
        ----------
        key : hashable
            Which of several texts.
        piece : str
            What is new of it.
        """
        if len(piece) > _SHORT and self._last.get(key) == piece:
            return False  # says again what it said
        self._last[key] = piece[-_TAIL:]
        text = self._seen.get(key, "") + piece
        if key not in self._seen and len(self._seen) >= 64:
            return True  # nobody talks in so many voices
        self._seen[key] = text[-_TAIL:]
        return _text_holds(text) or _is_jumble(text) or _links(text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        words = [one for one in value if isinstance(one, str)]
        if len(words) > 1:
            yield from _joined(words)
        for one in value:
            yield from _texts(one)


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Yield what words are together, where it is a picture that was cut."""
    text = "".join(words)
    if _says_picture(text):
        yield text


def _lists_hold(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_lists_hold(one) for one in value.values())
    if isinstance(value, int) and not isinstance(value, bool):
        return not -_LARGEST <= value <= _LARGEST
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        numbers = [one for one in value if isinstance(one, int | float)]
        if len(numbers) > _MOST_NUMBERS:
            return True
        small = [one for one in numbers if isinstance(one, int) and 0 <= one <= 255]
        if len(small) >= _MOST_BYTES and len(small) == len(numbers):
            return True
        return any(_lists_hold(one) for one in value)
    return False


def _text_holds(text: str) -> bool:
    """Whether a text is, or quotes, a picture."""
    if len(text) < 6:
        return False
    if _CONTROL.search(text) or _says_picture(text) or _says_picture("".join(text.split())):
        return True
    if any(_is_mark(data) for data in (*_hex_bytes(text), *_decimal_bytes(text))):
        return True
    if _ASCII85.search(text):
        return True
    return _DENSE.search(text) is not None or _words_hold(text)


def _is_jumble(text: str) -> bool:
    """Whether there are words, of whatever length, whose letters change their kind all the time.

    In base64 capitals, small letters and digits follow one another by chance, two of three times in
    another kind than before. In words it is one of fifty, in code one of five.
    """
    kinds = np.frombuffer(
        text.encode("ascii", "ignore").translate(_KINDS, _NO_LETTERS), dtype=np.uint8
    )
    if kinds.size < _LEAST_JUMBLE:
        return False
    window = min(kinds.size, _WINDOW)
    starts = np.arange(0, kinds.size - window + 1, window // 2)
    starts = np.append(starts, kinds.size - window)

    def share(found: NDArray[np.bool_]) -> NDArray[np.float64]:
        sums = np.concatenate([[0], np.cumsum(found)])
        return np.asarray((sums[starts + window - 1] - sums[starts]) / (window - 1))

    changes = share(kinds[1:] != kinds[:-1])
    capitals, small = share(kinds[:-1] == 1), share(kinds[:-1] == 0)
    jumbled = (changes > _MOST_CHANGES) & (capitals > _LEAST_SHARE) & (small > _LEAST_SHARE)
    return bool(jumbled.any())


def _says_picture(text: str) -> bool:
    return _BASE64_MAGIC.search(text) is not None or _DATA_URL.search(text) is not None


def _words_hold(text: str) -> bool:
    """Whether words that could be base64 or hex are too long to be read, or begin as a picture."""
    together, end = 0, -1
    for found in _WORD.finditer(text):
        word = found.group()
        if len(word) >= _LONGEST_WORD:
            return True
        if len(word) >= _LINE:
            together = (together if found.start() - end <= _GAP else 0) + len(word)
            end = found.end()
            if together >= _LONGEST_LINES:
                return True
        if any(_is_mark(data) for data in _decoded(word)):
            return True
    return False


def _is_mark(data: bytes) -> bool:
    return _MARKS.search(data) is not None or (len(data) >= _LONGEST_ID and begins_as_picture(data))


def _decoded(word: str) -> Iterator[bytes]:
    """Yield what a word says, read from each of its first letters."""
    letters = word.replace("-", "+").replace("_", "/").rstrip("=")
    for offset in range(4):
        part = letters[offset:]
        try:
            yield base64.b64decode(part[: len(part) // 4 * 4])
        except (binascii.Error, ValueError):
            return


def _hex_bytes(text: str) -> Iterator[bytes]:
    """Yield what pairs of hexadecimal digits say, read from either digit."""
    for found in _HEX_BYTES.finditer(text):
        digits = re.sub(r"0x|\\x|\\u00|[^0-9A-Fa-f]", "", found.group())
        for start in (0, 1):
            part = digits[start:]
            yield bytes.fromhex(part[: len(part) // 2 * 2])


def _decimal_bytes(text: str) -> Iterator[bytes]:
    """Yield what numbers from 0 to 255 in a row say."""
    for found in _DECIMAL_BYTES.finditer(text):
        numbers = [int(one) for one in re.findall(r"\d+", found.group())]
        if max(numbers) <= 255:
            yield bytes(numbers)
