"""From a source to encoded bytes that carry a mark, checked with the detector a verifier uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from indelible import fingerprint, imaging, watermark
from indelible.choices import DEFAULT_STRENGTH, Effort, Strength
from indelible.credentials import PictureFingerprint
from indelible.errors import (
    EmbeddingFailedError,
    UnmarkableImageError,
    WatermarkError,
)
from indelible.imaging import ImageFile, Limits, Metadata, Pixels
from indelible.imaging.sources import Source
from indelible.watermark import ENOUGH_PIXELS, READABLE_PIXELS, Detection, Key, View

__all__ = ["CLEARLY", "MarkablePicture", "Marked", "fingerprint_of"]

_MOST_REMOVALS: Final = 8  # of marks and what was left of them; one mark takes one or two
# Chance of an accident below which a mark that was read at a glance is found by the detector, too:
# it asks for 1e-9, and scores higher than a glance (python -m benchmarks.speed.glance).
CLEARLY: Final = 1e-25


@dataclass(frozen=True, slots=True)
class Marked:
    """An encoded picture, and the watermark id that is detected in it.

    Attributes
    ----------
    file : ImageFile
        The encoded picture.
    payload : bytes
        The id found in it: another one than was embedded where an older mark is louder.
    """

    file: ImageFile = field(repr=False)
    payload: bytes


class MarkablePicture:
    """A picture fitted to an output format, ready to be marked, more than once if need be.

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
    fast : bool
        Encode PNG and WebP in half the time, for files that are a little longer or worse.
    strip : bool
        Keep no metadata but the ICC profile.
    limits : Limits
        For decoding what was encoded.

    Attributes
    ----------
    exif : bytes or None
        The EXIF block that it came with.
    format : str
        Output format.
    width, height : int
        Size in px.
    notes : tuple of str
        What was knowingly converted or left out.
    """

    def __init__(
        self,
        source: Source,
        format: str,
        *,
        quality: int | None = None,
        lossless: bool = False,
        fast: bool = False,
        strip: bool = False,
        limits: Limits = imaging.DEFAULT_LIMITS,
    ) -> None:
        metadata = source.metadata.stripped() if strip else source.metadata
        fitted = imaging.conform(source.pixels, metadata, format)
        self._came: ImageFile | Pixels = source.pixels if source.file is None else source.file
        self.exif = source.metadata.exif
        self.format = format
        self.height, self.width = (int(side) for side in fitted.pixels.shape[:2])
        self.notes: tuple[str, ...] = (*source.notes, *fitted.notes)
        self._metadata: Metadata = fitted.metadata
        self._pixels: Pixels | None = fitted.pixels  # None while nobody needs them
        self._again: Callable[[], Pixels] = partial(_held, fitted.pixels)
        if source.file is not None:
            self._again = partial(_decoded, source.file, metadata, format)
        self._quality = quality
        # Lossless WebP stays that, unless a quality is asked for.
        keeps = format == source.format == "webp" and source.lossless and quality is None
        self._lossless = lossless or keeps
        self._fast = fast
        self._limits = limits

    @property
    def file(self) -> ImageFile | None:
        """The file that the picture came in; None for bare pixels."""
        return self._came if isinstance(self._came, ImageFile) else None

    def as_file(self) -> ImageFile:
        """Return the file that the picture came in, or one of the pixels that came without."""
        came = self._came
        return came if isinstance(came, ImageFile) else ImageFile(imaging.encode(came, "png"))

    @property
    def xmp(self) -> bytes | None:
        """XMP packet that goes into the file."""
        return self._metadata.xmp

    def fingerprint(self) -> PictureFingerprint:
        """Return what the picture looks like: before it is marked, which nobody sees."""
        return fingerprint_of(self._fitted())

    def clear(self, keys: Iterable[Key], *, effort: Effort = "quick") -> tuple[Detection, ...]:
        """Remove the marks of these keys that the picture already carries.

        Two marks of one key compete, and the older one may be the louder. What it stood for is
        history: it belongs in the manifest, not in the pixels.

        Parameters
        ----------
        keys : iterable of Key
            Whose marks.
        effort : Effort
            How hard to look. A quick search finds a mark in a picture that was cropped, resized or
            turned, in a third of the time.

        Returns
        -------
        tuple of Detection
            What was found, the loudest first, each id once.
        """
        ring = {key.id: key for key in keys}
        found: dict[tuple[str, bytes], Detection] = {}
        for _ in range(_MOST_REMOVALS):
            pixels = self._fitted()
            seen = watermark.detect(pixels, tuple(ring.values()), effort=effort)
            if seen.payload is None or seen.key_id is None:
                break
            found.setdefault((seen.key_id, seen.payload), seen)
            self._pixels = watermark.remove(pixels, ring[seen.key_id], seen)
            self._again = partial(_held, self._pixels)
        return tuple(found.values())

    def mark(
        self,
        payload: bytes,
        key: Key,
        *,
        strength: Strength = DEFAULT_STRENGTH,
        xmp: bytes | None = None,
    ) -> Marked:
        """Embed, encode, and detect in the encoded bytes: what a verifier will see decides.

        Parameters
        ----------
        payload : bytes
            The id, 8 bytes.
        key : Key
            The watermark key.
        strength : {"robust", "balanced", "discreet"}
            "robust" survives more, "discreet" is seen less.
        xmp : bytes, optional
            XMP packet to write instead of `xmp`.

        Raises
        ------
        UnmarkableImageError
            If nothing in the picture can carry a mark that is found again.
        EmbeddingFailedError
            If no mark is found in the encoded bytes although the picture could carry one: the
            quality is too low.
        PayloadError
            If the id is not 8 bytes.
        """
        marked = watermark.embed(self._fitted(), payload, key, strength=strength)
        self._pixels = None  # an encoder needs more memory than anything else here
        data = imaging.encode(
            marked,
            self.format,
            quality=self._quality,
            lossless=self._lossless,
            fast=self._fast,
            metadata=self._metadata if xmp is None else replace(self._metadata, xmp=xmp),
        )
        file = ImageFile(data, limits=self._limits)
        found = _read_back(file, payload, key)
        if found is None:
            raise self._not_found(key)
        return Marked(file, found)

    def _fitted(self) -> Pixels:
        """Return the pixels to be marked, decoded again where they were given up."""
        if self._pixels is None:
            self._pixels = self._again()
        return self._pixels

    def _not_found(self, key: Key) -> WatermarkError:
        """Return why the mark is not in the encoded file: the picture, or what the encoder did."""
        if not watermark.can_carry(self._fitted(), key):
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


def fingerprint_of(pixels: Pixels) -> PictureFingerprint:
    """Return what pixels look like, as a manifest keeps it."""
    hashed = fingerprint.pdq(pixels)
    reference = fingerprint.Reference.from_image(pixels)
    return PictureFingerprint(hashed.hash, hashed.quality, reference.to_bytes())


def _held(pixels: Pixels) -> Pixels:
    return pixels


def _decoded(file: ImageFile, metadata: Metadata, format: str) -> Pixels:
    return imaging.conform(file.decode().pixels, metadata, format).pixels


def _read_back(file: ImageFile, payload: bytes, key: Key) -> bytes | None:
    """Return the id that a detector finds in an encoded file; None if it finds none.

    It begins where an unmoved picture has it. Where the new id clearly is there, that is its
    answer; else it is asked.
    """
    shown = file.decode(enough=READABLE_PIXELS, grey=True)
    found = watermark.detect_unmoved(View(shown.pixels, shown.scale), key)
    if found.payload == payload and found.false_positive_probability < CLEARLY:
        return payload
    if shown.scale > 1:
        shown = file.decode(enough=ENOUGH_PIXELS)
    return watermark.detect(View(shown.pixels, shown.scale), key).payload
