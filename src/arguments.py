"""Checks of what callers give, before any work is done: each error names its argument.

A wrong argument otherwise fails deep inside, minutes later, in the words of another module.
"""

from __future__ import annotations

import io
import operator
import os
import pickle
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import numpy as np

from indelible.choices import MAX_THUMBNAIL, MIN_THUMBNAIL
from indelible.credentials import Generator, ManifestRequest, Signer, SourceType, Trust
from indelible.errors import ArgumentError, IndelibleError
from indelible.imaging import ImageFile, Limits
from indelible.imaging.sources import PillowImage
from indelible.registry import Registry
from indelible.registry.private import GenerationRecord, RecordKeys
from indelible.resolution import Resolver
from indelible.watermark import Key

__all__ = [
    "as_flag",
    "as_format",
    "as_generation_record",
    "as_generator",
    "as_hosts",
    "as_keys",
    "as_limits",
    "as_manifest",
    "as_number",
    "as_path_or_bytes",
    "as_record_keys",
    "as_registry",
    "as_resolvers",
    "as_signer",
    "as_source_type",
    "as_thumbnail",
    "as_trust",
    "as_word",
    "check_image",
    "check_output",
    "check_travels",
    "required",
]

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

MAX_KEYS: Final = 256
MAX_RESOLVERS: Final = 8


def required(name: str, value: T | None, *, hint: str | None = None) -> T:
    """Return an argument that has to be given.

    Raises
    ------
    ArgumentError
        If it is None.
    """
    if value is None:
        raise ArgumentError(name, f"{name} is None, but is needed.", hint=hint or f"Give {name}.")
    return value


def as_signer(value: object) -> Signer | None:
    """Return what signs, or None where nothing is given."""
    return _of_kind(
        "signer",
        value,
        Signer,  # type: ignore[type-abstract]
        "a signer",
        "Load one, with indelible.credentials.PemSigner.load(chain, key) for example.",
    )


def as_registry(value: object) -> Registry | None:
    """Return the registry, or None where nothing is given."""
    return _of_kind(
        "registry",
        value,
        Registry,  # type: ignore[type-abstract]
        "a registry",
        'Open one: indelible.registry.open_registry("sqlite:///registry.sqlite3").',
    )


def as_record_keys(value: object) -> RecordKeys | None:
    """Return what seals generation records, or None where nothing is given."""
    return _of_kind(
        "record_keys",
        value,
        RecordKeys,
        "record keys",
        "Load them: indelible.registry.private.RecordKeys.load(path).",
    )


def as_generation_record(value: object) -> GenerationRecord | None:
    """Return what is known about a picture's making, or None where nothing is given."""
    return _of_kind(
        "record",
        value,
        GenerationRecord,
        "a GenerationRecord",
        "Make one: indelible.registry.private.GenerationRecord(account=...).",
    )


def as_trust(value: object) -> Trust | None:
    """Return whose signatures count, or None where nothing is given."""
    return _of_kind(
        "trust",
        value,
        Trust,
        "a Trust",
        "Start from indelible.credentials.Trust.official(), and add to it.",
    )


def as_limits(value: object) -> Limits | None:
    """Return the limits, or None where nothing is given."""
    return _of_kind(
        "limits", value, Limits, "Limits", "Give indelible.imaging.Limits(max_pixels=...)."
    )


def as_manifest(value: object) -> ManifestRequest | None:
    """Return what a manifest is to say, or None where nothing is given."""
    return _of_kind(
        "manifest",
        value,
        ManifestRequest,
        "a ManifestRequest",
        "Make one: indelible.credentials.ManifestRequest(new_manifest_id(), generator, ...).",
    )


def as_generator(value: object) -> Generator | None:
    """Return the generator, of its name alone too; None where nothing is given."""
    if isinstance(value, str):
        if not value.strip():
            raise ArgumentError("generator", "generator is an empty string.", hint="Give a name.")
        return Generator(value)
    return _of_kind(
        "generator",
        value,
        Generator,
        "a generator",
        'Give its name, or indelible.credentials.Generator("Acme Images", model="...").',
    )


