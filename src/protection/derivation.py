"""Derived copies: a picture at another size, a part of it, or in another format, with its history.

The watermark is kept as it is: it survives all of this down to some size, and a second one would
only compete with it. Where there is a signer, the copy gets a manifest of its own, which says what
was done and has the picture's as its parent, signature untouched. Where there is none, only the
record that the watermark leads to remains, and the result says so.

A signature vouches. So nothing is signed over a source that contradicts itself: a manifest that
does not hold, or a watermark that its manifest does not name, would be hidden behind the new one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

from indelible import arguments, imaging
from indelible.choices import Fit
from indelible.credentials import Generator, Signer, Trust
from indelible.errors import ArgumentError, OutputError
from indelible.imaging import Encoded, ImageFile, Limits, Rectangle
from indelible.protection.parts import detection_keys
from indelible.protection.publishing import Output, check_free
from indelible.protection.rendition import Shape
from indelible.protection.resigning import Resigner
from indelible.protection.result import DerivedImage
from indelible.registry import Registry
from indelible.watermark import Key

__all__ = ["derive", "derive_many"]

_MOST_WIDTHS = 32
_MAX_SIDE = 1_000_000


def derive(
    image: Encoded | ImageFile,
    output: Output = None,
    *,
    width: int | None = None,
    height: int | None = None,
    fit: Fit = "inside",
    enlarge: bool = True,
    crop: Sequence[int] | None = None,
    format: str | None = None,
    quality: int | None = None,
    lossless: bool = False,
    fast: bool = False,
    strip: bool = False,
    overwrite: bool = False,
    signer: Signer | None = None,
    keys: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    generator: Generator | str | None = None,
    trust: Trust | None = None,
    limits: Limits | None = None,
) -> DerivedImage:
    """Resize, crop or convert a picture without losing where it comes from.

    Parameters
    ----------
    image : path, bytes, binary stream or ImageFile
        An encoded picture, with its manifest inside, or in a file beside it, if it has one.
    output : path, binary stream or bytearray, optional
        Where the copy goes; a bytearray is appended to. Without it, take the result's ``data``.
    width, height : int, optional
        Size in px. With one of them the other follows; with neither the size stays.
    fit : {"inside", "cover", "fill"}
        What both together mean: "inside", the largest picture that fits into them; "cover", exactly
        that size, with what juts out cut off on both sides; "fill", exactly that size, distorted.
    enlarge : bool
        Whether the copy may be larger than what it shows; else it is made as large as that.
    crop : sequence of four int, optional
        The part to keep, before it is resized: x, y, width, height, in px of the picture as it is
        shown, upright.
    format : str, optional
        "jpeg", "png", "webp", ...; by default that of the output's name, else the input's own.
    quality, lossless, fast, strip, overwrite
        As for `Protector.protect`.
    signer : Signer, optional
        Who signs the copy's manifest. Without one the copy has none.
    keys : Key or sequence of Key, optional
        Watermark keys, to see whether the mark is still found; ``()`` to look for none. By default
        those of the user's key ring, if it exists; nothing is made.
    registry : Registry, optional
        Where the new manifest is kept, under its own id: the watermark's id goes on leading to the
        original. Also where a source that lost its manifest finds it again.
    generator : Generator or str, optional
        Who derives the copy, as its manifest says; by default this package.
    trust : Trust, optional
        Whose signatures count in the picture's history; by default those of the official lists.
    limits : Limits, optional
        What source and copy may demand.

    Returns
    -------
    DerivedImage
        The copy, and what still says where it comes from.

    Raises
    ------
    ArgumentError
        If an argument is invalid; the error names it.
    ImageError
        If the input is no picture, is animated, or exceeds the limits.
    ManifestError
        If the source contradicts itself, so that nothing should be signed over it: its manifest
        does not hold, or its watermark is missing, another one than the manifest names, or copied
        from another picture.
    CredentialError, RegistryError, OutputError
        If signing, registering or writing fails. Nothing is left visible or registered.

    Examples
    --------
    >>> indelible.derive("photo.jpg", "small.webp", width=640, signer=signer)   # doctest: +SKIP
    """
    arguments.check_output(output)
    check_free(output, overwrite=arguments.as_flag("overwrite", overwrite))
    shape = _shape(width, height, fit, crop, enlarge=enlarge)
    resigner = _resigner(
        image, signer=signer, keys=keys, registry=registry, generator=generator, trust=trust,
        limits=limits, strip=strip,
    )  # fmt: skip
    return resigner.derive(
        shape,
        output,
        format=arguments.as_format(format),
        quality=arguments.as_number("quality", quality, 1, 100),
        lossless=arguments.as_flag("lossless", lossless),
        fast=arguments.as_flag("fast", fast),
        overwrite=overwrite,
    )


def derive_many(
    image: Encoded | ImageFile,
    folder: str | os.PathLike[str] | None = None,
    *,
    widths: Iterable[int],
    name: str | None = None,
    crop: Sequence[int] | None = None,
    format: str | None = None,
    quality: int | None = None,
    lossless: bool = False,
    fast: bool = False,
    strip: bool = False,
    overwrite: bool = False,
    signer: Signer | None = None,
    keys: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    generator: Generator | str | None = None,
    trust: Trust | None = None,
    limits: Limits | None = None,
) -> tuple[DerivedImage, ...]:
    """Derive a picture in several widths at once, as ``srcset`` wants them.

    The source is opened, and its history read, once. Nothing is enlarged: a width above the
    source's own gives one copy in the source's width.

    Parameters
    ----------
    image : path, bytes, binary stream or ImageFile
        The encoded picture.
    folder : path, optional
        A folder that exists; the files in it are named ``NAME-WIDTH.SUFFIX``. Without it, take the
        pictures from the results' ``data``.
    widths : iterable of int
        In px, at most 32.
    name : str, optional
        NAME; by default that of the source's file.
    crop, format, quality, lossless, fast, strip, overwrite, signer, keys, registry, generator,
    trust, limits
        As for `derive`.

    Returns
    -------
    tuple of DerivedImage
        In the order of their widths. An error stops at the first that fails; those before it stay.

    Raises
    ------
    IndelibleError
        As `derive`.
    """
    wanted = _widths(widths)
    format = arguments.as_format(format)
    quality = arguments.as_number("quality", quality, 1, 100)
    resigner = _resigner(
        image, signer=signer, keys=keys, registry=registry, generator=generator, trust=trust,
        limits=limits, strip=strip,
    )  # fmt: skip
    part = _shape(None, None, "inside", crop)
    own = part.on(resigner.width, resigner.height).size[0]
    name = _name(name, resigner.file)
    suffix = imaging.FORMATS[resigner.format_for(format, None)].suffixes[0]
    made = []
    for one in sorted({min(one, own) for one in wanted}):
        output = None if folder is None else Path(folder) / f"{name}-{one}{suffix}"
        check_free(output, overwrite=arguments.as_flag("overwrite", overwrite))
        copy = resigner.derive(
            _shape(one, None, "inside", crop),
            output,
            format=format,
            quality=quality,
            lossless=arguments.as_flag("lossless", lossless),
            fast=arguments.as_flag("fast", fast),
            overwrite=overwrite,
        )
        made.append(copy)
    return tuple(made)


def _resigner(
    image: object,
    *,
    signer: object,
    keys: object,
    registry: object,
    generator: object,
    trust: object,
    limits: object,
    strip: object,
) -> Resigner:
    """Check the parts, and open the source."""
    if not isinstance(image, ImageFile):
        arguments.as_path_or_bytes("image", image)
    ring = arguments.as_keys(keys, allow_none=True)
    bounds = arguments.as_limits(limits) or imaging.DEFAULT_LIMITS
    return Resigner(
        imaging.open_image(image, limits=bounds),  # type: ignore[arg-type] # checked above
        signer=arguments.as_signer(signer),
        keys=detection_keys() if ring is None else ring,
        registry=arguments.as_registry(registry),
        generator=arguments.as_generator(generator) or Generator.unnamed(),
        trust=arguments.as_trust(trust) or Trust.official(),
        limits=bounds,
        strip=arguments.as_flag("strip", strip),
    )


def _shape(
    width: object, height: object, fit: object, crop: object, *, enlarge: object = True
) -> Shape:
    return Shape(
        arguments.as_number("width", width, 1, _MAX_SIDE),
        arguments.as_number("height", height, 1, _MAX_SIDE),
        arguments.required("fit", arguments.as_word("fit", fit, get_args(Fit))),
        _rectangle(crop),
        enlarge=arguments.as_flag("enlarge", enlarge),
    )


def _rectangle(crop: object) -> Rectangle | None:
    if crop is None:
        return None
    hint = "Give x, y, width and height in px: (0, 0, 640, 480)."
    if isinstance(crop, str | bytes) or not isinstance(crop, Sequence) or len(crop) != 4:
        raise ArgumentError("crop", "crop is not four numbers.", hint=hint)
    x, y = (
        arguments.required("crop", arguments.as_number("crop", n, 0, _MAX_SIDE)) for n in crop[:2]
    )
    w, h = (
        arguments.required("crop", arguments.as_number("crop", n, 1, _MAX_SIDE)) for n in crop[2:]
    )
    return Rectangle(x, y, w, h)


def _widths(widths: object) -> tuple[int, ...]:
    hint = f"Give up to {_MOST_WIDTHS} widths in px: [320, 640, 1280]."
    if isinstance(widths, str | bytes) or not isinstance(widths, Iterable):
        raise ArgumentError("widths", "widths is not a list of numbers.", hint=hint)
    found: list[int] = []
    for one in widths:
        width = arguments.required("widths", arguments.as_number("widths", one, 1, _MAX_SIDE))
        found.append(width)
        if len(found) > _MOST_WIDTHS:
            raise ArgumentError("widths", "widths holds too many.", hint=hint)
    if not found:
        raise ArgumentError("widths", "widths is empty.", hint=hint)
    return tuple(found)


def _name(name: str | None, file: ImageFile) -> str:
    """Return what copies are called: one name, without a way out of their folder."""
    if name is None:
        return "picture" if file.path is None else file.path.stem
    if not isinstance(name, str) or Path(name).name != name or "\0" in name or name in ("", ".."):
        raise OutputError(
            f"{name!r} is not the name of a file.", hint="Give a name without folders and suffix."
        )
    return name
