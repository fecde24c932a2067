"""Time-series measures over counts, vectorised over any leading axes; the last axis is time, oldest first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def burst(counts: Floats, *, s: float, gamma: float, decay: float) -> Floats:
    """Kleinberg's two-state burst (2002) over Poisson counts: weight of the latest burst, faded by its age.

    State 0 expects the mean count, state 1 s times it; entering state 1 costs γ ln n. The weight is the saving of state 1
    over state 0 along the latest run of state 1, times 2^(−bins since its end / decay). 0 where there is no burst.
    """
    n = counts.shape[-1]
    base = np.maximum(counts.mean(axis=-1, keepdims=True), 1e-9)
    cost0 = base - counts * np.log(base)
    cost1 = s * base - counts * np.log(s * base)
    up = gamma * np.log(n)
    low, high = cost0[..., 0], cost1[..., 0] + up
    came_low, came_high = np.zeros(counts.shape, dtype=bool), np.zeros(counts.shape, dtype=bool)
    for t in range(1, n):
        from_high = high < low
        came_low[..., t] = from_high
        stays = high <= low + up
        came_high[..., t] = stays
        low, high = np.where(from_high, high, low) + cost0[..., t], np.where(stays, high, low + up) + cost1[..., t]
    state = high < low
    weight, open_run, closed, age = np.zeros(low.shape), np.zeros(low.shape, dtype=bool), np.zeros(low.shape, dtype=bool), np.zeros(low.shape)
    for t in range(n - 1, -1, -1):
        take = state & ~closed
        weight += np.where(take, (cost0 - cost1)[..., t], 0.0)
        closed |= open_run & ~state
        open_run |= take
        age += ~open_run
        state = np.where(state, came_high[..., t], came_low[..., t])
    return np.where(open_run, np.maximum(weight, 0.0) * 0.5 ** (age / decay), 0.0)


def slope(counts: Floats) -> Floats:
    """Theil-Sen slope of ln(1 + count) a bin: the median over all pairs of bins (Sen 1968)."""
    y = np.log1p(counts)
    n = y.shape[-1]
    i, j = np.triu_indices(n, 1)
    found: Floats = np.median((y[..., j] - y[..., i]) / (j - i), axis=-1)
    mean_slope: Floats = ((y * (np.arange(n) - (n - 1) / 2)).sum(axis=-1)) * 12 / (n * (n * n - 1))
    return found + 1e-3 * mean_slope  # sparse series have a zero median: least squares breaks their ties


def momentum(counts: Floats, *, short: float, long: float, floor: float = 1e-3) -> Floats:
    """EWMA with half-life `short` over EWMA with half-life `long` (both in bins); `floor` (counts a bin) steadies sparse series."""
    ages = np.arange(counts.shape[-1])[::-1]
    fast, slow = 0.5 ** (ages / short), 0.5 ** (ages / long)
    ratio: Floats = ((counts * fast).sum(axis=-1) / fast.sum() + floor) / ((counts * slow).sum(axis=-1) / slow.sum() + floor)
    return ratio


def pooled(counts: Floats, width: int) -> Floats:
    """Counts summed over groups of `width` bins counted back from the last (older remainder dropped)."""
    n = counts.shape[-1] // width
    found: Floats = counts[..., counts.shape[-1] - n * width :].reshape(*counts.shape[:-1], n, width).sum(axis=-1)
    return found
