"""What a benchmark leaves behind: its settings, a table, a JSON file, a plot."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks._running import write_text

__all__ = ["Cell", "Report", "axes", "bars", "environment", "print_settings", "show"]

Cell: TypeAlias = str | float | int | bool | None
"""A value of a table; floats that are NaN show as a dash and become null in JSON."""

# A file or a pipe has no width to respect.
_OUTPUT = Console(width=None if sys.stdout.isatty() else 140)
_LABELS_PER_COLUMN = 32
_LONGEST_NAME = 44
_PACKAGES = ("indelible", "numpy", "numba", "scipy", "opencv-python", "pillow", "scikit-image")


@dataclass
class Report:
    """A titled table.

    Attributes
    ----------
    title : str
        Heading.
    columns : sequence of str
        Headings of the columns; columns of text are aligned left, the others right.
    rows : list
        One sequence of cells per row; None draws a line.
    notes : list of str
        Sentences below the table.
    """

    title: str
    columns: Sequence[str]
    rows: list[Sequence[Cell] | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """Return the table as a JSON-ready object, one mapping per row."""
        rows = [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows if row]
        return {"title": self.title, "rows": rows, "notes": self.notes}


def _plain(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _text(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if not isinstance(cell, float):
        return str(cell)
    if cell == 0 or math.isinf(cell):
        return f"{cell:g}"
    if abs(cell) < 1e-3 or abs(cell) >= 1e5:
        return f"{cell:.1e}"
    return f"{cell:.3f}" if abs(cell) < 10 else f"{cell:.1f}"


def show(reports: Sequence[Report], folder: Path, settings: Mapping[str, object]) -> None:
    """Print the tables and write them, with the settings, to ``result.json`` in `folder`."""
    for report in reports:
        table = Table(title=report.title, title_justify="left")
        rows = [row for row in report.rows if row is not None]
        for index, column in enumerate(report.columns):
            text = all(isinstance(row[index], str) for row in rows)
            # Names stay on one line; whole sentences may wrap.
            name = index == 0 and all(len(str(row[0])) <= _LONGEST_NAME for row in rows)
            table.add_column(column, justify="left" if text else "right", no_wrap=name)
        for row in report.rows:
            if row is None:
                table.add_section()
            else:
                table.add_row(*map(_text, row))
        _OUTPUT.print(table)
        for note in report.notes:
            _OUTPUT.print(note, soft_wrap=True, highlight=False)
    result = {
        "settings": json.loads(json.dumps(settings, default=str)),
        "environment": environment(),
        "tables": [report.to_dict() for report in reports],
    }
    write_text(folder / "result.json", json.dumps(result, indent=2) + "\n")
    _OUTPUT.print(f"Written to {folder}", highlight=False, soft_wrap=True)


def environment() -> dict[str, str]:
    """Return the versions and the machine that a result was obtained with."""
    versions: dict[str, str] = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions | {"machine": f"{platform.machine()}, {os.cpu_count()} cores"}


def print_settings(settings: Mapping[str, object], note: str = "") -> None:
    """Say what is about to run, before it runs."""
    shown = "  ".join(f"{name}={value}" for name, value in settings.items())
    _OUTPUT.print(f"[bold]Settings[/bold]  {shown}", highlight=False, soft_wrap=True)
    machine = "  ".join(f"{name} {value}" for name, value in environment().items())
    _OUTPUT.print(f"[bold]Machine[/bold]   {machine}", highlight=False, soft_wrap=True)
    if note:
        _OUTPUT.print(note, highlight=False, soft_wrap=True)


@contextmanager
def axes(
    path: Path, title: str, *, width: float = 8.0, height: float = 5.0, columns: int = 1
) -> Iterator[list[Axes]]:
    """Give `columns` empty axes side by side, and save them as a PNG picture at the end."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    yield [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    partial = path.with_name(f".{path.name}")
    figure.savefig(partial, dpi=140, format="png")
    partial.replace(path)


def bars(
    path: Path,
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    axis: str,
    marks: Sequence[float | None] | None = None,
    mark_label: str = "promised",
) -> None:
    """Draw horizontal bars: one place per label, one bar per series, a tick where a mark is.

    Many labels are spread over several columns.
    """
    columns = -(-len(labels) // _LABELS_PER_COLUMN)
    rows = -(-len(labels) // columns)
    height = 1.6 + rows * (0.12 + 0.12 * max(1, len(series)))
    thickness = 0.8 / max(1, len(series))
    with axes(path, title, width=8.0 * columns**0.7, height=height, columns=columns) as plots:
        for column, plot in enumerate(plots):
            part = slice(column * rows, (column + 1) * rows)
            for index, (name, values) in enumerate(series.items()):
                bottoms = [place + index * thickness for place in range(len(labels[part]))]
                plot.barh(bottoms, values[part], thickness, align="edge", label=name)
            if marks is not None:
                known = [
                    (place, mark) for place, mark in enumerate(marks[part]) if mark is not None
                ]
                places = [place for place, _ in known]
                high = [place + 0.8 for place in places]
                ticks = [mark for _, mark in known]
                plot.vlines(ticks, places, high, colors="black", label=mark_label)
            middles = [place + 0.4 for place in range(len(labels[part]))]
            plot.set_yticks(middles, labels[part], fontsize=8)
            plot.set_ylim(rows, -0.2)
            plot.set_xlim(0, 1.02)
            plot.set_xlabel(axis)
        if len(series) > 1 or marks is not None:
            above = (0.0, 1.0)
            plots[0].legend(loc="lower left", bbox_to_anchor=above, ncols=4, fontsize=8)
