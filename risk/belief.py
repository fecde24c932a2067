"""How experts move a score: a Beta belief whose prior is the machine's score (risk method, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

KAPPA_MAX = 10
A0 = 1.0


@dataclass(frozen=True, slots=True)
class Belief:
    """Beta(alpha, beta) over a score in 0..1."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """The central interval of probability `level`."""
        from scipy.stats import beta

        tail = (1 - level) / 2
        return float(beta.ppf(tail, self.alpha, self.beta)), float(beta.ppf(1 - tail, self.alpha, self.beta))


@dataclass(frozen=True, slots=True)
class Vote:
    """One expert's score 1..5 with authority Cr 0.5..1, confidence 0..1, and the name of a shared view ("" when alone)."""

    score: float
    authority: float = 1.0
    confidence: float = 1.0
    group: str = ""


def prior(machine: float, clusters: int) -> Belief:
    """Beta(κm, κ(1−m)), κ = min(independent clusters, 10), at least 1; m is kept off 0 and 1 by 0.01."""
    kappa = float(max(1, min(clusters, KAPPA_MAX)))
    m = min(0.99, max(0.01, machine))
    return Belief(kappa * m, kappa * (1 - m))


def update(belief: Belief, votes: Sequence[Vote], *, rho: float = 0.3, a0: float = A0) -> Belief:
    """Add each vote y = (s − 1)/4 with weight a = a0·Cr·confidence / (1 + (n − 1)ρ), n the size of its shared view.

    Raises ValueError for a score outside 1..5 or a ρ outside 0..1.
    """
    if not 0 <= rho <= 1:
        raise ValueError(f"rho must lie in 0..1, got {rho}")
    alpha, beta = belief.alpha, belief.beta
    for vote in votes:
        if not 1 <= vote.score <= 5:
            raise ValueError(f"a score must lie in 1..5, got {vote.score}")
        n = sum(v.group == vote.group for v in votes) if vote.group else 1
        a = a0 * vote.authority * vote.confidence / (1 + (n - 1) * rho)
        y = (vote.score - 1) / 4
        alpha, beta = alpha + a * y, beta + a * (1 - y)
    return Belief(alpha, beta)
