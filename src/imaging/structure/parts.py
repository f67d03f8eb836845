"""What a walk through a file finds: its parts, and among them the manifest store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

__all__ = [
    "DAMAGED_STORE",
    "MAX_PARTS",
    "MAX_STORE",
    "TWO_STORES",
    "Located",
    "Segment",
    "Span",
    "Walk",
]

MAX_STORE: Final = 24 * 1024 * 1024
"""Bytes of a manifest store; large real ones, with many previews, have about 5 MB."""

MAX_PARTS: Final = 100_000
"""Chunks, blocks or boxes of one file that are looked at.

Enough for chunks of 8 kB in a file of the largest size; more are an attack on time and memory.
"""

TWO_STORES: Final = "there is more than one manifest store"
DAMAGED_STORE: Final = "the part of the file that holds it is damaged"


class Segment(NamedTuple):
    """A part of a file that begins with a header: what it is, and where it and its content lie.

    Attributes
    ----------
    kind : bytes
        A JPEG's marker without 0xFF; the type of a PNG's or WebP's chunk, or of a box; of a GIF's
        block the introducer and, in an extension, the label.
    start, content, end : int
        Where it begins, where its content begins, and where it ends, as offsets in the file.
    """

    kind: bytes
    start: int
    content: int
    end: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The parts of a file in order, and how the walk through them ended.

    Attributes
    ----------
    parts : tuple of Segment
        Those that are whole.
    end : int
        Where the walk ended: behind the part that ends the picture; else where the next part
        should be, or is and is not whole.
    broken : Segment or None
        The part at `end` that is not whole: its own length leads beyond the file, or is impossible.
    too_many : bool
        Whether the walk was given up because there are more parts than any picture has.
    """

    parts: tuple[Segment, ...] = field(repr=False)
    end: int
    broken: Segment | None = None
    too_many: bool = False


class Span(NamedTuple):
    """Bytes of a file: from `start` up to, but not including, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Located:
    """A manifest store, and the bytes of the file that hold it.

    Attributes
    ----------
    store : bytes
        The manifest store (JUMBF).
    container : tuple of Span
        The container's own bytes: segments, a chunk, a block or a box with its header, or the value
        of a tag. Ascending and not adjacent, so that it is one span in nearly all files.
    optional : tuple of Span
        Further bytes that belong to the container, which a signature may cover or leave out: a
        padding byte, or the length in a TIFF directory.
    """

    store: bytes
    container: tuple[Span, ...]
    optional: tuple[Span, ...] = ()
