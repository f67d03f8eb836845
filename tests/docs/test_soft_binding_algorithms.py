"""The draft of our entries in C2PA's list of algorithms, against the list's own schema."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from indelible import watermark
from indelible.credentials import PictureFingerprint
from indelible.fingerprint import MATCHING

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Path(__file__).parent / "data" / "softbinding-algorithm-list.schema.json"
ENTRIES = json.loads((ROOT / "docs" / "soft-binding-algorithms.json").read_text("utf-8"))


def test_they_have_the_form_of_the_list() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    formats = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=formats).validate(ENTRIES)


def test_they_are_what_the_package_writes() -> None:
    named = {entry["alg"]: entry["type"] for entry in ENTRIES}
    pdq = PictureFingerprint.PDQ_ALGORITHM
    assert named == {watermark.ALGORITHM: "watermark", pdq: "fingerprint"}
    fingerprint = next(entry for entry in ENTRIES if entry["alg"] == pdq)
    assert f"distance of {MATCHING} " in fingerprint["entryMetadata"]["description"]
