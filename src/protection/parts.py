"""What a Protector is made of: checked, and completed from the user's configuration."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, get_args

from indelible import arguments, credentials, imaging
from indelible.choices import DEFAULT_STRENGTH, Profile, Strength
from indelible.credentials import Generator, ManifestRequest, Signer, SourceType, Trust
from indelible.imaging import Limits
from indelible.registry import Registry, sealing_registry
from indelible.registry.private import GenerationRecord, RecordKeys, SealedRecord
from indelible.watermark import Key

if TYPE_CHECKING:
    from indelible.settings import Configuration

__all__ = ["Given", "Parts", "checked", "completed", "detection_keys", "limits_of"]

Given = dict[str, Any]
"""Every part by its name, checked; None where it was not given."""

_INSTEAD: Final = "Give it, or begin with indelible.Protector.from_settings(...)."
_RECORD_KEYS: Final = (
    "A generation record is kept encrypted. Make keys once, with `indelible registry keys new -o "
    "FILE`, and give them: record_keys=RecordKeys.load(FILE), or the setting registry.record_keys."
)
_CHECKS: Final[Mapping[str, Callable[[object], Any]]] = {
    "signer": arguments.as_signer,
    "key": partial(arguments.as_keys, name="key"),
    "registry": arguments.as_registry,
    "generator": arguments.as_generator,
    "source_type": arguments.as_source_type,
    "manifest": arguments.as_manifest,
    "trust": arguments.as_trust,
    "profile": partial(arguments.as_word, "profile", words=get_args(Profile)),
    "strength": partial(arguments.as_word, "strength", words=get_args(Strength)),
    "thumbnail": arguments.as_thumbnail,
    "limits": arguments.as_limits,
    "record_keys": arguments.as_record_keys,
}


def checked(**given: object) -> Given:
    """Check every part; keys come back as a tuple, names as what they name.

    Raises
    ------
    ArgumentError
        If an argument is invalid; the error names it.
    """
    return {name: check(given[name]) for name, check in _CHECKS.items()}


def limits_of(given: Given) -> Limits:
    """Return the limits that `completed` will give, without asking for anything else.

    Raises
    ------
    ConfigurationError
        If they come from the user's configuration, which cannot be read.
    """
    limits: Limits | None = given["limits"]
    if limits is not None:
        return limits
    return imaging.DEFAULT_LIMITS if _is_complete(given) else _configuration().limits


def completed(given: Given) -> Given:
    """Return what was given, and the rest from the user's configuration, if there is a rest.

    In this order, so that the one notice about a new identity names everything.

    Raises
    ------
    ConfigurationError, KeyFileError, CredentialError
        If the configuration cannot give what is missing.
    """
    if _is_complete(given):
        return given
    configuration = _configuration()
    sources: dict[str, Callable[[], object]] = {
        "signer": configuration.signer,
        "key": configuration.marking_keys,
        "registry": configuration.registry,
        "trust": configuration.trust,
        "strength": lambda: configuration.settings.watermark.strength,
        "limits": lambda: configuration.limits,
        "record_keys": configuration.record_keys,
    }
    parts = given | {name: take() for name, take in sources.items() if given[name] is None}
    if not _is_named(given):
        # As a manifest, so that one that is given for a picture names its own generator.
        parts["manifest"] = ManifestRequest(credentials.new_manifest_id(), configuration.generator)
    return parts


def _is_complete(given: Given) -> bool:
    return _is_named(given) and None not in (given["signer"], given["key"], given["registry"])


def _is_named(given: Given) -> bool:
    """Whether it is known who makes the pictures."""
    return given["generator"] is not None or given["manifest"] is not None


def detection_keys() -> tuple[Key, ...]:
    """Return the keys of the user's ring, if there is one.

    Raises
    ------
    ConfigurationError, KeyFileError
        If the configuration or a key cannot be read.
    """
    return _configuration().detection_keys()


def _configuration() -> Configuration:
    from indelible.settings import current  # noqa: PLC0415 - only where a part is missing

    return current()


@dataclass(frozen=True, slots=True)
class Parts:
    """All that does not change from picture to picture; see `indelible.Protector`."""

    signer: Signer
    keys: tuple[Key, ...]
    registry: Registry
    generator: Generator | None
    source_type: SourceType | None
    manifest: ManifestRequest | None
    trust: Trust
    profile: Profile | None
    strength: Strength
    thumbnail: bool | int | None
    limits: Limits
    record_keys: RecordKeys | None

    @classmethod
    def of(cls, given: Given) -> Parts:
        """Return the parts that were given, with the defaults of `indelible.Protector`.

        Raises
        ------
        ArgumentError
            If the signer, the key or the registry is missing.
        """
        for name in ("signer", "key", "registry"):
            arguments.required(name, given[name], hint=_INSTEAD)
        return cls(
            signer=given["signer"],
            keys=given["key"],
            registry=given["registry"],
            generator=given["generator"],
            source_type=given["source_type"],
            manifest=given["manifest"],
            trust=given["trust"] or Trust.official(),
            profile=given["profile"],
            strength=given["strength"] or DEFAULT_STRENGTH,
            thumbnail=given["thumbnail"],
            limits=given["limits"] or imaging.DEFAULT_LIMITS,
            record_keys=given["record_keys"],
        )

    @property
    def key(self) -> Key:
        """The key that marks."""
        return self.keys[0]

    def check_record(self, record: GenerationRecord | None) -> None:
        """Make sure that a generation record can be sealed and kept, where one is given.

        Raises
        ------
        ArgumentError
            If there are no record keys, or the registry keeps no generation records.
        """
        if record is not None:
            arguments.required("record_keys", self.record_keys, hint=_RECORD_KEYS)
            sealing_registry(self.registry)

    def sealed(self, record: GenerationRecord | None, manifest_id: str) -> SealedRecord | None:
        """Return a generation record as the registry is to keep it, None where there is none."""
        if record is None or self.record_keys is None:
            return None
        return SealedRecord.of(record, self.record_keys, manifest_id)

    def request(
        self, manifest: ManifestRequest | None, source_type: SourceType | None = None
    ) -> ManifestRequest:
        """Return what one picture's manifest is to say, without its id and its soft binding.

        Parameters
        ----------
        manifest : ManifestRequest or None
            The picture's own, whose time is kept; None for the one that is held for all pictures.
        source_type : SourceType, optional
            The picture's own.
        """
        request = manifest
        if request is None and self.manifest is not None:
            request = dataclasses.replace(self.manifest, when=dt.datetime.now(dt.UTC))
        if request is None:
            request = ManifestRequest(credentials.new_manifest_id(), Generator.unnamed())
        return dataclasses.replace(
            request,
            generator=self.generator or request.generator,
            source_type=source_type or self.source_type or request.source_type,
            thumbnail=request.thumbnail if self.thumbnail is None else self.thumbnail,
        )
