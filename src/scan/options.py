"""What a scan does with each picture: made once, sent to every process, unpacked once in each."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, Protocol, TypeAlias
from uuid import uuid4

from indelible.scan.reading import Reader
from indelible.verification import Verifier
from indelible.watermark import View

__all__ = ["Finder", "Only", "ScanOptions", "new_scan_id"]

Only: TypeAlias = Literal["credentials", "watermark"]
"""The one leg that is asked for: the manifest and plain metadata, or the marks in the pixels."""


class Finder(Protocol):
    """Whoever says whether a picture is a copy of what is looked for; it pickles."""

    def match(self, row: Mapping[str, Any], view: View | None) -> Mapping[str, Any]:
        """Return the columns ``match_...`` of a picture.

        Parameters
        ----------
        row : mapping
            What is known of it so far, by column.
        view : View or None
            Its pixels; None where they were not decoded.
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
        Says whether a picture is a copy of what is looked for.

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
