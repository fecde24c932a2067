"""How often the passages of the corpus cite a document or one of its articles: a prior that only the corpus itself gives.

A law that hundreds of clauses cite is more often the answer than one that none cites. Counts are kept a security level
apart, so that what is above a reader's ceiling never shows in a score.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus.text import NUMERAL
from rag.generation import write_text
from rag.lexical import article_key
from rag.titles import title_key

_CITED = re.compile(rf"《([^《》\n]{{2,80}})》(?:\s*[（(][^（）()\n]{{1,40}}[)）])?(第[{NUMERAL}]+条(?:之[{NUMERAL}]+)?)?")


def cited_in(texts: Iterable[str]) -> dict[str, int]:
    """Title keys (`劳动法`) and article keys (`劳动法#44`) → number of the texts that cite them."""
    counts: Counter[str] = Counter()
    for text in texts:
        found = set()
        for title, article in _CITED.findall(text):
            key = title_key(title)
            found |= {key, f"{key}#{article_key(article)}"} if article else {key}
        counts.update(found)
    return dict(counts)


class Mentions:
    """Counts by document that cites; sums by level. Saved as one small file of a generation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._by: dict[str, tuple[int, dict[str, int]]] = {}
        if path.exists():
            self._by = {i: (int(level), counts) for i, (level, counts) in json.loads(path.read_text("utf-8")).items()}
        self._sums: dict[int, Counter[str]] = {}
        for level, counts in self._by.values():
            self._sums.setdefault(level, Counter()).update(counts)

    def put(self, document_id: str, security: int, texts: Sequence[str], own_title: str) -> None:
        """Replace what one document cites (itself left out)."""
        self.drop(document_id)
        own = title_key(own_title)
        counts = {key: n for key, n in cited_in(texts).items() if key.partition("#")[0] != own}
        if counts:
            self._by[document_id] = (security, counts)
            self._sums.setdefault(security, Counter()).update(counts)

    def drop(self, document_id: str) -> None:
        level, counts = self._by.pop(document_id, (0, {}))
        if counts:
            self._sums[level].subtract(counts)

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.path, json.dumps(self._by, ensure_ascii=False, separators=(",", ":")))

    def share(self, key: str, ceiling: int) -> float:
        """log(1 + n) of a key over 5 (about 150 citing passages), 0..1, by what lies within the ceiling."""
        n = 0
        for level, sums in tuple(self._sums.items()):
            if level <= ceiling:
                n += sums.get(key, 0)  # a Counter's own look-up of what is missing calls Python
        return min(math.log1p(max(n, 0)) / 5.0, 1.0)
