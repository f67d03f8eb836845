"""Reading: what a picture's manifest says, whether it is intact, and whom it comes from.

Everything in a manifest is somebody's bytes. What does not have the expected shape is left out of
the report, never an exception, and text is stripped of control characters before anybody's
terminal sees it.
"""

from __future__ import annotations

import base64
import dataclasses
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from indelible.credentials import _c2pa
from indelible.credentials.manifest import SoftBinding
from indelible.credentials.media_types import media_type
from indelible.credentials.report import (
    Action,
    CredentialReport,
    Finding,
    IngredientReport,
    ManifestReport,
    Signature,
    State,
)
from indelible.credentials.status import (
    PICTURE_HASH_MISMATCHES,
    UNTRUSTED,
    explain,
    is_identity,
)
from indelible.credentials.trust import DEVELOPMENT, Trust

__all__ = ["read"]

_STATES: dict[str, State] = {"Trusted": "trusted", "Valid": "valid", "Invalid": "invalid"}
# Informational codes that a person should hear of.
_NOTEWORTHY = frozenset(
    {
        "timeStamp.untrusted",
        "timeStamp.mismatch",
        "timeStamp.malformed",
        "timeStamp.outsideValidity",
        "signingCredential.ocsp.revoked",
        "signingCredential.ocsp.inaccessible",
        "assertion.dataHash.additionalExclusionsPresent",
        "assertion.bmffHash.additionalExclusionsPresent",
        "assertion.boxesHash.additionalExclusionsPresent",
        "algorithm.deprecated",
        "ingredient.unknownProvenance",
    }
)
_MAX_TEXT = 500
_MAX_DEPTH = 32
_MAX_NODES = 500


def read(
    data: bytes,
    format: str,
    *,
    trust: Trust | None = None,
    manifest_store: bytes | None = None,
    ocsp: bool = False,
) -> CredentialReport:
    """Read and validate a picture's credentials.

    Parameters
    ----------
    data : bytes
        The encoded picture.
    format : str
        "jpeg", "png", ... or a media type.
    trust : Trust, optional
        By which lists the signer is judged; by default the official ones.
    manifest_store : bytes, optional
        A manifest from elsewhere (a registry, a sidecar file) to read instead of the picture's own.
    ocsp : bool
        Ask the issuer whether the certificate was revoked. This is the only thing that makes this
        function connect to anything.

    Returns
    -------
    CredentialReport
        For any bytes whatsoever: what cannot be read is ``unreadable`` or ``absent``.

    Raises
    ------
    UnsupportedImageError
        If `format` is not one that can carry a manifest.
    """
    kind = media_type(format)
    trust = Trust.official() if trust is None else trust
    try:
        reading = _c2pa.read(data, kind, _c2pa.settings_for(trust, ocsp=ocsp), manifest_store)
    except _c2pa.NoManifestError:
        return CredentialReport("absent", reasons=("The file carries no Content Credentials.",))
    except _c2pa.RemoteManifestError as error:
        return CredentialReport(
            "absent",
            reasons=("The manifest is kept at an address, which was not fetched.",),
            remote_url=None if error.url is None else _text(error.url),
        )
    except _c2pa.UnreadableManifestError as error:
        return CredentialReport(
            "unreadable", reasons=(f"The Content Credentials cannot be read: {_text(str(error))}",)
        )
    report = _report(reading, trust, embedded=manifest_store is None)
    if kind == media_type("c2pa"):
        alone = "This is a manifest alone: it was read without the picture that it is about."
        return dataclasses.replace(report, reasons=(alone, *report.reasons))
    return report


