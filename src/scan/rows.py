"""One picture, one row: whatever its bytes are, and whatever happens, there is a row in the end."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any, Final, TypeAlias

from indelible import errors, fingerprint
from indelible.errors import ImageError, IndelibleError
from indelible.imaging import ImageFile, Picture
from indelible.scan.options import ScanOptions
from indelible.scan.schema import NAMES
from indelible.verification import ConsentReport, Verification, WatermarkReport
from indelible.watermark import Detection

__all__ = [
    "Row",
    "Subject",
    "begun",
    "engine_version",
    "error_row",
    "name_of",
    "plain",
    "scan_picture",
]

Row: TypeAlias = dict[str, Any]
"""A value for each column, JSON-ready: times are ISO 8601."""

_MOST_LETTERS: Final = 2000  # of one value: texts in manifests are strangers'
_MOST_VALUES: Final = 20  # of a list


@dataclass(frozen=True, slots=True)
class Subject:
    """A picture's bytes, and where they are from.

    Attributes
    ----------
    uri : str
        The file or address, or that of the archive or table that holds it.
    content : bytes
    member : str or None
        Its name in the archive, or its row.
    path : str or None
        Where it is a file of this machine: a manifest may lie beside it.
    read_ms : float or None
        What reading it took.
    """

    uri: str
    content: bytes = field(repr=False)
    member: str | None = None
    path: str | None = None
    read_ms: float | None = None


def name_of(uri: str, member: str | None) -> str:
    """Return a picture's name on one line."""
    return uri if member is None else f"{uri}::{member}"


def scan_picture(subject: Subject, options: ScanOptions) -> Row:
    """Look at a picture, and return its row; what goes wrong is in it."""
    row = begun(subject.uri, subject.member, options.scan_id)
    row["size"] = len(subject.content)
    row["sha256"] = hashlib.sha256(subject.content).hexdigest()
    row["read_ms"] = _rounded(subject.read_ms)
    began = time.perf_counter()
    image = _Kept(subject.content, path=subject.path, limits=options.reader.limits)
    try:
        _describe(row, image)
        if options.finder is not None:
            row |= options.finder.match(image, options.verifier)
        if options.finder is not None and row["match_kind"] is None:
            pass  # none of those that are looked for: nothing more is asked
        elif options.only == "watermark":
            _look(row, image, options)
        else:
            row |= _of_verification(options.verifier.verify(image))
        if row["pdq"] is None and options.pdq:
            _likeness(row, image)
    except Exception as error:  # noqa: BLE001 - one picture's failure, whatever it is
        row |= _of_error(error)
    row["total_ms"] = _rounded(1000 * (time.perf_counter() - began))
    return {name: plain(row[name]) for name in NAMES}


def error_row(
    uri: str,
    member: str | None,
    error: Exception,
    *,
    scan_id: str,
    size: int | None = None,
    sha256: str | None = None,
) -> Row:
    """Return the row of a picture that could not be looked at."""
    row = begun(uri, member, scan_id) | _of_error(error)
    row |= {"size": size, "sha256": sha256}
    return {name: plain(row[name]) for name in NAMES}


class _Kept(ImageFile):
    """An encoded picture that keeps what was decoded: its hash needs no second decoding."""

    decoded: Picture | None = None

    def decode(
        self, *, tolerant: bool = False, enough: int | None = None, grey: bool = False
    ) -> Picture:
        self.decoded = super().decode(tolerant=tolerant, enough=enough, grey=grey)
        return self.decoded


def begun(uri: str, member: str | None, scan_id: str) -> Row:
    """Return a row with all columns, of which hardly any has a value yet."""
    row: Row = dict.fromkeys(NAMES)
    row |= {"scan_id": scan_id, "uri": plain(uri), "member": plain(member)}
    row["engine_version"] = engine_version()
    row["scanned_at"] = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
    return row


@cache
def engine_version() -> str:
    """Return the version of this package."""
    return version("indelible")


def _describe(row: Row, image: ImageFile) -> None:
    """Say what kind of a picture it is: its header, before anything is decoded."""
    with suppress(ImageError):
        row["media_type"] = image.media_type
    header = image.header
    row |= {"width": header.width, "height": header.height}


def _look(row: Row, image: ImageFile, options: ScanOptions) -> None:
    """Look for marks, and nothing else."""
    began = time.perf_counter()
    found = options.verifier.look_at_pixels(image)
    row |= _of_mark(found.mark)
    row["consent_ids"] = [_hex(one) for one in found.consents] or None
    row["watermark_ms"] = _rounded(1000 * (time.perf_counter() - began))


def _likeness(row: Row, image: _Kept) -> None:
    """Say what the picture looks like, where it was decoded."""
    if image.decoded is None:
        return
    began = time.perf_counter()
    hashed = fingerprint.pdq(image.decoded.pixels)
    row |= {"pdq": hashed.hex(), "pdq_quality": hashed.quality}
    took = 1000 * (time.perf_counter() - began)
    row["fingerprint_ms"] = _rounded((row["fingerprint_ms"] or 0.0) + took)


