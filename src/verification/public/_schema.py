"""The shape of the public report, version 1. docs/public-report.md describes it for its readers.

Wherever there is a word for machines, ``words`` beside it says the same to people, in the language
that was asked for. A reader ignores fields that it does not know; a field that changes its meaning
or goes away makes a new version.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, TypedDict

from indelible.choices import AiKind, Place, RecordStatus
from indelible.credentials import Standing
from indelible.verification.consent_report import ConsentStanding

__all__ = [
    "VERSION",
    "Action",
    "Agreement",
    "Ai",
    "Changes",
    "Consent",
    "Findings",
    "History",
    "Line",
    "ManifestFinding",
    "Origin",
    "Original",
    "PublicReport",
    "Region",
    "Searched",
    "Signal",
    "WatermarkFinding",
]

VERSION: Final = 1

Whose: TypeAlias = Literal["manifest", "recovered"]
"""The manifest that came with the file, or the one that its watermark led to."""


class Ai(TypedDict):
    """What is said about AI, who says so, and what that is worth; ``claim``: no fact of anybody."""

    claimed: bool
    kind: AiKind | None
    by: str | None
    where: Literal["manifest", "ingredient", "recovered", "metadata"] | None
    standing: Literal["trusted", "untrusted", "broken", "metadata"] | None
    claim: bool
    words: str


class ManifestFinding(TypedDict):
    """What the manifest that came with the file says of itself.

    ``elsewhere``: the file only names an address. ``standing`` is None where there is none.
    """

    state: Literal["intact", "changed", "broken", "unreadable", "absent", "elsewhere"]
    standing: Standing | None
    place: Place | None
    words: str


class WatermarkFinding(TypedDict):
    """What the watermark says, or where there is none, the picture's looks.

    ``registry``, ``record`` and ``standing`` are about the manifest that the watermark leads to,
    ``looks`` is whether the picture looks like that one's. ``covers`` is how much of the picture
    carries the mark, coarsely.
    """

    state: Literal["found", "not_found", "not_checked"]
    registry: Literal["not_asked", "unknown", "found", "unavailable"]
    record: RecordStatus | None
    standing: Standing | None
    looks: Literal["not_checked", "match", "mismatch", "unclear"]
    covers: Literal["nearly_all", "most", "part"] | None
    others: int
    resembles: bool
    words: str


class Agreement(TypedDict):
    """Whether the two findings agree.

    ``one``: only one of them says anything; ``unclear``: both do, and neither mentions the other.
    """

    state: Literal["agree", "contradict", "one", "none", "unclear"]
    words: str


class Findings(TypedDict):
    """Two findings that do not depend on each other."""

    manifest: ManifestFinding
    watermark: WatermarkFinding
    agreement: Agreement


class Line(TypedDict):
    """A line for people: what it is about, and what is said."""

    label: str
    text: str


class Origin(TypedDict):
    """What one manifest says about where the picture comes from.

    Where ``claim`` is true, every name in it is a claim and has to be shown as one; ``lines`` are
    worded so already. ``clock``: whose clock ``time`` is by.
    """

    where: Whose
    standing: Standing
    claim: bool
    development: bool
    expired: bool
    manifest_id: str | None
    generator: str | None
    provider: str | None
    title: str | None
    model: str | None
    source_type: str | None
    signer: str | None
    issuer: str | None
    abuse_contact: str | None
    time: str | None
    clock: Literal["authority", "unknown_authority", "signer"] | None
    heading: str
    lines: list[Line]


class Action(TypedDict):
    """A step of a picture's history."""

    code: str
    time: str | None
    words: str


class History(TypedDict):
    """A picture in the history: the one in hand, or one that it was made from.

    ``relation`` is C2PA's relationship to the picture above, None for the one in hand. ``omitted``
    counts what was left out below: pictures, and steps.
    """

    relation: str | None
    relation_words: str
    standing: Standing
    claim: bool
    title: str | None
    generator: str | None
    signer: str | None
    source_type: str | None
    words: str
    actions: list[Action]
    failures: list[str]
    children: list[History]
    omitted: int


class Original(TypedDict):
    """The picture as it was signed, which `views` draws: a preview, or a blurred sketch of it.

    ``aligned``: the picture in hand can be laid on it, and `views` does so.
    """

    kind: Literal["thumbnail", "sketch"]
    where: Whose
    standing: Standing
    claim: bool
    label: str
    width: int
    height: int
    aligned: bool


class Region(TypedDict):
    """A changed part: left, top, right and bottom in pixels of the picture, multiples of 16."""

    box: list[int]


class Changes(TypedDict):
    """Where the picture differs from the one that was signed; the share in percent, coarse."""

    state: Literal["compared", "not_compared"]
    where: Whose | None
    standing: Standing | None
    share: int | None
    regions: list[Region]
    words: str


class Searched(TypedDict):
    """Something that was looked for; ``found`` is None where nobody could look."""

    what: Literal["manifest", "watermark", "registry", "looks", "metadata"]
    found: bool | None
    words: str


class Signal(TypedDict):
    """A claim of plain metadata, which anybody can write or remove."""

    where: str
    generator: str | None
    says_ai: bool
    text: str
    words: str


class Consent(TypedDict):
    """A consent mark, whose key is public; ``asks`` is false where its record holds no more."""

    asks: bool
    standing: ConsentStanding
    words: str


class PublicReport(TypedDict):
    """All of it."""

    version: int
    language: str
    verdict: str
    headline: str
    meaning: str
    caution: str
    complete: bool
    ai: Ai
    reasons: list[str]
    findings: Findings
    origins: list[Origin]
    history: History | None
    original: Original | None
    changes: Changes | None
    searched: list[Searched]
    signals: list[Signal]
    signals_words: str
    consents: list[Consent]
    notes: list[str]
    format: str