def _report(reading: _c2pa.Reading, trust: Trust, *, embedded: bool) -> CredentialReport:
    summary = reading.summary
    active = _mapping(_mapping(summary, "validation_results"), "activeManifest")
    failures = _findings(active.get("failure"))
    successes = {
        finding.code: finding
        for finding in _findings(active.get("success"))
        if finding.where.endswith("/c2pa.signature")
    }
    own = tuple(item for item in failures if not is_identity(item.code))
    identity = tuple(item for item in failures if is_identity(item.code))

    trusted_by = _trusted_by(successes, trust)
    state = _STATES.get(str(summary.get("validation_state")), "invalid")
    if state == "trusted" and trusted_by is None:
        state = "valid"  # vouched for by a list of time-stamp authorities only

    tree = _Tree(reading)
    manifest = tree.manifest(str(summary.get("active_manifest", "")), ())
    history = tree.failures(summary)
    notes = _findings(active.get("informational"))
    stamped = manifest.signature.time if "timeStamp.validated" in successes else None
    broken = [item.code for item in own if item.code != UNTRUSTED]
    below = [item.code for item in _delta_failures(summary) if item.code != UNTRUSTED]
    return CredentialReport(
        state=state,
        reasons=(
            *_reasons(state, own, trusted_by),
            *_history_reasons(history),
            *dict.fromkeys(item.sentence for item in notes if item.code in _NOTEWORTHY),
            *(
                f"The {item.name} in use here is stale: its next issue was due on "
                f"{item.next_update:%Y-%m-%d}."
                for item in trust.stale_lists()
            ),
        ),
        failures=own,
        ingredient_failures=history,
        identity_failures=identity,
        manifest=manifest,
        signer_trusted=trusted_by is not None,
        trusted_by=trusted_by,
        development=trusted_by == DEVELOPMENT,
        changed_only=bool(broken) and PICTURE_HASH_MISMATCHES.issuperset([*broken, *below]),
        time=stamped or _claimed_time(manifest),
        timestamped=stamped is not None,
        timestamp_trusted=stamped is not None and "timeStamp.trusted" in successes,
        embedded=embedded,
    )


def _trusted_by(successes: Mapping[str, Finding], trust: Trust) -> str | None:
    """Return the name of the trust list that vouches for the active manifest's signer, if one does.

    The library's own ``trustListUri`` may be that of an ingredient's signer, so it is not used.
    """
    trusted = successes.get("signingCredential.trusted")
    # The library judges a certificate by itself: beside a signature that does not fit, it only says
    # that somebody put a good certificate there.
    if trusted is None or "claimSignature.validated" not in successes:
        return None
    return trust.voucher(trusted.detail)


def _reasons(state: State, failures: Sequence[Finding], trusted_by: str | None) -> tuple[str, ...]:
    sentences = list(dict.fromkeys(item.sentence for item in failures))
    if state == "trusted" and trusted_by == DEVELOPMENT:
        sentences.insert(
            0, "Intact, and signed with a development identity that only this machine trusts."
        )
    elif state == "trusted":
        sentences.insert(0, f"Intact, and signed by somebody that the {trusted_by} vouches for.")
    elif state == "valid":
        sentences.insert(0, "Intact since it was signed.")
        if not failures:
            sentences.append(explain(UNTRUSTED))
    return tuple(sentences)


def _history_reasons(history: Sequence[Finding]) -> tuple[str, ...]:
    found = [item.sentence for item in history if item.code != UNTRUSTED]
    return tuple(f"In a picture used in this one: {text}" for text in dict.fromkeys(found))


