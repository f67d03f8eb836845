"""What a scan does with each picture: made once, sent to every process, unpacked once in each."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, Protocol, TypeAlias
from uuid import uuid4

from indelible.imaging import ImageFile
from indelible.scan.reading import Reader
from indelible.verification import Verifier

__all__ = ["Finder", "Only", "ScanOptions", "new_scan_id"]

Only: TypeAlias = Literal["credentials", "watermark"]
"""The one leg that is asked for: the manifest and plain metadata, or the marks in the pixels."""


class Finder(Protocol):
    """Whoever says whether a picture is a copy of what is looked for; it pickles."""

    def match(self, image: ImageFile, verifier: Verifier) -> Mapping[str, Any]:
        """Return columns of a picture: ``match_...`` where it is a copy, else none of these.

        Parameters
        ----------
        image : ImageFile
        verifier : Verifier
            Looks for marks, where what is looked for has one.

        Raises
        ------
        ImageError
            If it cannot be decoded.
        """
        ...


def new_scan_id() -> str:
    """Return a name for a scan that no other one has."""
    return uuid4().hex


@dataclass(frozen=True)
class ScanOptions:
    """What is done with each picture.

    Attributes
    ----------
    verifier : Verifier
        Verifies them: it has the keys, the registry, the trust and the rest. For
        ``only="credentials"`` one made with ``pixels=False``, which decodes nothing.
    only : {"credentials", "watermark"} or None
        One leg alone; None for the whole verdict.
    pdq : bool
        Say what each picture looks like, where its pixels are decoded.
    scan_id : str
        Stands in every row.
    reader : Reader
        Reads pictures that come without their bytes; its limits are those of all.
    finder : Finder or None
        Says whether a picture is a copy of what is looked for; only copies are verified then.

    Notes
    -----
    It pickles, with the keys. However often it arrives in a process, its verifier is made there
    once, and its registry opened once.
    """

    verifier: Verifier
    only: Only | None = None
    pdq: bool = True
    scan_id: str = ""
    reader: Reader = field(default_factory=Reader)
    finder: Finder | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        parts = tuple(getattr(self, one.name) for one in fields(self))
        return _unpacked, (pickle.dumps(parts),)


@lru_cache(maxsize=4)
def _unpacked(parts: bytes) -> ScanOptions:
    """Return the options in a pickle: the very same ones for the same bytes."""
    return ScanOptions(*pickle.loads(parts))  # noqa: S301 - from inside of a pickle
