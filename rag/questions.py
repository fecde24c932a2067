"""Questions written for articles of laws as people ask them: what the trainings of this package learn from beside the corpus itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from corpus.access import LOCAL
from corpus.models import POLICY_KINDS
from corpus.store import Store
from rag.lexical import article_key
from rag.titles import title_key
from rag.units import units

Article = tuple[str, str]
"""Title key of a law and article key."""


@cache
def written() -> dict[Article, tuple[str, ...]]:
    """Article → its questions, of data/questions.jsonl.gz ({law, article, asked} a line)."""
    return {(title_key(row["law"]), article_key(row["article"])): tuple(row["asked"]) for row in packed_rows("rag", "data/questions.jsonl.gz")}


def packed_rows(package: str, name: str) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file (gzip) that lies in a package."""
    packed = gzip.decompress(files(package).joinpath(name).read_bytes())
    return [json.loads(line) for line in packed.decode("utf-8").splitlines()]


def bare(text: str) -> str:
    """A text as questions and passages are compared: without white space."""
    return "".join(text.split())


@dataclass(frozen=True, slots=True)
class Answered:
    """A written question with the text of its article, the title and headings above it, and the id of its document."""

    question: str
    document: str
    above: str
    text: str


def answered(store: Store, held_out: Set[str] = frozenset()) -> Iterator[Answered]:
    """Every written question whose article the store holds, with its latest version; without the questions `held_out` (white space removed)."""
    for article, (_, document, above, text) in _latest(store).items():
        yield from (Answered(question, document, above, text) for question in written()[article] if bare(question) not in held_out)


def _latest(store: Store) -> dict[Article, tuple[str, str, str, str]]:
    """(date, document id, title and headings, text) of each article asked about that the store holds."""
    laws, found = {law for law, _ in written()}, dict[Article, tuple[str, str, str, str]]()
    for document in store.documents.scan(LOCAL, kind=tuple(str(k) for k in POLICY_KINDS)):
        if (law := title_key(document.title)) not in laws:
            continue
        for key, parts in groupby(units(document), key=lambda unit: article_key(unit.passage.article)):
            if (law, key) in written() and document.published_on >= found.get((law, key), ("",))[0]:
                whole = list(parts)
                found[law, key] = (document.published_on, document.id, whole[0].context, " ".join(unit.passage.text for unit in whole))
    return found
