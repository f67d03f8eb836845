"""A picture that may show a minor: neither it nor any copy goes into a bundle.

In most places it is a crime to hold such a picture, to copy it, or to hand it on, to a lawyer or a
journalist too, and whoever means well is not exempt. Its hashes are enough for the hotlines and the
police to find it, and for platforms to block it. So a bundle then holds hashes, where the picture
was found and what was found in it, and says whom to tell.
"""

from __future__ import annotations

from typing import Final

from indelible.languages import say

__all__ = ["WHY_NOTHING"]

WHY_NOTHING: Final = say(
    "The picture may show a minor. So neither it nor any copy or preview of it is in this bundle: "
    "to hold or to hand on such a picture can be a crime, whatever it is for. Its hashes are here, "
    "and they are enough for a hotline, a platform or the police to find it."
)
"""Why a bundle holds no picture."""
