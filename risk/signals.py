"""From texts to signals: one sentence that speaks of a risk, with its span, field, object, type, polarity and severity.

A record's text is split into sentences; a compiled expression of all cues sees every sentence first, so that nothing slow
touches the rest. The span is exact: `record.text[signal.start:signal.end] == signal.quote`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corpus.text import sentences
from rag.generate import OPEN_LEVEL
from risk.classifier import Weights, decide, load_weights
from risk.features import dense, hashed, is_title
from risk.judges import Judge
from risk.lexicon import actors_of, load_lexicon, places_of, severity_of, stage_of
from risk.taxonomy import Match, Taxonomy, load_taxonomy

SUPPORTING = ("asserts", "hypothetical")
LONGEST = 400
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Record:
    """A plain text to look at. `date` is its own date (ISO prefix), `seen` the calendar day on which the world could know it."""

    id: str
    text: str
    kind: str
    source: str
    date: str
    seen: str
    title: str = ""
    security: int = 1
    undated: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """A sentence that speaks of a risk. `inherited` when the object stands in the document's title, not in the sentence.

    `undated` when its text has no date of its own; `timeless` when nothing else tells its time: `date` is then only the latest that it can be.
    """

    document_id: str
    start: int
    end: int
    quote: str
    kind: str
    source: str
    date: str
    seen: str
    security: int
    polarity: str
    confidence: float
    cue: str
    thing: str
    field: str
    type: str
    bucket: str
    severity: dict[str, int]
    stage: str
    places: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    inherited: bool = False
    weak: str = ""
    known_from: str = ""
    links: tuple[str, ...] = ()
    undated: bool = False
    timeless: bool = False

    @property
    def key(self) -> str:
        """Identity of the signal within the corpus."""
        return f"{self.document_id}:{self.start}"

    @property
    def supports(self) -> bool:
        """Whether it speaks for the risk (asserts or names it as possible)."""
        return self.polarity in SUPPORTING

    @property
    def risk_key(self) -> str:
        """Object and bucket: the risk that the signal belongs to."""
        return f"{self.thing}|{self.bucket}"


class Reader:
    """Extracts signals with one taxonomy and one set of weights; a `judge` (zero-shot model, LLM) decides polarity in their place."""

    def __init__(self, taxonomy: Taxonomy | None = None, weights: Weights | None = None, judge: Judge | None = None) -> None:
        self.taxonomy = taxonomy or load_taxonomy()
        self.weights = (weights or load_weights()).aligned(self.taxonomy)
        self.other = judge

    @property
    def version(self) -> str:
        """Changes when sentences would be judged otherwise."""
        return self.other.name if self.other else self.weights.fingerprint

    def read(self, record: Record) -> list[Signal]:
        """The signals of one record, in order of position."""
        if not self.taxonomy.cue.search(record.text):
            return []
        lone = is_title(record.text) or record.kind == "opinion"
        context = [] if lone else self._told_of(record)
        spans = [(0, len(record.text))] if len(record.text) <= 60 and "\n" not in record.text else sentences(record.text)
        found = (self._sentence(record, a, b, context, lone) for a, b in spans if b - a <= LONGEST and (lone or _is_sentence(record.text[a:b])))
        return [s for s in found if s is not None]

    def _told_of(self, record: Record) -> list[Match]:
        """Objects that a title hands down to sentences that name none: of a title that speaks of a risk itself (papers name their matter only there)."""
        things = self.taxonomy.things_in(record.title)
        return things if record.kind == "paper" or any(c.strong for c in self.taxonomy.cues_in(record.title)) else []

    def judge(self, text: str) -> tuple[str, float]:
        """(class, confidence) of a bare sentence, with no context: what the labelled sentences measure."""
        return self._decide(text, self.taxonomy.things_in(text), self.taxonomy.cues_in(text), 1)

    def _decide(self, text: str, things: list[Match], cues: list[Match], security: int) -> tuple[str, float]:
        if self.other and not (self.other.outside and security > OPEN_LEVEL):  # what is not open never leaves the house
            return self.other.judge(text)
        said, confidence = decide(self.weights.probabilities(dense(text, self.taxonomy, things, cues), hashed(text)), self.weights.threshold)
        if said in SUPPORTING and load_lexicon().refuted.search(text):
            return "denies", confidence
        if said in SUPPORTING and load_lexicon().settled.search(text):
            return "resolved", confidence
        return ("asserts" if said == "resolved" and load_lexicon().unsettled.search(text) else said), confidence

    def _sentence(self, record: Record, a: int, b: int, context: list[Match], lone: bool) -> Signal | None:
        text = record.text[a:b]
        if not self.taxonomy.cue.search(text) or load_lexicon().never.search(text) or (not lone and load_lexicon().running.search(text)):
            return None
        things = self.taxonomy.things_in(text) if self.taxonomy.any_thing.search(text) else []
        if not things and (lone or not context):
            return None
        cues = self.taxonomy.cues_in(text)
        cues = [c for c in cues if record.kind not in self.taxonomy.types[c.name].not_in]
        assigned = self.taxonomy.assign(text, things, cues) if things else self.taxonomy.assign(text, context, cues, elsewhere=True)
        if assigned is None:
            return None
        polarity, confidence = self._decide(text, things, cues, record.security)
        if polarity == "none":
            return None
        return self._signal(record, a, b, assigned, (polarity, confidence), things)

    def _signal(self, record: Record, a: int, b: int, assigned: tuple[str, Match], judged: tuple[str, float], things: list[Match]) -> Signal:
        thing, cue = assigned
        text, kind = record.text[a:b], self.taxonomy.types[cue.name]
        bucket = self.taxonomy.bucket(thing, cue.name)
        return Signal(
            document_id=record.id, start=a, end=b, quote=text, kind=record.kind, source=record.source, date=record.date, seen=record.seen,
            security=record.security, polarity=judged[0], confidence=round(judged[1] * (1.0 if things else 0.7), 4), cue=text[cue.start : cue.end],
            thing=thing, field=self.taxonomy.field_of(thing), type=cue.name, bucket=bucket, severity=severity_of(text, kind.severity),
            stage=stage_of(text, record.kind), places=places_of(text), actors=actors_of(text), inherited=not things, undated=record.undated, links=self._links(text, thing, things),
            technologies=tuple(dict.fromkeys(text[t.start : t.end] for t in things if t.end <= cue.start or t.start >= cue.end)),
        )  # fmt: skip

    def _links(self, text: str, thing: str, things: list[Match]) -> tuple[str, ...]:
        """Other objects of the same sentence, when it joins them by cause (导致, 引发, 因 …)."""
        others = tuple(dict.fromkeys(t.name for t in things if t.name != thing))
        return others if others and _CAUSE.search(text) else ()


def extract(records: Iterable[Record], reader: Reader | None = None) -> Iterator[Signal]:
    """Signals of many records, record by record."""
    reader = reader or Reader()
    for record in records:
        yield from reader.read(record)


def _is_sentence(text: str) -> bool:
    """Whether a span of a longer text says something: not a keyword of a list, not a row of a table."""
    return len(text) >= SHORTEST and not text.lstrip().startswith("|")


_CAUSE = re.compile("导致|引发|造成|引起|致使|因|由于|影响|波及|冲击|使得?|受.{0,8}影响|带来")
