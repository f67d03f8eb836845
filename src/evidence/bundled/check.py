"""Check an evidence bundle: what in it was changed, and who signed and time-stamped it.

    python3 check.py BUNDLE [--signer SHA256] [--ca FILE] [--stamp-ca FILE] [--openssl PROGRAM]

Needs Python 3.9 or later, and nothing else; signatures and time stamps need the program `openssl`
(3.0 or later), too. It connects to nobody. It writes nothing but temporary files for openssl, which
it removes. It reads the bundle in pieces, unpacks nothing, and compares each byte with what must be
there.

Exit status: 0 where everything holds, 1 where something was changed or does not hold, 2 where
something could not be checked.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime as dt
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

FORMAT = "indelible-evidence-1"
PACKAGE = "datapackage.json"
DIGEST = "datapackage-digest.json"
SIGNATURES = "signatures/"
CHAIN = "signatures/chain"
SIGNED = "signatures/signed-text"
SIGNATURE = "signatures/signature"
STAMPED = "signatures/stamped-text"
SEAL = "signatures/seal-text"
SEAL_SIGNATURE = "signatures/seal"
CUSTODY = "custody/custody.jsonl"
PICTURE = "capture/picture.json"
CAPTURE = "capture/capture.json"
VERDICT = "findings/verdict.json"
STATEMENT = "statement/statement.html"
HISTORY = "history/"

MOST_FILES = 4096
MOST_DIRECTORY = 1 << 20  # bytes of the list at the end of a zip file
MOST_SMALL = 8 << 20  # bytes of a file that is read whole
MOST_SIZE = (1 << 31) - 1  # bytes of a bundle
MOST_FINDINGS = 200
MOST_STAMPS = 8
MOST_HOLDERS = 64
MOST_LINES = 1000  # of the log of who held the picture
PIECE = 1 << 20  # bytes that are read at a time
PATIENCE = 60  # seconds for openssl
STAMP_DELAY = dt.timedelta(minutes=10)  # of WACZ: from making to stamping

GOOD = "good"
BAD = "bad"
UNKNOWN = "unknown"
NOTE = "note"


class Said(str):
    """A sentence that remembers the template and the values that it was made from."""

    __slots__ = ("template", "values")

    template: str
    values: dict[str, str | int]


def say(template: str, /, **values: str | int) -> Said:
    """Return a sentence; a hole in the template is a name in braces."""
    filled = re.sub(r"\{([a-z_0-9]+)\}", lambda hole: str(values[hole.group(1)]), template)
    said = Said(filled)
    said.template = template
    said.values = dict(values)
    return said


class Finding(NamedTuple):
    """One thing that was found: about which file of the bundle, and in words."""

    state: str
    where: str
    words: Said


class Report:
    """All that was found."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.signers: list[str] = []  # the hashes of their certificates

    def add(self, state: str, where: str, words: Said) -> None:
        """Add a finding, once; after too many, no more."""
        finding = Finding(state, where, words)
        if finding not in self.findings and len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)

    def good(self, where: str, words: Said) -> None:
        """Add something that holds."""
        self.add(GOOD, where, words)

    def bad(self, where: str, words: Said) -> None:
        """Add something that was changed, or does not hold."""
        self.add(BAD, where, words)

    def unknown(self, where: str, words: Said) -> None:
        """Add something that could not be checked."""
        self.add(UNKNOWN, where, words)

    def note(self, where: str, words: Said) -> None:
        """Add something that a reader should know."""
        self.add(NOTE, where, words)

    def has(self, state: str) -> bool:
        """Whether there is a finding of a kind."""
        return any(one.state == state for one in self.findings)

    @property
    def exit_code(self) -> int:
        """Exit status: 1 where something does not hold, 2 where not everything was checked."""
        return 1 if self.has(BAD) else 2 if self.has(UNKNOWN) else 0


class CannotReadError(Exception):
    """What was given is no bundle, or one that nobody should take apart."""

    def __init__(self, where: str, words: Said) -> None:
        super().__init__(words)
        self.where = where
        self.words = words


class CryptoError(Exception):
    """A signature or a time stamp does not hold."""

    def __init__(self, words: Said) -> None:
        super().__init__(words)
        self.words = words


# --- the zip file: its one form ------------------------------------------------------------------

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_FIELDS = ("signature", "version", "flags", "method", "time", "date", "checksum",
                 "packed size", "size", "length of the name",
                 "length of the extra field")  # fmt: skip
_CENTRAL_FIELDS = ("signature", "maker", "version", "flags", "method", "time", "date", "checksum",
                   "packed size", "size", "length of the name", "length of the extra field",
                   "length of the comment", "disk", "internal attributes", "attributes",
                   "place")  # fmt: skip
_END_FIELDS = ("signature", "disk", "disk of the list", "count on this disk", "count",
               "size of the list", "place of the list", "length of the comment")  # fmt: skip
_EARLIER = re.compile(r"history/([1-9][0-9]{0,2})-datapackage")
_MAKER = 3 << 8 | 20  # Unix, version 2.0
_MODE = 0o100444 << 16  # a plain file that nobody writes to
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,150}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,150}")


_PLACES = {
    _LOCAL.format: say("before the file"),
    _CENTRAL.format: say("in the list at the end"),
    _END.format: say("at its end"),
}


class Member(NamedTuple):
    """A file of the bundle, and where its bytes are."""

    name: str
    start: int
    size: int


class Hashes(NamedTuple):
    """What identifies the bytes of a file."""

    sha256: str
    sha512: str
    crc: int


def _moment(created: dt.datetime) -> tuple[int, int]:
    """Return a time as zip files have it: time and date, to two seconds."""
    time = created.hour << 11 | created.minute << 5 | created.second // 2
    return time, (created.year - 1980) << 9 | created.month << 5 | created.day


