"""The generation record: what the operator of a generator knows about the making of one picture."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from indelible.errors import ArgumentError, RegistryError

__all__ = ["GenerationRecord", "InputPicture"]

_VERSION: Final = 1
_MOST_INPUTS: Final = 64
_MOST_CHARACTERS: Final = 1024  # of each text: an id or a name, never a prompt
_SHA256_BYTES: Final = 32
_PDQ_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class InputPicture:
    """A picture that a generator was given, by its fingerprints.

    Attributes
    ----------
    sha256 : bytes
        Of the bytes that reached the model, 32 bytes.
    pdq : bytes or None
        Its perceptual hash, 32 bytes; None where it could not be decoded or has too little detail.
    manifest_id : str or None
        The manifest that it carried or its watermark led to.
    """

    sha256: bytes = field(repr=False)
    pdq: bytes | None = field(default=None, repr=False)
    manifest_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.sha256, bytes) or len(self.sha256) != _SHA256_BYTES:
            raise ArgumentError("sha256", "An input's SHA-256 is 32 bytes.")
        if self.pdq is not None and (
            not isinstance(self.pdq, bytes) or len(self.pdq) != _PDQ_BYTES
        ):
            raise ArgumentError("pdq", "An input's PDQ hash is 32 bytes.")
        _check_text("manifest_id", self.manifest_id)


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """Who had a picture made, when and with what: private to the generator's operator.

    Attributes
    ----------
    account : str or None
        The operator's own reference to the account that asked; a number or a pseudonym rather than
        a name.
    request_id : str or None
        The request, as the operator's logs name it.
    model : str or None
        The model and its version.
    prompt_sha256 : bytes or None
        SHA-256 of the prompt, 32 bytes: `of_prompt` computes it. The prompt itself is not kept.
    time : datetime.datetime
        When the picture was asked for; timezone-aware.
    inputs : tuple of InputPicture
        The pictures that the request came with; 64 at most.

    Raises
    ------
    ArgumentError
        If a value is of a wrong type, too long, or without a time zone.
    """

    account: str | None = field(default=None, repr=False)
    request_id: str | None = field(default=None, repr=False)
    model: str | None = None
    prompt_sha256: bytes | None = field(default=None, repr=False)
    time: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    inputs: tuple[InputPicture, ...] = ()

    def __post_init__(self) -> None:
        for name in ("account", "request_id", "model"):
            _check_text(name, getattr(self, name))
        prompt = self.prompt_sha256
        if prompt is not None and (not isinstance(prompt, bytes) or len(prompt) != _SHA256_BYTES):
            raise ArgumentError(
                "prompt_sha256",
                "A prompt's SHA-256 is 32 bytes.",
                hint="Use GenerationRecord.of_prompt(prompt, ...).",
            )
        if not isinstance(self.time, dt.datetime) or self.time.tzinfo is None:
            raise ArgumentError("time", "A generation record's time needs a time zone.")
        if len(self.inputs) > _MOST_INPUTS:
            raise ArgumentError(
                "inputs", f"{len(self.inputs)} inputs are more than {_MOST_INPUTS}."
            )

    @classmethod
    def of_prompt(cls, prompt: str, **values: Any) -> GenerationRecord:  # noqa: ANN401 - the fields
        """Return a record that keeps the hash of a prompt; the other fields as they are given."""
        return cls(prompt_sha256=hashlib.sha256(prompt.encode()).digest(), **values)

    def encode(self) -> bytes:
        """Return the record as bytes, for `RecordKeys.seal`: JSON in UTF-8."""
        return json.dumps(
            {
                "version": _VERSION,
                "account": self.account,
                "request_id": self.request_id,
                "model": self.model,
                "prompt_sha256": _hex(self.prompt_sha256),
                "time": self.time.astimezone(dt.UTC).isoformat(),
                "inputs": [
                    {
                        "sha256": one.sha256.hex(),
                        "pdq": _hex(one.pdq),
                        "manifest_id": one.manifest_id,
                    }
                    for one in self.inputs
                ],
            },
            separators=(",", ":"),
        ).encode()

    @classmethod
    def decode(cls, data: bytes) -> GenerationRecord:
        """Read what `encode` wrote.

        Raises
        ------
        RegistryError
            If it is something else, or of a newer version.
        """
        try:
            values = json.loads(data)
            if values.pop("version") != _VERSION:
                raise RegistryError(
                    "a generation record is of a newer version", hint="Update Indelible."
                )
            return cls(
                account=values["account"],
                request_id=values["request_id"],
                model=values["model"],
                prompt_sha256=_bytes(values["prompt_sha256"]),
                time=dt.datetime.fromisoformat(values["time"]),
                inputs=tuple(
                    InputPicture(
                        bytes.fromhex(one["sha256"]), _bytes(one["pdq"]), one["manifest_id"]
                    )
                    for one in values["inputs"]
                ),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RegistryError("a generation record cannot be read") from error


def _check_text(name: str, text: object) -> None:
    if text is None:
        return
    if not isinstance(text, str):
        raise ArgumentError(name, f"{name} is text, not a {type(text).__name__}.")
    if len(text) > _MOST_CHARACTERS:
        raise ArgumentError(
            name,
            f"{name} has {len(text)} characters, more than {_MOST_CHARACTERS}.",
            hint="Give a reference. Prompts are kept as hashes: GenerationRecord.of_prompt.",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(name, f"{name} is not valid Unicode.") from error


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)
