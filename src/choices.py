"""Words that callers choose from, each defined once for Python, settings and command line alike."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["DEFAULT_STRENGTH", "Law", "Profile", "Strength"]

Strength: TypeAlias = Literal["robust", "balanced"]
"""How a watermark weighs robustness against visibility; "balanced" is the less visible one."""

DEFAULT_STRENGTH: Final[Strength] = "robust"

Law: TypeAlias = Literal["eu", "california", "china"]
"""Whose law on disclosure a profile serves."""

Profile: TypeAlias = Literal["eu", "california", "china", "all"]
"""A disclosure profile: one law's, or that of all of them together."""
