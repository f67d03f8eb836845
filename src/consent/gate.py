"""The gate: whether a picture may be given to a model, decided on the very bytes that it would get.

Everything that speaks against it is looked at, whatever was found before, and the most restrictive
finding wins (docs/consent.md has the table). It says nothing about a stranger's unmarked picture.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indelible import arguments, credentials, fingerprint, imaging
from indelible.consent.audit import Audit, AuditTrail, audit_to, log_audit
from indelible.consent.decision import Decision, Effect, Finding, Kind, Override
from indelible.consent.hash_lists import HashList
from indelible.consent.headers import Headers, prohibitions
from indelible.consent.marks import find_marks, further_consents
from indelible.consent.policy import Policy
from indelible.consent.vocabulary import MINING
from indelible.credentials import CredentialReport, Permission, Trust
from indelible.errors import ArgumentError, IndelibleError, UnsupportedImageError
from indelible.imaging import Header, ImageFile
from indelible.imaging.sources import open_source
from indelible.registry import ConsentSource, Registry, consent_sources
from indelible.verification.consent_leg import look_up_consents, without_consent_keys
from indelible.verification.consent_report import ConsentReport
from indelible.verification.fingerprint_leg import compare_with_manifest, compare_with_recovered
from indelible.verification.registry_leg import look_up
from indelible.verification.result import WatermarkReport
from indelible.watermark import ENOUGH_PIXELS, Detection, Key, View

__all__ = ["ConsentGate", "GateInput"]

GateInput: TypeAlias = "bytes | str | os.PathLike[str] | NDArray[np.uint8]"
"""The exact bytes of a picture, a file of it, or pixels that are handed on as they are."""

_EFFECTS: Final[dict[str, Effect]] = {"deny": "deny", "allow": "note"}
_NOT_ABOUT: Final = "it is about another picture, so that it asks nothing of this one"


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture, opened once for all steps."""

    digest: str
    view: View
    file: ImageFile | None
    credential: CredentialReport
    xmp: bytes | None
    hashes: tuple[fingerprint.Pdq, ...]