def _of_verification(result: Verification) -> Row:
    """Return the columns of a verdict and its evidence."""
    row: Row = {
        "verdict": str(result.verdict),
        "reasons": list(result.reasons) or None,
        "complete": result.complete,
        **_of_credential(result),
        **_of_mark(result.watermark),
        **_of_consents(result.consents),
        **_of_registry(result),
        "fingerprint_state": result.fingerprint.state,
        "fingerprint_score": _rounded(result.fingerprint.score, 3),
        "resembles": list(result.fingerprint.resembles) or None,
    }
    row |= {f"ai_{name}": value for name, value in result.ai.to_dict().items()}
    for leg in ("credential", "watermark", "registry", "fingerprint"):
        row[f"{leg}_ms"] = _rounded(result.timing.get(f"{leg}_ms"))
    origin = result.origin
    if origin is not None:
        told = origin.to_dict()
        names = ("where", "standing", "generator", "signer", "source_type", "time", "manifest_id")
        row |= {f"origin_{name}": told[name] for name in names}
    return row


def _of_credential(result: Verification) -> Row:
    report = result.credential
    row: Row = {"credential_state": report.state, "credential_integrity": report.integrity}
    if report.present:
        row |= {
            "credential_standing": report.standing,
            "credential_failures": [one.code for one in report.failures] or None,
            "credential_manifest_id": report.manifest_id,
            "credential_signer": report.signer,
            "credential_issuer": report.issuer,
            "credential_trusted": report.signer_trusted,
            "credential_trusted_by": report.trusted_by,
            "credential_development": report.development,
            "credential_expired": report.expired,
            "credential_generator": report.generator,
            "credential_source_type": report.source_type,
            "credential_time": report.time,
            "credential_timestamped": report.timestamped,
        }
    return row


def _of_mark(mark: WatermarkReport) -> Row:
    row: Row = {"watermark_state": mark.state, "watermark_reason": mark.reason}
    if mark.state == "not_checked":
        return row
    row["watermark_found"] = mark.found
    if mark.found and mark.detection is not None:
        row |= {
            "watermark_payload": _hex(mark.detection),
            "watermark_false_positive_probability": mark.false_positive_probability,
            "watermark_key_id": mark.key_id,
            "watermark_algorithm": mark.detection.algorithm,
            "watermark_area": _rounded(mark.area, 3),
            "watermark_regions_gone": mark.regions_gone,
            "watermark_others": [_hex(one.detection) for one in mark.others] or None,
        }
    return row


def _of_consents(consents: Sequence[ConsentReport]) -> Row:
    if not consents:
        return {}
    return {
        "consent_ids": [one.consent_id.hex() for one in consents],
        "consent_standings": [one.standing for one in consents],
    }


def _of_registry(result: Verification) -> Row:
    report = result.registry
    row: Row = {"registry_state": report.state, "registry_reason": report.reason}
    if report.state == "found":
        held = report.credential
        row |= {
            "registry_manifest_id": report.manifest_id,
            "registry_status": report.status,
            "registry_standing": report.standing,
            "registry_generator": None if held is None else held.generator,
            "registry_signer": None if held is None else held.signer,
        }
    asked = result.resolvers
    row["resolver_states"] = [f"{one.address}: {one.state}" for one in asked] or None
    row["resolver"] = next((one.address for one in asked if one.chosen), None)
    return row


def _of_error(error: Exception) -> Row:
    """Return what went wrong; of what nobody foresaw its kind and place, as it may quote a file."""
    if isinstance(error, IndelibleError):
        return {
            "error_type": _public_kind(error),
            "error": " ".join(error.message.split()),
            "error_hint": error.hint,
        }
    if isinstance(error, MemoryError):
        return {
            "error_type": "MemoryError",
            "error": "The picture takes more memory than it may take here.",
            "error_hint": "Raise the limit (--memory), or verify it alone.",
        }
    return {
        "error_type": type(error).__name__,
        "error": f"Internal error: {type(error).__name__} at {_place(error)}.",
        "error_hint": "This is a bug in Indelible; please report it with the picture.",
    }


def _public_kind(error: IndelibleError) -> str:
    """Return the name of an error in `indelible.errors`; a room may have kinds of its own below."""
    kinds = (kind.__name__ for kind in type(error).__mro__ if kind.__name__ in errors.__all__)
    return next(kinds, "IndelibleError")


def _place(error: Exception) -> str:
    """Return where an error was raised: the innermost line of it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"


def _hex(found: Detection) -> str:
    return (found.payload or b"").hex()


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(float(value), digits)


def plain(value: Any) -> Any:  # noqa: ANN401 - any column's
    """Return a value that every writer takes, however long and odd a stranger made it."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_text(str(one)) for one in value[:_MOST_VALUES]]
    if isinstance(value, Mapping):
        return None
    return value


def _text(value: str) -> str:
    """Return plain text in valid UTF-8, cut where it is too long; undecodable bytes as escapes."""
    whole = value if len(value) <= _MOST_LETTERS else f"{value[:_MOST_LETTERS]}..."
    return str(whole).encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
