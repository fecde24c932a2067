"""Technology terms mined from papers, projects, calls, policies and news: noun phrases that name a technology of a field, ranked by C-value.

A term is a maximal run of nouns (jieba's classes) or an author's keyword, freed of what is said about it, that holds a word of a field
(`field.terms` of the taxonomy) as whole words and ends with it or with a head such as 技术 or 传感器; the words are data (`terms.toml`).
C-value (Frantzi, Ananiadou & Mima 2000): log2(length + 1) · (f(a) − mean frequency of the longer terms that hold a); frequencies are documents.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

from risk.lexicon import load_lexicon
from risk.taxonomy import UNKNOWN_FIELD, Taxonomy

_WORD = re.compile(r"[㐀-鿿A-Za-z0-9.+\-]+")
_LATIN = re.compile(r"[A-Za-z0-9]")
_MEASURE = re.compile(r"(?:[A-Za-z]|\d+(?:\.\d+)?[A-Za-z]{0,3})")
"""A letter, a number or a number with its unit: no beginning of a name (5mm, A)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`terms.toml`, compiled."""

    version: str
    kinds: tuple[str, ...]
    bodies: frozenset[str]
    shortest: int
    longest: int
    least: int
    classes: frozenset[str]
    verbs: frozenset[str]
    stop: frozenset[str]
    inside: re.Pattern[str]
    first: frozenset[str]
    last: frozenset[str]
    one_first: frozenset[str]
    one_last: frozenset[str]
    joins: frozenset[str]
    heads: re.Pattern[str]
    never: re.Pattern[str]


@cache
def rules() -> Rules:
    """The shipped rules."""
    d = tomllib.loads(files("risk").joinpath("terms.toml").read_text("utf-8"))
    words = {n: frozenset(d[n].split()) for n in ("verbs", "stop", "first", "last")}
    return Rules(
        d["version"], tuple(d["kinds"]), frozenset(d["bodies"]), d["shortest"], d["longest"], d["least"], frozenset(d["classes"]), words["verbs"], words["stop"], re.compile(d["inside"]),
        words["first"], words["last"], frozenset(d["one_first"]), frozenset(d["one_last"]), frozenset(d["joins"]), re.compile(d["heads"]), re.compile(d["never"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A technology term with its C-value, how many documents hold it, its field and the object it belongs to (empty when none)."""

    text: str
    score: float
    frequency: int
    thing: str
    field: str = ""


# ---- of one document ---------------------------------------------------------------------------------------------------


def terms_of(row: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, str]:
    """Term → field of a document {kind, title, topics, text}: of its title, its author's keywords and, of some kinds, its body."""
    if row["kind"] not in rules().kinds:
        return {}
    text = f"{row['title']}\n{row['text']}" if row["kind"] in rules().bodies else str(row["title"])
    keywords = (row["topics"] or ()) if row["kind"] == "paper" else ()
    found: dict[str, str] = {}
    for run in (*_runs(text), *filter(None, map(_keyword, keywords))):
        words = _trimmed(run)
        if _sized(words) and (field := field_of(words, taxonomy)):
            found["".join(words)] = field
    return found


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Maximal runs of words that names are made of."""
    import rjieba

    run: list[str] = []
    for word, tag in rjieba.tag(text):
        if (tag in rules().classes or word in rules().verbs or (run and word in rules().joins)) and _fit(word):
            run.append(word)
        elif run:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


@lru_cache(maxsize=65536)
def _fit(word: str) -> bool:
    """Whether a word can stand in a name."""
    return word not in rules().stop and _WORD.fullmatch(word) is not None and not (len(word) > 1 and rules().inside.search(word))


def _keyword(keyword: str) -> tuple[str, ...]:
    """The words of an author's keyword; empty when one of them is none of a name."""
    import rjieba

    keyword = keyword.strip()
    words = tuple(rjieba.cut(keyword)) if 2 <= len(keyword) <= rules().longest else ()
    return words if all(map(_fit, words)) else ()


def _trimmed(run: Sequence[str]) -> tuple[str, ...]:
    """The run without what begins or ends no term."""
    a, b = 0, len(run)
    while a < b and (run[a] in rules().first or _MEASURE.fullmatch(run[a]) or (len(run[a]) == 1 and run[a] not in rules().one_first)):
        a += 1
    while b > a and (run[b - 1] in rules().last or (len(run[b - 1]) == 1 and run[b - 1] not in rules().one_last and not _LATIN.match(run[b - 1]))):
        b -= 1
    return tuple(run[a:b])


