"""Records of the answer pipeline: question, citation, sentence, answer, and the context that the steps hand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corpus.access import Reader
from corpus.models import Document, Validity
from rag.asked import Asked
from rag.named import Named
from rag.statements import Statement

ANSWERED, PARTIAL, NO_SUPPORT = "answered", "partial", "no_support"
OUT_OF_SCOPE, CLARIFY, REFUSED, NOT_PERMITTED = "out_of_scope", "needs_clarification", "refused", "not_permitted"
STATUSES = (ANSWERED, PARTIAL, NO_SUPPORT, OUT_OF_SCOPE, CLARIFY, REFUSED, NOT_PERMITTED)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `history` holds the earlier user turns, oldest first; `as_of` an ISO prefix; `region` GB/T 2260."""

    text: str
    history: tuple[str, ...] = ()
    as_of: str = ""
    region: str = ""
    conversation_id: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A clause and a span: `quote` equals the stored text [start, end) in Unicode code points."""

    n: int
    document_id: str
    external_id: str
    title: str
    doc_number: str
    clause: Mapping[str, Any]
    start: int
    end: int
    quote: str
    validity: Validity
    level: str | None = None
    region_code: str = ""
    published_on: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer with the numbers of its citations. `block`: lead, more; `heading` is a line before it.

    `derived` holds what our own rules computed (an expiry date from a period, a status): facts that need not stand in the quote.
    """

    text: str
    citations: tuple[int, ...]
    block: str = "lead"
    heading: str = ""
    derived: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span that may support an answer: where it lies, how it was found (`score` of the retriever over its best, 0..1),
    the same for each part (`places`), how well it fits each part of the question (`fits`, 0..1; `worths` add what kind of value is wanted), and
    the share of the question's runs of three characters that it holds (`run`); `slot`, 0..1: how surely it is the part of a policy that is asked for (conditions, materials); `judged`: what the
    reranker says of it (a logit, about -20 to 10), None where it was not read."""

    document: Document
    validity: Validity
    clause: Mapping[str, Any]
    start: int
    end: int
    rank: int
    score: float
    statement: Statement | None = None
    fits: tuple[float, ...] = ()
    worths: tuple[float, ...] = ()
    role: str = ""
    near: float = 0.0
    run: float = 0.0
    slot: float = 0.0
    judged: float | None = None
    places: tuple[tuple[int, float], ...] = ()

    @property
    def fit(self) -> float:
        return max(self.fits, default=0.0)

    @property
    def worth(self) -> float:
        return max(self.worths, default=0.0)

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def key(self) -> tuple[str, int, int]:
        return (self.document.id, self.start, self.end)

    def record(self) -> dict[str, Any]:
        """The evidence as it is kept with the answer."""
        return {
            "document_id": self.document.id, "title": self.document.title, "clause": dict(self.clause), "start": self.start, "end": self.end,
            "rank": self.rank, "score": round(self.score, 4), "fit": round(self.fit, 4), "worth": round(self.worth, 4),
            "validity": str(self.validity.status), "role": self.role,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer record of the interface, with the conversation, the place and the date that it is for."""

    id: str
    status: str
    question: str
    rewritten: str
    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    notices: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    used: tuple[Mapping[str, Any], ...] = ()
    unused: tuple[Mapping[str, Any], ...] = ()
    elapsed_ms: Mapping[str, float] = field(default_factory=dict)
    conversation_id: str = ""
    as_of: str = ""
    region: str = ""
    route: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    composer: str = ""
    model: str = ""
    reason: str = ""
    nearest: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the steps hand on. A step returns a changed copy; one that sets `done` stops the pipeline."""

    question: Question
    reader: Reader
    text: str = ""
    rewritten: str = ""
    region: str = ""
    as_of: str = ""
    as_of_said: str = ""
    route: str = ""
    asked: Asked = field(default_factory=Asked)
    named: Named = field(default_factory=Named)
    place_words: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    ended: tuple[Evidence, ...] = ()
    used: tuple[Evidence, ...] = ()
    status: str = ""
    reason: str = ""
    said: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    notices: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    nearest: tuple[Mapping[str, Any], ...] = ()
    composer: str = ""
    model: str = ""
    dropped: tuple[tuple[str, tuple[str, ...]], ...] = ()
    attacked: bool = False
    done: bool = False
    elapsed_ms: Mapping[str, float] = field(default_factory=dict)
