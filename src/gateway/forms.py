"""Forms (``multipart/form-data``): taken apart by searches alone, and put together again.

A parser in Python takes a minute for a body of line ends, and the framework's own writes larger
parts to disk, where a picture has no business.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from python_multipart.multipart import parse_options_header

from indelible.gateway.errors import GatewayError

__all__ = ["Part", "build", "parse"]

_MOST_PARTS: Final = 128
_MOST_HEAD: Final = 4096  # of a part
_MOST_TEXT: Final = 1 << 20  # of a part that is no file; prompts are long these days
_MOST_BOUNDARY: Final = 70  # RFC 2046


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form.

    Attributes
    ----------
    name : str
        The field.
    data : bytes
        What it holds.
    media_type : str or None
        Of a file; None where the part is a text.
    """

    name: str
    data: bytes = field(repr=False)
    media_type: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it came with a name of a file, or with a type of its own."""
        return self.media_type is not None


def parse(body: bytes, content_type: str) -> list[Part]:
    """Return the parts of a form, in their order.

    Parameters
    ----------
    body : bytes
        The form.
    content_type : str
        The header that names its boundary.

    Raises
    ------
    GatewayError
        400, if it cannot be read.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    mark = b"\r\n--" + boundary
    place = len(mark) - 2 if body.startswith(mark[2:]) else body.find(mark) + len(mark)
    if not 0 < len(boundary) <= _MOST_BOUNDARY or place < len(mark) - 2:
        raise _bad()
    found: list[Part] = []
    while len(found) <= _MOST_PARTS:
        if body.startswith(b"--", place):
            return found
        head = body.find(b"\r\n\r\n", place, place + _MOST_HEAD)
        end = body.find(mark, head + 2)
        if not body.startswith(b"\r\n", place) or head < 0 or end < 0:
            break
        found.append(_part(body[place + 2 : head], body[head + 4 : max(head + 4, end)]))
        place = end + len(mark)
    raise _bad()


def build(parts: Iterable[Part]) -> tuple[bytes, str]:
    """Return a form, and its content type.

    Names of files are made up here: one that a client chose is nobody's business.
    """
    boundary = secrets.token_hex(24)
    pieces: list[bytes] = []
    for number, part in enumerate(parts):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'
        if part.media_type is not None:
            suffix = part.media_type.partition("/")[2] or "bin"
            head += f'; filename="picture-{number}.{suffix}"\r\nContent-Type: {part.media_type}'
        pieces += [f"{head}\r\n\r\n".encode(), part.data, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


def _part(head: bytes, data: bytes) -> Part:
    name: bytes | None = None
    is_file = False
    for line in head.split(b"\r\n"):
        title, _, value = line.partition(b":")
        match title.strip().lower():
            case b"content-disposition" if name is None:
                _, options = parse_options_header(value.strip())
                name = options.get(b"name", b"")
                is_file = is_file or b"filename" in options or b"filename*" in options
            case b"content-type":
                main, _ = parse_options_header(value.strip())
                is_file = is_file or main != b"text/plain"
            case b"content-disposition" | b"content-transfer-encoding" | b"content-encoding":
                raise _bad()  # what it says could be read in two ways
            case _:
                pass
    field_name = _field(name)
    if not is_file and len(data) > _MOST_TEXT:
        raise _bad()
    return Part(field_name, data, "application/octet-stream" if is_file else None)


def _field(name: bytes | None) -> str:
    """Return a field's name, of harmless letters only: it is written into the upstream's form."""
    text = (name or b"").decode("ascii", "replace")
    if not 0 < len(text) <= 64 or not all(one.isalnum() or one in "_-.[]" for one in text):
        raise _bad()
    if not text.isascii():
        raise _bad()
    return text


def _bad() -> GatewayError:
    return GatewayError(400, "bad_form", "The form cannot be read.")
