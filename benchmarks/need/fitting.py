"""The two models and their fits: what classes of detail score, and how detail masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares, lsq_linear

__all__ = ["Masking", "explained", "fit_masking", "fit_scores", "relative_errors"]

Values = npt.NDArray[np.float64]

_SMOOTHNESS = 0.02  # weight of the second differences: classes that few pictures have follow others


def fit_scores(shares: Values, scores: Values) -> Values:
    """Return what each class of detail scores: least squares of the relative errors.

    Parameters
    ----------
    shares : float64 (pictures, classes)
        Of the classes in each picture.
    scores : float64 (pictures,)
        Of each picture, positive.

    Returns
    -------
    float64 (classes,)
        Not negative, and smooth from class to class.
    """
    count = shares.shape[1]
    bends = np.diff(np.eye(count), 2, axis=0)
    system = np.concatenate([shares / scores[:, None], _SMOOTHNESS * bends])
    right = np.concatenate([np.ones(len(scores)), np.zeros(len(bends))])
    return np.asarray(lsq_linear(system, right, (0, np.inf)).x, np.float64)


def relative_errors(shares: Values, scores: Values, fitted: Sequence[float]) -> Values:
    """Return the logarithm of predicted over true scores, float64 (pictures,)."""
    return np.asarray(np.log(np.maximum(shares @ np.asarray(fitted), 1e-3) / scores))


@dataclass(frozen=True, slots=True)
class Masking:
    """How the visibility of an even pattern falls with detail; see `fit_masking`.

    Attributes
    ----------
    calm : float
        Logarithm of the visibility of one grey level where there is no detail.
    knee : float
        Grey levels of detail from which on it falls.
    exponent : float
        The power with which it falls.
    explained : float
        Share of the variance of log visibility.
    """

    calm: float
    knee: float
    exponent: float
    explained: float


def fit_masking(detail: Values, visibility: Values) -> Masking:
    """Fit ``visibility = e^calm (1 + (detail / knee)^2)^(-exponent / 2)``, by its logarithm."""
    seen = np.log(visibility)

    def rest(parameters: Values) -> Values:
        calm, log_knee, exponent = parameters
        return np.asarray(calm + _masked(detail, np.exp(log_knee), exponent) - seen)

    calm, log_knee, exponent = (float(value) for value in least_squares(rest, (0.0, 0.0, 0.5)).x)
    knee = float(np.exp(log_knee))
    return Masking(calm, knee, exponent, explained(detail, visibility, knee, exponent))


def explained(detail: Values, visibility: Values, knee: float, exponent: float) -> float:
    """Return the share of the variance of log visibility that these constants explain."""
    seen = np.log(visibility)
    rest = _masked(detail, knee, exponent) - seen
    return 1 - float(np.var(rest)) / max(float(np.var(seen)), 1e-12)


def _masked(detail: Values, knee: float, exponent: float) -> Values:
    return np.asarray(-exponent / 2 * np.log1p(np.square(detail / knee)), np.float64)
