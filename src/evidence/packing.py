"""A bundle's parts: listed with their hashes, put into one zip, and read from it again.

Members are stored, in one order, with one time, so that two bundles of the same parts are the same
bytes. What is read may come from anybody: sizes and counts are bounded before anything is taken.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from indelible.errors import EvidenceError, UnreadableBundleError
from indelible.evidence.layout import DATAPACKAGE, DIGEST, FORMAT, SIGNATURES, json_bytes
from indelible.files import open_regular

__all__ = [
    "MOST_BYTES",
    "Contents",
    "datapackage",
    "read_bundle",
    "sha256",
    "timestamp",
    "zipped",
]

MOST_BYTES: Final = 2 * 1024 * 1024 * 1024 - 1
"""Of a whole bundle; above, a zip needs an extension that not every reader has."""

_MOST_MEMBERS: Final = 4096
_MOST_JSON: Final = 4 * 1024 * 1024
_WACZ_VERSION: Final = "1.1.1"
_UNIX: Final = 3
_READ_ONLY: Final = 0o100444 << 16
_EARLIEST: Final = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)  # that a zip can say
_PATH: Final = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Contents:
    """A bundle that was read.

    Attributes
    ----------
    parts : mapping of str to bytes
        Its members by their paths.
    package : dict
        What ``datapackage.json`` says.
    digest : dict
        What ``datapackage-digest.json`` says.
    """

    parts: Mapping[str, bytes] = field(repr=False)
    package: dict[str, Any] = field(repr=False)
    digest: dict[str, Any] = field(repr=False)

    def json(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return what a part of it says.

        Raises
        ------
        UnreadableBundleError
            If it is not there, or no JSON.
        """
        return _parsed(self.parts, path)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in small hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def timestamp(moment: dt.datetime) -> str:
    """Return a time in UTC, to the second, as ``2026-11-26T12:00:00Z``."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def datapackage(parts: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """Return ``datapackage.json``: every part but itself, its digest, and the signatures over it.

    Parameters
    ----------
    parts : mapping of str to bytes
        The parts by their paths.
    about : mapping
        What else it says: ``title``, ``created``, ``software``, ``picture``, ``signer``.
    """
    resources = [
        {
            "name": path.lower().replace("/", "-"),
            "path": path,
            "hash": f"sha256:{sha256(data)}",
            "sha512": hashlib.sha512(data).hexdigest(),
            "bytes": len(data),
        }
        for path, data in sorted(parts.items())
        if path not in (DATAPACKAGE, DIGEST) and not path.startswith(SIGNATURES)
    ]
    return json_bytes(
        {
            "profile": "data-package",
            "wacz_version": _WACZ_VERSION,
            "format": FORMAT,
            **about,
            "resources": resources,
        }
    )


def zipped(parts: Mapping[str, bytes], created: dt.datetime) -> bytes:
    """Return the parts as one zip, stored, all of one time.

    Raises
    ------
    EvidenceError
        If they are too large for one.
    """
    if sum(map(len, parts.values())) + 1024 * len(parts) > MOST_BYTES:
        raise EvidenceError(
            "The bundle would be larger than 2 GiB.", hint="Reduce what is put into it."
        )
    moment = max(created.astimezone(dt.UTC), _EARLIEST)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(parts):
            member = zipfile.ZipInfo(path, moment.timetuple()[:6])
            member.create_system, member.external_attr = _UNIX, _READ_ONLY
            archive.writestr(member, parts[path])
    return out.getvalue()


def read_bundle(path: str | os.PathLike[str]) -> Contents:
    """Read a bundle; whether what it says holds is another question (`check`).

    Raises
    ------
    UnreadableBundleError
        If it cannot be read, is no bundle, or is larger than a bundle can be.
    """
    name = os.fspath(path)
    try:
        with open_regular(name) as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                raise _not_one(name, "it is larger than a bundle can be")
            with zipfile.ZipFile(file) as archive:
                parts = _members(archive, name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _not_one(name, reason) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, struct.error, EOFError) as error:
        raise _not_one(name, "it is no zip, or damaged") from error
    package, digest = (_parsed(parts, one) for one in (DATAPACKAGE, DIGEST))
    if package.get("format") != FORMAT:
        raise _not_one(name, f"it is no {FORMAT}")
    return Contents(parts, package, digest)


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, bytes]:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS or len({one.filename for one in members}) != len(members):
        raise _not_one(name, "it has too many members, or two of one name")
    for one in members:
        if one.compress_type != zipfile.ZIP_STORED or not _PATH.fullmatch(one.filename):
            raise _not_one(name, "it has members that no bundle has")
    if sum(one.file_size for one in members) > MOST_BYTES:
        raise _not_one(name, "it is larger than a bundle can be")
    return {one.filename: archive.read(one) for one in members}


def _parsed(parts: Mapping[str, bytes], path: str) -> dict[str, Any]:
    data = parts.get(path, b"")
    value: Any = None
    if 0 < len(data) <= _MOST_JSON:
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(data)
    if not isinstance(value, dict):
        raise UnreadableBundleError(f"{path} is missing from the bundle, or damaged.")
    return value


def _not_one(name: str, reason: str) -> UnreadableBundleError:
    base = Path(name).name
    return UnreadableBundleError(
        f"{base!r} cannot be read as an evidence bundle: {reason}.",
        hint="Give a file that `indelible evidence make` wrote.",
    )
