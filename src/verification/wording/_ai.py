"""What is said about AI, in words: the first thing that people ask."""

from __future__ import annotations

from typing import Final

from indelible.credentials import AiClaim
from indelible.languages import join, say

__all__ = ["ai_cell", "ai_line"]

_PLACES: Final = {
    "manifest": say("the picture's manifest"),
    "ingredient": say("the manifest of a picture that this one was made from"),
    "recovered": say("the manifest that the watermark led to"),
    "metadata": say("plain metadata, which anybody can write"),
}
_STANDINGS: Final = {
    "trusted": say("; signer trusted"),
    "untrusted": say("; signer could not be verified"),
    "broken": say("; it does not hold for this file"),
    "metadata": "",
}
_SHORT_STANDINGS: Final = {
    "trusted": "",
    "untrusted": say(" (signer not verified)"),
    "broken": say(" (does not hold)"),
    "metadata": say(" (plain metadata)"),
}


def ai_line(ai: AiClaim) -> str:
    """Return what is said about AI, who says so, and what that is worth."""
    if not ai.claimed:
        return say("Nothing here says that AI made it; AI may have made it all the same.")
    source = join("", [_PLACES[ai.where], _STANDINGS[ai.standing]])
    said = say("Says it was made by AI")
    if ai.kind == "edited":
        said = say("Says it was edited with AI")
    if ai.by:
        said = join(": ", [said, ai.by])
    return say("{said} ({source})", said=said, source=source)


def ai_cell(ai: AiClaim) -> str:
    """Return the same in few words, for a table; empty where nothing says so."""
    if not ai.claimed:
        return ""
    return join("", [ai.by or say("yes"), _SHORT_STANDINGS[ai.standing]])