class ConsentGate:
    """Decides whether pictures may be given to a model. Made once, used for every picture.

    Parameters
    ----------
    policy : Policy, optional
        What is refused.
    keys : Key or sequence of Key
        Watermark keys of generators, whose records may prohibit something. The public consent key
        is always looked for.
    registry : Registry, optional
        Where the marks' ids are looked up; several as `indelible.registry.Registries`.
    sources : sequence of ConsentSource
        Whom to ask for records of consent besides.
    trust : Trust, optional
        Whose signatures count where the policy asks; by default the official lists.
    hash_lists : sequence of HashList
        Pictures that are always refused.
    audit : callable, path or AuditTrail, optional
        Where a line goes for each decision: see `audit_to`. By default to the logger
        ``indelible.consent``.

    Raises
    ------
    ArgumentError
        If an argument is of a wrong type; the error names it.

    Notes
    -----
    Nothing of the user's configuration is read, and no connection is opened but by the registries
    that are given. Nothing in it changes: threads may share it.

    Examples
    --------
    >>> gate = ConsentGate(registry=registry)                       # doctest: +SKIP
    >>> gate.check(data).allowed                                    # doctest: +SKIP
    False
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        keys: Key | Sequence[Key] = (),
        registry: Registry | None = None,
        sources: Iterable[ConsentSource] = (),
        trust: Trust | None = None,
        hash_lists: Iterable[HashList] = (),
        audit: Audit | str | os.PathLike[str] | AuditTrail | None = None,
    ) -> None:
        self._policy = Policy() if policy is None else policy
        if not isinstance(self._policy, Policy):
            raise ArgumentError("policy", "policy is no Policy.", hint="Give consent.Policy(...).")
        ring = arguments.required("keys", arguments.as_keys(keys, allow_none=True))
        self._keys = without_consent_keys(ring)
        self._registry = arguments.as_registry(registry)
        self._sources = (*consent_sources(self._registry), *sources)
        self._trust = arguments.as_trust(trust) or Trust.official()
        self._lists = tuple(hash_lists)
        if not all(isinstance(one, HashList) for one in self._lists):
            raise ArgumentError(
                "hash_lists", "hash_lists holds what is no list.", hint="Give consent.HashList."
            )
        self._audit: Audit = log_audit
        if callable(audit):
            self._audit = audit
        elif audit is not None:
            self._audit = audit_to(audit)

    @property
    def policy(self) -> Policy:
        """What is refused."""
        return self._policy

    def check(
        self,
        image: GateInput,
        *,
        headers: Headers | None = None,
        override: Override | None = None,
    ) -> Decision:
        """Decide about one picture.

        Parameters
        ----------
        image : bytes, path, or uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
            The very bytes that the model would get. A file of a path is read once; whoever hands on
            the file itself should read it, and give its bytes.
        headers : mapping, optional
            Header fields with which it was fetched, if it was.
        override : Override, optional
            Somebody's will to let it pass all the same.

        Returns
        -------
        Decision
            Its line in the audit is written before this returns.

        Raises
        ------
        ImageError
            If it is no picture, is animated, or exceeds the limits: it must not pass. So for any
            other error, that of an audit which cannot be written among them.
        """
        reference = f"consent-{secrets.token_hex(8)}"
        started = dt.datetime.now(dt.UTC)
        try:
            picture = self._opened(image)
        except IndelibleError as error:
            self._audit(
                {
                    "time": started.isoformat(),
                    "reference": reference,
                    "decision": "unreadable",
                    "policy": self._policy.version,
                    "reason": type(error).__name__,
                }
            )
            raise
        findings = [*self._findings(picture, headers or {})]
        allowed = not any(one.effect == "deny" for one in findings)
        overridden = False
        if not allowed and override is not None:
            overridden, said = self._overridden(findings, override)
            findings.append(said)
        decision = Decision(
            allowed or overridden, reference, tuple(findings), self._policy.version, overridden
        )
        self._audit(_line(decision, picture, started, override))
        return decision

    # --- what is looked at -----------------------------------------------------------------------

    def _opened(self, image: GateInput) -> _Picture:
        limits = self._policy.limits
        if isinstance(image, np.ndarray):
            pixels = open_source(image, limits).pixels
            digest = hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()
            view = View(pixels)
            return _Picture(digest, view, None, CredentialReport("absent"), None, _hashes(view))
        arguments.as_path_or_bytes("image", image)
        file = imaging.open_image(image, limits=limits)
        _check_still(file.header)
        shown = file.decode(tolerant=True, enough=ENOUGH_PIXELS)
        _check_still(shown.header)
        view = View(shown.pixels, shown.scale)
        return _Picture(
            hashlib.sha256(file.data).hexdigest(),
            view,
            file,
            credentials.read(file, trust=self._trust),
            shown.metadata.xmp,
            _hashes(view),
        )

    def _findings(self, picture: _Picture, headers: Headers) -> Iterator[Finding]:
        yield from self._of_lists(picture)
        yield from self._of_manifest(picture)
        marks = find_marks(picture.view, self._keys, self._policy.effort)
        yield from self._of_consents(picture.view, marks.consents)
        for mark in marks.generators:
            yield from self._of_generator(picture, mark)
        yield from self._of_metadata(picture, headers)

    def _of_lists(self, picture: _Picture) -> Iterator[Finding]:
        hashes = [one.hash for one in picture.hashes if one.quality >= self._policy.hash_quality]
        for one in self._lists:
            if hashes and one.holds(hashes, self._policy.hash_distance):
                words = f"The picture is on the list {one.name}."
                yield Finding("listed", "listed", "deny", words, final=True)

    def _of_manifest(self, picture: _Picture) -> Iterator[Finding]:
        credential = picture.credential
        if credential.integrity == "unreadable":
            yield Finding("manifest", "unreadable", "warn", "The manifest cannot be read.")
        if credential.remote_url is not None and not credential.present:
            yield Finding("manifest", "elsewhere", "note", "The manifest was not fetched.")
        prohibited = [*self._prohibitions("manifest", credential.permissions)]
        if not any(one.effect == "deny" for one in prohibited):
            yield from prohibited
            return
        looks = compare_with_manifest(picture.view, WatermarkReport("not_found"), credential)
        if looks.state == "mismatch":  # anybody can put anybody's manifest into a file
            yield Finding(
                "manifest", "other_picture", "note", f"The manifest asks, but {_NOT_ABOUT}."
            )
        else:
            yield from prohibited

    def _of_consents(self, view: View, marks: Sequence[Detection]) -> Iterator[Finding]:
        found = self._looked_up(view, marks)
        yield from found
        if marks and not any(one.effect == "deny" for one in found):
            yield from self._looked_up(view, further_consents(view, marks))

    def _looked_up(self, view: View, marks: Sequence[Detection]) -> list[Finding]:
        reports = look_up_consents(view, marks, self._sources)
        return [self._of_consent(one) for one in reports]

    def _of_consent(self, report: ConsentReport) -> Finding:
        policy = self._policy
        mark = f"The consent mark {report.consent_id.hex()}"
        match report.standing:
            case "active":
                entries = {} if report.record is None else report.record.entries
                uses = {entries.get(name) for name in policy.entries}
                if "notAllowed" in uses or "constrained" in uses:
                    words = f"{mark} is registered, and its record holds."
                    return Finding("consent_mark", "registered", "deny", words)
                words = f"{mark} is registered; its record asks for something else."
                return Finding("consent_mark", "other_uses", policy.mining, words)
            case "unknown" | "not_asked":
                words = f"{mark} is in no registry that was asked."
                effect = _EFFECTS[policy.unregistered]
                return Finding("consent_mark", "unregistered", effect, words)
            case "unavailable":
                words = f"{mark} could not be looked up: {report.reason}"
                effect = _EFFECTS[policy.unavailable]
                return Finding("consent_mark", "unavailable", effect, words)
            case "other_picture":
                words = f"{mark} is registered, but {_NOT_ABOUT}."
                return Finding("consent_mark", "other_picture", "note", words)
            case state:
                words = f"{mark} is registered, but its record is {state}."
                return Finding("consent_mark", state, "note", words)

    def _of_generator(self, picture: _Picture, mark: Detection) -> Iterator[Finding]:
        if self._registry is None:
            return
        # A bare picture gets a file, because manifests are only read beside one.
        file = picture.file or ImageFile(imaging.encode(picture.view.pixels, "png"))
        recovered = look_up(
            mark, file, picture.credential, registry=self._registry, trust=self._trust
        )
        name = f"The mark {(mark.payload or b'').hex()}"
        if recovered.state == "unavailable":
            words = f"{name} could not be looked up: {recovered.reason}"
            effect = _EFFECTS[self._policy.unavailable]
            yield Finding("generators_mark", "unavailable", effect, words)
        if recovered.credential is None or recovered.status != "live":
            return
        prohibited = [*self._prohibitions("generators_mark", recovered.credential.permissions)]
        if prohibited:
            report = WatermarkReport("found", mark)
            looks = compare_with_recovered(picture.view, report, picture.credential, recovered)
            if looks.state == "mismatch":
                words = f"{name} leads to a manifest that asks, but {_NOT_ABOUT}."
                yield Finding("generators_mark", "other_picture", "note", words)
            else:
                yield from prohibited

    def _prohibitions(
        self,
        kind: Kind,
        permissions: Sequence[Permission],
    ) -> Iterator[Finding]:
        """Yield what a manifest and its history prohibit, each entry of a signer once."""
        lifted = {
            (one.entry, one.signer)
            for one in permissions
            if one.use == "allowed" and not one.ingredient and one.standing == "trusted"
        }
        said: set[tuple[str, ...]] = set()
        for one in permissions:
            # The same signer may take back what he asked for, and nobody else.
            back = one.standing == "trusted" and (one.entry, one.signer) in lifted
            key = (one.entry, one.use, one.standing)
            if one.use == "allowed" or back or key in said:
                continue
            said.add(key)
            where = "one in its history" if one.ingredient else "the active one"
            words = f"A manifest ({where}, {one.standing}) says {one.entry}: {one.use}."
            if one.entry in self._policy.entries:
                heeded = self._policy.signers == "any" or one.standing == "trusted"
                denied = heeded and one.use == "notAllowed"
                yield Finding(kind, "prohibited", "deny" if denied else "warn", words)
            elif one.entry in MINING:
                yield Finding(kind, "mining", self._policy.mining, words)

    def _of_metadata(self, picture: _Picture, headers: Headers) -> Iterator[Finding]:
        mining = self._policy.mining
        term = credentials.mining_term(picture.xmp)
        if term is not None and credentials.prohibits_mining(term):
            words = f"XMP says plus:DataMining = {term[:200]}."
            yield Finding("metadata", "mining", mining, words)
        for name, value in prohibitions(headers):
            yield Finding("header", "mining", mining, f"The header {name} says {value}.")

    def _overridden(self, findings: Sequence[Finding], override: Override) -> tuple[bool, Finding]:
        if override.scope not in self._policy.override_scopes:
            words = f"{override.by} may not override: {override.scope} is no such scope."
            return False, Finding("override", "refused", "note", words)
        if any(one.effect == "deny" and one.final for one in findings):
            words = f"{override.by} may not override what is on a list."
            return False, Finding("override", "refused", "note", words)
        words = f"Let pass by {override.by} ({override.scope}): {override.reason}"
        return True, Finding("override", "overridden", "note", words)


def _check_still(header: Header) -> None:
    if header.animated:
        raise UnsupportedImageError(
            "The picture is animated, and only one of its frames would be looked at.",
            hint="Send a still picture.",
        )


def _hashes(view: View) -> tuple[fingerprint.Pdq, ...]:
    return tuple(fingerprint.dihedral(view.pixels).hashes())


def _line(
    decision: Decision, picture: _Picture, started: dt.datetime, override: Override | None
) -> dict[str, Any]:
    upright = picture.hashes[0]
    return {
        "time": started.isoformat(),
        "reference": decision.reference,
        "decision": "allowed" if decision.allowed else "denied",
        "overridden": decision.overridden,
        "policy": decision.policy,
        "sha256": picture.digest,
        "pdq": upright.hex(),
        "quality": upright.quality,
        "findings": [
            {"kind": one.kind, "code": one.code, "effect": one.effect, "words": one.words}
            for one in decision.findings
        ],
        "by": None if override is None else override.by,
        "scope": None if override is None else override.scope,
        "reason": None if override is None else override.reason,
    }
