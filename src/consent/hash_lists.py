"""Lists of hashes (PDQ) of pictures that are given to no model, whoever asks.

A list is a text file of one's own, or what StopNCII or NCMEC answered, which `threatexchange`
parses (the extra ``hashlists``). All hashes are held in memory, 32 bytes each, and scanned.
"""

from __future__ import annotations

import enum
import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from indelible.errors import ConfigurationError, FingerprintError
from indelible.extras import load
from indelible.files import open_regular
from indelible.fingerprint import MATCHING, Pdq

__all__ = ["MAX_LIST_BYTES", "HashList"]

MAX_LIST_BYTES: Final = 256 * 1024 * 1024
"""Of a list's file: four million hashes in one's own form. StopNCII's list has about a million."""

_WORDS: Final = 4  # of 64 bits, in a hash
_BLOCK: Final = 1 << 15  # hashes that are compared at once: they stay in the cache
_LONGEST_LINE: Final = 4096
_EXTRA: Final = "hashlists"
_MISSING: Final = "lists of StopNCII and NCMEC are parsed by threatexchange, which is not installed"


class HashList:
    """Hashes of pictures, to be compared with others.

    Parameters
    ----------
    name : str
        What the audit calls it; who sent a picture never learns it.
    hashes : iterable of bytes
        PDQ hashes, 32 bytes each.

    Raises
    ------
    ConfigurationError
        If one is no hash.
    """

    def __init__(self, name: str, hashes: Iterable[bytes]) -> None:
        self.name = name
        data = bytearray()
        for one in hashes:
            if len(one) != 8 * _WORDS:
                raise ConfigurationError(f"The list {name!r} holds what is no PDQ hash.")
            data += one
        words = np.frombuffer(bytes(data), np.uint64).reshape(-1, _WORDS)
        self._words: NDArray[np.uint64] = np.ascontiguousarray(words.T)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, name: str | None = None) -> HashList:
        """Read a list of one's own: 64 hexadecimal digits a line, ``#`` begins a comment.

        Raises
        ------
        ConfigurationError
            If it cannot be read, is over 256 MiB, or a line is no hash; the error names the line.
        """
        return cls(name or Path(path).stem, _lines(path))

    @classmethod
    def from_stopncii(cls, path: str | os.PathLike[str], *, name: str = "StopNCII") -> HashList:
        """Read answers of StopNCII's ``FetchHashes`` (API v1): one as JSON, or a list of them.

        Of a hash that is there twice the later record counts. Withdrawn and deleted ones are left
        out, and hashes that are not of pictures.

        Raises
        ------
        MissingDependencyError
            If the extra ``hashlists`` is not installed.
        ConfigurationError
            If it cannot be read, or is something else.
        """
        module = "threatexchange.exchanges.clients.stopncii.api"
        api = load(module, extra=_EXTRA, missing=_MISSING)
        dacite = load("dacite", extra=_EXTRA, missing=_MISSING)
        held: dict[str, bool] = {}
        try:
            answers = json.loads(_read(path))
            for answer in answers if isinstance(answers, list) else [answers]:
                parsed = dacite.from_dict(
                    data_class=api.FetchHashesResponse,
                    data=answer,
                    config=dacite.Config(cast=[enum.Enum, set]),
                )
                for record in parsed.hashRecords:
                    if record.signalType.value == "ImagePDQ":
                        gone = record.hashStatus.value in ("Withdrawn", "Deleted")
                        held[record.hashValue.lower()] = not gone
        except (ConfigurationError, MemoryError):
            raise
        except Exception as error:  # whatever a parser of others raises
            raise _not_parsed(path, "StopNCII", error) from error
        return cls(name, _hashes(path, (one for one, holds in held.items() if holds)))

    @classmethod
    def from_ncmec(cls, path: str | os.PathLike[str], *, name: str = "NCMEC") -> HashList:
        """Read an answer of NCMEC's hash sharing (XML, version 2).

        Raises
        ------
        MissingDependencyError
            If the extra ``hashlists`` is not installed.
        ConfigurationError
            If it cannot be read, or is something else.
        """
        module = "threatexchange.exchanges.clients.ncmec.hash_api"
        api: Any = load(module, extra=_EXTRA, missing=_MISSING)
        held: dict[tuple[int, str], str] = {}
        try:
            root = _xml(_read(path))
            for entry in api.GetEntriesResponse.from_xml(api._XMLWrapper(root), 0).updates:  # noqa: SLF001 - the parser's own way in
                whose = entry.member_id, entry.id
                digits = {kind.lower(): value for kind, value in entry.fingerprints.items()}
                held.pop(whose, None)
                if not entry.deleted and "pdq" in digits:
                    held[whose] = digits["pdq"].lower()
        except (ConfigurationError, MemoryError):
            raise
        except Exception as error:  # whatever a parser of others raises
            raise _not_parsed(path, "NCMEC", error) from error
        return cls(name, _hashes(path, dict.fromkeys(held.values())))

    def __len__(self) -> int:
        return int(self._words.shape[1])

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """The hashes, uint64 (N, 4)."""
        return self._words.T

    def __repr__(self) -> str:
        return f"HashList({self.name!r}, {len(self)} hashes)"

    def holds(self, hashes: Sequence[bytes], distance: int = MATCHING) -> bool:
        """Whether any hash of the list is within a distance of any of these, 32 bytes each."""
        queries = np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, _WORDS)
        for start in range(0, len(self), _BLOCK):
            block = self._words[:, start : start + _BLOCK]
            for query in queries:
                # Of unlike hashes hardly any is so near in its first half.
                near = np.bitwise_count(block[0] ^ query[0])
                near += np.bitwise_count(block[1] ^ query[1])
                rows = np.flatnonzero(near <= distance)
                bits = np.bitwise_count(block[:, rows] ^ query[:, None]).sum(axis=0, dtype=np.int64)
                if (bits <= distance).any():
                    return True
        return False


