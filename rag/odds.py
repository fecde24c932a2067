"""Where a text tells other figures than the one it carries out: a call or rule issued after an article of its basis was changed that still tells the old figures,
and a lower text that repeats what its superior provides (按照省办法执行，即…) in figures that the superior does not hold. Hints for people, each with both places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus.access import Reader
from corpus.models import CURRENT, Document, Relation
from corpus.store import Store
from corpus.text import NUMERAL
from rag.facts import quantities
from rag.since import Since, change_of, since
from rag.statements import sayable

_REPEATS = re.compile(r"(?:按照?|依照|执行)(?:省|市|国家|上级)[^。；]{0,16}(?:办法|规定|标准|政策)[^。；]{0,10}，?(?:即|分别为)")
_ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?")
_QUOTED = re.compile(r"“[^”]*”")
_UNITS = ("money", "ratio")


@dataclass(frozen=True, slots=True)
class Odd:
    """`lower` tells at [start, end) other figures than `upper` at [there, until)."""

    lower: Document
    start: int
    end: int
    upper: Document
    there: int
    until: int
    what: str


def values(text: str) -> frozenset[str]:
    """The sums and ratios of a text in their normal form."""
    return frozenset(q.key for q in quantities(text) if q.unit in _UNITS)


def odds(store: Store, reader: Reader, relations: Sequence[Relation], standing: Mapping[str, str], on: str) -> list[Odd]:
    """Every odd figure among pairs of a text and its basis that both stand at the date."""
    pairs = {(r.document_id, str(r.target_id)) for r in relations if standing.get(r.document_id) in CURRENT and standing.get(str(r.target_id)) in CURRENT}
    texts = {d.id: d for d in store.documents.texts(sorted({i for pair in pairs for i in pair}), reader)}
    found: list[Odd] = []
    for upper in sorted({b for _, b in pairs}):
        changes = [x for x in since(texts[upper], store, reader, on) if x.kind == "changed"] if upper in texts else []
        for lower in sorted(a for a, b in pairs if b == upper and a in texts and upper in texts):
            found += _stale(texts[lower], texts[upper], changes) if changes else ()
            found += _repeated(texts[lower], texts[upper], changes) if _REPEATS.search(texts[lower].text) else ()
    return found


def _stale(lower: Document, upper: Document, changes: Sequence[Since]) -> Iterator[Odd]:
    """Places of a later text that still hold two or more of the figures that a change of the basis replaced or struck out, in the same article where they name one."""
    for s in sayable(upper):
        x = change_of(s.article, changes, s.text(upper)) if s.article else None
        if s.article is None or x is None or lower.id in (x.document.id, upper.id) or (lower.published_on or lower.written_on) <= (x.document.published_on or x.document.written_on):
            continue
        said, old = x.document.text[x.start : x.end], values(s.text(upper))
        gone = _gone(said, s.article, old)
        for start, end in _places(lower) if gone else ():
            told, named = values(lower.text[start:end]), _ARTICLE.findall(lower.text[start:end])
            if len(told & gone) >= 2 and (s.article in named or (not named and told <= old)) and not told & (values(said) - old):
                yield Odd(lower, start, end, x.document, x.start, x.end, "依据的条文已修改，仍为修改前的标准")


def _gone(said: str, article: str, old: frozenset[str]) -> frozenset[str]:
    """The figures of an article that a change takes away: all that its new words do not hold, or those that it strikes out."""
    if re.search(rf"{article}修改为", said):
        return old - values(said)
    return values("".join(_QUOTED.findall(said))) & old if re.search(r"删[去除]", said) else frozenset()


def _places(d: Document) -> Iterator[tuple[int, int]]:
    """Sentences, rows of tables and items of a text."""
    for s in sayable(d):
        if s.kind == "table":
            yield from ((s.start + m.start(), s.start + m.end()) for m in re.finditer(r"[^\n]+", s.text(d)))
        else:
            yield from s.items or ((s.start, s.end),)


def _repeated(lower: Document, upper: Document, changes: Sequence[Since]) -> Iterator[Odd]:
    """Sentences that repeat a superior's standard in figures that it does not hold, nor its changes."""
    held = values(upper.text) | frozenset(v for x in changes for v in values(x.document.text[x.start : x.end]))
    for start, end in _places(lower):
        match = _REPEATS.search(lower.text, start, end)
        if match is None or not (said := values(re.split(r"[。；]", lower.text[match.end() : end])[0])) or said <= held:
            continue
        first = next((s for s in sayable(upper) if values(s.text(upper))), None)
        if first is not None:
            yield Odd(lower, start, end, upper, first.start, first.end, "转述上位文件的标准与其原文不一致")
