"""What a manifest says: a typed model of the claims, and the definition that is signed.

The model covers what a generator, an editor or a photographer declares about one picture. It never
looks at pixels. `ManifestRequest.definition` turns it into the JSON that the C2PA library takes.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import importlib.metadata
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from indelible.choices import MAX_THUMBNAIL, MIN_THUMBNAIL
from indelible.credentials.manifests.assertions import (
    AiDisclosure,
    Assertion,
    PictureFingerprint,
    Region,
    Step,
    TrainingMining,
)
from indelible.credentials.source_types import SourceType
from indelible.errors import ManifestError

__all__ = [
    "Generator",
    "ManifestRequest",
    "SoftBinding",
    "new_manifest_id",
]

# The library takes manifests of about 1 MiB at most; a definition is kept well under that.
MAX_DEFINITION_BYTES = 900_000

_MANIFEST_ID = re.compile(
    r"urn:c2pa:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII
)
SDK_NAME = "Indelible"
_MAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.IGNORECASE
)
_MAX_CONTACT = 500
PARENT_INSTANCE = "indelible:parent"
KEY_PARAMETER = "keyId="  # in the soft binding's parameters (C2PA: alg-params)


def new_manifest_id() -> str:
    """Return a fresh manifest id, ``urn:c2pa:<uuid4>``: known before anything is signed."""
    return f"urn:c2pa:{uuid.uuid4()}"


def is_contact(text: str) -> bool:
    """Whether a text is an e-mail address or an https URL, so that people can turn there."""
    if len(text) > _MAX_CONTACT or not text.isascii() or not text.isprintable() or " " in text:
        return False
    if _MAIL.fullmatch(text):
        return True
    try:
        target = urlsplit(text)
        return target.scheme == "https" and bool(target.hostname) and "@" not in target.netloc
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Generator:
    """Who, or what, made the picture.

    Attributes
    ----------
    name, version : str
        The product or service that makes the claim ("Acme Images", "2.1").
    provider : str, optional
        The organisation behind it ("Acme Inc.").
    model, model_version, model_identifier : str, optional
        The trained model, for example "acme-diffusion", "7", "acme/diffusion@7".
    abuse_contact : str, optional
        Where to turn to about the picture: an e-mail address or an https URL. It is signed into
        the manifest, for everybody to read.
    """

    name: str
    version: str | None = None
    provider: str | None = None
    model: str | None = None
    model_version: str | None = None
    model_identifier: str | None = None
    abuse_contact: str | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ManifestError("the generator needs a name")
        if self.abuse_contact is not None and not is_contact(self.abuse_contact):
            raise ManifestError(
                f"{self.abuse_contact!r} is no abuse contact",
                hint="Give an e-mail address or an https URL.",
            )

    @classmethod
    def unnamed(cls, **details: str | None) -> Generator:
        """Return the generator of a picture if nobody named its maker.

        A manifest has to name the software that makes its claim, and that is this package. It does
        not say that this package made the picture.
        """
        return cls(SDK_NAME, _sdk_version(), **details)

    def overridden(
        self,
        *,
        name: str | None = None,
        version: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        model_version: str | None = None,
        model_identifier: str | None = None,
    ) -> Generator:
        """Return this generator with what is given in place of its own.

        What describes a product or a model does not outlive its name: another name drops the
        version and the provider, another model its version and identifier, unless they are given.
        """
        same, same_model = name in (None, self.name), model in (None, self.model)
        return Generator(
            name=name or self.name,
            version=version or (self.version if same else None),
            provider=provider or (self.provider if same else None),
            model=model or self.model,
            model_version=model_version or (self.model_version if same_model else None),
            model_identifier=model_identifier or (self.model_identifier if same_model else None),
            abuse_contact=self.abuse_contact,
        )

    def agent(self) -> dict[str, str] | None:
        """Return what did the creating: the model where it is known, else the product, if named."""
        if self.model is not None:
            return _named(self.model, self.model_version)
        return None if self.name == SDK_NAME else _named(self.name, self.version)


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """A watermark's id, as the manifest names it.

    Attributes
    ----------
    algorithm : str
        Name of the watermark algorithm.
    value : bytes
        The id. Read from a manifest: the likeliest reading of what is stored there.
    readings : tuple of bytes
        Other readings of the stored value. Manifests store it as text, base64, hexadecimal digits
        or bytes, and nothing in them says which.
    key_id : str, optional
        Id of the watermark key, 16 hexadecimal digits: whoever holds that key can check whether the
        mark is where the manifest says that it is.
    """

    algorithm: str
    value: bytes
    readings: tuple[bytes, ...] = ()
    key_id: str | None = None

    def names(self, algorithm: str, value: bytes) -> bool:
        """Whether this binding is about `value` under `algorithm`, in any reading."""
        return self.algorithm == algorithm and (value == self.value or value in self.readings)


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """Everything that one manifest is to say.

    Attributes
    ----------
    manifest_id : str
        From `new_manifest_id`.
    generator : Generator
        Who makes the claim.
    when : datetime.datetime
        When the picture was made; timezone-aware.
    source_type : SourceType
        How the picture came to be.
    soft_binding : SoftBinding, optional
        The id that the watermark in the pixels carries.
    fingerprint : PictureFingerprint, optional
        What the picture looks like; its PDQ hash is a soft binding, too.
    title : str, optional
        A name for people.
    unique_id : str, optional
        The generator's own identifier of this picture.
    disclosure : AiDisclosure, optional
        By default filled from `generator` for pictures that AI made or edited and whose model is
        named.
    training : TrainingMining, optional
        What others may do with the picture. None says nothing about it.
    prompt_sha256 : str, optional
        SHA-256 of the prompt, in hexadecimal: lets its author show later which prompt it was.
    prompt : str, optional
        The prompt itself. Prompts can be private: nothing sets this but the caller.
    regions : tuple of Region
        The parts of the picture that were edited, where not all of it was.
    steps : tuple of Step
        What was done to the picture before, where this is only another rendering of it (resized,
        cropped, converted): its beginning is then its parent's to tell, and `source_type` is not
        written.
    assertions : tuple of Assertion
        Anything else.
    thumbnail : bool or int
        Whether to put a preview into the manifest, so that what is changed later can be shown; a
        number is its longer side in pixels, 64 to 512. True is 256 (about 6 KB).
    embed : bool
        False leaves the picture unsigned and gives the manifest only as a file of its own.
    remote_url : str, optional
        Address at which the manifest will also be found.
    """

    manifest_id: str
    generator: Generator
    when: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    source_type: SourceType = SourceType.GENERATED
    soft_binding: SoftBinding | None = None
    fingerprint: PictureFingerprint | None = None
    title: str | None = None
    unique_id: str | None = None
    disclosure: AiDisclosure | None = None
    training: TrainingMining | None = None
    prompt_sha256: str | None = None
    prompt: str | None = None
    regions: tuple[Region, ...] = ()
    steps: tuple[Step, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    thumbnail: bool | int = False
    embed: bool = True
    remote_url: str | None = None

    def __post_init__(self) -> None:
        if not _MANIFEST_ID.fullmatch(self.manifest_id):
            raise ManifestError(
                f"{self.manifest_id!r} is not a manifest id", hint="Use new_manifest_id()."
            )
        if self.thumbnail > 1 and not MIN_THUMBNAIL <= self.thumbnail <= MAX_THUMBNAIL:
            raise ManifestError(
                f"a preview of {self.thumbnail} pixels",
                hint=f"Give True, or {MIN_THUMBNAIL} to {MAX_THUMBNAIL}.",
            )
        if self.when.tzinfo is None:
            raise ManifestError(
                "the time of a manifest needs a time zone",
                hint="Use datetime.now(datetime.UTC), for example.",
            )
        if self.prompt_sha256 is not None and not re.fullmatch(
            r"[0-9a-f]{64}", self.prompt_sha256, re.ASCII
        ):
            raise ManifestError("prompt_sha256 must be 64 lower-case hexadecimal digits")

    @property
    def begins_here(self) -> bool:
        """Whether the manifest says how the picture began; not for another rendering of it."""
        return not self.steps

    @property
    def timestamp(self) -> str:
        """`when` in UTC, as manifests write it ("2026-11-22T17:00:00Z")."""
        return self.when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def definition(self, *, has_parent: bool) -> dict[str, Any]:
        """Return the manifest definition for the C2PA library.

        Parameters
        ----------
        has_parent : bool
            Whether the picture continues a history: its first action is then ``c2pa.opened`` with
            the parent as ingredient, else ``c2pa.created``.

        Raises
        ------
        ManifestError
            If it cannot be written as JSON, or is too large for the library.
        """
        assertions = [
            _created("c2pa.actions.v2", {"actions": self._actions(has_parent=has_parent)}),
            *self._soft_binding_assertions(),
            *self._disclosure_assertion(),
        ]
        if self.training is not None:
            assertions.append(_created("cawg.training-mining", self.training.data()))
        details = self._details()
        if details:
            assertions.append(_created("org.indelible.generation", details))
        assertions.extend(_created(item.label, dict(item.data)) for item in self.assertions)
        claimant = _named(self.generator.name, self.generator.version)
        definition: dict[str, Any] = {
            "label": self.manifest_id,
            "claim_generator_info": [claimant],
            "assertions": assertions,
        }
        if self.title is not None:
            definition["title"] = self.title
        _check_size(definition)
        return definition

    def _actions(self, *, has_parent: bool) -> list[dict[str, Any]]:
        first: dict[str, Any] = {
            "action": "c2pa.opened" if has_parent else "c2pa.created",
            "when": self.timestamp,
        }
        if has_parent:
            first["parameters"] = {"ingredientIds": [PARENT_INSTANCE]}
        if self.steps:
            return [first, *self._rendering(has_parent=has_parent)]
        made: dict[str, Any] = first
        actions = [first]
        if has_parent and self.source_type is not SourceType.GENERATED:
            made = {"action": "c2pa.edited", "when": self.timestamp}
            actions.append(made)
        made["digitalSourceType"] = self.source_type.uri
        agent = self.generator.agent()
        if agent is not None:
            made["softwareAgent"] = agent
        if self.regions:
            made["changes"] = [region.data() for region in self.regions]
        if self.soft_binding is not None:
            actions.append(
                {
                    "action": "c2pa.watermarked.bound",
                    "when": self.timestamp,
                    "softwareAgent": _named(SDK_NAME, _sdk_version()),
                }
            )
        return actions

    def _rendering(self, *, has_parent: bool) -> list[dict[str, Any]]:
        """Return the actions of another rendering, by this software."""
        actions: list[dict[str, Any]] = []
        for step in self.steps:
            action: dict[str, Any] = {
                "action": step.action,
                "when": self.timestamp,
                "softwareAgent": _named(SDK_NAME, _sdk_version()),
            }
            if step.description is not None:
                action["description"] = step.description
            if has_parent:
                action["parameters"] = {"ingredientIds": [PARENT_INSTANCE]}
            actions.append(action)
        return actions

    def _soft_binding_assertions(self) -> list[dict[str, Any]]:
        assertions = []
        if self.soft_binding is not None:
            content = _soft_binding(self.soft_binding.algorithm, self.soft_binding.value)
            if self.soft_binding.key_id is not None:
                content["alg-params"] = f"{KEY_PARAMETER}{self.soft_binding.key_id}"
            assertions.append(_created("c2pa.soft-binding", content))
        if self.fingerprint is not None:
            content = _soft_binding(PictureFingerprint.PDQ_ALGORITHM, self.fingerprint.pdq)
            assertions.append(_created("c2pa.soft-binding", content))
            assertions.append(_created(PictureFingerprint.LABEL, self.fingerprint.data()))
        return assertions

    def _disclosure_assertion(self) -> list[dict[str, Any]]:
        disclosure = self.disclosure
        made_here = self.begins_here and self.source_type.involves_ai
        if disclosure is None and made_here and self.generator.model:
            disclosure = AiDisclosure(
                model_name=self.generator.model,
                model_identifier=self.generator.model_identifier,
            )
        return [] if disclosure is None else [_created("c2pa.ai-disclosure", disclosure.data())]

    def _details(self) -> dict[str, Any]:
        """Fields that no standard assertion has a place for."""
        fields = {
            "provider": self.generator.provider,
            "abuseContact": self.generator.abuse_contact,
            "uniqueId": self.unique_id,
            "modelVersion": self.generator.model_version if self.generator.model else None,
            "promptSha256": self.prompt_sha256,
            "prompt": self.prompt,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _created(label: str, data: dict[str, Any]) -> dict[str, Any]:
    # Without "created" the library files an assertion among the *gathered* ones, which are hearsay.
    return {"label": label, "created": True, "data": data}


def _soft_binding(algorithm: str, value: bytes) -> dict[str, Any]:
    stored = base64.b64encode(value).decode("ascii")
    return {"alg": algorithm, "blocks": [{"scope": {}, "value": stored}]}


def _named(name: str, version: str | None) -> dict[str, str]:
    return {"name": name} if version is None else {"name": name, "version": version}


def _check_size(definition: dict[str, Any]) -> None:
    try:
        size = len(json.dumps(definition, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ManifestError(
            f"an assertion cannot be written as JSON: {error}",
            hint="Use strings, numbers, booleans, lists and dictionaries only.",
        ) from error
    if size > MAX_DEFINITION_BYTES:
        raise ManifestError(
            f"the manifest is too large: {size} bytes, at most {MAX_DEFINITION_BYTES}",
            hint="Keep large data elsewhere and put its SHA-256 into the manifest.",
        )


@functools.cache
def _sdk_version() -> str | None:
    try:
        return importlib.metadata.version("indelible")
    except importlib.metadata.PackageNotFoundError:  # used from a source tree
        return None
