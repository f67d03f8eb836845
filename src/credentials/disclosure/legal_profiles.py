"""Disclosure profiles: what laws ask a marked picture to say, filled into a request.

The profiles collect what is written in, as of 2026:

* ``eu``: Regulation (EU) 2024/1689 (AI Act), article 50(2), and its code of practice on marking;
* ``california``: California SB 942 (AI Transparency Act), latent disclosures;
* ``china``: GB 45438-2025, implicit labels in file metadata.

They are a checklist for engineers and not legal advice; whether a picture complies is for counsel
to say. What a finished picture carries of a profile, `checklist` checks.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import get_args

from indelible.choices import Law
from indelible.credentials.manifests.assertions import AiDisclosure
from indelible.credentials.manifests.request import ManifestRequest
from indelible.credentials.signers.protocol import Signer
from indelible.errors import ManifestError
from indelible.imaging import xmp

__all__ = ["AIGC_KEYS", "disclosure_xmp", "fill_request", "profiles_of"]

_LAWS: tuple[Law, ...] = get_args(Law)

# Keys of the TC260:AIGC label, GB 45438-2025, appendix E. Label "1": AI-generated.
AIGC_KEYS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)


def profiles_of(name: str) -> tuple[Law, ...]:
    """Return the profiles that a name means ("all" means each).

    Raises
    ------
    ManifestError
        If there is no such profile.
    """
    if name == "all":
        return _LAWS
    for profile in _LAWS:
        if name == profile:
            return (profile,)
    raise ManifestError(
        f"{name!r} is not a disclosure profile", hint=f"Use {', '.join(_LAWS)} or all."
    )


def fill_request(profile: str, request: ManifestRequest, signer: Signer) -> ManifestRequest:
    """Return `request` with what `profile` asks for, as far as it follows from the rest.

    Raises
    ------
    ManifestError
        Naming what only the caller can give: the provider, the system's version, a time-stamp
        authority, ...
    """
    missing = [
        f"{name}: {need}" for name in profiles_of(profile) for need in _needs(name, request, signer)
    ]
    if missing:
        raise ManifestError(
            "the disclosure profile lacks " + "; ".join(missing),
            hint="Give these with the generator, the signer or the configuration.",
        )
    changes: dict[str, object] = {}
    if request.disclosure is None:
        generator = request.generator
        changes["disclosure"] = AiDisclosure(
            model_name=generator.model or generator.name,
            model_identifier=generator.model_identifier,
        )
    if request.unique_id is None:
        changes["unique_id"] = request.manifest_id
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]


def _needs(profile: Law, request: ManifestRequest, signer: Signer) -> Iterator[str]:
    if not request.source_type.involves_ai:
        yield "a source type that says AI-generated or AI-edited"
    if request.soft_binding is None:
        yield "a watermark"
    if profile == "eu" and signer.timestamp_url is None:
        yield "a time-stamp authority for the signer (timestamp_url)"
    if profile in ("california", "china") and request.generator.provider is None:
        yield "the provider's name (generator.provider)"
    if profile == "california" and request.generator.version is None:
        yield "the system's version (generator.version)"


def disclosure_xmp(profile: str, request: ManifestRequest, packet: bytes | None) -> bytes:
    """Return the XMP packet that the picture must carry *before* it is signed.

    Parameters
    ----------
    profile : str
        "eu", "california", "china" or "all".
    request : ManifestRequest
        As filled by `fill_request`.
    packet : bytes or None
        The picture's XMP so far; it is kept.
    """
    generator = request.generator
    values: dict[xmp.Property, str] = {
        xmp.DIGITAL_SOURCE_TYPE: request.source_type.uri,
        xmp.AI_SYSTEM: generator.model or generator.name,
    }
    version = generator.model_version if generator.model else generator.version
    if version is not None:
        values[xmp.AI_SYSTEM_VERSION] = version
    if request.prompt is not None:
        values[xmp.AI_PROMPT] = request.prompt
    if "china" in profiles_of(profile):
        label = dict.fromkeys(AIGC_KEYS, "")
        label["Label"] = "1"
        label["ContentProducer"] = generator.provider or generator.name
        label["ProduceID"] = request.unique_id or request.manifest_id
        values[xmp.AIGC] = json.dumps(label, ensure_ascii=False, separators=(",", ":"))
    return xmp.with_properties(packet, values)
