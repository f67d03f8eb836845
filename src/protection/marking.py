"""From a source to encoded bytes that carry a mark, checked with the detector a verifier uses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from indelible import imaging, watermark
from indelible.arguments import Strength
from indelible.errors import (
    EmbeddingFailedError,
    UnmarkableImageError,
    UnsupportedImageError,
    WatermarkError,
)
from indelible.imaging import Limits, Metadata, Pixels
from indelible.imaging.sources import Source
from indelible.watermark import Detection, Key

__all__ = ["Canvas", "MarkedFile", "choose_format"]


_MOST_REMOVALS = 8  # of marks and what was left of them; one mark takes one or two


@dataclass(frozen=True, slots=True)
class MarkedFile:
    """An encoded picture, and the watermark id that is detected in it.

    Attributes
    ----------
    data : bytes
        The encoded picture.
    payload : bytes
        The id found in `data`: another one than was embedded where an older mark is louder.
    """

    data: bytes = field(repr=False)
    payload: bytes


class Canvas:
    """A source fitted to an output format, ready to be marked, more than once if need be.

    Parameters
    ----------
    source : Source
        The picture.
    format : str
        Output format: "jpeg", "png", ...
    quality : int, optional
        Encoder quality, 1 to 100; by default the format's own.
    lossless : bool
        Encode without loss, where the format leaves the choice. Lossless WebP stays lossless
        anyway, unless a quality is given.
    strip : bool
        Keep no metadata but the ICC profile.
    limits : Limits
        For decoding what was encoded.

    Attributes
    ----------
    notes : tuple of str
        What was converted or left out knowingly.
    """

    def __init__(
        self,
        source: Source,
        format: str,
        *,
        quality: int | None = None,
        lossless: bool = False,
        strip: bool = False,
        limits: Limits = imaging.DEFAULT_LIMITS,
    ) -> None:
        metadata = source.metadata.stripped() if strip else source.metadata
        fitted = imaging.conform(source.pixels, metadata, format)
        self.format = format
        self.notes: tuple[str, ...] = (*source.notes, *fitted.notes)
        self._pixels: Pixels = fitted.pixels
        self._metadata: Metadata = fitted.metadata
        self._quality = quality
        # Lossless WebP stays that, unless a quality is asked for.
        keeps = format == source.format == "webp" and source.lossless and quality is None
        self._lossless = lossless or keeps
        self._limits = limits

    @property
    def width(self) -> int:
        """Width in px."""
        return int(self._pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in px."""
        return int(self._pixels.shape[0])

    @property
    def xmp(self) -> bytes | None:
        """XMP packet that goes into the file."""
        return self._metadata.xmp

    def clear(self, keys: Iterable[Key]) -> tuple[Detection, ...]:
        """Take out the marks of these keys that the picture carries from before.

        Two marks of one key compete, and the older one may be the louder. What it stood for is
        history: it belongs into the manifest, not into the pixels.

        Returns
        -------
        tuple of Detection
            What was found, the loudest first, each id once.
        """
        ring = {key.id: key for key in keys}
        found: dict[tuple[str, bytes], Detection] = {}
        for _ in range(_MOST_REMOVALS):
            seen = watermark.detect(self._pixels, tuple(ring.values()))
            if seen.payload is None or seen.key_id is None:
                break
            found.setdefault((seen.key_id, seen.payload), seen)
            self._pixels = watermark.remove(self._pixels, ring[seen.key_id], seen)
        return tuple(found.values())

    def mark(
        self,
        payload: bytes,
        key: Key,
        *,
        strength: Strength = "standard",
        xmp: bytes | None = None,
    ) -> MarkedFile:
        """Embed, encode, and detect in the encoded bytes: what a verifier will see decides.

        Parameters
        ----------
        payload : bytes
            The id, 8 bytes.
        key : Key
            The watermark key.
        strength : {"standard", "high"}
            "high" is less visible and less robust.
        xmp : bytes, optional
            XMP packet to write instead of `xmp`.

        Raises
        ------
        UnmarkableImageError
            If nothing in the picture can carry a mark that is found again.
        EmbeddingFailedError
            If no mark is found in the encoded bytes although the picture could carry one: the
            quality is too low.
        """
        marked = watermark.embed(self._pixels, payload, key, quality=strength)
        data = imaging.encode(
            marked,
            self.format,
            quality=self._quality,
            lossless=self._lossless,
            metadata=self._metadata if xmp is None else replace(self._metadata, xmp=xmp),
        )
        found = watermark.detect(imaging.decode(data, limits=self._limits).pixels, key)
        if found.payload is None:
            raise self._refused(key)
        return MarkedFile(data, found.payload)

    def _refused(self, key: Key) -> WatermarkError:
        """Tell why the mark is not in the encoded file: the picture, or what the encoder did."""
        if not watermark.can_carry(self._pixels, key):
            return UnmarkableImageError(
                "The picture is too small or too flat: the mark is not found in the encoded file. "
                "Nothing was written and nothing was registered.",
                hint="Use a larger picture, or one with more detail.",
            )
        quality = "" if self._quality is None else f", at quality {self._quality},"
        return EmbeddingFailedError(
            f"The watermark was embedded, but{quality} it is not found in the encoded file. "
            "Nothing was written and nothing was registered.",
            hint="Encode with a higher quality, or without loss.",
        )


def choose_format(wanted: str | None, output: object, source: Source) -> str:
    """Choose the output format: as asked, as the output is named, as the input is, else PNG.

    Parameters
    ----------
    wanted : str or None
        A format's name.
    output : object
        A path, or anything else where the name says nothing (a stream, None).
    source : Source
        The picture.

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
        wanted = source.format or "png"
    chosen = imaging.FORMATS.get(wanted.lower())
    if chosen is None or not chosen.can_write:
        writable = ", ".join(f.name for f in imaging.FORMATS.values() if f.can_write)
        raise UnsupportedImageError(
            f"{wanted!r} is not a format that can be written.", hint=f"Choose one of {writable}."
        )
    return chosen.name
