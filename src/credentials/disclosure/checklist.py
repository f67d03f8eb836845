"""What a picture carries of a disclosure profile, line by line: see `legal_profiles`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from indelible.choices import Law
from indelible.credentials.disclosure.legal_profiles import AIGC_KEYS, profiles_of
from indelible.credentials.manifests.manifest_report import ManifestReport
from indelible.credentials.manifests.report import CredentialReport
from indelible.credentials.source_types import SourceType
from indelible.imaging import xmp

__all__ = ["PROFILE_NOTICE", "ProfileLine", "check_profile"]

PROFILE_NOTICE = "This is a technical checklist and not legal advice."

_AI_TERMS = frozenset(item.value for item in SourceType if item.involves_ai)


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One requirement, and whether a picture meets it.

    Attributes
    ----------
    profile : str
        "eu", "california" or "china".
    requirement : str
        What is asked for, in a sentence.
    present : bool or None
        None where it was not looked for (a watermark, without a key).
    detail : str
        What was found, or how to add it.
    """

    profile: Law
    requirement: str
    present: bool | None
    detail: str


def check_profile(
    profile: str,
    report: CredentialReport,
    *,
    packet: bytes | None,
    watermark_found: bool | None = None,
) -> tuple[ProfileLine, ...]:
    """Say line by line what of a profile a picture carries.

    Parameters
    ----------
    profile : str
        "eu", "california", "china" or "all".
    report : CredentialReport
        From `read`.
    packet : bytes or None
        The picture's XMP.
    watermark_found : bool, optional
        Whether a watermark was detected in the pixels; None if nobody looked.
    """
    facts = _Facts(report, xmp.read_properties(packet), watermark_found)
    return tuple(
        ProfileLine(name, requirement, *check(facts))
        for name in profiles_of(profile)
        for requirement, check in _REQUIREMENTS[name]
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    report: CredentialReport
    properties: Mapping[xmp.Property, str]
    watermark_found: bool | None

    @property
    def manifests(self) -> list[ManifestReport]:
        """The active manifest, and those of the pictures that this one is an edit of."""
        found: list[ManifestReport] = []
        current = self.report.manifest
        while current is not None:
            found.append(current)
            parents = [i.manifest for i in current.ingredients if i.relationship == "parentOf"]
            current = next((item for item in parents if item is not None), None)
        return found

    def first(self, read: Callable[[ManifestReport], str | None]) -> str | None:
        """Return what the newest manifest with an answer says."""
        return next((value for value in map(read, self.manifests) if value), None)


Answer: TypeAlias = tuple[bool | None, str]


def _found(value: str | None, otherwise: str) -> Answer:
    return (True, value) if value else (False, otherwise)


def _signed(facts: _Facts) -> Answer:
    integrity = facts.report.integrity
    return integrity == "intact", f"the credentials are {integrity}"


def _time_stamped(facts: _Facts) -> Answer:
    if facts.report.timestamp_trusted is None:
        return False, "sign with a time-stamp authority (--timestamp-url)"
    return True, f"{facts.report.time} ({facts.report.clock})"


def _says_ai(facts: _Facts) -> Answer:
    term = facts.first(lambda item: item.source_type if item.source_type in _AI_TERMS else None)
    return _found(term, "no manifest says AI-generated or AI-edited")


def _watermarked(facts: _Facts) -> Answer:
    if facts.watermark_found is None:
        named = facts.first(
            lambda item: item.soft_bindings[0].algorithm if item.soft_bindings else None
        )
        if named:
            return None, f"the manifest names one ({named}); the pixels were not checked"
        return None, "not checked: this needs a watermark key"
    return facts.watermark_found, "in the pixels" if facts.watermark_found else "none was detected"


def _xmp_source_type(facts: _Facts) -> Answer:
    value = facts.properties.get(xmp.DIGITAL_SOURCE_TYPE, "")
    is_ai = value.rstrip("/").rpartition("/")[2] in _AI_TERMS
    return is_ai, value or "no IPTC DigitalSourceType in the XMP"


def _xmp_system(facts: _Facts) -> Answer:
    return _found(facts.properties.get(xmp.AI_SYSTEM), "no IPTC AISystemUsed in the XMP")


def _history_kept(facts: _Facts) -> Answer:
    if not facts.report.manifest:
        return False, "no manifest"
    opened = any(item.action == "c2pa.opened" for item in facts.report.actions)
    parent = any(item.relationship == "parentOf" for item in facts.report.ingredients)
    if opened and not parent:
        return False, "the picture was opened from another one, whose record is missing"
    return True, "kept as parent" if parent else "the picture began here"


def _provider(facts: _Facts) -> Answer:
    return _found(facts.first(lambda item: item.provider), "no provider is named")


def _system(facts: _Facts) -> Answer:
    return _found(facts.first(lambda item: item.generator), "no generator is named")


def _system_version(facts: _Facts) -> Answer:
    return _found(facts.first(lambda item: item.generator_version), "no version is named")


def _created(facts: _Facts) -> Answer:
    return _found(facts.report.time, "no time is given")


def _unique(facts: _Facts) -> Answer:
    return _found(facts.first(lambda item: item.unique_id or item.manifest_id), "no identifier")


def _aigc_label(facts: _Facts) -> dict[str, object]:
    try:
        label = json.loads(facts.properties.get(xmp.AIGC, ""))
    except (ValueError, RecursionError):
        return {}
    return label if isinstance(label, dict) else {}


def _aigc_present(facts: _Facts) -> Answer:
    label = _aigc_label(facts)
    absent = [name for name in AIGC_KEYS if name not in label]
    if not label:
        return False, "no TC260:AIGC property in the XMP"
    return not absent, f"fields missing: {', '.join(absent)}" if absent else "all fields"


def _aigc_field(name: str) -> Callable[[_Facts], Answer]:
    def check(facts: _Facts) -> Answer:
        value = _aigc_label(facts).get(name)
        return _found(value if isinstance(value, str) else None, f"{name} is empty or missing")

    return check


def _aigc_is_ai(facts: _Facts) -> Answer:
    value = _aigc_label(facts).get("Label")
    return str(value) == "1", f"Label is {value!r}"


_REQUIREMENTS: dict[Law, tuple[tuple[str, Callable[[_Facts], Answer]], ...]] = {
    "eu": (
        ("Signed, machine-readable metadata", _signed),
        ("The metadata is time-stamped", _time_stamped),
        ("It says that the picture is AI-generated or AI-manipulated", _says_ai),
        ("An imperceptible watermark in the pixels", _watermarked),
        ("Marks that the picture had before are kept", _history_kept),
        ("IPTC DigitalSourceType in the XMP", _xmp_source_type),
        ("IPTC AI System Used in the XMP", _xmp_system),
    ),
    "california": (
        ("Name of the provider", _provider),
        ("Name of the AI system", _system),
        ("Version of the AI system", _system_version),
        ("Time and date of creation or alteration", _created),
        ("A unique identifier", _unique),
        ("Detectable by the provider's tool: signed metadata", _signed),
        ("Permanent or hard to remove: a watermark in the pixels", _watermarked),
    ),
    "china": (
        ("Implicit label TC260:AIGC in the metadata", _aigc_present),
        ("Label says that the content is AI-generated", _aigc_is_ai),
        ("ContentProducer names the provider", _aigc_field("ContentProducer")),
        ("ProduceID numbers the content", _aigc_field("ProduceID")),
    ),
}