def _local(raw: bytes, moment: tuple[int, int], crc: int, size: int) -> bytes:
    return _LOCAL.pack(b"PK\3\4", 20, 0, 0, *moment, crc, size, size, len(raw), 0) + raw


def _central(raw: bytes, moment: tuple[int, int], crc: int, size: int, start: int) -> bytes:
    fields = (b"PK\1\2", _MAKER, 20, 0, 0, *moment, crc, size, size, len(raw))
    return _CENTRAL.pack(*fields, 0, 0, 0, 0, _MODE, start) + raw


def _end(count: int, size: int, start: int) -> bytes:
    return _END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0)


class Bundle:
    """A bundle's file, taken apart; `compare` compares its own bytes with what its files make.

    Raises CannotReadError where it cannot be taken apart.
    """

    def __init__(self, file: BinaryIO, report: Report) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self.report = report
        if not _END.size <= self._size <= MOST_SIZE:
            raise CannotReadError("", say("This is no bundle: its size alone says so."))
        entries = self._walked() or self._listed()
        if entries is None:
            words = say("The zip file cannot be taken apart: its inner structure was changed.")
            if not self._begins(b"PK"):
                words = say("This is no zip file: no bundle, or one whose beginning was changed.")
            raise CannotReadError("", words)
        self.members: dict[str, Member] = {}
        self._hashes: dict[str, Hashes] = {}
        self._sums: dict[str, int] | None = None
        for raw, start, size in entries:
            member = Member(_safe_name(raw), start, size)
            if member.name in self.members:
                words = say("There are two files of this name in the bundle.")
                raise CannotReadError(member.name, words)
            self.members[member.name] = member
        _refuse_twins(self.members)

    def read(self, name: str, most: int = MOST_SMALL) -> bytes:
        """Return the bytes of a small file."""
        member = self.members[name]
        if member.size > most:
            words = say("This file is larger than any that belongs here.")
            raise CannotReadError(name, words)
        return self._bytes(member.start, member.size)

    def hashes(self, name: str) -> Hashes:
        """Return what identifies the bytes of a file; computed once, in pieces."""
        if name not in self._hashes:
            member = self.members[name]
            sha256, sha512, crc = hashlib.sha256(), hashlib.sha512(), 0
            for piece in self._pieces(member.start, member.size):
                sha256.update(piece)
                sha512.update(piece)
                crc = zlib.crc32(piece, crc)
            self._hashes[name] = Hashes(sha256.hexdigest(), sha512.hexdigest(), crc)
        return self._hashes[name]

    def _bytes(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    def _pieces(self, start: int, size: int) -> Iterator[bytes]:
        while size > 0:
            piece = self._bytes(start, min(size, PIECE))
            if not piece:
                return
            yield piece
            start += len(piece)
            size -= len(piece)

    def _begins(self, letters: bytes) -> bool:
        self._file.seek(0)
        return self._file.read(len(letters)) == letters

    def _walked(self) -> list[tuple[bytes, int, int]] | None:
        """Return the files by walking from one to the next; None where that leads nowhere."""
        found: list[tuple[bytes, int, int]] = []
        place = 0
        while len(found) <= MOST_FILES:
            head = self._bytes(place, _LOCAL.size)
            if len(found) > 0 and head[:4] == b"PK\1\2":
                return found
            if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
                return None
            fields = _LOCAL.unpack(head)
            size, length = fields[8], fields[9]
            start = place + _LOCAL.size + length
            found.append((self._bytes(place + _LOCAL.size, length), start, size))
            place = start + size
        return None

    def _listed(self) -> list[tuple[bytes, int, int]] | None:
        """Return the files by the list at the end; None where it does not fit what is there."""
        end = _END.unpack(self._bytes(self._size - _END.size, _END.size))
        size, begin = end[5], end[6]
        if size > MOST_DIRECTORY or begin + size + _END.size != self._size:
            return None
        listed = self._bytes(begin, size)
        found: list[tuple[bytes, int, int]] = []
        at, place = 0, 0
        while at < len(listed) and len(found) <= MOST_FILES:
            if len(listed) - at < _CENTRAL.size:
                return None
            fields = _CENTRAL.unpack_from(listed, at)
            length = fields[10]
            raw = listed[at + _CENTRAL.size : at + _CENTRAL.size + length]
            start = place + _LOCAL.size + length
            found.append((raw, start, fields[9]))
            place = start + fields[9]
            at += _CENTRAL.size + length
        return found if at == len(listed) and place == begin and found else None

    def compare(self, created: dt.datetime | None) -> None:
        """Compare every byte that belongs to no file with what these files make.

        Without a time, that of the first file is taken.
        """
        names = list(self.members)
        if names != sorted(names):
            self.report.bad("", say("The files of the bundle are not in their order."))
        if created is None:
            fields = _LOCAL.unpack(self._bytes(0, _LOCAL.size))
            moment = (fields[4], fields[5])
        else:
            moment = _moment(created)
        listed, begin = bytearray(), 0
        for member in self.members.values():
            raw = member.name.encode("ascii")
            place = member.start - _LOCAL.size - len(raw)
            head = self._bytes(place, _LOCAL.size + len(raw))
            crc = self._checksum(member.name, head)
            wanted = _local(raw, moment, crc, member.size)
            self._fields(_LOCAL, _LOCAL_FIELDS, member.name, head, wanted)
            listed += _central(raw, moment, crc, member.size, place)
            begin = member.start + member.size
        self._list(begin, bytes(listed), names)

    def _checksum(self, name: str, head: bytes) -> int:
        """Return the checksum of a file; where the zip file has another, that is reported."""
        crc, said = self.hashes(name).crc, int(_LOCAL.unpack(head[: _LOCAL.size])[6])
        listed = self._listed_checksums().get(name)
        if crc not in (said, listed):
            words = say("The file's bytes do not fit the checksum that the zip file has of them.")
            self.report.bad(name, words)
            return said
        return crc

    def _listed_checksums(self) -> dict[str, int]:
        """Return the checksums that stand in the list at the end."""
        if self._sums is None:
            self._sums = {}
            at = max(one.start + one.size for one in self.members.values())
            listed = self._bytes(at, min(self._size - at, MOST_DIRECTORY))
            at = 0
            for name in self.members:
                if len(listed) - at >= _CENTRAL.size:
                    self._sums[name] = _CENTRAL.unpack_from(listed, at)[7]
                at += _CENTRAL.size + len(name)
        return self._sums

    def _list(self, begin: int, wanted: bytes, names: Sequence[str]) -> None:
        """Compare the list at the end, and what follows it."""
        there = self._bytes(begin, min(self._size - begin, MOST_DIRECTORY + _END.size))
        at = 0
        for name in names:
            size = _CENTRAL.size + len(name)
            part = slice(at, at + size)
            self._fields(_CENTRAL, _CENTRAL_FIELDS, name, there[part], wanted[part])
            at += size
        end = _end(len(names), len(wanted), begin)
        self._fields(_END, _END_FIELDS, "", there[at : at + _END.size], end)
        more = self._size - begin - at - _END.size
        if more > 0:
            words = say("There are {count} bytes after the end of the zip file.", count=more)
            self.report.bad("", words)

    def _fields(
        self, form: struct.Struct, names: Sequence[str], name: str, there: bytes, wanted: bytes
    ) -> None:
        """Say which fields of a zip file's own records are not as they must be."""
        if there == wanted:
            return
        place = _PLACES[form.format]
        if len(there) < form.size:
            self.report.bad(name, say("The zip file is cut off, {place}.", place=place))
            return
        pairs = zip(names, form.unpack_from(there), form.unpack_from(wanted))
        changed = [field for field, is_, should in pairs if is_ != should]
        if there[form.size :] != wanted[form.size :]:
            changed.append("name")
        words = say(
            "The zip file's own record ({place}) was changed: {fields}.",
            place=place,
            fields=", ".join(changed),
        )
        self.report.bad(name, words)


def _safe_name(raw: bytes) -> str:
    """Return the name of a file; one that could do harm when unpacked is refused."""
    name = raw.decode("latin-1")
    if _NAME.fullmatch(name) is None:
        words = say("A file has a name that no bundle has; unpacked, it could do harm.")
        raise CannotReadError(name, words)
    return name


def _refuse_twins(names: Iterable[str]) -> None:
    """Refuse names that some computers take for the same."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            words = say("Some computers take this name for that of {other}.", other=other)
            raise CannotReadError(name, words)
    for name in names:
        if name.partition("/")[0].lower() in seen and "/" in name:
            raise CannotReadError(name, say("A file has a name that is also a folder's."))


# --- JSON ----------------------------------------------------------------------------------------


def parse(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return what JSON says; a key that is there twice, or a number that is none, is an error."""
    return json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_object,
        parse_int=_whole,
        parse_constant=_no_number,
    )


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a number is too long")
    return int(digits)


