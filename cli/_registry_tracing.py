"""``indelible registry trace``: who had a picture made, for a reason that is written down."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer
from rich.text import Text

from indelible import credentials, imaging, watermark
from indelible.cli._console import answer, answer_json, clean, problem, remark
from indelible.cli._errors import UsageError, guarded
from indelible.cli._inputs import Input
from indelible.cli._options import (
    EffortOption,
    JsonOption,
    KeysOption,
    RegistryOption,
    detection_keys,
)
from indelible.cli._registry_shared import existing, user_name
from indelible.errors import NoRecordError
from indelible.fingerprint import LEAST_QUALITY, dihedral
from indelible.imaging import ImageFile
from indelible.registry import PrivateRegistry
from indelible.registry.private import (
    GenerationRecord,
    InputPicture,
    InputTrace,
    RecordKeys,
    Trace,
    Tracer,
    wrapper_named,
)
from indelible.settings import Configuration, current

__all__ = ["RecordKeysOption", "record_keys", "trace"]

NOT_FOUND: Final = 1
_PAYLOAD: Final = re.compile(r"[0-9a-fA-F]{16}")

RecordKeysOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--record-keys", metavar="FILE", help="Record keys to use instead of yours."),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked about: a manifest, or the id of a watermark.

    Attributes
    ----------
    by : {"id", "watermark", "manifest"}
        How it was found.
    algorithm, payload, manifest_id : str, bytes, str or None
        The id of a watermark, or a manifest's.
    sha256 : str or None
        Of the file, where there is one.
    """

    by: str
    algorithm: str = watermark.ALGORITHM
    payload: bytes | None = None
    manifest_id: str | None = None
    sha256: str | None = None


@guarded
def trace(
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="TEXT", help="Why you look; kept in the audit log."),
    ],
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|ID]",
            help="A picture, the id in its watermark (16 hexadecimal digits), or a manifest's id "
            "(urn:c2pa:...).",
            show_default=False,
        ),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input", metavar="PHOTO", help="List what was made from this picture instead."
        ),
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="TEXT", help="The case that it belongs to.")
    ] = None,
    record_keys_file: RecordKeysOption = None,
    key: KeysOption = None,
    effort: EffortOption = None,
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """Find out who had a picture made, or what was made from a picture.

    This opens private records. Who looks, when, at what and why is written into the audit log of
    the registry first. Exit codes: 0 found, 1 nothing found.
    """
    if (subject is None) == (input_ is None):
        raise UsageError(
            "Say what to trace: a picture, an id, or --input PHOTO, and one of them.",
            hint='For example: indelible registry trace picture.jpg --reason "complaint of Ms X"',
        )
    defaults = current()
    ours = existing(None, registry)
    tracer = Tracer(ours, record_keys(record_keys_file, defaults))
    why: dict[str, Any] = {"reason": reason, "case": case, "actor": user_name()}
    if input_ is not None:
        image = _opened(input_, defaults)
        _tell_inputs(_made_from(image, tracer, why), json=json)
        return
    assert subject is not None  # noqa: S101 - for the type checker: checked above
    looked = effort or defaults.settings.watermark.effort
    asked = _asked(subject, ours, defaults, detection_keys(key, defaults), looked)
    try:
        if asked.payload is not None:
            found = tracer.trace_payload(asked.algorithm, asked.payload, **why)
        else:
            found = [tracer.trace(asked.manifest_id or "", **why)]
    except NoRecordError as error:
        problem(f"{error.message}.", about=subject, hint=error.hint)
        raise typer.Exit(NOT_FOUND) from None
    _tell(found, asked, ours, subject, json=json)


def record_keys(file: Path | None, defaults: Configuration) -> RecordKeys:
    """Return the record keys that are named, else those of the settings.

    Raises
    ------
    UsageError, KeyFileError
        If there are none, or they cannot be read.
    """
    found = defaults.record_keys() if file is None else RecordKeys.load(file, wrapper=wrapper_named)
    if found is None:
        raise UsageError(
            "There are no record keys to open records with.",
            hint="Name their file with --record-keys, or in the setting registry.record_keys.",
        )
    return found


def _opened(name: str, defaults: Configuration) -> ImageFile:
    path = None if name == "-" else Path(name)
    limits = defaults.limits
    return imaging.open_image(Input(name, path).source(limits), limits=limits)


def _asked(
    subject: str,
    registry: PrivateRegistry,
    defaults: Configuration,
    keys: tuple[watermark.Key, ...],
    effort: watermark.Effort,
) -> _Asked:
    """Say what an argument means; of a picture the watermark counts first, then its manifest."""
    if subject.startswith("urn:"):
        return _Asked("id", manifest_id=subject)
    if _PAYLOAD.fullmatch(subject) and not Path(subject).exists():
        return _Asked("id", payload=bytes.fromhex(subject))
    image = _opened(subject, defaults)
    pixels = image.decode(tolerant=True).pixels
    sha256 = hashlib.sha256(image.data).hexdigest()
    found = watermark.detect(pixels, keys, effort=effort) if keys else None
    if found is not None and found.payload is not None:
        algorithm = found.algorithm or watermark.ALGORITHM
        return _Asked("watermark", algorithm, found.payload, sha256=sha256)
    manifest_id = _registered_manifest(image, registry)
    if manifest_id is not None:
        return _Asked("manifest", manifest_id=manifest_id, sha256=sha256)
    problem(
        "Neither a watermark nor a registered manifest was found, so nothing leads to a record.",
        about=subject,
        hint="--key names the key that it may be marked with, --effort thorough looks harder."
        if keys
        else "Name the key that it may be marked with: --key FILE.",
    )
    raise typer.Exit(NOT_FOUND)


