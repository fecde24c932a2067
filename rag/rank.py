"""The order of candidates: a linear score over features that people can read, each shown by `jianwei search --explain`.

Two steps with one set of weights: a first look at every candidate (what the indexes and the document's record say), and a close
reading (rag.reading) of the best of them. Features are mostly 0..1; their weights lie in data/ranking.toml with the way they were learned.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.models import Document, Passage, Status
from rag import reading
from rag.lexical import article_key
from rag.places import covers, inside
from rag.titles import title_key
from rag.understand import Understanding

ENDED = (Status.repealed, Status.expired, Status.amended)
CLOSE = 60
"""So many of the first look's best are read closely."""
Cited = Callable[[str], float]
"""Share of citations, 0..1, of a title key within the reader's ceiling."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be a hit: BM25 (0 when it was not found by words), cosine, and the validity of its document at the date."""

    passage: Passage
    document: Document
    status: str
    bm25: float
    cosine: float


@cache
def constants() -> dict[str, Any]:
    """data/ranking.toml."""
    return tomllib.loads(resources.files("rag").joinpath("data/ranking.toml").read_text("utf-8"))


def features(seen: Understanding, candidates: Sequence[Candidate], whole: Mapping[str, float], region: str, cited: Cited) -> list[dict[str, float]]:
    """The features of each candidate, by the names of data/ranking.toml; zeros may be left out.

    `whole`: BM25 of whole documents over the best one's, by id; `region`: the asked place, empty for none.
    """
    top = max((c.bm25 for c in candidates), default=0.0) or 1.0
    of_document: dict[str, dict[str, float]] = {}
    rows = []
    for c in candidates:
        if c.document.id not in of_document:
            of_document[c.document.id] = _document(seen, c, region, cited) | {"whole": whole.get(c.document.id, 0.0)}
        rows.append({"lexical": c.bm25 / top, "dense": c.cosine, **of_document[c.document.id], **_article(seen, c)})
    return rows


def order(candidates: Sequence[Candidate], rows: list[dict[str, float]], question: reading.Question) -> tuple[list[int], NDArray[np.float64]]:
    """Candidate numbers, best first, and the score of each. The best CLOSE of the first look are read: their `rows` get the features of the reading.

    A passage that was not read counts as one that holds nothing of what the reading looks for.
    """
    final = scores(rows)
    for i in np.argsort(-final, kind="stable")[:CLOSE]:
        c = candidates[i]
        read = reading.features(question, c.document.title, c.passage.text)
        rows[i] |= read
        final[i] += _weighed(read)
    for i in _repeats(candidates, final):
        rows[i]["repeat"] = 1.0
        final[i] += _weighed({"repeat": 1.0})
    return _sorted(candidates, final), final


def _sorted(candidates: Sequence[Candidate], final: NDArray[np.float64]) -> list[int]:
    return sorted(range(len(candidates)), key=lambda i: (-final[i], candidates[i].passage.id))


def _repeats(candidates: Sequence[Candidate], final: NDArray[np.float64]) -> list[int]:
    """Articles of which a better candidate is another version: the same article of another document of the family."""
    held: dict[tuple[str, str], str] = {}
    found = []
    for i in _sorted(candidates, final):
        c = candidates[i]
        if c.document.family_id and c.passage.article and held.setdefault((c.document.family_id, c.passage.article), c.document.id) != c.document.id:
            found.append(i)
    return found


def _document(seen: Understanding, c: Candidate, region: str, cited: Cited) -> dict[str, float]:
    """Features that all passages of a document share."""
    document = c.document
    return {
        "cited": cited(_key(document.title)),
        "ended": float(c.status in ENDED and document.id not in seen.documents),
        "draft": float(c.status == Status.draft),
        "not_yet": float(c.status == Status.not_yet),
        "year": float(in_time := _in_time(seen, document)),
        "dated": float(in_time and seen.dated),
        "issuer": float(any(name in seen.issuers for name in document.issuers)),
        "kind": float(str(document.kind) in seen.kinds),
        "named": float(document.id in seen.documents),
        "report": float(document.genre == "报告" and "报告" not in seen.text),
        "matter": float(bool(stem := _matter(document.title)) and stem in seen.question),
        **_place(document, region),
    }


@lru_cache(maxsize=50_000)
def _key(title: str) -> str:
    return title_key(title)


_ACT = re.compile(r"(?:实施)?(?:条例|细则|办法|规定|法)$")


@lru_cache(maxsize=50_000)
def _matter(title: str) -> str:
    """What a law is about by its name (行政处罚 of 《行政处罚法》); empty for less than four characters and for other texts."""
    stem = _ACT.sub("", _key(title))
    return stem if len(stem) >= 4 and stem != _key(title) else ""


def _in_time(seen: Understanding, document: Document) -> bool:
    """Whether a date of the document is of an asked year, or after and before what was asked for."""
    if seen.years and any(date.startswith(seen.years) for date in _dates(document)):
        return True
    span = (seen.since or "0", (seen.until or "9") + "~")
    return bool(seen.since or seen.until) and any(span[0] <= date <= span[1] for date in _dates(document))


def _dates(document: Document) -> tuple[str, ...]:
    return tuple(d for d in (document.written_on, document.published_on) if d)


def _place(document: Document, region: str) -> dict[str, float]:
    own = document.region_code
    local = bool(own) and own != "000000"
    if not region:
        return {"local": float(local)}
    return {"own": float(local and covers(own, region)), "foreign": float(local and not covers(own, region) and not inside(own, region))}


def _article(seen: Understanding, c: Candidate) -> dict[str, float]:
    if not seen.articles or not c.passage.article or (seen.documents and c.document.id not in seen.documents):
        return {}
    return {"article": 1.0 if seen.documents else 0.3} if article_key(c.passage.article) in seen.articles else {}


def scores(found: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """The weighted sums of features."""
    return np.array([_weighed(row) for row in found], dtype=np.float64)


def _weighed(row: Mapping[str, float]) -> float:
    weights = constants()["weights"]
    return float(sum(weights.get(name, 0.0) * value for name, value in row.items() if value))


def contributions(row: Mapping[str, float]) -> dict[str, float]:
    """What each feature adds to the score (those that add something)."""
    weights = constants()["weights"]
    return {name: round(weights[name] * value, 4) for name, value in row.items() if weights.get(name) and value}