def _no_number(name: str) -> float:
    raise ValueError(name)


def _json(bundle: Bundle, name: str) -> dict[str, Any] | None:
    """Return the object in a JSON file of the bundle; None, and a report, where there is none."""
    if name not in bundle.members:
        bundle.report.bad(name, say("The file is missing."))
        return None
    try:
        found = parse(bundle.read(name))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        bundle.report.bad(name, say("The file cannot be read: it is no JSON object."))
        return None
    return found


# --- what must be there --------------------------------------------------------------------------


def _resources(bundle: Bundle, package: Mapping[str, Any]) -> None:
    """Compare every file with the list of them."""
    report = bundle.report
    listed: dict[str, Mapping[str, Any]] = {}
    resources = package.get("resources")
    for one in resources if isinstance(resources, list) else ():
        path = one.get("path") if isinstance(one, dict) else None
        if not isinstance(path, str) or path in listed:
            report.bad(PACKAGE, say("The list of files has an entry that is none."))
            continue
        listed[path] = one
    wrong = False
    for path, one in listed.items():
        wrong |= not _resource(bundle, path, one)
    for name in bundle.members:
        if name not in listed and not _outside(name):
            report.bad(name, say("The file was added: the list of files does not have it."))
            wrong = True
    if not wrong and listed:
        words = say("All {count} listed files are there, and are as they were.", count=len(listed))
        report.good(PACKAGE, words)


def _outside(name: str) -> bool:
    """Whether a file is one that the list of files cannot hold: it was made of the list."""
    return name in (PACKAGE, DIGEST) or name.startswith(SIGNATURES)


def _resource(bundle: Bundle, path: str, one: Mapping[str, Any]) -> bool:
    """Compare a file with its entry in the list; return whether it is as it was."""
    report = bundle.report
    if _outside(path):
        report.bad(PACKAGE, say("The list of files has an entry that is none."))
        return False
    if path not in bundle.members:
        report.bad(path, say("The file is missing."))
        return False
    found = bundle.hashes(path)
    facts = {
        "size": (bundle.members[path].size, one.get("bytes")),
        "SHA-256": (f"sha256:{found.sha256}", one.get("hash")),
        "SHA-512": (found.sha512, one.get("sha512")),
    }
    wrong = [name for name, (is_, should) in facts.items() if is_ != should]
    if wrong:
        words = say(
            "The file was changed, or its entry in the list of files: {what} is not as listed.",
            what=", ".join(wrong),
        )
        report.bad(path, words)
    return not wrong


