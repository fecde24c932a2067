"""What a search is asked for and what it finds: the records of rag.retrieve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from corpus.errors import BadInput
from corpus.models import POLICY_KINDS, Kind, Level
from rag.units import day


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked. Filters are exact and empty by default; dates are ISO prefixes; `as_of` empty means today."""

    text: str
    k: int = 10
    history: tuple[str, ...] = ()
    region: str = ""
    level: str = ""
    issuer: str = ""
    date_from: str = ""
    date_to: str = ""
    as_of: str = ""
    kinds: tuple[str, ...] = tuple(str(kind) for kind in POLICY_KINDS)
    doc_id: str = ""
    in_force: bool = False
    """Only documents that are in force at `as_of`; otherwise what ended is found too, behind what is in force."""
    without: tuple[str, ...] = ()
    """Chips of the understanding that the asker took away: names (region) or name:value (year:2023)."""
    rerank: bool = False
    """Whether the built-in reranker reads the best passages of a question in a sentence (some 40 ms more)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One found passage: `text` is document.text[start:end]. `explain` holds what each feature added to the score."""

    rank: int
    score: float
    document_id: str
    external_id: str
    title: str
    doc_number: str
    issuers: tuple[str, ...]
    level: str | None
    region_code: str
    security: int
    kind: str
    validity: dict[str, str]
    clause: dict[str, Any]
    start: int
    end: int
    text: str
    explain: dict[str, Any] = field(default_factory=dict)


def check(query: Query) -> None:
    """Raise BadInput for a query that cannot be searched."""
    if not query.text.strip():
        raise BadInput("the question is empty", query.text, "ask something")
    if not 1 <= query.k <= 1000:
        raise BadInput("k is out of range", query.k, "1 to 1000")
    if query.level and query.level not in set(Level):
        raise BadInput("unknown level", query.level, f"one of: {', '.join(Level)}")
    if wrong := [kind for kind in query.kinds if kind not in set(Kind)]:
        raise BadInput("unknown kind", wrong[0], f"one of: {', '.join(Kind)}")
    for name in ("date_from", "date_to", "as_of"):
        value = getattr(query, name)
        if value and not day(value):
            raise BadInput(f"{name} is no date", value, "an ISO date such as 2024, 2024-05 or 2024-05-01")
