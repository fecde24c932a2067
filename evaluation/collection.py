"""A searchable collection of a question set: files imported into a home, its documents as units, and what a hit stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus.access import LOCAL
from corpus.errors import BadInput
from corpus.ingest import import_paths
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from evaluation.sets import QuestionSet, Unit, articles, bare, text_id
from rag.lexical import article_key
from rag.titles import title_key

_HELD = 0.6


@dataclass
class Collection:
    """`texts`: bare text → unit id; `laws`: (title key, article) → unit ids; `of`: (document id, article) → unit id;
    `aliases`: keys of rows that were merged into an equal document → its external id."""

    settings: Settings
    store: Store
    units: dict[str, Unit] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    laws: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    of: dict[tuple[str, str], str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def cited(self, before: str, article: str, answer: str) -> frozenset[str]:
        """The units of an article of the law whose name ends the words before it; of several versions those nearest to the answer's words."""
        plain = title_key(before).rstrip("的")
        name = max((law for law, _ in self.laws if len(law) > 1 and plain.endswith(law)), key=len, default="")
        found = self.laws.get((name, article_key(article)), set())
        shared = {unit: _shared(self.units[unit].text, answer) for unit in found}
        return frozenset(unit for unit, share in shared.items() if share == max(shared.values()))

    def named(self, found: QuestionSet) -> QuestionSet:
        """The set with gold ids of merged documents replaced by the ids that they are found under."""
        relevant = {q: frozenset(self._alias(unit) for unit in gold) for q, gold in found.relevant.items()}
        return replace(found, relevant=relevant)

    def _alias(self, unit: str) -> str:
        key, mark, article = unit.partition("#")
        return self.aliases.get(key, key) + mark + article

    def unit(self, found: QuestionSet, question: str, document_id: str, external_id: str, article: str | None, text: str) -> str:
        """The unit that a hit stands for in a set."""
        if found.unit == "document":
            return external_id
        if found.unit == "place":
            return f"{external_id}#{article or ''}"
        if found.unit == "answer":
            return "answer" if holds(text, found.answers[question]) else f"{external_id}:{text_id(text)}"
        return self.of.get((document_id, article or ""), external_id)


def holds(text: str, answer: str) -> bool:
    """Whether a passage holds an answer: the whole of it, or most of its four-character pieces where the answer runs over passages."""
    plain, wanted = bare(text), bare(answer)
    if wanted in plain:
        return True
    pieces = [wanted[i : i + 4] for i in range(0, max(len(wanted) - 3, 1), 2)]
    return len(wanted) > 40 and sum(p in plain for p in pieces) >= _HELD * len(pieces)


def _shared(text: str, answer: str) -> float:
    """Share of an article's four-character pieces that the answer holds, 0..1."""
    plain, said = bare(text), bare(answer)
    pieces = [plain[i : i + 4] for i in range(max(len(plain) - 3, 1))]
    return sum(piece in said for piece in pieces) / len(pieces)


def open_collection(home: Path, files: Sequence[Path], *, embedding: str = "builtin") -> Collection:
    """Import `files` into `home` (nothing is done twice) and read its units. Raises BadInput when a file cannot be read."""
    settings = load_settings(home, embedding=embedding)
    store = open_store(settings)
    report = import_paths(store, list(files))
    if report.failures:
        raise BadInput("a file of the set cannot be read", report.failures[0][0], report.failures[0][1])
    collection = Collection(settings, store, aliases=_aliases(store))
    for document in store.documents.scan(LOCAL):
        whole = True
        for article, start, end in articles(document):
            whole = False
            _add(collection, document.id, document.external_id, document.title, article, document.text[start:end])
        if whole:
            collection.units[document.external_id] = Unit(document.external_id, document.title, document.text, document.external_id)
    return collection


def _aliases(store: Store) -> dict[str, str]:
    external = {head.id: head.external_id for head in store.documents.heads(LOCAL)}
    found = {}
    for document_id, origins in store.documents.origins_of(list(external)).items():
        for origin in origins if len(origins) > 1 else ():
            found[origin.url.partition("#")[2] or origin.url] = external[document_id]
    return found


def _add(collection: Collection, document_id: str, external_id: str, title: str, article: str, text: str) -> None:
    key = text_id(text)
    collection.units.setdefault(key, Unit(key, title, text.strip(), external_id))
    collection.texts.setdefault(bare(text), key)
    collection.laws.setdefault((title_key(title), article_key(article)), set()).add(key)
    collection.of[(document_id, article)] = key