def _digest(bundle: Bundle, package: Mapping[str, Any], digest: Mapping[str, Any]) -> None:
    """Compare the digest file with what it is made of."""
    report = bundle.report
    hashed = "sha256:" + bundle.hashes(PACKAGE).sha256
    kept = hashed in (digest.get("hash"), _text(bundle, SIGNED))
    if not kept:
        report.bad(PACKAGE, say("The list of files was changed: its hash is not what was signed."))
    elif digest.get("path") != PACKAGE or digest.get("hash") != hashed:
        report.bad(DIGEST, say("It does not name the list of files and its hash."))
    else:
        report.good(PACKAGE, say("The list of files is the one whose hash was signed."))
    signed = digest.get("signedData")
    if not isinstance(signed, dict):
        report.bad(DIGEST, say("There is no signature in it."))
        return
    software, _, version = str(package.get("software", "")).partition(" ")
    wanted: dict[str, object] = {
        "hash": hashed,
        "created": package.get("created"),
        "software": software,
        "version": version,
        "signature": _text(bundle, STAMPED),
    }
    for field, name in _COPIES.items():
        if field in signed:
            wanted[field] = _text(bundle, name)
    if "publicKey" in signed:
        wanted["publicKey"] = _unwrapped(_text(bundle, "signatures/public-key") or "")
    if "timeSignature" in signed:
        data = _small(bundle, f"{SIGNATURES}1-tsr")
        wanted["timeSignature"] = None if data is None else base64.b64encode(data).decode("ascii")
    for field in sorted({*signed, *wanted} - {"domain"}):
        if signed.get(field) != wanted.get(field):
            words = say("Its field {field} is not what the other files say.", field=field)
            report.bad(DIGEST, words)
    if kept and SIGNED in bundle.members and _text(bundle, SIGNED) != hashed:
        report.bad(SIGNED, say("What was signed is not the hash of this list of files."))


_COPIES = {"domainCert": CHAIN, "timestampCert": f"{SIGNATURES}1-chain"}


def _unwrapped(pem: str) -> str:
    """Return what stands between the two lines that begin and end a PEM file."""
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


def _small(bundle: Bundle, name: str) -> bytes | None:
    return bundle.read(name) if name in bundle.members else None


def _text(bundle: Bundle, name: str) -> str | None:
    data = _small(bundle, name)
    return None if data is None else data.decode("utf-8", "replace")


def _seal(bundle: Bundle) -> None:
    """Compare the files that came after the signature with the list that was signed last."""
    report = bundle.report
    wanted = "".join(
        f"{bundle.hashes(name).sha256}  {name}\n"
        for name in sorted(bundle.members)
        if name == DIGEST or (name.startswith(SIGNATURES) and name not in (SEAL, SEAL_SIGNATURE))
    )
    there = _text(bundle, SEAL)
    if there is None:
        report.bad(SEAL, say("The file is missing."))
        return
    if there == wanted:
        return
    said = dict(line.split("  ", 1)[::-1] for line in there.splitlines() if "  " in line)
    is_ = dict(line.split("  ", 1)[::-1] for line in wanted.splitlines())
    named = sorted(name for name in {*said, *is_} if said.get(name) != is_.get(name))
    for name in named or [SEAL]:
        report.bad(name, say("The file is not as it was when the bundle was closed."))


def _custody(bundle: Bundle) -> None:
    """Check that each line of the custody log names the one before it."""
    report = bundle.report
    data = _small(bundle, CUSTODY)
    if data is None:
        report.bad(CUSTODY, say("The file is missing."))
        return
    previous, last = "0" * 64, ""
    lines = data.split(b"\n")
    if len(lines) > MOST_LINES + 1:
        report.bad(CUSTODY, say("The log has more lines than one can have."))
        return
    for number, line in enumerate(lines[:-1], 1):
        try:
            entry = parse(line)
        except (ValueError, RecursionError):
            entry = None
        words = say("Line {number} of the log does not follow from the one before.", number=number)
        if not isinstance(entry, dict) or entry.get("previous") != previous:
            report.bad(CUSTODY, words)
            return
        if entry.get("seq") != number or str(entry.get("at", "")) < last:
            report.bad(CUSTODY, words)
            return
        previous, last = hashlib.sha256(line + b"\n").hexdigest(), str(entry.get("at", ""))
    if len(lines) < 2 or lines[-1]:
        report.bad(CUSTODY, say("The log is empty, or was cut off."))
        return
    count = len(lines) - 1
    report.good(CUSTODY, say("The log of who held the picture is unbroken: {n} lines.", n=count))


def _picture(bundle: Bundle, package: Mapping[str, Any]) -> None:
    """Check that all speak of the same picture."""
    report = bundle.report
    if package.get("format") != FORMAT:
        words = say("This bundle is of a form that this script does not know.")
        report.unknown(PACKAGE, words)
    own = package.get("picture")
    facts: Mapping[str, Any] = own if isinstance(own, dict) else {}
    sha256, path = facts.get("sha256"), facts.get("path")
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        report.bad(PACKAGE, say("It does not name the picture by its hash."))
        return
    for name in (PICTURE, CAPTURE, VERDICT):
        found = _json(bundle, name)
        if found is not None and found.get("sha256") != sha256:
            report.bad(name, say("It is about another picture than the one in this bundle."))
    statement = _text(bundle, STATEMENT)
    if statement is not None and sha256 not in statement:
        words = say("It is about another picture than the one in this bundle.")
        report.bad(STATEMENT, words)
    originals = [name for name in bundle.members if name.startswith("original/")]
    if facts.get("may_show_minor") is True or path is None:
        shown = originals + [name for name in bundle.members if name.startswith("working/")]
        if shown:
            report.bad(shown[0], say("The picture must not be in this bundle, and is."))
        words = say("The picture itself is not in this bundle, on purpose; its hashes are.")
        report.note("", words)
    elif originals != [path]:
        report.bad(str(path), say("The picture is missing, or another file is in its place."))
    elif facts.get("sealed") is True:
        words = say("The picture is encrypted: only its recipient can compare it with its hash.")
        report.note(str(path), words)
    elif bundle.hashes(str(path)).sha256 != sha256:
        report.bad(str(path), say("The picture is not the one that was examined."))
    else:
        report.good(str(path), say("The picture is the one that was examined, byte for byte."))


