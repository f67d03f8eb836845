"""Hand-overs of hashes to programmes that find copies: StopNCII, and NCMEC's CyberTipline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from indelible.evidence.document import BLANK
from indelible.evidence.facts import Facts

__all__ = ["LEAST_QUALITY", "ncmec", "pdq_usable", "stopncii", "usable"]

LEAST_QUALITY: Final = 50
"""Of a PDQ hash: below, programmes leave it out, because it matches too much."""


def pdq_usable(facts: Facts) -> bool:
    """Whether there is a PDQ hash that programmes take."""
    quality = facts.picture.pdq_quality
    return facts.picture.pdq is not None and quality is not None and quality >= LEAST_QUALITY


def usable(facts: Facts) -> Iterator[str]:
    """Yield the hashes that StopNCII takes, in lines for people."""
    picture = facts.picture
    if pdq_usable(facts):
        yield f"ImagePDQ: {picture.pdq} (quality {picture.pdq_quality} of 100)"
    else:
        yield "There is no PDQ hash that can be used: the picture has too little detail for one."
    yield f"ImageMD5: {picture.md5}"


def stopncii(facts: Facts) -> bytes:
    """Return the hashes in the form of StopNCII's API, version 1 (SubmitHashes)."""
    signals = [("ImageMD5", facts.picture.md5)]
    if pdq_usable(facts):
        signals.insert(0, ("ImagePDQ", facts.picture.pdq or ""))
    hashes = [
        {
            "signalType": kind,
            "hashValue": value,
            "hashStatus": "Active",
            "caseNumbers": {BLANK: "Active"},
        }
        for kind, value in signals
    ]
    return _json({"count": len(hashes), "hashRecords": hashes})


def ncmec(facts: Facts) -> bytes:
    """Return the fields of a CyberTipline report, in the order in which its API takes them.

    What only the operator knows, or has to decide, stands as a blank.
    """
    picture = facts.picture
    hashes = [
        {"hashType": kind, "value": value}
        for kind, value in (
            ("MD5", picture.md5),
            ("SHA1", picture.sha1),
            ("SHA256", picture.sha256),
        )
    ]
    if pdq_usable(facts):
        hashes.append({"hashType": "PDQ", "value": picture.pdq or ""})
    said_ai = facts.result.ai.claimed
    report: dict[str, Any] = {
        "incidentSummary": {
            "incidentType": BLANK,
            "incidentDateTime": f"{facts.capture.at:%Y-%m-%dT%H:%M:%SZ}",
            "escalateToHighPriority": BLANK,
        },
        "internetDetails": [{"webPageIncident": {"url": [facts.capture.url or BLANK]}}],
        "reporter": {
            "reportingPerson": {"firstName": BLANK, "lastName": BLANK, "email": [BLANK]},
            "contactPerson": {"email": [BLANK]},
            "companyTemplate": BLANK,
            "legalURL": BLANK,
        },
        "personOrUserReported": {
            "espIdentifier": BLANK,
            "screenName": BLANK,
            "profileUrl": [BLANK],
            "ipCaptureEvent": [
                {
                    "ipAddress": BLANK,
                    "eventName": BLANK,
                    "dateTime": BLANK,
                    "port": BLANK,
                    "possibleProxy": BLANK,
                }
            ],
        },
        "victim": BLANK,
        "fileDetails": [
            {
                "originalFileName": BLANK,
                "locationOfFile": facts.capture.url or BLANK,
                "fileViewedByEsp": BLANK,
                "exifViewedByEsp": BLANK,
                "publiclyAvailable": BLANK,
                "fileRelevance": "Reported",
                "fileAnnotations": {"generativeAi": True if said_ai else BLANK},
                "industryClassification": BLANK,
                "originalFileHash": hashes,
                "additionalInfo": (
                    "Draft, not sent; every blank is the operator's to fill in. The picture is not "
                    "enclosed. Use it only where the picture may show a minor."
                ),
            }
        ],
    }
    return _json(report)


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()  # no letter that could hide something
