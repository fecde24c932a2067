"""Weights of indicators: AHP (Saaty 1980) with its consistency ratio, CRITIC (Diakoulaki 1995), and their mix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SettingsError

Floats = NDArray[np.float64]
RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)


def pairwise(triangle: Sequence[Sequence[float]]) -> Floats:
    """The full reciprocal matrix [n, n] of an upper triangle by rows."""
    n = len(triangle) + 1
    matrix = np.ones((n, n))
    for i, row in enumerate(triangle):
        if len(row) != n - 1 - i:
            raise SettingsError("a row of the pairwise matrix has the wrong length", f"row {i + 1}: {len(row)}", f"{n - 1 - i} numbers are needed")
        for k, value in enumerate(row):
            matrix[i, i + 1 + k], matrix[i + 1 + k, i] = value, 1 / value
    return matrix


def ahp(matrix: Floats, *, limit: float = 0.1) -> tuple[Floats, float]:
    """(weights that sum to 1, CR) by the principal eigenvector; raises SettingsError when CR ≥ limit."""
    n = len(matrix)
    vector = np.full(n, 1 / n)
    for _ in range(200):
        vector = matrix @ vector
        vector /= vector.sum()
    largest = float((matrix @ vector / vector).mean())
    cr = (largest - n) / (n - 1) / RANDOM_INDEX[n] if n > 2 else 0.0
    if cr >= limit:
        raise SettingsError("the pairwise judgements contradict each other", f"CR {cr:.3f}", f"revise them until CR < {limit}")
    return vector, cr


def critic(values: Floats, mass: Floats | None = None) -> Floats:
    """Objective weights of [risks, indicators] percentiles: spread × conflict (1 − correlation); missing values are left out pairwise.

    `mass` [risks]: stories behind each risk, for spread and correlation are taken over stories as the percentiles are. An indicator with fewer than three values, or without spread, gets the mean of the others (all equal when none has any).
    """
    k = values.shape[1]
    w = np.ones(len(values)) if mass is None else mass
    spread, conflict = np.full(k, np.nan), np.zeros(k)
    for i in range(k):
        known = ~np.isnan(values[:, i])
        own = values[known, i]
        if len(own) >= 3 and (deviation := _spread(own, w[known])) > 1e-12:
            spread[i] = deviation
            conflict[i] = sum(1 - _correlation(values[:, i], values[:, j], w) for j in range(k) if j != i)
    raw = spread * conflict
    usable = raw[~np.isnan(raw) & (raw > 0)]
    if not len(usable):
        return np.full(k, 1 / k)
    filled = np.where(np.isnan(raw) | (raw <= 0), usable.mean(), raw)
    found: Floats = filled / filled.sum()
    return found


def _spread(a: Floats, mass: Floats) -> float:
    return float(np.sqrt(np.average((a - np.average(a, weights=mass)) ** 2, weights=mass)))


def _correlation(a: Floats, b: Floats, mass: Floats) -> float:
    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 3 or _spread(a[both], mass[both]) < 1e-12 or _spread(b[both], mass[both]) < 1e-12:
        return 0.0
    x, y, w = a[both], b[both], mass[both]
    shared = float(np.average((x - np.average(x, weights=w)) * (y - np.average(y, weights=w)), weights=w))
    return shared / (_spread(x, w) * _spread(y, w))


def mixed(expert: Floats, objective: Floats, share: float) -> Floats:
    """λ·expert + (1 − λ)·objective."""
    return share * expert + (1 - share) * objective
