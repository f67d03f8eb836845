"""One encoded picture, carried through a call as one object: what a walk found is found once."""

from __future__ import annotations

import os
from contextlib import suppress
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import IO, TypeAlias

from indelible.errors import ImageError, UnreadableImageError
from indelible.files import read_bytes
from indelible.imaging import structure
from indelible.imaging._container import Container
from indelible.imaging.decoding import decode_container
from indelible.imaging.formats import MANIFEST_TYPES, container_of, identify, media_type_of
from indelible.imaging.header import read_container
from indelible.imaging.metadata import Metadata
from indelible.imaging.picture import Header, Picture
from indelible.imaging.structure import gif, iso
from indelible.imaging.structure.parts import Located, Walk
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = ["Encoded", "ImageFile", "decode", "open_image", "read_header"]

Encoded: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]"
"""An encoded picture: a path, its bytes, or a binary stream that is read to its end."""


class ImageFile:
    """An encoded picture. Nothing of it is read before it is asked for, and nothing twice.

    Parameters
    ----------
    data : bytes
        The whole file. Its content alone decides what format it is.
    path : path-like, optional
        Where it came from. A suffix that stands for another format than the content leaves a note.
    limits : Limits, optional
        What the file may demand.

    Notes
    -----
    Two threads that ask for one part at the same time may both read it; they get equal parts.
    """

    def __init__(
        self,
        data: bytes,
        *,
        path: str | os.PathLike[str] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.data = data
        self.path = None if path is None else Path(path)
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
    def media_type(self) -> str:
        """Media type, from the content, of whatever can hold a manifest.

        Beside the formats that are read that is HEIF with any codec (``image/heif``), Adobe's raw
        format (``image/x-adobe-dng``) and a manifest store alone (``application/c2pa``).

        Raises
        ------
        UnreadableImageError, UnsupportedImageError
            It is nothing that could hold a manifest.
        """
        found = media_type_of(self.data)
        if found == "image/tiff":
            with suppress(ImageError):
                if self._container.raw == "DNG":
                    return MANIFEST_TYPES["dng"]
        return found

    @cached_property
    def walk(self) -> Walk:
        """The segments, chunks, blocks or outermost boxes of the file: everybody's view of it.

        A TIFF file, whose parts lie anywhere, has none here, and neither has an unknown one.
        """
        return structure.walk(self.data, container_of(self.data))

    @cached_property
    def header(self) -> Header:
        """What the file says about its picture, read leniently and without decoding a pixel.

        A file of which a part is missing says so in ``irregular``.

        Raises
        ------
        UnreadableImageError
            No image, empty, damaged, or cut short before there is any part of a picture.
        UnsupportedImageError
            An image of a format or kind that Indelible does not read.
        ImageTooLargeError
            Over one of the limits.
        """
        return self._container.header

    @cached_property
    def metadata(self) -> Metadata:
        """The metadata as they are stored, without decoding a pixel; `decode` returns fitting ones.

        Of HEIC and AVIF those that their boxes hold in the open.

        Raises
        ------
        UnreadableImageError, UnsupportedImageError, ImageTooLargeError
            As `header`.
        """
        found = self._container
        return Metadata(
            found.icc_profile,
            found.exif,
            found.xmp,
            found.iptc,
            found.photoshop,
            found.segments,
            found.text,
            found.dpi,
        )

    @property
    def _container(self) -> Container:
        found = self._taken_apart
        if isinstance(found, ImageError):
            # A copy: one that was raised holds its frames, and they this whole file.
            raise copy(found) from found.__cause__
        return found

    @cached_property
    def _taken_apart(self) -> Container | ImageError:
        """The container, or why there is none: a file that cannot be read is not read again."""
        try:
            self.limits.check_bytes(len(self.data))
            return read_container(self.data, self.format, self.walk, self.limits)
        except ImageError as error:
            return error.with_traceback(None)

    @cached_property
    def manifest(self) -> Located | None:
        """Where the file holds a manifest store; None where it holds none.

        Raises
        ------
        ValueError
            If its place or extent is ambiguous: there are two, it is not whole, pieces are missing,
            or lengths contradict each other.
        """
        return structure.locate(self.data, container_of(self.data), lambda: self.walk)

    @cached_property
    def xmp_packets(self) -> tuple[bytes, ...]:
        """The XMP packets of the file, those first that lie where C2PA puts them.

        What could not be read whole has none but those.
        """
        packets: list[bytes] = []
        for part in self.walk.parts:
            if iso.has_uuid(self.data, part, iso.XMP_UUID):
                packets.append(self.data[part.content + 16 : part.end])
            elif self.data.startswith(gif.XMP_EXTENSION, part.start):
                # The C2PA library writes a chain of sub-blocks, not what XMP asks for.
                chain = gif.joined(self.data, part.content + 12)
                packets.append(chain.partition(gif.XMP_TRAILER[:4])[0])
        with suppress(ImageError):
            if self._container.cut is None and self._container.xmp is not None:
                packets.append(self._container.xmp)
        return tuple(packets)

    def check_whole(self) -> None:
        """Raise for a file of whose picture only a part is there.

        Raises
        ------
        UnreadableImageError, UnsupportedImageError, ImageTooLargeError
            It is cut short or damaged; or as `header`.
        """
        if self._container.cut is not None:
            raise self._container.cut

    def check_regular(self) -> None:
        """Raise for a file that breaks the rules of its format in any way (``header.irregular``).

        For whoever signs its bytes: they must mean the same to every program.

        Raises
        ------
        UnreadableImageError, UnsupportedImageError, ImageTooLargeError
            It does; or as `header`.
        """
        self.check_whole()
        if self.header.irregular:
            raise UnreadableImageError(
                f"{' '.join(self.header.irregular)} It cannot be signed as it is.",
                hint="Programs may show it all the same, but not all of them alike. Open and "
                "re-save the picture, or protect it, which encodes it anew.",
            )

    def decode(
        self, *, tolerant: bool = False, enough: int | None = None, grey: bool = False
    ) -> Picture:
        """Decode the picture; of several frames the first one.

        What is stored otherwise is converted knowingly, and each conversion that loses something
        leaves a note: palettes and YCbCr become RGB, transparency of any kind becomes an alpha
        channel, one bit becomes grey, 10 to 16 bits per channel become 8, CMYK becomes sRGB through
        the file's profile. Grey stays grey, a palette of greys too. The EXIF orientation is
        applied. A colour space that the file describes by numbers (code points, chromaticities,
        gamma) becomes an ICC profile.

        What the file holds beside the picture is in the metadata, or named in the notes. Where a
        file breaks the rules of its format in ways that viewers put up with, the notes say so.

        A JPEG file whose compressed data were damaged, but which is closed properly, decodes to
        what every viewer shows: the format has no checksum.

        Parameters
        ----------
        tolerant : bool, optional
            Decode what viewers show, to look at it: of a picture that is cut short the part that is
            there, of HDR the stored values. A note says so. What is missing is black, grey,
            transparent or, in WebP, arbitrary.
        enough : int, optional
            With so many pixels, a reduced copy of a larger picture will do, where the format's
            codec has one for less than the picture (JPEG has, at a half, a quarter and an eighth
            of the sides). ``Picture.scale`` says how much. Of odd sides the last row and column
            may be missing.
        grey : bool, optional
            With `enough`: a copy may be grey, reduced or not, where that costs less.

        Returns
        -------
        Picture
            Pixels, metadata, header and notes.

        Raises
        ------
        UnreadableImageError
            No image, empty, cut short, or damaged. Half a picture is only returned if `tolerant`.
        UnsupportedImageError
            An image of a format or kind that Indelible does not read, such as HDR or a camera raw
            file.
        ImageTooLargeError
            Over one of the limits, or more than the memory holds.
        MissingDependencyError
            HEIC without pi-heif.
        """
        if not tolerant:
            self.check_whole()
        return decode_container(
            self._container,
            self.limits,
            name=self.path,
            tolerant=tolerant,
            enough=enough,
            grey=grey,
        )


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
    path = source if isinstance(source, str | os.PathLike) else None
    return ImageFile(read_bytes(source, limits=limits), path=path, limits=limits)


def decode(
    data: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    name: str | os.PathLike[str] | None = None,
    tolerant: bool = False,
) -> Picture:
    """Decode an image file from its bytes; see `ImageFile.decode`, and `ImageFile` for the rest."""
    return ImageFile(data, path=name, limits=limits).decode(tolerant=tolerant)


def read_header(
    data: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    tolerant: bool = False,
    exact: bool = False,
) -> Header:
    """Return the header of an image file; see `ImageFile.header`.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : Limits, optional
        What it may demand.
    tolerant : bool, optional
        Accept a file of whose picture only a part is left; its header says so in ``irregular``.
    exact : bool, optional
        Refuse a file that breaks the rules of its format in any way.
    """
    image = ImageFile(data, limits=limits)
    if exact:
        image.check_regular()
    elif not tolerant:
        image.check_whole()
    return image.header