def _opened(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a list's file: a regular one, no larger than any list."""
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise ConfigurationError(f"Cannot read the list {os.fspath(path)!r}: {reason}.") from error
    if os.fstat(file.fileno()).st_size > MAX_LIST_BYTES:
        file.close()
        raise ConfigurationError(
            f"The list {os.fspath(path)!r} is over {MAX_LIST_BYTES // 2**20} MiB.",
            hint="Split it into several lists.",
        )
    return file


def _read(path: str | os.PathLike[str]) -> bytes:
    with _opened(path) as file:
        return file.read(MAX_LIST_BYTES)


def _lines(path: str | os.PathLike[str]) -> Iterator[bytes]:
    with _opened(path) as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            digits = line.partition(b"#")[0].strip()
            if not digits:
                if not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
                    file.readline(MAX_LIST_BYTES)  # the rest of a long comment
                continue
            try:
                yield Pdq.from_hex(digits.decode("ascii", "replace")).hash
            except FingerprintError as error:
                raise ConfigurationError(
                    f"Line {number} of the list {os.fspath(path)!r} is no PDQ hash.",
                    hint="Write 64 hexadecimal digits a line; # begins a comment.",
                ) from error


def _hashes(path: str | os.PathLike[str], digits: Iterable[str]) -> Iterator[bytes]:
    for one in digits:
        try:
            yield Pdq.from_hex(one).hash
        except FingerprintError as error:
            raise ConfigurationError(
                f"The list {os.fspath(path)!r} holds what is no PDQ hash."
            ) from error


def _xml(data: bytes) -> ET.Element:
    """Parse XML, its names without their namespaces, and without entities of its own."""
    checked = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise ValueError("a document type declaration")

    checked.StartDoctypeDeclHandler = refuse
    checked.Parse(data, True)
    root = ET.fromstring(data)  # noqa: S314 - without entities, as just checked
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _not_parsed(path: str | os.PathLike[str], whose: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"The list {os.fspath(path)!r} is no answer of {whose}: {type(error).__name__}.",
        hint="Save what the programme's API answers, as it is.",
    )
