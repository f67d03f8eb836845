"""The consent leg: marks of the public key, and the records that they lead to.

Such a mark says what its owner asks of others. It says nothing of where a picture comes from, and
takes no part in the verdict.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from indelible import watermark
from indelible.choices import Effort
from indelible.errors import RegistryError
from indelible.registry import ConsentSource
from indelible.verification.consent_report import ConsentReport
from indelible.verification.evidence import FingerprintState, RegistryState
from indelible.verification.fingerprint_leg import looks_like
from indelible.watermark import CONSENT_KEY, CONSENT_KEYS, Detection, Key, View

if TYPE_CHECKING:
    from indelible.registry import ConsentRecord

__all__ = ["find_consents", "look_up_consents", "without_consent_keys"]

_MOST_RECORDS: Final = 16  # that are compared with the picture, of all sources together

_log: Final = logging.getLogger("indelible")


def without_consent_keys(keys: Sequence[Key]) -> tuple[Key, ...]:
    """Return a ring without the public key: a generator's keys alone."""
    return tuple(key for key in keys if key.id not in CONSENT_KEYS)


def find_consents(
    view: View, effort: Effort, below: Sequence[Detection] = ()
) -> tuple[Detection, ...]:
    """Return the consent marks of a picture: those on the grid of another mark, else the strongest.

    The search is one of its own, so that what is found of generators' marks does not depend on it.

    Parameters
    ----------
    view : View
        The picture.
    effort : Effort
        How hard to look.
    below : sequence of Detection
        What `watermark.detect_superposed` found at the place of a generator's mark.
    """
    found = tuple(one for one in below if one.key_id in CONSENT_KEYS)
    if found:
        return found
    alone = watermark.detect(view, CONSENT_KEY, effort=effort)
    return () if alone.payload is None else (alone,)


def look_up_consents(
    view: View, marks: Sequence[Detection], sources: Sequence[ConsentSource]
) -> tuple[ConsentReport, ...]:
    """Look up what consent marks lead to, and whether it is about this picture.

    Parameters
    ----------
    view : View
        The picture.
    marks : sequence of Detection
        The consent marks that were found in it.
    sources : sequence of ConsentSource
        Whom to ask: all of them are.
    """
    return tuple(_looked_up(view, mark, sources) for mark in marks)


def _looked_up(view: View, mark: Detection, sources: Sequence[ConsentSource]) -> ConsentReport:
    if not sources:
        return ConsentReport(mark, reason="There is no registry to ask.")
    records: list[ConsentRecord] = []
    failures: list[str] = []
    for source in sources:
        try:
            found = source.find(mark.algorithm or "", mark.payload or b"")
            records.extend(islice(found, _MOST_RECORDS - len(records)))
        except RegistryError as error:
            failures.append(error.reason())
        except Exception as error:  # noqa: BLE001 - foreign code
            _log.warning("a registry of consents failed", exc_info=True)
            failures.append(f"the registry failed: {type(error).__name__}")
    looks: tuple[FingerprintState, ...] = tuple(
        "unclear"
        if one.fingerprint is None or not one.fingerprint.reference
        else looks_like(view, one.fingerprint.reference, mark)
        for one in records
    )
    state: RegistryState = "unavailable" if failures else "found" if records else "unknown"
    return ConsentReport(mark, state, tuple(records), looks, "; ".join(failures) or None)
