"""Asking whether pictures may be sent to somebody: on a terminal only, and no is the default."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from indelible.cli._batch import Outcome
from indelible.cli._console import clean, is_terminal
from indelible.cli._inputs import Input
from indelible.verification import Verification, wording

__all__ = ["agrees"]


def agrees(outcomes: Sequence[Outcome[Verification]]) -> bool:
    """Ask whether these pictures may be sent to the servers that could say more about them.

    Nobody is asked where nobody can answer: then nothing is sent.
    """
    if not outcomes or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    results = [one.value for one in outcomes if one.value is not None]
    question = wording.consent_question(results, sum(_size(one.item) for one in outcomes))
    return question is not None and typer.confirm(clean(question), default=False, err=True)


def _size(item: Input) -> int:
    try:
        return 0 if item.path is None else item.path.stat().st_size
    except OSError:
        return 0
