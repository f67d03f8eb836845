"""What runs in a worker: a picture's bytes in, a small answer out.

Each job is a function of this module, which the worker imports. Its `meta` is for the service, its
`body` goes to the client as it is.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from indelible import consent, evidence, fingerprint, imaging
from indelible.errors import ArgumentError, ImageError, MissingDependencyError
from indelible.imaging import DEFAULT_LIMITS, ImageFile
from indelible.registry.private import GenerationRecord
from indelible.service.worker import Options, Result, Tools
from indelible.verification import Verification, public
from indelible.watermark import CONSENT_KEY

__all__ = ["bundle_picture", "protect_picture", "sign_consent", "verify_picture"]

_NAMES: Final = {"yours": "picture"}
_HASHED_PIXELS: Final = 256 * 256  # PDQ reduces a picture to 64 x 64; codecs reduce it for nothing


def verify_picture(tools: Tools, data: bytes, options: Options) -> Result:
    """Verify a picture.

    Parameters
    ----------
    tools : Tools
        The worker's.
    data : bytes
        The picture.
    options : dict
        ``language`` of the words; ``full``: the full report, not the one for strangers; ``views``:
        with the original, the picture and what changed, as PNG; ``hashes``: also say what the
        picture looks like.

    Returns
    -------
    Result
        In `meta`: ``verdict``, ``timing`` and ``hashes``. In `body` the report, as JSON.
    """
    result = tools.verifier.verify(data)
    image = imaging.open_image(data, limits=DEFAULT_LIMITS)
    answer = _report(result, image, options)
    meta: dict[str, Any] = {"verdict": str(result.verdict), "timing": result.timing}
    if options.get("hashes"):
        meta |= likeness(image)
    return Result(meta, json.dumps(answer, ensure_ascii=False, allow_nan=False).encode())


def protect_picture(tools: Tools, data: bytes, options: Options) -> Result:
    """Protect a picture, which is registered before it is answered.

    Parameters
    ----------
    tools : Tools
        The worker's.
    data : bytes
        The picture.
    options : dict
        ``owner`` of the registry's entry; ``format``, ``quality``, ``source_type`` and
        ``strip`` as for `indelible.Protector.protect`; ``record``, the fields of a
        `GenerationRecord`, of which ``prompt`` is kept as a hash.

    Returns
    -------
    Result
        In `meta`: ``manifest_id``, ``media_type`` and ``notes``. In `body` the protected picture.
    """
    if tools.protector is None:
        raise ArgumentError("protector", "This service protects no pictures.")
    protected = tools.protector.protect(
        data,
        source_type=options["source_type"],
        format=options["format"],
        quality=options["quality"],
        strip=options["strip"],
        record=_generation(options["record"]),
        owner=options["owner"],
    )
    meta = {
        "manifest_id": protected.manifest_id,
        "media_type": imaging.media_type(protected.format),
        "notes": list(protected.notes),
    }
    return Result(meta, protected.data)


def bundle_picture(tools: Tools, data: bytes, options: Options) -> Result:
    """Make an evidence bundle about a picture; nothing of it is kept.

    Parameters
    ----------
    tools : Tools
        The worker's.
    data : bytes
        The picture.
    options : dict
        ``language`` of statement and letters; ``name`` of the picture; ``minor``: it may show a
        minor, and stays out; ``full``: with all figures, not as for strangers; ``hashes``: also say
        what the picture looks like.

    Returns
    -------
    Result
        In `meta`: ``verdict`` and ``hashes``. In `body` the bundle.
    """
    if tools.protector is None:
        raise ArgumentError("protector", "This service signs nothing.")
    signer = tools.protector.signer
    bundle = evidence.make(
        data,
        verifier=tools.verifier,
        signer=signer,
        time_stamps=() if signer.timestamp_url is None else (signer.timestamp_url,),
        allow_untimed=True,
        may_show_minor=options["minor"],
        language=options["language"],
        name=options["name"],
        how="page",
        coarse=not options["full"],
    )
    meta: dict[str, Any] = {"verdict": bundle.verdict}
    if options.get("hashes"):
        meta |= likeness(data)
    return Result(meta, bundle.data)


def sign_consent(tools: Tools, data: bytes, options: Options) -> Result:
    """Sign a photograph with what its owner asks; the record is there before it is answered.

    Parameters
    ----------
    tools : Tools
        The worker's.
    data : bytes
        The photograph.
    options : dict
        ``account`` of the record; ``owner``, and ``until`` in ISO 8601, as for
        `indelible.consent.sign`.

    Returns
    -------
    Result
        In `meta`: ``consent_id``, ``algorithm``, ``media_type``, ``format`` and ``notes``. In
        `body` the signed photograph.
    """
    if tools.desk is None:
        raise ArgumentError("desk", "This service signs no photographs.")
    until = options["until"]
    signed = consent.sign(
        data,
        signer=tools.desk.signer,
        records=tools.desk.registry.consents,
        owner=options["owner"],
        until=None if until is None else dt.datetime.fromisoformat(until),
        account=options["account"],
        limits=tools.desk.limits,
    )
    meta = {
        "consent_id": signed.consent_id.hex(),
        "algorithm": CONSENT_KEY.algorithm,
        "media_type": imaging.media_type(signed.format),
        "format": signed.format,
        "notes": list(signed.notes),
    }
    return Result(meta, signed.data)


def _generation(fields: Mapping[str, Any] | None) -> GenerationRecord | None:
    """Return a generation record of the fields that a request names.

    Raises
    ------
    ArgumentError
        If they are none of a record's.
    """
    if fields is None:
        return None
    unknown = set(fields) - {"account", "request_id", "model", "prompt", "prompt_sha256"}
    if unknown:
        raise ArgumentError("record", f"A record has no field {min(unknown)[:32]!r}.")
    values = dict(fields)
    prompt, digest = values.pop("prompt", None), values.pop("prompt_sha256", None)
    try:
        if prompt is not None:
            return GenerationRecord.of_prompt(str(prompt), **values)
        return GenerationRecord(
            prompt_sha256=None if digest is None else bytes.fromhex(digest), **values
        )
    except (TypeError, ValueError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError("record", "A field of the record is not what it must be.") from None


def likeness(picture: bytes | ImageFile) -> dict[str, Any]:
    """Return what tells near-identical queries: perceptual ``hashes``, and the file's ``digest``.

    The hashes are of the picture turned and mirrored, in hexadecimal; none of a picture with so
    little detail that its hash means nothing, or of a kind that cannot be decoded here.
    """
    image = imaging.open_image(picture, limits=DEFAULT_LIMITS)
    pixels = image.decode(tolerant=True, enough=_HASHED_PIXELS).pixels
    found = fingerprint.dihedral(pixels).hashes()
    hashes = [one.hash.hex() for one in found if one.quality >= fingerprint.LEAST_QUALITY]
    return {"hashes": hashes, "digest": hashlib.sha256(image.data).hexdigest()}


def _report(result: Verification, image: ImageFile, options: Options) -> dict[str, Any]:
    if options.get("full"):
        answer = result.to_dict()
    else:
        language = options.get("language", "en")
        answer = dict(public.public_report(result, language=language, image=image))
    if options.get("views"):
        answer["views"] = _views(result, image)
    return answer


def _views(result: Verification, image: ImageFile) -> dict[str, str]:
    """Return the pictures that a page shows, as addresses that hold them."""
    try:
        drawn = public.views(result, image)
    except (ImageError, MissingDependencyError):
        return {}  # what cannot be decoded has a report all the same
    if "original" not in drawn:
        return {}  # who asks has the picture
    return {
        _NAMES.get(name, name): "data:image/png;base64," + base64.b64encode(png).decode("ascii")
        for name, png in drawn.items()
    }
