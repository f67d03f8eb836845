"""Marking a picture and nothing else; and opening one for what `protect` does besides."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from indelible import arguments, credentials, imaging
from indelible.choices import DEFAULT_STRENGTH, Strength
from indelible.errors import (
    EmbeddingFailedError,
    UnsupportedImageError,
)
from indelible.imaging import Limits
from indelible.imaging.sources import ImageInput, open_source
from indelible.protection.markable import MarkablePicture
from indelible.protection.publishing import Output, check_free, show
from indelible.protection.result import MarkedFile
from indelible.watermark import Key

__all__ = ["chosen_format", "mark_file", "open_picture"]


def open_picture(
    image: ImageInput,
    output: Output,
    *,
    format: str | None,
    quality: int | None,
    lossless: bool,
    fast: bool,
    strip: bool,
    overwrite: bool,
    limits: Limits,
) -> MarkablePicture:
    """Open the picture that one call is about, fitted to its output; all is checked before.

    Parameters
    ----------
    image, output, format, quality, lossless, fast, strip, overwrite
        As for `mark_file`.
    limits : Limits
        What the picture may demand.

    Raises
    ------
    ArgumentError
        If an argument is invalid; the error names it.
    ImageError
        If the input is no picture, is animated, or exceeds the limits; or if its output's format
        cannot be written.
    OutputError
        If the output exists and may not be replaced, or is nothing that can be written.
    """
    arguments.check_image(image)
    arguments.check_output(output)
    format = arguments.as_format(format)
    quality = arguments.as_number("quality", quality, 1, 100)
    lossless = arguments.as_flag("lossless", lossless)
    fast = arguments.as_flag("fast", fast)
    strip = arguments.as_flag("strip", strip)
    check_free(output, overwrite=arguments.as_flag("overwrite", overwrite))
    source = open_source(image, limits)
    return MarkablePicture(
        source,
        chosen_format(format, output, source.format),
        quality=quality,
        lossless=lossless,
        fast=fast,
        strip=strip,
        limits=limits,
    )


def mark_file(
    image: ImageInput,
    output: Output = None,
    *,
    payload: bytes,
    key: Key | Sequence[Key],
    strength: Strength = DEFAULT_STRENGTH,
    format: str | None = None,
    quality: int | None = None,
    lossless: bool = False,
    fast: bool = False,
    strip: bool = False,
    overwrite: bool = False,
    limits: Limits | None = None,
) -> MarkedFile:
    """Mark a picture invisibly with an id of your own, and nothing else.

    No manifest is signed and nothing is registered: what the id stands for is yours to remember.
    The mark is looked for in the encoded file before anything is written. Nothing of the user's
    configuration is read.

    Parameters
    ----------
    image : path, bytes, binary stream, ndarray or PIL image
        An encoded picture, or pixels: uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey, 0 to 255.
        ICC profile, EXIF, XMP and alpha are kept where the format can hold them. A manifest is
        not: it would not fit the marked file.
    output : path, binary stream or bytearray, optional
        Where the marked picture goes; a bytearray is appended to. Without it, take the picture
        from the result's ``data``.
    payload : bytes
        The id, exactly 8 bytes.
    key : Key or sequence of Key
        The watermark key. The first of several marks; older marks of all of them are taken out.
    strength : {"robust", "balanced", "discreet"}
        "robust" survives more, "discreet" is seen less.
    format : str, optional
        "jpeg", "png", "webp", ...; by default that of the output's name, else the input's own.
    quality : int, optional
        Encoder quality, 1 to 100; by default the format's own.
    lossless : bool
        Encode without loss, where the format leaves the choice (WebP).
    fast : bool
        Encode PNG and WebP in half the time, for files that are a little longer or worse
        (docs/performance.md).
    strip : bool
        Keep no metadata but the ICC profile.
    overwrite : bool
        Replace an existing output.
    limits : Limits, optional
        Sizes above which a picture is refused from its header.

    Returns
    -------
    MarkedFile
        The marked picture.

    Raises
    ------
    ArgumentError
        If an argument is invalid; the error names it. No work was done.
    PayloadError
        If the id is not 8 bytes.
    ImageError
        If the input is no picture, is animated, or exceeds the limits.
    UnmarkableImageError
        If nothing in it can carry a mark.
    EmbeddingFailedError
        If the mark is not found again in the encoded file. Nothing was written.
    OutputError
        If the picture cannot be written.
    """
    keys = arguments.required("key", arguments.as_keys(key, name="key"))
    strength = arguments.required(
        "strength", arguments.as_word("strength", strength, get_args(Strength))
    )
    picture = open_picture(
        image,
        output,
        format=format,
        quality=quality,
        lossless=lossless,
        fast=fast,
        strip=strip,
        overwrite=overwrite,
        limits=arguments.as_limits(limits) or imaging.DEFAULT_LIMITS,
    )
    picture.clear(keys)
    marked = picture.mark(payload, keys[0], strength=strength)
    if marked.payload != payload and picture.clear(keys, effort="standard"):
        marked = picture.mark(payload, keys[0], strength=strength)
    if marked.payload != payload:
        raise EmbeddingFailedError(
            f"The picture already carries the watermark id {marked.payload.hex()} of this key, and "
            "a second mark is not found beside it. Nothing was written.",
            hint="Use the original, or another key.",
        )
    notes = picture.notes
    file = picture.file
    if file is not None and credentials.has_manifest(file):
        notes += ("The picture's manifest is not carried over; `indelible protect` keeps it.",)
    data = marked.file.data
    path = show(data, output, overwrite=overwrite)
    return MarkedFile(data, marked.payload, picture.format, path, keys[0].id, notes)


def chosen_format(wanted: str | None, output: object, own: str | None) -> str:
    """Choose the output format: as asked, as the output is named, as the input is, else PNG.

    Parameters
    ----------
    wanted : str or None
        A format's name.
    output : object
        A path, or anything else where the name says nothing (a stream, None).
    own : str or None
        The picture's own format, if it came in a file.

    Raises
    ------
    UnsupportedImageError
        If that format cannot be written.
    """
    if wanted is None and isinstance(output, str | os.PathLike):
        wanted = imaging.format_from_suffix(output)
        suffix = Path(output).suffix
        if wanted is None and suffix:
            raise UnsupportedImageError(
                f"{suffix!r} is not the suffix of a format that can be written.",
                hint="Name the output .jpg, .png, .webp, ... or name the format.",
            )
    if wanted is None:
        wanted = own or "png"
    chosen = imaging.FORMATS.get(wanted.lower())
    if chosen is None or not chosen.can_write:
        writable = ", ".join(f.name for f in imaging.FORMATS.values() if f.can_write)
        raise UnsupportedImageError(
            f"{wanted!r} is not a format that can be written.", hint=f"Choose one of {writable}."
        )
    return chosen.name
