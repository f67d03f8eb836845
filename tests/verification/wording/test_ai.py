"""What is said about AI, in words."""

from __future__ import annotations

import pytest

from indelible.credentials import AiClaim
from indelible.verification import wording


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (
            AiClaim(True, "generated", "Acme 1", "manifest", "trusted"),
            "Says it was made by AI: Acme 1 (the picture's manifest; signer trusted)",
        ),
        (
            AiClaim(True, "edited", None, "ingredient", "broken"),
            (
                "Says it was edited with AI (the manifest of a picture that this one was made "
                "from; it does not hold for this file)"
            ),
        ),
        (
            AiClaim(True, None, "Grok", "metadata", "metadata"),
            "Says it was made by AI: Grok (plain metadata, which anybody can write)",
        ),
        (AiClaim(False), "Nothing here says that AI made it; AI may have made it all the same."),
    ],
)
def test_ai(claim: AiClaim, words: str) -> None:
    assert wording.ai_line(claim) == words
    assert bool(wording.ai_cell(claim)) == claim.claimed
    assert "not ai" not in words.lower()
