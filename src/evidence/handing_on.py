"""Handing a bundle on: whoever takes it over adds a line, and signs the whole anew.

Nothing else changes. What the holder before signed, the list, the signature and the time stamps,
stays as files in ``history/``, and the new signature covers them: so every holder's word can be
checked, back to the first.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from indelible.credentials import Signer, Trust
from indelible.errors import CertificateError, EvidenceError, SigningError
from indelible.evidence import custody, signing
from indelible.evidence.bundle import Bundle
from indelible.evidence.closing import DEVELOPMENT, Closing, close, publish, stamp_notes
from indelible.evidence.custody import Step
from indelible.evidence.layout import (
    CUSTODY,
    DATAPACKAGE,
    DIGEST,
    HISTORY,
    SIGNATURES,
    VERDICT,
)
from indelible.evidence.packing import Contents, read_bundle, sha256
from indelible.evidence.stamping import check_urls

__all__ = ["hand_on", "history_faults"]

# Without their suffix: the public validator would read them as lists of this bundle's own.
_PACKAGE: Final = DATAPACKAGE.removesuffix(".json")
_EARLIER: Final = re.compile(rf"{HISTORY}([1-9][0-9]{{0,2}})-{_PACKAGE}")


def hand_on(
    bundle: str | os.PathLike[str],
    output: str | os.PathLike[str] | None,
    *,
    who: str,
    what: str,
    why: str,
    signer: Signer,
    time_stamps: Sequence[str] = (),
    stamp_roots: bytes | None = None,
    trust: Trust | None = None,
    allow_untimed: bool = False,
    overwrite: bool = False,
) -> Bundle:
    """Add a line to a bundle's custody log, and close it anew.

    Parameters
    ----------
    bundle : path
        The bundle.
    output : path or None
        Where the new one is written; None returns it. It may be the bundle's own path, with
        `overwrite`.
    who, what, why : str
        Who did what, and why.
    signer : Signer
        Of whoever holds it now.
    time_stamps, stamp_roots, allow_untimed, overwrite
        As for `make`.
    trust : Trust, optional
        Its lists of time-stamp authorities are roots; by default the official ones.

    Raises
    ------
    EvidenceError
        If it is no bundle, or was changed, or no time-stamp authority answered.
    ArgumentError
        If a text is empty or too long.
    SigningError, CertificateError, OutputExistsError, OutputError
        As `make`.
    """
    contents = read_bundle(bundle)
    wrong = [*_changed(contents), *history_faults(contents)]
    if wrong:
        raise EvidenceError(
            f"This bundle does not hold: {wrong[0]}",
            hint="Nothing is added to it. Check it: indelible evidence check BUNDLE.",
        )
    parts = _with_history(contents)
    step = Step(dt.datetime.now(dt.UTC), who, what, why, {})
    parts[CUSTODY] = custody.appended(parts.get(CUSTODY, b""), [step])
    picture = _object(contents.package, "picture")
    about = {"title": contents.package.get("title", ""), "picture": picture}
    urls = check_urls(time_stamps)
    by = Closing(signer, trust or Trust.official(), urls, stamp_roots, allow_untimed)
    closed = close(parts, about, by)
    if output is not None:
        publish(closed, output, overwrite=overwrite)
    facts = signing.signer_facts(signer)
    return Bundle(
        path=None if output is None else os.fspath(output),
        data=closed.data if output is None else b"",
        sha256=closed.sha256,
        size=len(closed.data),
        created=closed.created,
        picture_sha256=str(picture.get("sha256", "")),
        verdict=str(contents.json(VERDICT).get("verdict", "")),
        signer=facts.name,
        development=facts.development,
        stamps=closed.stamps,
        notes=(*([DEVELOPMENT] if facts.development else []), *stamp_notes(closed.stamps)),
    )


def history_faults(contents: Contents) -> tuple[str, ...]:
    """Return what is wrong with what earlier holders signed, in sentences.

    Each of their lists has to be one that was signed, and has to fit what is here now: the same
    files, but for the custody log, which only grew, and the history itself.
    """
    return tuple(_history_faults(contents))


def _changed(contents: Contents) -> Iterator[str]:
    """Yield what differs from the list of parts."""
    if contents.digest.get("hash") != f"sha256:{sha256(contents.parts[DATAPACKAGE])}":
        yield f"{DATAPACKAGE} was changed."
    listed = _listed(contents.package)
    for path, data in contents.parts.items():
        if path in (DATAPACKAGE, DIGEST) or path.startswith(SIGNATURES):
            continue
        if listed.pop(path, None) != sha256(data):
            yield f"{path} was changed."
    for path in listed:
        yield f"{path} is missing."


def _object(package: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}


def _listed(package: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each listed part."""
    found = {}
    resources = package.get("resources")
    for one in resources if isinstance(resources, list) else ():
        if isinstance(one, dict) and isinstance(one.get("path"), str):
            found[one["path"]] = str(one.get("hash")).removeprefix("sha256:")
    return found