def _delta_failures(summary: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the failures inside the history that were not there when it was signed."""
    deltas = _mapping(summary, "validation_results").get("ingredientDeltas")
    return tuple(
        finding
        for delta in _mappings(deltas)
        for finding in _findings(_mapping(delta, "validationDeltas").get("failure"))
    )


def _claimed_time(manifest: ManifestReport) -> str | None:
    return next((item.when for item in manifest.actions if item.when is not None), None)


class _Tree:
    """The manifests of one store, as a tree from the active one down."""

    def __init__(self, reading: _c2pa.Reading) -> None:
        self._manifests = _mapping(reading.summary, "manifests")
        self._complete = {
            str(item.get("label")): item for item in _mappings(reading.complete.get("manifests"))
        }
        self._nodes = 0

    def manifest(self, label: str, above: tuple[str, ...]) -> ManifestReport:
        """Return the report of the manifest `label`; `above` are its descendants' labels."""
        self._nodes += 1
        body = _mapping(self._manifests, label)
        complete = _mapping(self._complete, label)
        assertions = [
            (str(item.get("label", "")), item.get("data"))
            for item in _mappings(body.get("assertions"))
        ]
        actions = _actions(assertions)
        below = () if label in above or len(above) >= _MAX_DEPTH else (*above, label)
        ingredients: list[IngredientReport] = []
        if below:
            for item in _mappings(body.get("ingredients")):
                if self._nodes >= _MAX_NODES:
                    break
                ingredients.append(self._ingredient(item, below))
        return ManifestReport(
            manifest_id=_text(label) or "",
            generator=_generator(body),
            generator_version=_generator_version(body),
            title=_text(body.get("title")),
            signature=_signature(body, complete),
            actions=actions,
            source_type=next((item.source_type for item in actions if item.source_type), None),
            soft_bindings=_soft_bindings(assertions),
            assertions=tuple(_text(name) or "" for name, _ in assertions),
            ingredients=tuple(ingredients),
            **_generation(assertions),
        )

    def _ingredient(self, item: Mapping[str, Any], above: tuple[str, ...]) -> IngredientReport:
        label = item.get("active_manifest")
        known = isinstance(label, str) and label in self._manifests
        return IngredientReport(
            relationship=_text(item.get("relationship")) or "componentOf",
            title=_text(item.get("title")),
            format=_text(item.get("format")),
            manifest=self.manifest(str(label), above) if known else None,
            failures=_recorded_failures(item),
        )

    def failures(self, summary: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return every failure inside the history: found now, and recorded when it was made."""
        found: dict[tuple[str, str], Finding] = {}
        for finding in _delta_failures(summary):
            found.setdefault((finding.code, finding.where), finding)
        for body in self._manifests.values():
            if isinstance(body, Mapping):
                for item in _mappings(body.get("ingredients")):
                    for finding in _recorded_failures(item):
                        found.setdefault((finding.code, finding.where), finding)
        return tuple(found.values())


def _recorded_failures(ingredient: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what was wrong with an ingredient when it was used, in the old form and the new."""
    results = _mapping(ingredient, "validation_results")
    found = list(_findings(_mapping(results, "activeManifest").get("failure")))
    for delta in _mappings(results.get("ingredientDeltas")):
        found.extend(_findings(_mapping(delta, "validationDeltas").get("failure")))
    found.extend(_findings(ingredient.get("validation_status")))
    # A signer unknown to the editor's lists is a question of lists, not a fault of the picture.
    return tuple(dict.fromkeys(item for item in found if item.code != UNTRUSTED))


def _findings(items: object) -> tuple[Finding, ...]:
    found = []
    for item in _mappings(items):
        code = _text(item.get("code"))
        if code:
            detail = _text(item.get("explanation")) or ""
            where = (_text(item.get("url")) or "").removeprefix("self#jumbf=")
            found.append(Finding(code, explain(code, detail), where, detail))
    return tuple(found)


def _generator(body: Mapping[str, Any]) -> str | None:
    for item in _mappings(body.get("claim_generator_info")):
        name, version = _text(item.get("name")), _text(item.get("version"))
        if name:
            return f"{name} {version}" if version else name
    return _text(body.get("claim_generator"))


def _generator_version(body: Mapping[str, Any]) -> str | None:
    items = _mappings(body.get("claim_generator_info"))
    return next((_text(item.get("version")) for item in items if _text(item.get("name"))), None)


def _generation(assertions: Sequence[tuple[str, object]]) -> dict[str, str | None]:
    """Return what Indelible's own assertion and the AI disclosure say."""
    own: Mapping[str, Any] = {}
    disclosure: Mapping[str, Any] = {}
    for label, data in assertions:
        if isinstance(data, Mapping):
            if label.startswith("org.indelible.generation"):
                own = data
            elif label.startswith("c2pa.ai-disclosure"):
                disclosure = data
    return {
        "provider": _text(own.get("provider")),
        "unique_id": _text(own.get("uniqueId")),
        "prompt_sha256": _text(own.get("promptSha256")),
        "model": _text(disclosure.get("modelName")),
        "model_identifier": _text(disclosure.get("modelIdentifier")),
    }


def _signature(body: Mapping[str, Any], complete: Mapping[str, Any]) -> Signature:
    info = _mapping(body, "signature_info")
    certificate = _mapping(_mapping(complete, "signature"), "certificateInfo")
    subject, issuer = _mapping(certificate, "subject"), _mapping(certificate, "issuer")
    validity = _mapping(certificate, "validity")
    organization = _text(subject.get("O")) or _text(info.get("issuer"))
    algorithm = _text(info.get("alg"))
    return Signature(
        signer=_text(subject.get("CN")) or _text(info.get("common_name")) or organization,
        organization=organization,
        issuer=_text(issuer.get("CN")) or _text(issuer.get("O")),
        algorithm=None if algorithm is None else algorithm.lower(),
        serial=_text(certificate.get("serialNumber")) or _text(info.get("cert_serial_number")),
        not_before=_text(validity.get("notBefore")),
        not_after=_text(validity.get("notAfter")),
        time=_text(info.get("time")),
    )


def _actions(assertions: Sequence[tuple[str, object]]) -> tuple[Action, ...]:
    actions = []
    for label, data in assertions:
        if not label.startswith("c2pa.actions") or not isinstance(data, Mapping):
            continue
        for item in _mappings(data.get("actions")):
            agent = item.get("softwareAgent")
            if isinstance(agent, Mapping):
                name, version = _text(agent.get("name")), _text(agent.get("version"))
                agent = f"{name} {version}" if name and version else name
            source = _text(item.get("digitalSourceType"))
            actions.append(
                Action(
                    action=_text(item.get("action")) or "unknown",
                    when=_text(item.get("when")),
                    agent=_text(agent),
                    source_type=None if source is None else source.rstrip("/").rpartition("/")[2],
                    description=_text(item.get("description")),
                )
            )
    return tuple(actions)


def _soft_bindings(assertions: Sequence[tuple[str, object]]) -> tuple[SoftBinding, ...]:
    bindings = []
    for label, data in assertions:
        if not label.startswith("c2pa.soft-binding") or not isinstance(data, Mapping):
            continue
        algorithm = _text(data.get("alg"))
        for block in _mappings(data.get("blocks")):
            readings = tuple(_readings_of(block.get("value")))
            if algorithm and readings:
                bindings.append(SoftBinding(algorithm, readings[0], readings))
    return tuple(bindings)


def _readings_of(value: object) -> Iterator[bytes]:
    """Yield what a stored soft-binding value may mean, the likeliest first."""
    if isinstance(value, list):  # CBOR bytes, as the library gives them in JSON
        if value and all(isinstance(item, int) and 0 <= item <= 255 for item in value):
            raw = bytes(value)
            yield raw
            yield from _readings_of(raw.decode("ascii", "replace"))
    elif isinstance(value, str) and 0 < len(value) <= 4096:
        text = value.removeprefix("b64'").removesuffix("'")
        with suppress(ValueError):
            yield base64.b64decode(text, validate=True)
        with suppress(ValueError):
            yield bytes.fromhex(text)
        yield text.encode()


def _mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                yield item


def _text(value: object) -> str | None:
    """Return `value` as one clean line of at most 500 characters; None if it is no text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    if len(value) <= _MAX_TEXT and value.isprintable():
        return value.strip()
    clean = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") else letter
        for letter in value[: _MAX_TEXT + 1]
    ).strip()
    return clean if len(clean) <= _MAX_TEXT else clean[: _MAX_TEXT - 1] + "…"
