"""What plain metadata claims, in words."""

from __future__ import annotations

from indelible.credentials import Signal
from indelible.verification import wording


def test_signals() -> None:
    named = Signal("dream", "PNG text Dream", "InvokeAI", True, "a cat -s50")
    bare = Signal("ai-software", "EXIF Software", None, True, "Midjourney 6")
    assert wording.signal_text(named) == "PNG text Dream: InvokeAI: a cat -s50"
    assert wording.signal_text(bare) == "EXIF Software: Midjourney 6"
    assert wording.signal_cell([named, bare, named]) == "InvokeAI; Midjourney 6"


def test_a_table_of_signals() -> None:
    named = Signal("dream", "PNG text Dream", "InvokeAI", True, "a cat -s50")
    other = Signal("copyright", "XMP", None, False, "A. Person")
    table = wording.signal_table([named, other])
    rows = [[cell.text for cell in row] for row in table.rows]
    assert len(table.columns) == 4
    assert rows == [
        ["PNG text Dream", "InvokeAI", "yes", "a cat -s50"],
        ["XMP", "", "", "A. Person"],
    ]
