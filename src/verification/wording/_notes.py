"""What else a reader of a verdict should know."""

from __future__ import annotations

from typing import Final

from indelible.credentials import Trust
from indelible.imaging import Header
from indelible.languages import say
from indelible.verification.evidence import HALF
from indelible.verification.result import WatermarkReport

__all__ = ["HARDER", "notes"]

HARDER: Final = say(
    'A thorough search (effort "thorough", on the command line --effort thorough) looks harder for '
    "the watermark."
)
"""What else can be tried where nothing was found."""


def notes(mark: WatermarkReport, header: Header, trust: Trust) -> tuple[str, ...]:
    """Return what a file, its watermark and the trust lists leave to say, in sentences."""
    said = list(header.irregular)
    if mark.area is not None and (mark.area < HALF or mark.regions_gone):
        said.append(_coverage(mark, mark.area))
    if header.animated and mark.state != "not_checked":
        said.append(_first_of(header))
    said.extend(
        say("The {list} is stale: its next update was due on {day}.", list=one.name, day=due.date())
        for one in trust.stale_lists()
        if (due := one.next_update) is not None
    )
    return tuple(said)


def _first_of(header: Header) -> str:
    if header.format == "tiff":
        return say(
            "Only the first of {count} pages was searched for a watermark; a manifest covers the "
            "whole file.",
            count=header.frames,
        )
    return say(
        "Only the first of {count} frames was searched for a watermark; a manifest covers the "
        "whole file.",
        count=header.frames,
    )


def _coverage(mark: WatermarkReport, area: float) -> str:
    """Return how much of a picture that is not covered by one mark carries which."""
    share = round(100 * area)
    if mark.gone_together is False:
        return say(
            "About {share} % of the picture carries the watermark, the rest other marks of the "
            "same generator: it was put together from several pictures.",
            share=share,
        )
    if any(not other.same_place for other in mark.others):
        return say(
            "About {share} % of the picture carries the watermark; the rest may come from "
            "elsewhere, and carries other marks.",
            share=share,
        )
    return say(
        "About {share} % of the picture carries the watermark; the rest may come from elsewhere.",
        share=share,
    )
