"""What a scan found, counted: from its results, of any number, in bounded memory.

Results are read a batch at a time, and of each batch only the columns that are counted. Names are
strangers' text: each is cut to 100 letters, and kept together with what it is worth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from indelible.credentials import Standing
from indelible.errors import UnreadableScanError
from indelible.scan.results import batches
from indelible.scan.schema import pyarrow
from indelible.scan.tallies import Tally, Timeline
from indelible.verification import Verdict

__all__ = ["Claim", "Match", "Named", "ScanReport", "report"]

_MOST_LETTERS: Final = 100  # of a name
_MOST_NAMED: Final = 25  # of each kind, in JSON: the rest is summed up
_EARLIEST: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # C2PA began in 2021
_AHEAD: Final = dt.timedelta(days=1)  # of a clock that is wrong

_COUNTED: Final = (
    *("scan_id", "size", "sha256", "duplicate_of", "media_type", "verdict", "complete"),
    *("origin_generator", "origin_signer", "origin_standing", "origin_time"),
    *("credential_development", "ai_claimed", "ai_kind", "ai_standing", "watermark_state"),
    *("match_kind", "match_query", "error_type", "engine_version", "scanned_at"),
)
"""The columns that are read."""

Row: TypeAlias = tuple[Any, ...]


class Named(NamedTuple):
    """A name, and whether it is a fact.

    Attributes
    ----------
    name : str
        As a manifest has it, cut to 100 letters.
    standing : {"trusted", "untrusted", "broken"}
        A fact where trusted; else somebody's claim. Of contradicting evidence nothing is a fact.
    """

    name: str
    standing: Standing


class Claim(NamedTuple):
    """What is said about AI: `AiClaim` without a name."""

    kind: str | None
    standing: str


class Match(NamedTuple):
    """Which picture or list something is a copy of, and what told it."""

    query: str
    kind: str


def _new_timeline() -> Timeline:
    return Timeline(_EARLIEST, dt.datetime.now(dt.UTC) + _AHEAD)


@dataclass(slots=True)
class ScanReport:
    """Counts over the rows of a scan, one for each picture and place: copies count each.

    Attributes
    ----------
    rows, size, copies, incomplete, development : int
        Pictures; their bytes in all; those that are byte for byte another one of them; verdicts
        that who did not answer could have changed; manifests of a development identity.
    verdicts, errors, media_types, watermarks, scans, versions : Tally of str
        By verdict, error type, media type, state of the watermark, scan, version of Indelible. A
        picture that was not judged, though it could be read, is in no verdict.
    unjudged : int
        How many these are.
    generators, signers : Tally of Named
        By what the manifest that a verdict rests on says.
    claims : Tally of Claim
        By what is said about AI; where nothing is said, nothing is counted.
    matches : Tally of Match
        Copies of what was looked for.
    scanned, signed : Timeline
        When rows were made; and when manifests were signed, by themselves.
    """

    rows: int = 0
    size: int = 0
    copies: int = 0
    incomplete: int = 0
    development: int = 0
    unjudged: int = 0
    verdicts: Tally[str] = field(default_factory=Tally)
    errors: Tally[str] = field(default_factory=Tally)
    media_types: Tally[str] = field(default_factory=Tally)
    watermarks: Tally[str] = field(default_factory=Tally)
    scans: Tally[str] = field(default_factory=Tally)
    versions: Tally[str] = field(default_factory=Tally)
    generators: Tally[Named] = field(default_factory=Tally)
    signers: Tally[Named] = field(default_factory=Tally)
    claims: Tally[Claim] = field(default_factory=Tally)
    matches: Tally[Match] = field(default_factory=Tally)
    scanned: Timeline = field(default_factory=_new_timeline)
    signed: Timeline = field(default_factory=_new_timeline)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON-ready data; of names the 25 most frequent."""
        return {
            "rows": self.rows,
            "bytes": self.size,
            "copies": self.copies,
            "incomplete": self.incomplete,
            "unjudged": self.unjudged,
            "verdicts": dict(self.verdicts.ranked()),
            "errors": dict(self.errors.ranked()[:_MOST_NAMED]),
            "media_types": dict(self.media_types.ranked()[:_MOST_NAMED]),
            "watermarks": dict(self.watermarks.ranked()),
            "generators": _named(self.generators),
            "signers": _named(self.signers),
            "ai": [{**key._asdict(), "count": count} for key, count in self.claims.ranked()],
            "matches": _named(self.matches),
            "scanned": _line(self.scanned),
            "signed": _line(self.signed),
        }


