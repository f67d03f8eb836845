"""Whether a report says everything in another language: each text is a sentence, or data."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator

from indelible.credentials.trust.trust_lists import OFFICIAL, OFFICIAL_TSA
from indelible.languages import Sentence
from indelible.verification import Verification, wording
from indelible.verification.public import public_report
from indelible.verification.wording import evidence_lines, history
from indelible.verification.wording._report import Report

# Fields of a result that hold sentences; what stands in any other one is data.
_SENTENCES = {"reasons", "notes", "sentence", "irregular"}
_THEIRS = {"chunk", "format", "reason", "what", "why"}
_FIGURES = re.compile(r"[\W\d]*|\d+e[+-]\d+|[0-9a-f]{2,64}")


def texts(value: object, *, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield every text in a value, in the parts of dataclasses, tuples, lists and dicts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.hex()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if field.name not in without:
                yield from texts(getattr(value, field.name), without=without)
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one, without=without)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from texts(one, without=without)


def data_in(text: str) -> Iterator[str]:
    """Yield what is no sentence in a text: names, times, figures, and English that was left."""
    if not isinstance(text, Sentence):
        yield text
        return
    for name, value in text.values.items():
        # What codecs and libraries say of damaged bytes is theirs.
        if isinstance(value, Sentence) or (isinstance(value, str) and name not in _THEIRS):
            yield from data_in(value)


def check_german(result: Verification) -> None:
    """Fail if anything that is said about a picture stays English in German."""
    data = {"name", OFFICIAL, OFFICIAL_TSA} | {
        text
        for text in texts(result, without=frozenset(_SENTENCES))
        if not isinstance(text, Sentence)
    }
    if result.credential.integrity == "absent":
        data.update(result.credential.reasons[1:])  # why a manifest was not fetched: the network's
    # What an error says, in the reasons of who did not answer, is English everywhere.
    data |= {part for one in result.resolvers for part in data_in(one.reason or "")}
    report = wording.report(result, fetch_option="--allow-host")
    said = [
        *texts(report, without=frozenset({"code"})),
        *(text for line in evidence_lines(result) for text in line),
        *texts(result.reasons),
        *texts(result.notes),
        *_history_texts(result),
    ]
    left = {
        part
        for text in said
        for part in data_in(text)
        if part not in data and not _FIGURES.fullmatch(part) and not _of_data(part, data)
    }
    assert not left, f"left in English: {left}"
    german = wording.report(result, fetch_option="--allow-host", language="de")
    assert isinstance(german, Report)
    assert german.headline != report.headline
    public = public_report(result, language="de")
    assert json.loads(json.dumps(public)) == public


def _of_data(part: str, data: set[str]) -> bool:
    """Whether a text is put together of data alone: names in a row, an option with its host."""
    if part.startswith("--"):
        return True
    names = re.split(r", | \(|\)", part)
    return all(name in data or name in ("", "PDQ") or _FIGURES.fullmatch(name) for name in names)


def _history_texts(result: Verification) -> Iterator[str]:
    for credential in (result.credential, result.registry.credential):
        if credential is not None:
            yield from texts(
                history("name", credential), without=frozenset({"code", "kind", "tone"})
            )