# --- signatures and time stamps ------------------------------------------------------------------


class Certificate(NamedTuple):
    """What a certificate says."""

    subject: str
    issuer: str
    sha256: str


NO_CERTIFICATE = say("There is no certificate in it that can be read.")
BAD_SIGNATURE = say("The signature does not hold: it is not of these bytes.")
UNKNOWN_KIND = say("The kind of the signature is not known.")
NO_STAMP = say("The time stamp cannot be read.")
BAD_STAMP = say("The time stamp does not hold: it is not of this signature.")
NO_AUTHORITY = say("The certificate does not lead to an authority that was given.")


class Crypto(Protocol):
    """What checks signatures and time stamps.

    Every method raises CryptoError where something does not hold.
    """

    def certificate(self, pem: bytes) -> Certificate:
        """Return what the first certificate of a chain says."""
        ...

    def verify(self, algorithm: str, pem: bytes, signature: bytes, data: bytes) -> None:
        """Check a signature by the key of the first certificate of a chain."""
        ...

    def stamp(self, reply: bytes, query: bytes, data: bytes, pem: bytes) -> dt.datetime:
        """Check a time stamp of some bytes, and return its time."""
        ...

    def chain(self, pem: bytes, authorities: bytes, at: dt.datetime, purpose: str) -> None:
        """Check that a chain leads to one of the authorities that somebody trusts."""
        ...


class OpenSsl:
    """Signatures and time stamps, by the program openssl."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._known: dict[bytes, tuple[Certificate, bytes]] = {}

    def certificate(self, pem: bytes) -> Certificate:
        """Return what the first certificate of a chain says."""
        return self._read(certificates(pem)[0])[0]

    def verify(self, algorithm: str, pem: bytes, signature: bytes, data: bytes) -> None:
        """Check a signature by the key of the first certificate of a chain."""
        key = self._read(certificates(pem)[0])[1]
        files = {"key": key, "signature": signature, "data": data}
        if algorithm == "ed25519":
            arguments = ["pkeyutl", "-verify", "-pubin", "-rawin"]
            names = {"inkey": "key", "sigfile": "signature", "in": "data"}
        elif re.fullmatch("(es|ps)(256|384|512)", algorithm):
            arguments = ["dgst", f"-sha{algorithm[2:]}"]
            if algorithm.startswith("ps"):
                options = ("rsa_padding_mode:pss", "rsa_pss_saltlen:-1")
                arguments += [part for option in options for part in ("-sigopt", option)]
            names = {"verify": "key", "signature": "signature", "": "data"}
        else:
            raise CryptoError(UNKNOWN_KIND)
        code, _ = self._run(arguments, {option: files[name] for option, name in names.items()})
        if code != 0:
            raise CryptoError(BAD_SIGNATURE)

    def stamp(self, reply: bytes, query: bytes, data: bytes, pem: bytes) -> dt.datetime:
        """Check a time stamp of some bytes, and return its time."""
        time = stamped_time(reply)
        # Nobody but the first certificate may have made it: it is the one that is shown. In ten
        # years it is too old: it has to hold at the stamp's own time.
        leaf = as_pem(certificates(pem)[:1])
        at = ["-attime", str(int(time.timestamp())), "-partial_chain"]
        for option, asked in (("data", data), ("queryfile", query)):
            code, _ = self._run(
                ["ts", "-verify", *at], {"in": reply, "CAfile": leaf, option: asked}
            )
            if code != 0:
                raise CryptoError(BAD_STAMP)
        return time

    def chain(self, pem: bytes, authorities: bytes, at: dt.datetime, purpose: str) -> None:
        """Check that a chain leads to one of the authorities that somebody trusts."""
        found = certificates(pem)
        arguments = ["verify", "-attime", str(int(at.timestamp())), "-purpose", purpose]
        files = {"CAfile": authorities, "untrusted": as_pem(found), "": as_pem(found[:1])}
        code, _ = self._run(arguments, files)
        if code != 0:
            raise CryptoError(NO_AUTHORITY)

    def _read(self, der: bytes) -> tuple[Certificate, bytes]:
        """Return what a certificate says, and its key in PEM."""
        if der not in self._known:
            arguments = ["x509", "-noout", "-subject", "-issuer", "-nameopt", "RFC2253", "-pubkey"]
            code, out = self._run(arguments, {"in": as_pem([der])})
            subject = re.search("^subject=(.*)$", out, re.MULTILINE)
            issuer = re.search("^issuer=(.*)$", out, re.MULTILINE)
            key = re.search(
                "^-----BEGIN PUBLIC KEY-----\n[^-]+-----END PUBLIC KEY-----$", out, re.MULTILINE
            )
            if code != 0 or subject is None or issuer is None or key is None:
                raise CryptoError(NO_CERTIFICATE)
            names = (subject.group(1).strip(), issuer.group(1).strip())
            found = Certificate(*names, hashlib.sha256(der).hexdigest())
            self._known[der] = found, key.group(0).encode() + b"\n"
        return self._known[der]

    def _run(self, arguments: Sequence[str], files: Mapping[str, bytes]) -> tuple[int, str]:
        """Run openssl with files for options; return its exit status and what it printed."""
        with tempfile.TemporaryDirectory(prefix="check-") as folder:
            command, rest = [self._program, *arguments], []
            for number, (option, data) in enumerate(files.items()):
                path = Path(folder) / str(number)
                path.write_bytes(data)
                if option:
                    command += [f"-{option}", str(path)]
                else:
                    rest.append(str(path))
            try:
                done = subprocess.run(  # noqa: S603 - a fixed program, no shell
                    [*command, *rest],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=PATIENCE,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired):
                return -1, ""
            return done.returncode, done.stdout.decode("utf-8", "replace")


def certificates(pem: bytes) -> list[bytes]:
    """Return the certificates of a chain, DER.

    Programs disagree about which of the blocks in a PEM file are certificates, and skip what they
    do not know. So nothing else of a file is ever handed on: what is shown is what was checked.
    """
    try:
        found = [
            base64.b64decode(b"".join(one.split()), validate=True) for one in _BLOCK.findall(pem)
        ]
    except binascii.Error:
        found = []
    if not found:
        raise CryptoError(NO_CERTIFICATE)
    return found


def first_certificate(pem: bytes) -> str:
    """Return the SHA-256 of the first certificate of a chain, in hexadecimal."""
    return hashlib.sha256(certificates(pem)[0]).hexdigest()


def as_pem(found: Iterable[bytes]) -> bytes:
    """Return certificates as a PEM file."""
    lines: list[bytes] = []
    for der in found:
        text = base64.b64encode(der)
        lines.append(b"-----BEGIN CERTIFICATE-----")
        lines += [text[at : at + 64] for at in range(0, len(text), 64)]
        lines.append(b"-----END CERTIFICATE-----")
    return b"\n".join(lines) + b"\n"


_BLOCK = re.compile(b"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----")


def stamped_time(reply: bytes) -> dt.datetime:
    """Return the time in the signed part of a time stamp (RFC 3161), from its DER.

    What openssl prints begins with a text that nobody signed, and that may hold anything.
    """
    try:
        _status, token = _elements(_only(reply, 0x30))
        _kind, content = _elements(_inner(token, 0x30))
        signed = _elements(_only(_inner(content, 0xA0), 0x30))
        _kind, held = _elements(_inner(signed[2], 0x30))
        info = _elements(_only(_only(_inner(held, 0xA0), 0x04), 0x30))
        text = _inner(info[4], 0x18).decode("ascii")
        plain = re.fullmatch(r"(\d{14})(\.\d{1,9})?Z", text)
        found = dt.datetime.strptime(plain.group(1) if plain else "", "%Y%m%d%H%M%S")
    except (IndexError, ValueError):
        raise CryptoError(NO_STAMP) from None
    return found.replace(tzinfo=dt.timezone.utc)


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    """Return the tags and contents of DER elements in a row."""
    found = []
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4:
                raise ValueError("no DER")
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + size > len(data):
            raise ValueError("cut off")
        found.append((tag, data[at : at + size]))
        at += size
    return found


def _inner(element: tuple[int, bytes], tag: int) -> bytes:
    """Return the content of an element that has to be of a kind."""
    if element[0] != tag:
        raise ValueError("another kind of element")
    return element[1]


def _only(data: bytes, tag: int) -> bytes:
    """Return the content of the one element that there is."""
    (element,) = _elements(data)
    return _inner(element, tag)


def time_of(text: object) -> dt.datetime | None:
    """Return a UTC time as bundles write it ("2026-11-26T12:00:00Z"); None where it is none."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z", text):
        return None
    try:
        found = dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.timezone.utc)
    except ValueError:
        return None
    return found if 1980 <= found.year < 2108 else None  # what a zip file can say