def report(results: str | Path) -> ScanReport:
    """Count what a scan found.

    Parameters
    ----------
    results : path
        What a scan wrote: a folder, or one file of it, Parquet or JSON lines.

    Returns
    -------
    ScanReport

    Raises
    ------
    UnreadableScanError
        If there is nothing, or something else, or results of a later version.
    MissingDependencyError
        Without the extra ``scan``.
    """
    counted = ScanReport()
    for batch in batches(results, _COUNTED):
        _count(counted, batch)
    if not counted.rows:
        raise UnreadableScanError(
            f"There are no results of a scan in {str(results)!r}.",
            hint="Name what `indelible scan SOURCE -o OUT` wrote.",
        )
    return counted


def _count(counted: ScanReport, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    compute = pyarrow("pyarrow.compute")
    counted.rows += table.num_rows
    counted.size += compute.sum(table["size"]).as_py() or 0
    counted.copies += table.num_rows - table["duplicate_of"].null_count
    for row, count in _groups(table, "complete", "credential_development"):
        counted.incomplete += count if row[0] is False else 0
        counted.development += count if row[1] else 0
    for row, count in _groups(table, "verdict", "error_type"):
        if row[1] is not None:
            counted.errors.add(_short(row[1]), count)
        elif row[0] is not None:
            counted.verdicts.add(_short(row[0]), count)
        else:
            counted.unjudged += count
    for name, tally in (
        ("media_type", counted.media_types),
        ("watermark_state", counted.watermarks),
        ("scan_id", counted.scans),
        ("engine_version", counted.versions),
    ):
        for row, count in _groups(table, name):
            if row[0] is not None:
                tally.add(_short(row[0]), count)
    _count_claims(counted, table)
    _count_times(counted, table)


def _count_claims(counted: ScanReport, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    for name, named in (
        ("origin_generator", counted.generators),
        ("origin_signer", counted.signers),
    ):
        for row, count in _groups(table, name, "origin_standing", "verdict"):
            if row[0] is not None:
                named.add(Named(_short(row[0]), _standing(row[1], row[2])), count)
    for row, count in _groups(table, "ai_claimed", "ai_kind", "ai_standing"):
        if row[0]:
            counted.claims.add(Claim(row[1], row[2] or "untrusted"), count)
    for row, count in _groups(table, "match_query", "match_kind"):
        if row[1] is not None:
            counted.matches.add(Match(_short(row[0] or ""), row[1]), count)


def _count_times(counted: ScanReport, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    compute = pyarrow("pyarrow.compute")
    hours = compute.floor_temporal(table["scanned_at"], unit="hour")
    for entry in compute.value_counts(hours):
        moment = entry["values"].as_py()
        if moment is not None:
            counted.scanned.add(moment, entry["counts"].as_py())
    # To the hour, so that a batch has few different ones.
    times = compute.utf8_slice_codeunits(table["origin_time"], 0, 40)
    for entry in compute.value_counts(times):
        text = entry["values"].as_py()
        if text is not None:
            moment = _moment(text)
            if moment is None:
                counted.signed.outside += entry["counts"].as_py()
            else:
                counted.signed.add(moment, entry["counts"].as_py())


def _groups(table: Any, *names: str) -> Iterator[tuple[Row, int]]:  # noqa: ANN401 - no types
    """Yield the different values of some columns, and how many rows have them."""
    found = table.select(names).group_by(list(names), use_threads=False)
    columns = found.aggregate([([], "count_all")]).to_pydict()
    counts = columns.pop("count_all")
    yield from zip(zip(*(columns[name] for name in names), strict=True), counts, strict=True)


def _standing(standing: str | None, verdict: str | None) -> Standing:
    if standing == "trusted":
        return "untrusted" if verdict == Verdict.SUSPECT else "trusted"
    return "broken" if standing == "broken" else "untrusted"


def _short(text: str) -> str:
    """Return a name as one line of at most 100 letters."""
    clean = " ".join(text[: 4 * _MOST_LETTERS].split())
    return clean if len(clean) <= _MOST_LETTERS else f"{clean[: _MOST_LETTERS - 1]}…"


def _moment(text: str) -> dt.datetime | None:
    """Return a time that a manifest says; None where it is none."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _named(tally: Tally[Any]) -> list[dict[str, Any]]:
    return [{**key._asdict(), "count": count} for key, count in tally.ranked()[:_MOST_NAMED]]


def _line(timeline: Timeline) -> dict[str, Any]:
    bins = [{"start": one.start.isoformat(), "count": one.count} for one in timeline.bins()]
    return {"step": timeline.step, "bins": bins, "outside": timeline.outside}
