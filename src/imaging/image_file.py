"""One encoded picture, carried through a call as one object: what a walk found is found once."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import IO, TypeAlias

from indelible.files import read_bytes
from indelible.imaging._container import Container
from indelible.imaging._located import Located
from indelible.imaging._locating import locate
from indelible.imaging.decoding import decode_container
from indelible.imaging.formats import identify
from indelible.imaging.header import read_container
from indelible.imaging.picture import Header, Picture
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = ["Encoded", "ImageFile", "open_image"]

Encoded: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]"
"""An encoded picture: a path, its bytes, or a binary stream that is read to its end."""


class ImageFile:
    """An encoded picture. Nothing of it is read before it is asked for, and nothing twice.

    Parameters
    ----------
    data : bytes
        The whole file. Its content alone decides what format it is.
    path : Path, optional
        Where it came from.
    limits : Limits, optional
        What the file may demand.

    Notes
    -----
    Two threads that ask for one part at the same time may both read it; they get equal parts.
    """

    def __init__(
        self, data: bytes, *, path: Path | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.data = data
        self.path = path
        self.limits = limits

    @cached_property
    def format(self) -> str:
        """Name of the format, from the content.

        Raises
        ------
        UnreadableImageError, UnsupportedImageError
            No image, or one of a format that Indelible does not read.
        """
        return identify(self.data)

    @cached_property
    def header(self) -> Header:
        """What the file says about its picture; the whole file is walked for it, leniently.

        A file of which a part is missing says so in ``irregular``.

        Raises
        ------
        UnreadableImageError, UnsupportedImageError, ImageTooLargeError
            As `read_header` with ``tolerant``.
        """
        return self._container.header

    @cached_property
    def _container(self) -> Container:
        return read_container(self.data, self.limits, tolerant=True)

    @cached_property
    def manifest(self) -> Located | None:
        """Where the file holds a manifest store; None where it holds none.

        Raises
        ------
        ValueError
            If its place or extent is ambiguous, see `locate`.
        """
        return locate(self.data)

    def decode(self, *, tolerant: bool = False) -> Picture:
        """Return the decoded picture; see `indelible.imaging.decode`."""
        container = self._container
        if container.cut is not None and not tolerant:
            raise container.cut
        return decode_container(container, self.limits, name=self.path, tolerant=tolerant)


def open_image(source: Encoded | ImageFile, *, limits: Limits = DEFAULT_LIMITS) -> ImageFile:
    """Return an encoded picture from a path, bytes or a stream; one that is open already, itself.

    Raises
    ------
    UnreadableImageError
        If it cannot be read.
    ImageTooLargeError
        More than ``max_bytes``.
    """
    if isinstance(source, ImageFile):
        return source
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    return ImageFile(read_bytes(source, limits=limits), path=path, limits=limits)