class Trust(NamedTuple):
    """Whom the one who checks trusts: by a certificate's hash, and by authorities in PEM."""

    signer: str | None = None
    signers: bytes | None = None
    stampers: bytes | None = None


NOBODY = Trust()


def _algorithm(package: Mapping[str, Any]) -> str:
    own = package.get("signer")
    return str(own.get("algorithm")) if isinstance(own, dict) else ""


def _signatures(
    bundle: Bundle, package: Mapping[str, Any], crypto: Crypto | None, trust: Trust
) -> None:
    """Check who signed the bundle, and who says when."""
    report = bundle.report
    names = (CHAIN, SIGNED, SIGNATURE, STAMPED, SEAL, SEAL_SIGNATURE)
    missing = [name for name in names if name not in bundle.members]
    for name in missing:
        report.bad(name, say("The file is missing."))
    if missing:
        return
    if bundle.read(STAMPED) != base64.b64encode(bundle.read(SIGNATURE)):
        report.bad(STAMPED, say("It is not the signature, written in letters."))
    if crypto is None:
        words = say(
            "Not checked: signature and time stamps. They need the program openssl, which is not "
            "here. Everything else was checked; but who changed the files may have changed the "
            "list of them, too."
        )
        report.unknown(SIGNATURES, words)
        return
    pem = bundle.read(CHAIN)
    algorithm = _algorithm(package)
    for signature, signed in ((SIGNATURE, SIGNED), (SEAL_SIGNATURE, SEAL)):
        try:
            crypto.verify(algorithm, pem, bundle.read(signature), bundle.read(signed))
        except CryptoError as error:
            report.bad(signature, error.words)
            if signed == SEAL:
                report.bad(SEAL, say("It is not what was signed, or its signature was changed."))
    times = _all_stamps(bundle, package, crypto, trust)
    _signer(bundle, package, crypto, trust, min(times, default=None))


def _signer(
    bundle: Bundle,
    package: Mapping[str, Any],
    crypto: Crypto,
    trust: Trust,
    stamped: dt.datetime | None,
) -> None:
    """Say who signed, and whether somebody who is trusted says so."""
    report = bundle.report
    pem = bundle.read(CHAIN)
    try:
        found = crypto.certificate(pem)
    except CryptoError as error:
        report.bad(CHAIN, error.words)
        return
    report.good(
        SIGNATURE,
        say(
            "Signed by {subject}; certificate by {issuer}, SHA-256 {sha256}.",
            subject=found.subject,
            issuer=found.issuer,
            sha256=found.sha256,
        ),
    )
    report.signers.append(found.sha256)
    if trust.signers is not None:
        at = stamped or time_of(package.get("created")) or dt.datetime.now(dt.timezone.utc)
        try:
            crypto.chain(pem, trust.signers, at, "any")
            report.good(CHAIN, say("An authority that was given vouches for the signer."))
        except CryptoError as error:
            report.bad(CHAIN, error.words)
    elif trust.signer is None:
        words = say(
            "Anybody can make a certificate with any name. Compare the SHA-256 above with one that "
            "the signer told you in another way (--signer), or give an authority (--ca)."
        )
        report.note(CHAIN, words)
    own = package.get("signer")
    if isinstance(own, dict) and own.get("development") is True:
        words = say(
            "The signer is a development identity: it shows that nothing was changed since, and "
            "not who signed."
        )
        report.note(CHAIN, words)


