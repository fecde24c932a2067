"""Technology terms mined from papers, projects and policies: candidates from keywords and titles, ranked by C-value, grouped by object.

C-value (Frantzi, Ananiadou & Mima 2000): log2(length + 1) · (f(a) − mean frequency of the longer candidates that hold a).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from risk.taxonomy import Taxonomy

_EDGE = re.compile(r"^(?:基于|面向|关于|一种|新型|若干|我国|中国|及其?|与|和|的|在|对|中|用于|研究|其|下|多|高|不同)+|(?:研究|应用|分析|方法|问题|影响|进展|综述|探讨|及其?|的|与|和|中|下|机制研究|关键技术研究)+$")
_TERM = re.compile(r"[A-Za-z0-9\-+./]{2,20}|[㐀-鿿A-Za-z0-9\-]{2,14}")
_PLAIN = re.compile(r"^(?:影响因素|模型|算法|系统|数值模拟|评价|对策|中国|技术|机制|特征|现状|大数据|创新|管理|优化|设计|实验|数据|性能)$")

_NUMBER = re.compile(r"[\d\-+./]+(?:年|年度|年代|届|期|批)?$|.*(?:什么|怎么|如何|为何|哪些)")
"""Years, numbers and questions: words that stand in titles and name nothing."""


@dataclass(frozen=True, slots=True)
class Term:
    """A technology term with its C-value, frequency and the object it belongs to (empty when none)."""

    text: str
    score: float
    frequency: int
    thing: str


def candidates(title: str, keywords: Sequence[str]) -> list[str]:
    """Keywords as they are; of a title the runs of words between function words."""
    found = [k.strip() for k in keywords if 2 <= len(k.strip()) <= 20]
    for part in re.split(r"[的与和及在对之、，：:（）()《》“”\s—]|基于|面向|研究", title):
        run = _EDGE.sub("", part)
        if 3 <= len(run) <= 14:
            found.append(run)
    return [c for c in dict.fromkeys(_EDGE.sub("", f) for f in found) if len(c) >= 2 and not _PLAIN.match(c) and not _NUMBER.match(c) and _TERM.fullmatch(c)]


def mine_terms(rows: Iterable[Mapping[str, Any]], taxonomy: Taxonomy, *, words: Sequence[str] = (), minimum: int = 2, limit: int = 3000) -> list[Term]:
    """Terms of rows {title, keywords}, best first; at least `minimum` documents hold a term, one is enough for `words` (the user dictionary)."""
    frequency: Counter[str] = Counter()
    chosen = {w for w in words if len(w) >= 2}
    for row in rows:
        title = str(row["title"])
        frequency.update(set(candidates(title, row.get("keywords") or ())) | {w for w in chosen if w in title})
    kept = {t: n for t, n in frequency.items() if n >= (1 if t in chosen else minimum)}
    longer = _nested(kept)
    scored = []
    for term, n in kept.items():
        nested = longer.get(term, ())
        value = math.log2(len(term) + 1) * (n - (sum(kept[o] for o in nested) / len(nested) if nested else 0.0))
        if value > 0:
            scored.append((value, term))
    best = sorted(scored, key=lambda s: (-s[0], s[1]))[:limit]
    return [Term(t, round(v, 4), kept[t], _thing(t, taxonomy)) for v, t in best]


def _nested(kept: Mapping[str, int]) -> dict[str, list[str]]:
    """Of each term the longer kept terms that hold it."""
    found: dict[str, list[str]] = defaultdict(list)
    for term in kept:
        for i in range(len(term)):
            for j in range(i + 2, len(term) + 1):
                part = term[i:j]
                if part != term and part in kept:
                    found[part].append(term)
    return found


def _thing(term: str, taxonomy: Taxonomy) -> str:
    matches = taxonomy.things_in(term)
    return matches[0].name if matches else ""


def by_field(terms: Iterable[Term], taxonomy: Taxonomy) -> dict[str, list[Term]]:
    """Field → its terms, best first, in the order of the taxonomy; terms of no known object are left out."""
    found: dict[str, list[Term]] = {f: [] for f in taxonomy.fields}
    for term in terms:
        if term.thing:
            found[taxonomy.field_of(term.thing)].append(term)
    return found


class Named:
    """Finds terms in texts, the longest at each place; a set of strings, so that thousands of terms cost nothing."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = list(terms)
        self._texts = {t.text.lower(): t.text for t in self.terms if len(t.text) >= 3}
        self._longest = max(map(len, self._texts), default=0)
        self._things: dict[str, list[str]] = defaultdict(list)
        for t in self.terms:
            if t.thing:
                self._things[t.thing].append(t.text)

    def of(self, thing: str) -> list[str]:
        """The terms of an object, best first."""
        return self._things.get(thing, [])

    def within(self, text: str) -> list[str]:
        """Terms that a text names, in order, without those inside a longer one."""
        low, found, at = text.lower(), [], 0
        while at < len(low):
            for size in range(min(self._longest, len(low) - at), 2, -1):
                if low[at : at + size] in self._texts:
                    found.append(self._texts[low[at : at + size]])
                    at += size - 1
                    break
            at += 1
        return found


__all__ = ["Named", "Term", "by_field", "candidates", "mine_terms"]
