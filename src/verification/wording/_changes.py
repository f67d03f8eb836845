"""Where a picture was changed, in words."""

from __future__ import annotations

from typing import Final

from indelible.verification.change_report import ChangeReport

__all__ = ["changes_line", "map_legend"]

_MOST_BOXES: Final = 3  # that are named; the others are in JSON and on the map
_NEARLY_ALL: Final = 0.9
_WHOSE: Final = {
    "recovered": "the manifest that the watermark led to",
    "manifest": "the file's manifest",
}


def changes_line(changes: ChangeReport) -> str:
    """Return where a picture differs from the one that was signed, and by whose word."""
    if changes.state == "not_compared":
        return f"not compared: {changes.reason}"
    return f"{_found(changes)}, by {_preview(changes)}"


def map_legend(changes: ChangeReport) -> tuple[str, ...]:
    """Return what is written below a map of the changes."""
    lines = [f"Compared with {_preview(changes)}."]
    if changes.regions:
        lines.insert(0, f"Red: changed since it was signed ({_percent(changes.share)}).")
    else:
        lines.insert(0, "No changed region was found.")
    if changes.compared is not None and (changes.visible or 0) < _NEARLY_ALL:
        lines.append("What is dark could not be compared: the original does not show it.")
    lines.append("Small changes, and changes of colour and tone all over, are not shown.")
    return tuple(lines)


def _found(changes: ChangeReport) -> str:
    count = len(changes.regions)
    if count == 0:
        return "no changed region found"
    boxes = "; ".join(
        f"{left}, {top} to {right}, {bottom}"
        for left, top, right, bottom in (one.picture for one in changes.regions[:_MOST_BOXES])
    )
    more = f" and {count - _MOST_BOXES} more" if count > _MOST_BOXES else ""
    regions = "one region" if count == 1 else f"{count} regions"
    return f"about {_percent(changes.share)} in {regions} ({boxes}{more}; pixels)"


def _preview(changes: ChangeReport) -> str:
    whose = f"the preview in {_WHOSE[changes.about or 'manifest']}"
    if changes.standing == "trusted":
        return whose
    return f"{whose}, which is a claim: its signer could not be verified"


def _percent(share: float | None) -> str:
    percent = 100 * (share or 0.0)
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1f} %"