class Stamped(NamedTuple):
    """Some bytes that authorities stamped: where they and the stamps lie, and of what time."""

    text: str
    prefix: str
    kinds: tuple[str, str, str]
    around: dt.datetime | None


_KINDS = ("-tsr", "-tsq", "-chain")
_CAPTURE_KINDS = (".tsr", ".tsq", ".pem")


def _stamps(bundle: Bundle, crypto: Crypto, trust: Trust, of: Stamped) -> list[dt.datetime]:
    """Check each time stamp of some bytes; return the times of those that hold."""
    report = bundle.report
    times: list[dt.datetime] = []
    for number in range(1, MOST_STAMPS + 1):
        files = [f"{of.prefix}{number}{kind}" for kind in of.kinds]
        there = [one in bundle.members for one in files]
        if not any(there):
            break
        if not all(there):
            report.bad(files[there.index(False)], say("The file is missing."))
            continue
        at = _stamp(bundle, crypto, trust, of.text, files)
        if at is None:
            continue
        times.append(at)
        around = of.around
        if around is not None and not around - STAMP_DELAY <= at <= around + STAMP_DELAY:
            words = say("It is not of the time at which the bundle says that it was made.")
            report.bad(files[0], words)
    return times


def _stamp(
    bundle: Bundle, crypto: Crypto, trust: Trust, text: str, files: Sequence[str]
) -> dt.datetime | None:
    """Check one time stamp; return its time, or None where it does not hold."""
    report = bundle.report
    reply, query, pem = (bundle.read(one) for one in files)
    try:
        at = crypto.stamp(reply, query, bundle.read(text), pem)
        authority = crypto.certificate(pem)
    except CryptoError as error:
        report.bad(files[0], error.words)
        return None
    words = say(
        "Time-stamped {time} UTC by {authority}; certificate SHA-256 {sha256}.",
        time=at.strftime("%Y-%m-%d %H:%M:%S"),
        authority=authority.subject,
        sha256=authority.sha256,
    )
    report.good(files[0], words)
    if trust.stampers is not None:
        try:
            crypto.chain(pem, trust.stampers, at, "timestampsign")
        except CryptoError as error:
            report.bad(files[0], error.words)
        else:
            words = say("An authority that was given vouches for the time stamp.")
            report.good(files[0], words)
    return at


def _all_stamps(
    bundle: Bundle, package: Mapping[str, Any], crypto: Crypto, trust: Trust
) -> list[dt.datetime]:
    """Check the time stamps of the bundle, and of how the picture was obtained."""
    report = bundle.report
    created = time_of(package.get("created"))
    whole = Stamped(STAMPED, SIGNATURES, _KINDS, created)
    times = _stamps(bundle, crypto, trust, whole)
    if CAPTURE in bundle.members:
        captured = Stamped(CAPTURE, "capture/", _CAPTURE_KINDS, _captured(bundle))
        _stamps(bundle, crypto, trust, captured)
    if times and trust.stampers is None:
        words = say(
            "The authorities' certificates come from this bundle itself. Compare their SHA-256 "
            "with what the authority publishes, or give its root (--stamp-ca)."
        )
        report.note(SIGNATURES, words)
    if not times and not report.has(BAD):
        words = say("Nobody else says when this bundle was made: it has no time stamp.")
        report.note(SIGNATURES, words)
    return times


def _captured(bundle: Bundle) -> dt.datetime | None:
    """Return when the picture was obtained, as the bundle says."""
    try:
        return time_of(parse(bundle.read(CAPTURE)).get("at"))
    except (AttributeError, ValueError, RecursionError):
        return None


# --- earlier holders -----------------------------------------------------------------------------


def _history(bundle: Bundle, crypto: Crypto | None, trust: Trust) -> None:
    """Check what earlier holders signed, and that it is still here."""
    report = bundle.report
    found = (_EARLIER.fullmatch(name) for name in bundle.members)
    numbers = sorted({int(one.group(1)) for one in found if one})
    if numbers != list(range(1, len(numbers) + 1)):
        report.bad(HISTORY, say("Something is missing in what earlier holders signed."))
    if len(numbers) > MOST_HOLDERS:
        report.unknown(HISTORY, say("There are too many earlier holders to check them all."))
    for number in numbers[:MOST_HOLDERS]:
        head = f"{HISTORY}{number}-"
        path = f"{head}datapackage"
        package = _json(bundle, path)
        if package is None:
            continue
        if _text(bundle, f"{head}signed-text") != "sha256:" + bundle.hashes(path).sha256:
            report.bad(path, say("It is not the list of files that this holder signed."))
            continue
        _earlier_files(bundle, package, path)
        if crypto is not None:
            _earlier_signature(bundle, package, head, crypto, trust)