def as_source_type(value: object) -> SourceType | None:
    """Return the source type, of its name too; None where nothing is given."""
    if isinstance(value, SourceType) or value is None:
        return value
    found = SourceType.named(value) if isinstance(value, str) else None
    if found is None:
        names = ", ".join(f'"{kind.short_name}"' for kind in SourceType)
        raise ArgumentError(
            "source_type",
            f"source_type is {_shown(value)}, which is not a source type.",
            hint=f"Give one of {names}.",
        )
    return found


def as_keys(
    value: object, *, name: str = "keys", allow_none: bool = False
) -> tuple[Key, ...] | None:
    """Return one key or several as a tuple without repetitions, in their order.

    None where nothing is given. A set has no order of its own, and is put into that of the ids.
    With `allow_none` there may be no key among those that are given.
    """
    if value is None:
        return None
    if isinstance(value, Key):
        return (value,)
    hint = "Load one: indelible.watermark.Key.load(path)."
    if isinstance(value, str | bytes | os.PathLike) or not isinstance(value, Iterable):
        raise ArgumentError(name, f"{name} is {_type(value)}, not a key.", hint=hint)
    keys = list(value)
    for one in keys:
        if not isinstance(one, Key):
            raise ArgumentError(name, f"{name} holds {_type(one)}, which is not a key.", hint=hint)
    if isinstance(value, set | frozenset):
        keys.sort(key=lambda key: (key.id, key.family))
    ring = tuple(dict.fromkeys(keys))
    if not ring and not allow_none:
        raise ArgumentError(name, f"{name} is empty.", hint="Give a key, or leave it out.")
    if len(ring) > MAX_KEYS:
        raise ArgumentError(
            name, f"{name} holds {len(ring)} keys.", hint=f"Give {MAX_KEYS} at most."
        )
    return ring


def as_word(name: str, value: object, words: Sequence[Word]) -> Word | None:
    """Return one of a few words, or None where nothing is given."""
    if value is None:
        return None
    for word in words:
        if isinstance(value, str) and value == word:
            return word
    choices = ", ".join(f'"{word}"' for word in words)
    raise ArgumentError(
        name, f"{name} is {_shown(value)}, not a known value.", hint=f"Give one of {choices}."
    )


def as_format(value: object) -> str | None:
    """Return the name of a format, or None where nothing is given."""
    if value is None or isinstance(value, str):
        return value
    raise ArgumentError(
        "format",
        f"format is {_shown(value)}, not a format's name.",
        hint='Give "jpeg", "png", "webp", ...',
    )


def as_number(name: str, value: object, low: int, high: int) -> int | None:
    """Return a whole number from `low` to `high`, or None where nothing is given."""
    if value is None:
        return None
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError  # noqa: TRY301 - one way out for everything that is not a number
        number = operator.index(value)  # type: ignore[arg-type]
        if low <= number <= high:
            return number
    except TypeError:
        pass
    raise ArgumentError(
        name, f"{name} is {_shown(value)}.", hint=f"Give a whole number from {low} to {high}."
    )


def as_thumbnail(value: object) -> bool | int | None:
    """Return whether to make a preview, or its longer side in pixels; None where nothing is given.

    Raises
    ------
    ArgumentError
        If it is neither True or False nor a number that a preview may have.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return as_number("thumbnail", value, MIN_THUMBNAIL, MAX_THUMBNAIL)


def as_flag(name: str, value: object) -> bool:
    """Return True or False."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ArgumentError(name, f"{name} is {_shown(value)}.", hint="Give True or False.")


def as_path_or_bytes(name: str, value: object) -> object:
    """Return an encoded file: a path, bytes of any kind, or a binary stream to read from.

    Raises
    ------
    ArgumentError
        If it is something else, or a stream that is closed, of text, or only for writing.
    """
    if _is_encoded(name, value):
        return value
    hint = "Give a path, bytes, or a binary stream."
    if isinstance(value, np.ndarray | PillowImage):
        hint = (
            "Pixels hold no manifest: give the file itself, or look for a watermark alone with "
            "indelible.watermark.detect."
        )
    raise ArgumentError(name, f"{name} is {_shown(value)}, not a file.", hint=hint)


def as_hosts(name: str, value: object) -> tuple[str, ...]:
    """Return names of hosts."""
    if not isinstance(value, str | bytes) and isinstance(value, Iterable):
        hosts = tuple(value)
        if all(isinstance(host, str) for host in hosts):
            return hosts
    raise ArgumentError(name, f"{name} is not a list of hosts.", hint='Give ["example.com"].')


