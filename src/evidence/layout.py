"""What lies where in a bundle, and how its texts are written.

A bundle is a WACZ file (Web Archive Collection Zipped, 1.1.1): a zip of stored members whose
``datapackage.json`` lists every other one with its hashes. The public validator, ``wacz validate``,
looks at each file whose name has a dot, takes the last two parts of its path for the whole of it,
and wants that listed. So every listed file lies in one folder, none deeper and none at the top, but
for `README`; and the signatures over ``datapackage.json``, which it cannot list, have no dot.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

__all__ = [
    "CAPTURE",
    "CHECK",
    "CUSTODY",
    "DATAPACKAGE",
    "DIGEST",
    "FORMAT",
    "HISTORY",
    "INDEX",
    "LETTERS",
    "MANIFEST",
    "MANIFEST_ABOUT",
    "MANIFEST_CERTIFICATES",
    "ORIGINAL",
    "PAGES",
    "PICTURE",
    "README",
    "RECORD",
    "RECOVERED",
    "RECOVERED_CERTIFICATES",
    "SIGNATURES",
    "STAMPS",
    "STATEMENT",
    "TLS_CHAIN",
    "TRUST",
    "TRUST_LISTS",
    "VERDICT",
    "VERIFY",
    "WARC",
    "WORKING",
    "WORKING_LIST",
    "json_bytes",
    "json_line",
    "safe_name",
]

FORMAT: Final = "indelible-evidence-1"
"""The name of this form of bundle; it stands in ``datapackage.json``."""

DATAPACKAGE: Final = "datapackage.json"
DIGEST: Final = "datapackage-digest.json"
README: Final = "README"

ORIGINAL: Final = "original/"
"""Folder: the picture, byte for byte, or sealed (then its name ends in ``.sealed``)."""

PICTURE: Final = "capture/picture.json"
"""Name, size and hashes of the picture."""
CAPTURE: Final = "capture/capture.json"
"""How it was obtained."""
TLS_CHAIN: Final = "capture/tls-chain.pem"
STAMPS: Final = "capture/time-stamps.json"
"""Which authorities stamped `CAPTURE`; the tokens lie beside it, ``capture/1.tsq`` and so on."""

WARC: Final = "archive/data.warc"
INDEX: Final = "indexes/index.cdx"
PAGES: Final = "pages/pages.jsonl"

VERDICT: Final = "findings/verdict.json"
MANIFEST: Final = "findings/manifest.c2pa"
"""The manifest store that came with the file."""
MANIFEST_CERTIFICATES: Final = "findings/manifest-certificates.pem"
RECOVERED: Final = "findings/recovered.c2pa"
"""The one that the watermark or a resolver led to."""
RECOVERED_CERTIFICATES: Final = "findings/recovered-certificates.pem"
MANIFEST_ABOUT: Final = "findings/manifests.json"
RECORD: Final = "findings/record.json"

TRUST_LISTS: Final = "trust/trust.json"
TRUST: Final = "trust/"
"""Folder: the lists that `TRUST_LISTS` names, in PEM."""

WORKING_LIST: Final = "working/working.jsonl"
WORKING: Final = "working/"
"""Folder: pictures made of the original; `WORKING_LIST` says of what and how."""

CUSTODY: Final = "custody/custody.jsonl"
STATEMENT: Final = "statement/"
LETTERS: Final = "letters/"
CHECK: Final = "verify/check.py"
VERIFY: Final = "verify/VERIFY.md"

SIGNATURES: Final = "signatures/"
"""Folder: the signature over ``datapackage.json`` and its time stamps, as files for openssl.

``signed-text`` (what is signed, ``sha256:...``), ``signature``, ``public-key`` (PEM), ``chain``
(PEM), ``stamped-text`` (what is time-stamped: the signature in base64), and for each authority
``1-tsq``, ``1-tsr`` and ``1-chain`` (PEM), ``2-tsq`` ... None of them is listed: ``seal-text`` has
the hashes of all of them, and ``seal`` is the signature over that.
"""
HISTORY: Final = "history/"
"""Folder: what earlier holders signed: ``1-datapackage``, ``1-datapackage-digest`` (JSON both),
``1-signature``, ``1-1-tsr`` ...; all are listed."""

_MOST_LETTERS: Final = 100
_DEVICES: Final = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{a}{b}" for a in ("COM", "LPT") for b in range(10)),
}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    """Return a value as the text of a file of its own."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def json_line(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    """Return a value as one line, with its end."""
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def safe_name(name: str, suffix: str) -> str:
    """Return a file's name for a member of a zip: ASCII, no folder, with the suffix that fits.

    Parameters
    ----------
    name : str
        A user's or a stranger's, of whatever content.
    suffix : str
        By what the file holds ("``.jpg``").
    """
    last = re.split(r"[/\\]", name)[-1].rpartition(".")[0] or re.split(r"[/\\]", name)[-1]
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode("ascii")
    plain = _UNSAFE.sub("-", plain).strip("-._")[:_MOST_LETTERS].rstrip("-._")
    if plain.upper() in _DEVICES:
        plain = f"{plain}-"
    return f"{plain or 'picture'}{suffix}"
