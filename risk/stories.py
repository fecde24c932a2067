"""Story clusters: near-duplicate and same-event signals of one object are one witness; repeats add heat only.

Signals are taken in the order in which the world could see them (first sight, document, position), and each joins an
active story or founds one. The state at a date is therefore a prefix of the sequence: nothing later can move it. A new
signal that is not older than what was clustered is added without looking back (`Clusterer.add`).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from corpus.regions import places_in, stem_of
from corpus.text import tokens
from risk.constants import constants, day
from risk.signals import Signal

_MARK = re.compile(r"[A-Za-z]{1,6}\d{2,6}")
_TOLL = re.compile(r"(?:致|已致|造成)(\d+)(?:人|名)?[^，。；\d]{0,4}?(死|亡|遇难|失踪|失联)|(\d+)人?(死|遇难|死亡)")
"""A toll of several people marks an event: two accidents of one object within days seldom have the same."""
_COMMON = frozenset(("美国", "日本", "韩国", "欧洲", "欧盟", "英国", "德国", "法国", "俄罗斯", "印度", "荷兰", "中国", "北京", "上海", "香港", "台湾"))
"""Places of so much news that to share one says little."""
HEADLINE = 60
"""Characters of a text that is a headline."""
EVENTFUL = ("opinion", "news", "notice", "interpretation", "policy")


def order(signal: Signal) -> tuple[str, str, int]:
    """Position in the sequence of first sight."""
    return signal.seen, signal.document_id, signal.start


@dataclass(slots=True)
class _Member:
    story: str
    tokens: frozenset[str]
    day: int
    eventful: bool
    places: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    cue: str = ""


@dataclass(slots=True)
class _Shelf:
    """Active members of one object, with an inverted index over their tokens."""

    members: dict[int, _Member] = field(default_factory=dict)
    postings: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    queue: deque[int] = field(default_factory=deque)
    latest: dict[str, int] = field(default_factory=dict)


class Clusterer:
    """Incremental clustering; feed signals in `order`."""

    def __init__(self) -> None:
        rules = constants()["stories"]
        self.window: int = rules["window_days"]
        self.same_event: float = rules["same_event"]
        self.near_duplicate: float = rules["near_duplicate"]
        self.near_days: int = rules["near_days"]
        self.compared: int = rules["members_compared"]
        self.ongoing: int = rules["ongoing"]
        self.share: float = rules["ongoing_share"]
        self.named = frozenset(rules["named"])
        self._shelves: dict[str, _Shelf] = defaultdict(_Shelf)
        self._frequency: dict[str, int] = defaultdict(int)
        self._count = 0
        self._serial = 0
        self._text = ""
        self._told: dict[str, str] = {}

    def add(self, signal: Signal) -> str:
        """The story of one signal (its id comes from the founding signal and never changes).

        A project is a story of its own: its record is written once, and records that read alike are not the same project.
        """
        if signal.kind == "project":
            return "s" + hashlib.sha256(signal.document_id.encode()).hexdigest()[:16]
        words, today = frozenset(_tokens(signal.quote)), day(signal.seen)
        shelf = self._shelves[signal.thing]
        self._forget(shelf, today)
        eventful = signal.kind in EVENTFUL
        places, around = _where(signal)
        names = frozenset(signal.technologies) if signal.thing in self.named else frozenset()
        new = _Member("", words, today, eventful, places, around, _marks(signal.quote), names, signal.cue if _headline(signal) else "")
        story = self._same_text(signal) or self._same_place(shelf, new) or self._nearest(shelf, new) or self._spoken_of(shelf, new) or "s" + hashlib.sha256(signal.key.encode()).hexdigest()[:16]
        self._told[signal.thing] = story
        self._keep(shelf, replace(new, story=story))
        self._count += 1
        for word in words:
            self._frequency[word] += 1
        return story

    def _same_text(self, signal: Signal) -> str | None:
        """One text is one witness of an object, however many of its sentences speak of it (in `order` they follow each other)."""
        if signal.document_id != self._text:
            self._text, self._told = signal.document_id, {}
        return self._told.get(signal.thing)

    def _forget(self, shelf: _Shelf, today: int) -> None:
        """Drop members of stories that have been silent for longer than the window."""
        while shelf.queue:
            number = shelf.queue[0]
            member = shelf.members[number]
            if member.day >= today - self.window:
                return
            shelf.queue.popleft()
            del shelf.members[number]
            for word in member.tokens:
                kept = shelf.postings[word]
                kept.remove(number)
                if not kept:
                    del shelf.postings[word]

    def _same_place(self, shelf: _Shelf, new: _Member) -> str | None:
        """An event of the same object that shares a mark (flight number, model) or a town within a few days."""
        if not new.eventful or not (new.marks or new.places):
            return None
        for number in reversed(shelf.queue):
            member = shelf.members[number]
            if member.day < new.day - self.near_days:
                return None
            if member.eventful and not _other(new, member) and (new.marks & member.marks or (new.places - _COMMON) & member.places):
                return member.story
        return None

    def _spoken_of(self, shelf: _Shelf, new: _Member) -> str | None:
        """The event of the object that everybody speaks of these days, when the text names the same happening (its cue) and no other place, name or mark.

        坠机现场下雨了, a day after one airliner fell, tells of that fall.
        """
        if not new.eventful or not new.cue:
            return None
        told: dict[str, list[_Member]] = defaultdict(list)
        for number in reversed(shelf.queue):
            member = shelf.members[number]
            if member.day < new.day - self.near_days:
                break
            if member.eventful and member.cue == new.cue:
                told[member.story].append(member)
        if not told:
            return None
        story, members = max(told.items(), key=lambda s: (len(s[1]), s[0]))
        if len(members) < self.ongoing or len(members) < self.share * sum(map(len, told.values())):
            return None
        return None if _elsewhere(new, members) else story

    def _nearest(self, shelf: _Shelf, new: _Member) -> str | None:
        words, eventful = new.tokens, new.eventful
        weight = {w: self._idf(w) for w in words}
        total = sum(weight.values())
        if not total:
            return None
        shared: dict[int, float] = defaultdict(float)
        for word in sorted(words, key=lambda w: (self._frequency.get(w, 0), w))[: self.compared]:
            for number in shelf.postings.get(word, ()):
                shared[number] += weight[word]
        limit = self.same_event if eventful else self.near_duplicate
        apart = {n for n in shared if eventful and (_other(new, m := shelf.members[n]) or (new.around and m.around and not new.around & m.around))}
        for number in apart:
            del shared[number]
        best = max(((self._overlap(shelf.members[n].tokens, words, weight, total), -n) for n in sorted(shared, key=lambda n: (-shared[n], n))[:8]), default=None)
        if best is None or best[0] < limit:
            return None
        return shelf.members[-best[1]].story

    def _overlap(self, theirs: frozenset[str], ours: frozenset[str], weight: dict[str, float], total: float) -> float:
        common = sum(weight[w] for w in sorted(ours & theirs))
        other = sum(self._idf(w) for w in sorted(theirs))
        return common / max(1e-9, 0.5 * (min(total, other) + (total + other) / 2))

    def _idf(self, word: str) -> float:
        return math.log((self._count + 2) / (self._frequency.get(word, 0) + 1)) + 0.1

    def _keep(self, shelf: _Shelf, member: _Member) -> None:
        self._serial += 1
        shelf.members[self._serial] = member
        shelf.queue.append(self._serial)
        shelf.latest[member.story] = member.day
        for word in member.tokens:
            shelf.postings[word].append(self._serial)


def _headline(signal: Signal) -> bool:
    """Whether the signal is a whole short text or the beginning of one: what names a happening without saying where."""
    return signal.start == 0 and len(signal.quote) <= HEADLINE and len(signal.cue) >= 2


def _other(one: _Member, other: _Member) -> bool:
    """Whether both name something and not the same: QQ and QQ音乐, not 理想汽车 and 理想L7."""
    return bool(one.names and other.names and not _stems(one.names) & _stems(other.names))


def _stems(names: Iterable[str]) -> set[str]:
    """Names by their first two characters where these are Han, as they are where not."""
    return {n[:2] if not n[:2].isascii() else n.lower() for n in names}


def _elsewhere(new: _Member, members: Sequence[_Member]) -> bool:
    """Whether a text names a place, name or mark of its own, and none that the story has."""
    for own, theirs in ((new.around, "around"), (new.names, "names"), (new.marks, "marks")):
        if own and not _stems(own) & _stems(frozenset().union(*(getattr(m, theirs) for m in members))):
            return True
    return False


def _marks(quote: str) -> frozenset[str]:
    """What tells one event from another: flight numbers, models, tolls of at least two."""
    tolls = (int(m[1] or m[3]) for m in _TOLL.finditer(quote))
    return frozenset((*(m.lower() for m in _MARK.findall(quote)), *(f"{n}人遇难" for n in tolls if n >= 2)))


def _where(signal: Signal) -> tuple[frozenset[str], frozenset[str]]:
    """The places that a sentence names, and these with the provinces that they lie in."""
    if signal.kind not in EVENTFUL:
        return frozenset(signal.places), frozenset(signal.places)
    found = [(signal.quote[n.start : n.end], n) for n in places_in(signal.quote)]
    named = frozenset((*signal.places, *(name for name, _ in found)))
    return named, named | {_stem(code) for _, n in found for code in n.codes}


@lru_cache(maxsize=4096)
def _stem(code: str) -> str:
    """The short name of the province of a division code."""
    return stem_of(f"{code[:2]}0000")


def _tokens(text: str) -> list[str]:
    """Bigrams, words and numbers; single characters say too little."""
    return [t for t in tokens(text) if len(t) > 1 or t.isdigit()]


def cluster(signals: Iterable[Signal]) -> dict[str, str]:
    """Signal key → story id for a whole corpus of signals."""
    clusterer = Clusterer()
    return {s.key: clusterer.add(s) for s in sorted(signals, key=order)}


def witnesses(signals: Sequence[Signal], stories: dict[str, str]) -> int:
    """How many independent stories stand behind signals."""
    return len({stories[s.key] for s in signals})
