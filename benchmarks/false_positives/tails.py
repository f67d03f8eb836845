"""What the scores of forced decodings look like, and what their fitted tails predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from scipy import stats

from benchmarks._report import Cell, Report, axes
from benchmarks.false_positives import scores

__all__ = ["Tail", "fit_tails", "plot_scores", "score_table"]

_FAMILIES: dict[str, Any] = {"Gaussian": stats.norm, "Gumbel": stats.gumbel_r}
_TOP = 0.2  # share of the scores that a tail is fitted to
_LOWEST = 1e-12  # probability at the foot of the plot


@dataclass(frozen=True, slots=True)
class Tail:
    """A distribution fitted to the highest scores by maximum likelihood.

    Attributes
    ----------
    name : str
    start : float
        The fit holds from here; of lower scores it only knows how many there are.
    location, scale : float
        Parameters in SciPy's terms.
    log_likelihood : float
        Of the scores; the larger, the better the fit.
    """

    name: str
    start: float
    location: float
    scale: float
    log_likelihood: float

    def density(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the density at some scores."""
        found = _FAMILIES[self.name].pdf(scores, self.location, self.scale)
        return np.asarray(found, dtype=np.float64)

    def above(self, score: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the probability that one decoding scores higher."""
        found = _FAMILIES[self.name].sf(score, self.location, self.scale)
        return np.asarray(found, dtype=np.float64)


def fit_tails(forced: Sequence[float]) -> list[Tail]:
    """Fit each family to the highest fifth of the scores; the one that fits best comes first.

    A fit to all of them is decided by their bulk, and says little about what is far above it.
    """
    values = np.asarray(forced, dtype=np.float64)
    start = float(np.quantile(values, 1 - _TOP))
    top = values[values > start]
    below = values.size - top.size
    data = stats.CensoredData(uncensored=top, left=np.full(below, start))
    tails: list[Tail] = []
    for name, family in _FAMILIES.items():
        location, scale = map(float, family.fit(data))
        likelihood = np.sum(family.logpdf(top, location, scale))
        likelihood += below * family.logcdf(start, location, scale)
        tails.append(Tail(name, start, location, scale, float(likelihood)))
    return sorted(tails, key=lambda tail: -tail.log_likelihood)


def score_table(forced: Sequence[float], ring: int) -> Report:
    """Return the table of forced decodings' scores, and what their fitted tails predict."""
    report = Report("Scores of forced decodings", ("quantity", "value"))
    rows: list[list[Cell]] = [
        ["decodings", len(forced)],
        ["mean", float(np.mean(forced))],
        ["standard deviation", float(np.std(forced))],
        ["highest", float(np.max(forced))],
    ]
    rows += [[f"counts as found with {_keys(n)} from", scores.threshold(n)] for n in _rings(ring)]
    for tail in fit_tails(forced):
        rows.append([f"{tail.name} fit: log-likelihood", tail.log_likelihood])
        for keys in _rings(ring):
            above = float(tail.above(scores.threshold(keys)))
            rows.append([f"{tail.name} fit: beyond the threshold of {_keys(keys)}", above])
    rows.append(["bound at each threshold, whole search and ring", 1e-9])
    report.rows.extend(rows)
    report.notes.append(
        "Forced: the early rejection is off and the payload's check ignored, so that the likeliest "
        "of all code words is scored. A result counts as found only if the check holds too. The "
        "fits are by maximum likelihood to the highest fifth (of the others only their number "
        "counts); they extrapolate, and the larger log-likelihood describes the scores better. The "
        "bound rests on no fit."
    )
    return report


def plot_scores(
    forced: Sequence[float], path: Path, *, ring: int, pictures: int, forced_in: int, found: int
) -> None:
    """Save the histogram of forced scores, and their tail beside the thresholds.

    Parameters
    ----------
    forced : sequence of float
        The scores.
    path : Path
        Where to.
    ring : int
        How many keys each picture was tried with.
    pictures, forced_in, found : int
        How many pictures were looked at, in how many decodings were forced, and how many of all
        were found to be marked.
    """
    title = (
        f"{pictures:,} unmarked pictures, {_keys(ring)} each: {found} found\n"
        f"Below: scores of {len(forced):,} decodings forced in {forced_in:,} of them, one key"
    )
    tails = fit_tails(forced)
    values = np.sort(np.asarray(forced, dtype=np.float64))
    right = max(scores.threshold(ring), values[-1]) + 0.25
    grid = np.linspace(values[0] - 0.25, right, 400)
    with axes(path, title, width=10.0, height=4.6, columns=2) as (histogram, tail):
        histogram.hist(values, bins=40, density=True, color="0.8", label="forced decodings")
        _thresholds(histogram, ring)
        tail.step(values, 1 - np.arange(values.size) / values.size, where="pre", color="0.5")
        _thresholds(tail, ring)
        for index, (fitted, style) in enumerate(zip(tails, ("-", ":"), strict=True)):
            colour = f"C{index}"
            label = f"{fitted.name} tail (log-likelihood {fitted.log_likelihood:.1f})"
            high = grid[grid >= fitted.start]
            histogram.plot(high, fitted.density(high), style, color=colour, label=label)
            tail.plot(high, fitted.above(high), style, color=colour)
            _predict(tail, fitted, colour)
        for plot in (histogram, tail):
            plot.set_xlim(grid[0], right)
            plot.set_xlabel("score")
            plot.grid(visible=True, alpha=0.25)
        histogram.set_title("Density", fontsize=10)
        histogram.set_ylim(top=1.6 * histogram.get_ylim()[1])
        histogram.legend(fontsize=8, loc="upper left")
        tail.set_title("Share of decodings above a score; tails of the top fifth", fontsize=10)
        tail.set_yscale("log")
        tail.set_ylim(_LOWEST, 2)


def _thresholds(plot: Axes, ring: int) -> None:
    for keys, style in zip(_rings(ring), ("-", "--"), strict=False):
        score = scores.threshold(keys)
        label = f"{_keys(keys)}: found from {score:.2f}, if the check holds"
        plot.axvline(score, color="black", linestyle=style, linewidth=1, label=label)


def _predict(plot: Axes, fitted: Tail, colour: str) -> None:
    """Write down what a fit says of the first threshold."""
    score = scores.threshold(1)
    above = float(fitted.above(score))
    plot.plot([score], [above], "o", color=colour, markersize=5)
    plot.annotate(
        f"{fitted.name}: {above:.0e}",
        (score, max(above, 5 * _LOWEST)),  # on the page, however small
        xytext=(-6, -4),
        textcoords="offset points",
        fontsize=8,
        color=colour,
        ha="right",
        va="top",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def _rings(ring: int) -> list[int]:
    return sorted({1, ring})


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
