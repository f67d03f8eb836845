"""Where a picture was changed, in words."""

from __future__ import annotations

from typing import Final

from indelible.languages import join, say
from indelible.verification.change_report import ChangeReport
from indelible.verification.wording._vocabulary import box_words

__all__ = ["changes_line", "map_legend"]

_MOST_BOXES: Final = 3  # that are named; the others are in JSON and on the map
_NEARLY_ALL: Final = 0.9
_PREVIEWS: Final = {
    "recovered": say("the preview in the manifest that the watermark led to"),
    "manifest": say("the preview in the file's manifest"),
}


def changes_line(changes: ChangeReport) -> str:
    """Return where a picture differs from the one that was signed, and by whose word."""
    if changes.state == "not_compared":
        return say("not compared: {reason}", reason=changes.reason or "")
    return say("{found}, by {preview}", found=_found(changes), preview=_preview(changes))


def map_legend(changes: ChangeReport) -> tuple[str, ...]:
    """Return what is written below a map of the changes."""
    lines = [say("Compared with {preview}.", preview=_preview(changes))]
    if changes.regions:
        share = _percent(changes.share)
        lines.insert(0, say("Red: changed since it was signed ({share} %).", share=share))
    else:
        lines.insert(0, say("No changed region was found."))
    if changes.compared is not None and (changes.visible or 0) < _NEARLY_ALL:
        lines.append(say("What is dark could not be compared: the original does not show it."))
    lines.append(say("Small changes, and changes of colour and tone all over, are not shown."))
    return tuple(lines)


def _found(changes: ChangeReport) -> str:
    count = len(changes.regions)
    if count == 0:
        return say("no changed region found")
    boxes = join("; ", [box_words(one.picture) for one in changes.regions[:_MOST_BOXES]])
    if count > _MOST_BOXES:
        boxes = say("{boxes} and {count} more", boxes=boxes, count=count - _MOST_BOXES)
    regions = say("one region") if count == 1 else say("{count} regions", count=count)
    return say(
        "about {share} % in {regions} ({boxes}; pixels)",
        share=_percent(changes.share),
        regions=regions,
        boxes=boxes,
    )


def _preview(changes: ChangeReport) -> str:
    preview = _PREVIEWS[changes.about or "manifest"]
    if changes.standing == "trusted":
        return preview
    return say("{preview}, which is a claim: its signer could not be verified", preview=preview)


def _percent(share: float | None) -> float:
    percent = 100 * (share or 0.0)
    return round(percent) if percent >= 1 else round(percent, 1)
