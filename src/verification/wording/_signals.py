"""What plain, unsigned metadata claims, as the claims that they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indelible.credentials import Signal
from indelible.languages import join, say
from indelible.verification.wording._shapes import Cell, Table

__all__ = ["SIGNALS_CAUTION", "SIGNALS_HEADING", "signal_cell", "signal_table", "signal_text"]

SIGNALS_HEADING: Final = say("Unsigned claims, which anybody can write or remove")
SIGNALS_CAUTION: Final = say("Anybody can write such claims, and anybody can remove them.")


def signal_text(signal: Signal) -> str:
    """Return a claim of plain metadata: where it stands, whose it is, what it says."""
    if signal.generator is None or signal.generator in signal.detail:
        return join(": ", [signal.where, signal.detail])
    return join(": ", [signal.where, signal.generator, signal.detail])


def signal_cell(signals: Sequence[Signal]) -> str:
    """Return the claims of plain metadata in few words, for a table."""
    return "; ".join(dict.fromkeys(signal.generator or signal.detail for signal in signals))


def signal_table(signals: Sequence[Signal]) -> Table:
    """Return every claim of plain metadata; `SIGNALS_CAUTION` belongs below it."""
    return Table(
        (say("unsigned claim in"), say("generator"), say("says AI"), say("text")),
        tuple(
            (
                Cell(signal.where),
                Cell(signal.generator or ""),
                Cell(say("yes") if signal.says_ai else ""),
                Cell(signal.detail),
            )
            for signal in signals
        ),
    )
