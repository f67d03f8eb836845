"""Known copies: whether a picture is one of those that somebody looks for.

The cheapest test comes first, and the first that tells ends the search: the same bytes, for which
nothing is decoded; PDQ hashes, in all eight orientations; the picture itself, laid upon one whose
hash is not quite so far as others' are; and last the watermark's id, where what is looked for has
one. A match with a picture, not a hash, is then laid upon it, and scored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from indelible import arguments
from indelible.consent import HashList
from indelible.errors import ArgumentError
from indelible.fingerprint import (
    BITS,
    LEAST_QUALITY,
    MATCHING,
    Comparison,
    Dihedral,
    compare,
    dihedral,
    distance,
)
from indelible.imaging import ImageFile
from indelible.scan.hash_search import HashSearch, as_words
from indelible.scan.queries import ENOUGH, PictureQuery, Query, marks_of
from indelible.verification import Verifier

__all__ = ["CopyFinder", "Found"]

_NOT_QUITE: Final = 90
"""Bits, up to which a picture is laid upon the one that is looked for: of 90,000 pairs of
photographs 3 are so near, and half of the crops that keep 0.9 of the sides are."""

_ORIENTATIONS: Final = tuple(one.name for one in fields(Dihedral))


@dataclass(frozen=True, slots=True)
class Found:
    """A match: the columns ``match_...`` of a row.

    Attributes
    ----------
    kind : {"exact", "pdq", "reference", "watermark"}
        What told it.
    query : str
        Name of the file that is looked for.
    entry : str
        Of a picture its SHA-256, of a list the PDQ hash, hexadecimal.
    distance : int or None
        Bits in which the hashes differ.
    orientation : str or None
        By which turn or mirroring of the picture they agree.
    score : float or None
        Correlation of details with the picture that is looked for, 0 to 1.
    confirmed : bool or None
        Whether both show the same; None where that cannot be told, and of a list.
    """

    kind: Literal["exact", "pdq", "reference", "watermark"]
    query: str
    entry: str
    distance: int | None = None
    orientation: str | None = None
    score: float | None = None
    confirmed: bool | None = None

    def columns(self) -> dict[str, Any]:
        """Return it as columns of a row."""
        return {f"match_{name}": value for name, value in asdict(self).items()}


class CopyFinder:
    """Looks for copies of some pictures, and of those on lists of hashes.

    Parameters
    ----------
    queries : sequence of PictureQuery or HashList
        What `open_query` returns.
    distance : int
        In how many bits of 256 a copy's PDQ hash may differ.
    crops : bool
        Lay every picture upon each one that is looked for, which finds crops down to a tenth of
        it, and costs half a second for each.

    Raises
    ------
    ArgumentError
        If there is nothing to look for, or the distance is none.
    """

    def __init__(
        self, queries: Sequence[Query], *, distance: int = MATCHING, crops: bool = False
    ) -> None:
        if not queries:
            raise ArgumentError("queries", "There is nothing to look for.")
        arguments.as_number("distance", distance, 0, BITS)
        self._pictures = [one for one in queries if isinstance(one, PictureQuery)]
        self._lists = [one for one in queries if isinstance(one, HashList)]
        self._distance = distance
        self._crops = arguments.as_flag("crops", crops)
        self._exact = {one.sha256: one for one in reversed(self._pictures)}
        self._marked = {mark: one for one in reversed(self._pictures) for mark in one.marks}
        self._hashed = [one for one in self._pictures if one.hash is not None]
        own = as_words([one.hash for one in self._hashed if one.hash is not None])
        self._own = HashSearch(own)
        # Pictures come first: of two that are as near, the one that can be compared is named.
        self._all = HashSearch(np.concatenate([own, *(one.hashes for one in self._lists)]))

    def __str__(self) -> str:
        """Return what is looked for, without a hash of it: to compare two scans."""
        whole = hashlib.sha256()
        for picture in self._pictures:
            whole.update(bytes.fromhex(picture.sha256) + b"".join(sorted(picture.marks)))
        for one in self._lists:
            whole.update(one.hashes.tobytes())
        names = ", ".join(
            [*(one.name for one in self._pictures), *(one.name for one in self._lists)]
        )
        options = f"distance {self._distance}" + (", crops" if self._crops else "")
        return f"{names} ({options}; {whole.hexdigest()[:16]})"

    def match(self, image: ImageFile, verifier: Verifier) -> Mapping[str, Any]:
        """Return the columns that looking for copies fills; without a match, those of the hash.

        Parameters
        ----------
        image : ImageFile
            A picture.
        verifier : Verifier
            Looks for marks, where what is looked for has one.

        Raises
        ------
        ImageError
            If it cannot be decoded.
        """
        same = self._exact.get(hashlib.sha256(image.data).hexdigest())
        if same is not None:
            return Found("exact", same.name, same.sha256, 0, "original", 1.0, True).columns()
        pixels = image.decode(tolerant=True, enough=ENOUGH, grey=True).pixels
        hashes = dihedral(pixels)
        row = {"pdq": hashes.original.hex(), "pdq_quality": hashes.original.quality}
        found = next(self._tests(image, pixels, hashes, verifier), None)
        return row if found is None else row | found.columns()

    def _tests(
        self, image: ImageFile, pixels: NDArray[np.uint8], hashes: Dihedral, verifier: Verifier
    ) -> Iterator[Found]:
        """Yield what each test finds, each made when those before it found nothing."""
        if hashes.original.quality >= LEAST_QUALITY:
            asked = as_words([one.hash for one in hashes.hashes()])
            yield from self._alike(asked, pixels)
            yield from self._not_quite(asked, pixels)
        if self._marked:
            for mark in sorted(marks_of(image, verifier) & self._marked.keys()):
                yield _laid_upon("watermark", self._marked[mark], pixels, hashes)
        if self._crops:
            for picture in self._pictures:
                laid = compare(picture.reference, pixels)
                if laid.same:
                    yield _found("reference", picture, laid)

    def _alike(self, asked: NDArray[np.uint64], pixels: NDArray[np.uint8]) -> Iterator[Found]:
        hit = self._all.nearest(asked, self._distance)
        if hit is None:
            return
        orientation = _ORIENTATIONS[hit.query]
        if hit.entry < len(self._hashed):
            picture = self._hashed[hit.entry]
            laid = compare(picture.reference, pixels)
            yield _found("pdq", picture, laid, hit.distance, orientation)
            return
        entry = hit.entry - len(self._hashed)
        for one in self._lists:
            if entry < len(one):
                text = one.hashes[entry].tobytes().hex()
                yield Found("pdq", one.name, text, hit.distance, orientation)
                return
            entry -= len(one)

    def _not_quite(self, asked: NDArray[np.uint64], pixels: NDArray[np.uint8]) -> Iterator[Found]:
        hit = self._own.nearest(asked, max(self._distance, _NOT_QUITE))
        if hit is not None:
            picture = self._hashed[hit.entry]
            laid = compare(picture.reference, pixels)
            if laid.same:
                yield _found("reference", picture, laid, hit.distance, _ORIENTATIONS[hit.query])


def _laid_upon(
    kind: Literal["watermark"],
    picture: PictureQuery,
    pixels: NDArray[np.uint8],
    hashes: Dihedral,
) -> Found:
    bits = None if picture.hash is None else distance(picture.hash, hashes.original)
    return _found(kind, picture, compare(picture.reference, pixels), bits)


def _found(
    kind: Literal["pdq", "reference", "watermark"],
    picture: PictureQuery,
    laid: Comparison,
    bits: int | None = None,
    orientation: str | None = None,
) -> Found:
    score = round(laid.score, 3)
    return Found(kind, picture.name, picture.sha256, bits, orientation, score, laid.same)
