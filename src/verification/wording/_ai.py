"""What is said about AI, in words: the first thing that people ask."""

from __future__ import annotations

from typing import Final

from indelible.credentials import AiClaim

__all__ = ["ai_cell", "ai_line"]

_PLACES: Final = {
    "manifest": "the picture's manifest",
    "ingredient": "the manifest of a picture that this one was made from",
    "recovered": "the manifest that the watermark led to",
    "metadata": "plain metadata, which anybody can write",
}
_STANDINGS: Final = {
    "trusted": "; signer trusted",
    "untrusted": "; signer could not be verified",
    "broken": "; it does not hold for this file",
    "metadata": "",
}
_SHORT_STANDINGS: Final = {
    "trusted": "",
    "untrusted": " (signer not verified)",
    "broken": " (does not hold)",
    "metadata": " (plain metadata)",
}


def ai_line(ai: AiClaim) -> str:
    """Return what is said about AI, who says so, and what that is worth."""
    if not ai.claimed:
        return "Nothing here says that AI made it; AI may have made it all the same."
    source = _PLACES[ai.where] + _STANDINGS[ai.standing]
    said = "Says it was edited with AI" if ai.kind == "edited" else "Says it was made by AI"
    return f"{said}{': ' + ai.by if ai.by else ''} ({source})"


def ai_cell(ai: AiClaim) -> str:
    """Return the same in few words, for a table; empty where nothing says so."""
    if not ai.claimed:
        return ""
    return f"{ai.by or 'yes'}{_SHORT_STANDINGS[ai.standing]}"