def _with_history(contents: Contents) -> dict[str, bytes]:
    """Return all parts that are to be listed, what was signed up to now among them."""
    number = len(_earlier(contents)) + 1
    parts: dict[str, bytes] = {}
    for path, data in contents.parts.items():
        if path in (DATAPACKAGE, DIGEST):
            parts[f"{HISTORY}{number}-{path.removesuffix('.json')}"] = data
        elif path.startswith(SIGNATURES):
            parts[f"{HISTORY}{number}-{path.removeprefix(SIGNATURES)}"] = data
        else:
            parts[path] = data
    return parts


def _earlier(contents: Contents) -> list[int]:
    return sorted(int(found[1]) for path in contents.parts if (found := _EARLIER.fullmatch(path)))


def _history_faults(contents: Contents) -> Iterator[str]:
    numbers = _earlier(contents)
    if numbers != list(range(1, len(numbers) + 1)):
        yield "Something is missing in what earlier holders signed."
        return
    for number in numbers:
        path = f"{HISTORY}{number}-{_PACKAGE}"
        data = contents.parts[path]
        try:
            package = json.loads(data)
        except (ValueError, RecursionError):
            package = None
        if not isinstance(package, dict):
            yield f"{path} cannot be read."
            continue
        yield from _signature_faults(contents, number, data, package)
        yield from _part_faults(contents, number, package)


def _signature_faults(
    contents: Contents, number: int, data: bytes, package: Mapping[str, Any]
) -> Iterator[str]:
    """Check an earlier holder's signature."""
    head = f"{HISTORY}{number}-"
    text, signature, chain = (
        contents.parts.get(head + name, b"") for name in ("signed-text", "signature", "chain")
    )
    if text != f"sha256:{sha256(data)}".encode():
        yield f"{head}signed-text is not the hash of {head}{_PACKAGE}."
        return
    algorithm = _object(package, "signer").get("algorithm")
    try:
        signing.check_signature(text, signature, str(algorithm), chain)
    except (SigningError, CertificateError):
        yield f"{head}signature does not hold."


def _part_faults(contents: Contents, number: int, package: Mapping[str, Any]) -> Iterator[str]:
    """Compare an earlier list with what is here now."""
    for path, hash_ in _listed(package).items():
        data = contents.parts.get(path)
        if data is None:
            yield f"{path} is missing, and holder {number} signed it."
        elif path == CUSTODY:
            if not _grew_from(data, hash_):
                yield f"{path} does not go on from what holder {number} signed."
        elif sha256(data) != hash_:
            yield f"{path} was changed since holder {number} signed it."


def _grew_from(log: bytes, hash_: str) -> bool:
    """Whether a log's first lines are the ones that had a hash."""
    running = hashlib.sha256()
    for line in log.splitlines(keepends=True):
        running.update(line)
        if running.hexdigest() == hash_:
            return True
    return False
