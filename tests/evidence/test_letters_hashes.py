"""Hand-overs of hashes: in the receivers' own forms and order, without the picture."""

from __future__ import annotations

import json

from indelible.evidence.letters_hashes import ncmec, pdq_usable, stopncii, usable
from tests.evidence.knowing import PICTURE, SHA256, URL, facts


def test_stopncii_gets_hashes_alone() -> None:
    said = json.loads(stopncii(facts()))
    kinds = [one["signalType"] for one in said["hashRecords"]]
    assert kinds == ["ImagePDQ", "ImageMD5"]
    assert said["hashRecords"][0]["hashValue"] == PICTURE["pdq"]
    assert said["count"] == 2
    assert URL not in json.dumps(said)


def test_a_hash_of_low_quality_is_left_out() -> None:
    for picture in ({"pdq_quality": 49}, {"pdq": None, "pdq_quality": None}):
        poor = facts(picture=picture)
        assert not pdq_usable(poor)
        assert [one["signalType"] for one in json.loads(stopncii(poor))["hashRecords"]] == [
            "ImageMD5"
        ]
        assert "no PDQ hash" in next(iter(usable(poor)))
        assert "PDQ" not in ncmec(poor).decode()
    assert pdq_usable(facts(picture={"pdq_quality": 50}))


def test_the_order_of_ncmecs_elements() -> None:
    said = json.loads(ncmec(facts()))
    assert list(said) == [
        "incidentSummary",
        "internetDetails",
        "reporter",
        "personOrUserReported",
        "victim",
        "fileDetails",
    ]
    assert list(said["incidentSummary"]) == [
        "incidentType",
        "incidentDateTime",
        "escalateToHighPriority",
    ]
    assert list(said["fileDetails"][0]) == [
        "originalFileName",
        "locationOfFile",
        "fileViewedByEsp",
        "exifViewedByEsp",
        "publiclyAvailable",
        "fileRelevance",
        "fileAnnotations",
        "industryClassification",
        "originalFileHash",
        "additionalInfo",
    ]
    assert said["internetDetails"][0]["webPageIncident"]["url"] == [URL]
    assert {"hashType": "SHA256", "value": SHA256} in said["fileDetails"][0]["originalFileHash"]


def test_nobody_is_accused_and_nothing_is_classified() -> None:
    said = json.loads(ncmec(facts()))
    blank = said["incidentSummary"]["incidentType"]
    assert set(blank) == {"_"}
    assert said["fileDetails"][0]["industryClassification"] == blank
    assert said["personOrUserReported"]["screenName"] == blank