def as_resolvers(value: object) -> tuple[Resolver, ...]:
    """Return whom to ask, each once; of an address alone, too. Each may name the others' hosts."""
    hint = 'Give ["https://resolver.example"].'
    if isinstance(value, str | bytes | Resolver) or not isinstance(value, Iterable):
        raise ArgumentError("resolvers", "resolvers is not a list of resolvers.", hint=hint)
    found: dict[str, Resolver] = {}
    for one in value:
        if not isinstance(one, str | Resolver):
            raise ArgumentError(
                "resolvers", f"resolvers holds {_type(one)}, which is none.", hint=hint
            )
        resolver = one if isinstance(one, Resolver) else Resolver(one)
        found.setdefault(resolver.address, resolver)
    if len(found) > MAX_RESOLVERS:
        raise ArgumentError(
            "resolvers",
            f"resolvers holds {len(found)} resolvers.",
            hint=f"Give {MAX_RESOLVERS} at most.",
        )
    hosts = [one.host for one in found.values()]
    return tuple(one.listing(hosts) for one in found.values())


def check_image(value: object) -> None:
    """Make sure that something may be a picture: a file, open or not, pixels, or a PIL image."""
    if isinstance(value, np.ndarray | ImageFile) or _is_encoded("image", value):
        return
    if isinstance(value, PillowImage) and not isinstance(value, type):
        return
    raise ArgumentError(
        "image",
        f"image is {_shown(value)}, not a picture.",
        hint="Give a path, bytes, a binary stream, a NumPy array of uint8, or a PIL image.",
    )


def check_output(value: object) -> None:
    """Make sure that something can be written to: a path, a binary stream, a bytearray, None."""
    if value is None or isinstance(value, str | os.PathLike | bytearray):
        if isinstance(value, str) and not value:
            raise ArgumentError("output", "output is an empty string.", hint="Give a path.")
        return
    if callable(getattr(value, "write", None)):
        _check_stream("output", value, "writable")
        return
    raise ArgumentError(
        "output",
        f"output is {_shown(value)}, where nothing can be written.",
        hint="Give a path or a binary stream; without it, take the result's data.",
    )


def check_travels(name: str, value: object) -> None:
    """Make sure that something can be pickled, and so reach another process.

    Raises
    ------
    IndelibleError
        If it cannot: what it says about that itself, else an `ArgumentError`.
    """
    try:
        pickle.dumps(value)
    except IndelibleError:
        raise
    except Exception as error:
        raise ArgumentError(
            name,
            f"{name} cannot travel to another process: {error}.",
            hint="Make a new one in that process.",
        ) from error


def _is_encoded(name: str, value: object) -> bool:
    """Whether something is a path, bytes, or a stream; a stream is checked, too."""
    if isinstance(value, str | os.PathLike | bytes | bytearray | memoryview):
        return True
    if not callable(getattr(value, "read", None)):
        return False
    _check_stream(name, value, "readable")
    return True


def _check_stream(name: str, stream: object, ability: str) -> None:
    if isinstance(stream, io.TextIOBase):
        raise ArgumentError(
            name, f"{name} is a text stream.", hint='Open it in binary mode, with "b".'
        )
    if getattr(stream, "closed", False) is True:
        raise ArgumentError(name, f"{name} is a closed stream.", hint="Give an open one.")
    can = getattr(stream, ability, None)
    if callable(can) and can() is False:
        raise ArgumentError(
            name, f"{name} is a stream that is not {ability}.", hint=f"Open one that is {ability}."
        )


def _of_kind(name: str, value: object, kind: type[T], title: str, hint: str) -> T | None:
    if value is None or (isinstance(value, kind) and not isinstance(value, type)):
        return value
    raise ArgumentError(name, f"{name} is {_type(value)}, not {title}.", hint=hint)


def _shown(value: object) -> str:
    """Return a value for a message: itself where it is short, else its type."""
    if isinstance(value, bool | float) or (isinstance(value, str) and len(value) <= 40):
        return repr(value)
    if isinstance(value, int) and abs(value) < 10**12:
        return repr(value)
    return _type(value)


def _type(value: object) -> str:
    """Return the type of a value, which may itself be a secret."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