def _sized(words: Sequence[str]) -> bool:
    text = "".join(words)
    return rules().shortest <= len(text) <= rules().longest or (len(text) == 2 and text.isascii() and text.isupper())


@lru_cache(maxsize=65536)
def field_of(words: tuple[str, ...], taxonomy: Taxonomy) -> str:
    """The field whose word the term holds as whole words, the longest first, of equals the last; empty when there is none or the term ends with something else."""
    text = "".join(words)
    if not taxonomy.any_term.search(text) or rules().never.search(text) or load_lexicon().actors.search(text):
        return ""
    bounds = {0, *accumulate(map(len, words))}
    best: tuple[int, int, str] | None = None
    for field, pattern in taxonomy.terms.items():
        for m in pattern.finditer(text):
            if _whole(text, m.start(), m.end(), bounds) and (best is None or (m.end() - m.start(), m.end()) > best[:2]):
                best = (m.end() - m.start(), m.end(), field)
    return best[2] if best and (best[1] == len(text) or rules().heads.search(text)) else ""


def _whole(text: str, start: int, end: int, bounds: set[int]) -> bool:
    """Whether [start, end) is made of whole words, or is the end of one word; of Latin letters nothing is cut."""
    if end == start or end not in bounds or (start not in bounds and any(start < x < end for x in bounds)):
        return False
    left = start and _LATIN.match(text[start]) and _LATIN.match(text[start - 1])
    right = end < len(text) and _LATIN.match(text[end - 1]) and _LATIN.match(text[end])
    return not (left or right)


# ---- of a corpus ---------------------------------------------------------------------------------------------------------


def ranked(counts: Mapping[str, tuple[str, int]], taxonomy: Taxonomy, *, chosen: Iterable[str] = (), limit: int = 5000) -> list[Term]:
    """Terms of `counts` (term → field and documents in which it stands alone), best first; `chosen` (user words) need one document, others `least` with those of longer terms."""
    user = set(chosen)
    longer = _nested(counts)
    total = {t: n + sum(counts[o][1] for o in longer.get(t, ())) for t, (_, n) in counts.items()}
    scored = []
    for term, n in total.items():
        nested = longer.get(term, ())
        value = math.log2(len(term) + 1) * (n - (sum(total[o] for o in nested) / len(nested) if nested else 0.0))
        if value > 0 and (n >= rules().least or term in user) and _said(term) not in counts:
            scored.append((value, term))
    best = sorted(scored, key=lambda s: (-s[0], s[1]))[:limit]
    return [Term(t, round(v, 4), total[t], _thing(t, taxonomy), counts[t][0]) for v, t in best]


def _said(term: str) -> str:
    """The term without a closing 技术: where both are known one is enough."""
    return term.removesuffix("技术") if term.endswith("技术") and len(term) > 4 else ""


def of_words(titles: Iterable[str], words: Sequence[str], taxonomy: Taxonomy) -> dict[str, tuple[str, int]]:
    """Words of the user dictionary that titles hold: word → (field, titles)."""
    found: dict[str, int] = defaultdict(int)
    wanted = {w for w in words if len(w) >= 2}
    for title in titles if wanted else ():
        for word in wanted:
            found[word] += word in title
    return {w: (field_of((w,), taxonomy) or taxonomy.field_of(_thing(w, taxonomy)), n) for w, n in found.items() if n}


def _nested(kept: Mapping[str, Any]) -> dict[str, list[str]]:
    """Of each term the longer kept terms that hold it."""
    found: dict[str, list[str]] = defaultdict(list)
    for term in kept:
        for part in {term[i:j] for i in range(len(term)) for j in range(i + 2, len(term) + 1)} - {term}:
            if part in kept:
                found[part].append(term)
    return found


def _thing(term: str, taxonomy: Taxonomy) -> str:
    matches = taxonomy.things_in(term)
    return matches[0].name if matches else ""


def by_field(terms: Iterable[Term], taxonomy: Taxonomy) -> dict[str, list[Term]]:
    """Field → its terms, best first, in the order of the taxonomy; 其他 at the end, with user words that name no known technology."""
    found: dict[str, list[Term]] = {f: [] for f in taxonomy.fields}
    for term in terms:
        found.setdefault(term.field if term.field in found else UNKNOWN_FIELD, []).append(term)
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


__all__ = ["Named", "Rules", "Term", "by_field", "field_of", "of_words", "ranked", "rules", "terms_of"]
