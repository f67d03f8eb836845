"""The plots of the robustness benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import _measures as measures
from benchmarks._heatmap import heat_map
from benchmarks._report import Report, bars
from benchmarks._running import Record
from benchmarks.robustness.tables import marked_pictures, payload_bits, shares

__all__ = ["plot_attacks", "plot_draws"]

_TITLES = {
    "none": "Unattacked",
    "codec": "Compression",
    "resize": "Resizing",
    "crop": "Cropping",
    "geometry": "Geometry",
    "filter": "Filters",
    "noise": "Noise",
    "colour": "Colour and tone",
    "edit": "Edits",
    "chain": "Combinations",
    "seal": "Suite of the Seal papers",
    "waves": "Suite of WAVES",
    "removal": "Removal",
}


def plot_attacks(records: Sequence[Record], systems: Sequence[str], path: Path) -> None:
    """Save the heat map of named attacks, if any was run."""
    groups = {
        _TITLES.get(group, group): {_short(name): row for name, row in rows.items()}
        for group, rows in shares(records, systems).items()
    }
    if not groups:
        return
    quality: list[str] = []
    count = 0
    for system in systems:
        marked = marked_pictures([r for r in records if r["system"] == system and not r["row"]])
        psnr = measures.mean([record["psnr"] for record in marked])
        name = f"{system} " if len(systems) > 1 else ""
        quality.append(f"{name}{payload_bits(system)} bits, {psnr:.1f} dB")
        count = max(count, len(marked))
    title = "Watermarks recovered exactly after an attack"
    notes = [
        f"Share of {count} pictures whose whole payload was read.",
        f"Payload, and mean PSNR after marking: {'; '.join(quality)}.",
    ]
    heat_map(path, title, notes, groups, systems)


def _short(attack: str) -> str:
    # A suite's name is its heading already.
    return attack.removeprefix("seal ").removeprefix("waves ")


def plot_draws(drawn: Report, path: Path) -> None:
    """Save the bars of the promised rows, if any was drawn."""
    rows = [row for row in drawn.rows if row is not None]
    if not rows:
        return
    share, promised = drawn.columns.index("exact"), drawn.columns.index("promised")
    series = {"indelible": [float(row[share] or 0) for row in rows]}
    labels, floors = [str(row[0]) for row in rows], [float(row[promised] or 0) for row in rows]
    title = "Payloads recovered exactly after random draws"
    bars(path, title, labels, series, axis="share of draws", marks=floors)
