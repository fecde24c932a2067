"""What peers' quick starts find for questions with answer points: the first piece of each, whole and as our reader reads it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.access import LOCAL
from corpus.models import Document
from evaluation import peer
from evaluation.answers import mean, plain
from evaluation.collection import Collection
from evaluation.sets import Ask, QuestionSet, Unit
from evaluation.spans import read
from rag.answer import Answerer


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer points (alternatives with |) and the external ids of documents that hold the answer."""

    id: str
    text: str
    points: tuple[str, ...] = ()
    gold: frozenset[str] = frozenset()


def held(points: Sequence[str], text: str) -> float | None:
    """Share of the points that a text holds; None without points."""
    words = plain(text)
    return mean([float(any(plain(a) in words for a in p.split("|"))) for p in points]) if points else None


def against(names: Sequence[str], answerer: Answerer, cache: Path, asked: Sequence[Asked], seconds: float = 120.0) -> dict[str, dict[str, float]]:
    """Peers as their quick starts do it (own splitting, own defaults, our embedding where they need one), in environments of their own, over every document of
    a home. Points held, right document first; questions that nothing answers are never refused by a retriever."""
    texts = {d.id: d for d in answerer.tools.store.documents.texts(list(answerer.tools.retriever.shelf.heads), LOCAL)}
    whole = {i: Unit(i, d.title, d.text, i) for i, d in texts.items()}
    questions = QuestionSet("asked", {q.id: Ask(q.text) for q in asked}, {q.id: frozenset() for q in asked}, "document")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        digest = peer.write_input(Path(folder), Collection(answerer.tools.settings, answerer.tools.store, whole=whole), whole, {"asked": questions})
        for name in names:
            runs = peer.answers(name, Path(folder), digest, cache, seconds)["runs"]
            first = {q.id: runs[f"asked|{q.id}"][0] for q in asked if runs.get(f"asked|{q.id}")}
            found[name] = _means(asked, first, texts, answerer)
    return found


def _means(asked: Sequence[Asked], first: Mapping[str, tuple[str, int, int]], texts: Mapping[str, Document], answerer: Answerer) -> dict[str, float]:
    pieces = {q.id: texts[first[q.id][0]].text[first[q.id][1] : first[q.id][2]] for q in asked if q.id in first}
    return {
        "n": len(pieces),
        "points_read": mean([held(q.points, read(pieces.get(q.id, ""), q.text, answerer.tools.retriever)) for q in asked]),
        "points_whole_piece": mean([held(q.points, pieces.get(q.id, "")) for q in asked]),
        "document_first": mean([float(q.id in first and texts[first[q.id][0]].external_id in q.gold) for q in asked if q.gold]),
    }