def _earlier_files(bundle: Bundle, package: Mapping[str, Any], path: str) -> None:
    """Compare an earlier holder's list with what is here now: only the log may have grown."""
    report = bundle.report
    resources = package.get("resources")
    listed = {CUSTODY}
    for one in resources if isinstance(resources, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("path"), str):
            report.bad(path, say("The list of files has an entry that is none."))
            continue
        listed.add(one["path"])
        name, hashed = one["path"], str(one.get("hash"))
        if name not in bundle.members:
            report.bad(name, say("The file is missing; an earlier holder signed it."))
        elif name == CUSTODY:
            if not _grew_from(bundle.read(name), hashed):
                report.bad(name, say("The log does not go on from what an earlier holder signed."))
        elif f"sha256:{bundle.hashes(name).sha256}" != hashed:
            report.bad(name, say("The file was changed since an earlier holder signed it."))
    for name in bundle.members:
        if name not in listed and not _outside(name) and not name.startswith(HISTORY):
            report.bad(name, say("The file was added after an earlier holder signed the bundle."))


def _grew_from(log: bytes, hashed: str) -> bool:
    """Whether the first lines of a log are the ones that had a hash."""
    running = hashlib.sha256()
    for line in log.splitlines(keepends=True)[:MOST_LINES]:
        running.update(line)
        if f"sha256:{running.hexdigest()}" == hashed:
            return True
    return False


def _earlier_signature(
    bundle: Bundle, package: Mapping[str, Any], head: str, crypto: Crypto, trust: Trust
) -> None:
    """Check an earlier holder's signature and time stamps."""
    report = bundle.report
    names = [head + name for name in ("chain", "signature", "signed-text", "stamped-text")]
    for name in names:
        if name not in bundle.members:
            report.bad(name, say("The file is missing."))
            return
    pem, signature, signed = (bundle.read(name) for name in names[:3])
    try:
        crypto.verify(_algorithm(package), pem, signature, signed)
        signer = crypto.certificate(pem)
    except CryptoError as error:
        report.bad(f"{head}signature", error.words)
        return
    words = say(
        "An earlier holder: signed by {subject}; certificate by {issuer}, SHA-256 {sha256}.",
        subject=signer.subject,
        issuer=signer.issuer,
        sha256=signer.sha256,
    )
    report.good(f"{head}signature", words)
    report.signers.append(signer.sha256)
    if trust.signers is not None:
        at = time_of(package.get("created")) or dt.datetime.now(dt.timezone.utc)
        try:
            crypto.chain(pem, trust.signers, at, "any")
        except CryptoError as error:
            report.note(f"{head}chain", error.words)
        else:
            report.good(f"{head}chain", say("An authority that was given vouches for the signer."))
    if bundle.read(f"{head}stamped-text") != base64.b64encode(signature):
        report.bad(f"{head}stamped-text", say("It is not the signature, written in letters."))
        return
    around = time_of(package.get("created"))
    _stamps(bundle, crypto, trust, Stamped(f"{head}stamped-text", head, _KINDS, around))


# --- the whole -----------------------------------------------------------------------------------


def examine(file: BinaryIO, crypto: Crypto | None = None, trust: Trust = NOBODY) -> Report:
    """Check a bundle.

    Parameters
    ----------
    file : binary file
        The bundle; it can be sought in.
    crypto : Crypto, optional
        What checks signatures and time stamps; None where there is nothing that could.
    trust : Trust
        Whom the one who checks trusts.
    """
    report = Report()
    try:
        bundle = Bundle(file, report)
        package, digest = _json(bundle, PACKAGE), _json(bundle, DIGEST)
        created = None if package is None else time_of(package.get("created"))
        bundle.compare(created)
        if package is not None and created is None:
            report.bad(PACKAGE, say("It does not say when the bundle was made."))
        if package is not None:
            _resources(bundle, package)
            _picture(bundle, package)
        _custody(bundle)
        _seal(bundle)
        if package is not None and digest is not None:
            _digest(bundle, package, digest)
        if package is not None:
            _signatures(bundle, package, crypto, trust)
        _history(bundle, crypto, trust)
        if crypto is not None and trust.signer is not None and trust.signer not in report.signers:
            report.bad(CHAIN, say("The certificate that was expected signed nothing here."))
    except CannotReadError as error:
        report.bad(error.where, error.words)
    return report


def shown(text: str) -> str:
    """Return a text of strangers without anything that a terminal would obey."""
    return "".join(
        one if unicodedata.category(one)[0] not in "CZ" or one == " " else f"\\u{ord(one):04x}"
        for one in text
    )


_SIGNS = {GOOD: "holds  ", BAD: "CHANGED", UNKNOWN: "unknown", NOTE: "note   "}


def conclusion(report: Report) -> Said:
    """Return what a check comes to, in a sentence."""
    if report.has(BAD):
        return say("This bundle is NOT as it was made. What differs is named above.")
    if report.has(UNKNOWN):
        return say("What could be checked was not changed; but not everything could be checked.")
    return say("Nothing in this bundle was changed since it was signed.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bundle that the command line names."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle, offline.")
    parser.add_argument("bundle", help="the bundle, a zip file")
    parser.add_argument("--signer", metavar="SHA256", help="hash of the signer's certificate")
    parser.add_argument("--ca", metavar="FILE", help="authorities for signers that you trust, PEM")
    parser.add_argument("--stamp-ca", metavar="FILE", help="authorities for time stamps, PEM")
    parser.add_argument("--openssl", default="openssl", metavar="PROGRAM", help="where openssl is")
    given = parser.parse_args(arguments)
    program = shutil.which(given.openssl)
    try:
        signer = None if given.signer is None else given.signer.replace(":", "").lower()
        signers = None if given.ca is None else Path(given.ca).read_bytes()
        stampers = None if given.stamp_ca is None else Path(given.stamp_ca).read_bytes()
        crypto = None if program is None else OpenSsl(program)
        with Path(given.bundle).open("rb") as file:
            report = examine(file, crypto, Trust(signer, signers, stampers))
    except OSError as error:
        print(f"Cannot be read: {error}", file=sys.stderr)
        return 2
    for state, where, words in report.findings:
        print(f"{_SIGNS[state]}  {shown(where) or 'the bundle'}: {shown(words)}")
    print()
    print(conclusion(report))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
