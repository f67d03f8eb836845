"""Where a picture's manifest store lies: what the readers of each container return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["MAX_PARTS", "MAX_STORE", "TWO_STORES", "Located", "Span"]

MAX_STORE: Final = 24 * 1024 * 1024
"""Bytes of a manifest store; large real ones, with many previews, have about 5 MB."""

MAX_PARTS: Final = 200_000
"""Segments, chunks, blocks or boxes of one file that are looked at."""

TWO_STORES: Final = "there is more than one manifest store"


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
