"""Facts for tests of statement and letters, without a detector."""

from __future__ import annotations

import datetime as dt
from typing import Any

from indelible.evidence.facts import CaptureFacts, Facts, PictureFacts, SignerFacts
from indelible.verification import Verdict
from tests.verification.wording.found import ABSENT, found

AT = dt.datetime(2026, 11, 26, 12, 0, 5, tzinfo=dt.UTC)
SHA256 = "ab" * 32
URL = "https://example.com/photos/1.jpg"

PICTURE: dict[str, Any] = {
    "name": "portrait.jpg",
    "media_type": "image/jpeg",
    "size": 34643,
    "sha256": SHA256,
    "sha512": "cd" * 64,
    "sha1": "ef" * 20,
    "md5": "01" * 16,
    "width": 640,
    "height": 480,
    "pdq": "23" * 32,
    "pdq_quality": 100,
}


def facts(
    *,
    picture: dict[str, Any] | None = None,
    capture: dict[str, Any] | None = None,
    **changes: Any,
) -> Facts:
    """Return facts about a picture that was fetched, and in which a mark was found."""
    obtained: dict[str, Any] = {
        "how": "fetched",
        "at": AT,
        "clock": "this computer's clock",
        "url": URL,
        "headers": (("content-type", "image/jpeg"),),
        "status": 200,
        "certificates": ("CN=example.com, SHA-256 aa",),
        "tool": "Indelible 0.1.0",
    }
    values: dict[str, Any] = {
        "picture": PictureFacts(**(PICTURE | (picture or {}))),
        "capture": CaptureFacts(**(obtained | (capture or {}))),
        "result": found(Verdict.UNVERIFIED, ABSENT),
        "versions": {"indelible": "0.1.0", "python": "3.11.7"},
        "signer": SignerFacts("Test signer", "Test CA", development=False, sha256="77" * 32),
        "authorities": ("Test TSA",),
    }
    return Facts(**(values | changes))
