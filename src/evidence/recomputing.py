"""Examining the picture of a bundle again, and comparing what is found with what was."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from indelible.choices import DEFAULT_EFFORT, Effort
from indelible.credentials import Trust, TrustList
from indelible.credentials.trust.trust_lists import checked_pem
from indelible.errors import EvidenceError
from indelible.evidence.findings import presentable, stable
from indelible.evidence.layout import MANIFEST, TRUST_LISTS, VERDICT
from indelible.evidence.packing import Contents, sha256
from indelible.verification import Verifier

__all__ = ["Again", "again", "effort_of", "key_ids_of", "trust_of"]

_EFFORTS: Final[tuple[Effort, ...]] = get_args(Effort)
_MOST_DIFFERENCES: Final = 50
_FROM: Final = ("place", "remote_url")
_MOST_LISTS: Final = 100
_MOST_LIST_BYTES: Final = 4 * 1024 * 1024
_CLOSE: Final = 1e-6  # relative, of numbers that another machine computes


@dataclass(frozen=True, slots=True)
class Again:
    """A second examination.

    Attributes
    ----------
    verdict, now : str
        What was found then, and now.
    differences : tuple of (str, object, object)
        Where in the report, what stood there, and what stands there now; 50 at most.
    missing_keys : tuple of str
        Ids of keys that were used then and are not here: what they found cannot be found again.
    """

    verdict: str
    now: str
    differences: tuple[tuple[str, object, object], ...] = field(default=())
    missing_keys: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the report is the very same."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "same": self.same,
            "verdict": self.verdict,
            "now": self.now,
            "differences": [
                {"where": where, "then": then, "now": now} for where, then, now in self.differences
            ],
            "missing_keys": list(self.missing_keys),
        }


def again(contents: Contents, verifier: Verifier) -> Again:
    """Examine the picture again.

    Parameters
    ----------
    contents : Contents
        A bundle that was checked: what stands in it is taken as it is.
    verifier : Verifier
        With the keys and the registry of the first examination, as far as they are here, and the
        bundle's own trust lists (`trust_of`).

    Raises
    ------
    EvidenceError
        If the picture is not in the bundle, or sealed.
    ImageError
        If it cannot be read.
    """
    said = contents.package.get("picture")
    facts = said if isinstance(said, dict) else {}
    path = facts.get("path")
    if facts.get("sealed") or not isinstance(path, str) or path not in contents.parts:
        raise EvidenceError(
            "The picture cannot be examined again: it is sealed, or not in the bundle.",
            hint="Its recipient opens it: indelible evidence open BUNDLE --key FILE -o PICTURE.",
        )
    picture = contents.parts[path]
    then = contents.json(VERDICT)
    if sha256(picture) != then.get("sha256"):
        raise EvidenceError("The picture in the bundle is not the one that was examined.")
    report = then.get("report")
    if report is None:
        raise EvidenceError(
            "The picture cannot be compared: this bundle was made for strangers, and holds the "
            "public report alone.",
            hint="indelible verify PICTURE examines the picture in it.",
        )
    report = report if isinstance(report, dict) else {}
    credential = report.get("credential")
    place = credential.get("place") if isinstance(credential, dict) else None
    manifest = contents.parts.get(MANIFEST) if place in ("given", "beside", "address") else None
    result = verifier.verify(picture, manifest=manifest)
    now = json.loads(json.dumps(stable(presentable(result))))
    if place == "address":  # from where it cannot come again: the bundle has it
        now["credential"] |= {name: report["credential"].get(name) for name in _FROM}
    differences = []
    for one in _differences("", report, now):
        differences.append(one)
        if len(differences) == _MOST_DIFFERENCES:
            break
    missing = [one for one in key_ids_of(contents) if one not in verifier.key_ids]
    return Again(
        str(report.get("verdict")), str(now["verdict"]), tuple(differences), tuple(missing)
    )


def key_ids_of(contents: Contents) -> tuple[str, ...]:
    """Return the ids of the keys that the watermark was looked for with."""
    recipe = contents.json(VERDICT).get("recompute")
    found = recipe.get("key_ids") if isinstance(recipe, dict) else None
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def effort_of(contents: Contents) -> Effort:
    """Return how hard the watermark was looked for."""
    recipe = contents.json(VERDICT).get("recompute")
    found = recipe.get("effort") if isinstance(recipe, dict) else None
    return next((one for one in _EFFORTS if one == found), DEFAULT_EFFORT)


def trust_of(contents: Contents) -> Trust:
    """Return the trust that a bundle's picture was examined with, from the lists in it.

    Raises
    ------
    EvidenceError, TrustError
        If a list is missing or cannot be read.
    """
    said = contents.json(TRUST_LISTS)
    trust = Trust.of(_list(contents, one, said.get("as_of")) for one in _objects(said.get("lists")))
    for one in _objects(said.get("single_signers")):
        trust = trust.with_pinned(_pem(contents, one))
    return trust


def _objects(value: object) -> list[dict[str, Any]]:
    found = value if isinstance(value, list) else []
    return [one for one in found[:_MOST_LISTS] if isinstance(one, dict)]


def _list(contents: Contents, said: dict[str, Any], as_of: object) -> TrustList:
    kind: Literal["manifest", "tsa"] = "tsa" if said.get("kind") == "tsa" else "manifest"
    due, at = _moment(said.get("next_update")), _moment(as_of)
    # A list that was fresh then is not called stale now: the report is of that day.
    stale = due is not None and at is not None and due < at
    pem = checked_pem(_pem(contents, said))
    name, issued = str(said.get("name")), _moment(said.get("issued"))
    return TrustList(name, pem, kind=kind, issued=issued, next_update=due if stale else None)


def _pem(contents: Contents, said: dict[str, Any]) -> bytes:
    data = contents.parts.get(str(said.get("file")))
    if data is None or len(data) > _MOST_LIST_BYTES or sha256(data) != said.get("sha256"):
        raise EvidenceError("A trust list of the bundle is missing, or was changed.")
    return data


def _moment(text: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _differences(where: str, then: object, now: object) -> Iterator[tuple[str, object, object]]:
    """Yield where two reports differ, numbers apart that are as good as equal."""
    match then, now:
        case dict(), dict():
            for name in dict.fromkeys([*then, *now]):
                place = f"{where}.{name}" if where else str(name)
                yield from _differences(place, then.get(name), now.get(name))
        case list(), list() if len(then) == len(now):
            for number, pair in enumerate(zip(then, now, strict=True)):
                yield from _differences(f"{where}[{number}]", *pair)
        case float() | int(), float() | int() if not isinstance(then, bool):
            if not math.isclose(then, now, rel_tol=_CLOSE, abs_tol=_CLOSE):
                yield where, then, now
        case _:
            if then != now:
                yield where, then, now