def _registered_manifest(image: ImageFile, registry: PrivateRegistry) -> str | None:
    """Return the id of a picture's own manifest, if it is the very one that was registered.

    Anybody can sign another picture under the same id.
    """
    report = credentials.read(image)
    if report.integrity != "intact" or report.manifest_id is None:
        return None
    store = credentials.extract_store(image)
    record = registry.get(report.manifest_id)
    if store is None or record is None or hashlib.sha256(store).hexdigest() != record.store_sha256:
        return None
    return report.manifest_id


def _made_from(image: ImageFile, tracer: Tracer, why: dict[str, Any]) -> InputTrace:
    hashes = dihedral(image.decode(tolerant=True).pixels).hashes()
    sha256 = hashlib.sha256(image.data).digest()
    if hashes[0].quality < LEAST_QUALITY:
        remark("The picture has too little detail to be compared: its very bytes are looked for.")
        return tracer.trace_input(InputPicture(sha256), **why)
    return tracer.trace_input(
        InputPicture(sha256, hashes[0].hash), turned=[one.hash for one in hashes[1:]], **why
    )


# --- what is said ---------------------------------------------------------------------------------


def _tell(
    found: list[Trace], asked: _Asked, registry: PrivateRegistry, subject: str, *, json: bool
) -> None:
    same = {one.manifest_id: _is_same_file(one, asked, registry) for one in found}
    if json:
        answer_json({
            "subject": subject,
            "by": asked.by,
            "traces": [
                {
                    "manifest_id": one.manifest_id,
                    "same_file": same[one.manifest_id],
                    "record": None if one.record is None else record_fields(one.record),
                    "audit_entry": one.entry.number,
                }
                for one in found
            ],
        })  # fmt: skip
    for one in found:
        if not json:
            answer(Text(clean(one.manifest_id), style="bold"))
            _answer_record(one.record)
            remark(f"This look is entry {one.entry.number} of the audit log.")
        if same[one.manifest_id]:
            remark("The file is the very one that was registered.")
        elif asked.by == "watermark":
            remark(
                "The file is not the one that was registered. A mark can be copied onto another "
                "picture: run `indelible verify` on it, and look at both, before you act on this."
            )
    if not any(one.record for one in found):
        raise typer.Exit(NOT_FOUND)


def _tell_inputs(found: InputTrace, *, json: bool) -> None:
    if json:
        answer_json({
            "audit_entry": found.entry.number,
            "bounded": found.bounded,
            "unopened": found.unopened,
            "matches": [
                {
                    "manifest_id": one.manifest_id,
                    "exact": one.exact,
                    "distance": one.distance,
                    "record": record_fields(one.record),
                }
                for one in found.matches
            ],
        })  # fmt: skip
    else:
        for one in found.matches:
            how = (
                "the very file" if one.exact else f"a near copy, {one.distance} of 256 bits differ"
            )
            answer(Text.assemble((clean(one.manifest_id), "bold"), f"  from {how}"))
            _answer_record(one.record)
        if not found.matches:
            answer(Text("Nothing was made from this picture, as far as the registry knows."))
        remark(f"This look is entry {found.entry.number} of the audit log.")
    if found.bounded:
        remark("There were more candidates than one search opens: near copies may be missing.")
    if found.unopened:
        remark(
            f"{found.unopened} candidates could not be opened: they are sealed with other keys, or "
            "damaged."
        )
    if not found.matches:
        raise typer.Exit(NOT_FOUND)


def _is_same_file(found: Trace, asked: _Asked, registry: PrivateRegistry) -> bool | None:
    """Whether the file is the one that was registered; None where there is no file."""
    if asked.sha256 is None:
        return None
    record = registry.get(found.manifest_id)
    return record is not None and record.picture_sha256 == asked.sha256


def record_fields(record: GenerationRecord) -> dict[str, Any]:
    """Return a record for JSON."""
    return {
        "account": record.account,
        "request_id": record.request_id,
        "model": record.model,
        "prompt_sha256": None if record.prompt_sha256 is None else record.prompt_sha256.hex(),
        "time": record.time.isoformat(),
        "inputs": [
            {
                "sha256": one.sha256.hex(),
                "pdq": None if one.pdq is None else one.pdq.hex(),
                "manifest_id": one.manifest_id,
            }
            for one in record.inputs
        ],
    }


def _answer_record(record: GenerationRecord | None) -> None:
    if record is None:
        answer(Text("  No generation record is kept about it."))
        return
    fields = record_fields(record)
    inputs = fields.pop("inputs")
    for name, value in fields.items():
        if value is not None:
            answer(Text(f"  {name.replace('_', ' ')}: {clean(value)}"))
    for one in inputs:
        parent = "" if one["manifest_id"] is None else f", {clean(one['manifest_id'])}"
        answer(Text(f"  made from: {one['sha256']}{parent}"))
