"""How files are built of segments, chunks, blocks and boxes: one module a format.

Each module walks its container once, leniently: up to where it makes no sense. The header's reader,
the locator of the manifest and the comparison of contents all work on what that one walk found, so
that they cannot disagree about where something lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from indelible.imaging._locating_tiff import locate_tiff
from indelible.imaging.structure import gif, iso, jpeg, png, webp
from indelible.imaging.structure.parts import MAX_STORE, Located, Span, Walk

__all__ = ["locate", "walk"]


@dataclass(frozen=True, slots=True)
class _Structure:
    """How one container is walked, and what every file with a manifest in it contains."""

    walk: Callable[[bytes], Walk]
    mark: bytes
    locate: Callable[[bytes, Walk], Located | None]


_STRUCTURES: Final = {
    "jpeg": _Structure(jpeg.walk, jpeg.MARK, jpeg.locate),
    "png": _Structure(png.walk, png.MARK, png.locate),
    "webp": _Structure(webp.walk, webp.MARK, webp.locate),
    "gif": _Structure(gif.walk, gif.MARK, gif.locate),
    "iso": _Structure(iso.walk, iso.C2PA_UUID, iso.locate),
}


def walk(data: bytes, container: str | None) -> Walk:
    """Return the parts of a file; none for a TIFF, whose parts lie anywhere, or an unknown file.

    Parameters
    ----------
    data : bytes
        The file.
    container : str or None
        What `indelible.imaging.formats.container_of` says that it is.
    """
    known = _STRUCTURES.get(container or "")
    return Walk((), 0) if known is None else known.walk(data)


def locate(data: bytes, container: str | None, walked: Callable[[], Walk]) -> Located | None:
    """Return the manifest store of a picture, or of a file that is a bare one; None without one.

    What is found is checked, is what the C2PA library is given, and is what a signature may leave
    out. A file that is damaged elsewhere simply has no manifest.

    Parameters
    ----------
    data, container
        As for `walk`.
    walked : callable
        Returns the file's walk. It is not called where the file can hold no manifest.

    Raises
    ------
    ValueError
        If there is one whose place or extent is ambiguous: there are two, it is not whole, pieces
        are missing, or lengths contradict each other.

    References
    ----------
    C2PA Technical Specification 2.2, appendix A (embedding manifests).
    """
    found: Located | None = None
    known = _STRUCTURES.get(container or "")
    if known is not None and known.mark in data:
        found = known.locate(data, walked())
    elif container == "tiff":
        found = locate_tiff(data)
    elif container == "c2pa":
        found = Located(data, (Span(0, len(data)),))
    if found is not None and len(found.store) > MAX_STORE:
        raise ValueError("it is too large")
    return found
