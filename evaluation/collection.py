"""A searchable collection of a question set: files imported into a home, its documents as units, and what a hit stands for."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import corpus
import rag
from corpus.access import LOCAL
from corpus.errors import BadInput
from corpus.ingest import import_paths
from corpus.models import Document
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from evaluation.sets import QuestionSet, Unit, articles, bare, text_id
from rag.lexical import article_key
from rag.titles import title_key
from rag.units import units

_HELD = 0.6
_INDEXING = ("units", "lexical", "strata", "dense", "embed", "build", "mentions", "generation", "titles")
"""Files of rag that decide what an index holds."""


@dataclass
class Collection:
    """`texts`: bare text → unit id; `laws`: (title key, article) → unit ids; `of`: (document id, article) → unit id, `at`: the same by `external id#article`;
    `aliases`: keys of rows that were merged into an equal document → its external id.

    Units: `articles` by text (documents without articles whole), `whole` documents, `pieces` our passages. `spans`: external id → (start, end, article unit).
    """

    settings: Settings
    store: Store
    articles: dict[str, Unit] = field(default_factory=dict)
    whole: dict[str, Unit] = field(default_factory=dict)
    pieces: dict[str, Unit] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    laws: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    of: dict[tuple[str, str], str] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    spans: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def cited(self, before: str, article: str, answer: str) -> frozenset[str]:
        """The units of an article of the law whose name ends the words before it; of several versions those nearest to the answer's words."""
        plain = title_key(before).rstrip("的")
        name = max((law for law, _ in self.laws if len(law) > 1 and plain.endswith(law)), key=len, default="")
        found = self.laws.get((name, article_key(article)), set())
        shared = {unit: _shared(self.articles[unit].text, answer) for unit in found}
        return frozenset(unit for unit, share in shared.items() if share == max(shared.values()))

    def named(self, found: QuestionSet) -> QuestionSet:
        """The set with gold ids of merged documents, and places (`external id#article`), replaced by the units that they are found under."""
        return replace(found, relevant={q: frozenset(self._unit_of(key) for key in gold) for q, gold in found.relevant.items()})

    def _unit_of(self, gold: str) -> str:
        key, mark, article = gold.partition("#")
        held = self.aliases.get(key, key)
        return self.at.get(f"{held}#{article}", held + mark + article if mark else held)

    def units(self, found: QuestionSet) -> Mapping[str, Unit]:
        """What is searched in a set."""
        return {"text": self.articles, "document": self.whole, "answer": self.pieces}[found.unit]

    def judged(self, found: QuestionSet) -> Mapping[str, frozenset[str]]:
        """The judgements in unit ids: where a hit counts by what it holds, the passages that hold the answer."""
        if found.unit != "answer":
            return found.relevant
        plain = {key: bare(unit.text) for key, unit in self.pieces.items()}
        return {q: frozenset(key for key, text in plain.items() if _holds(text, bare(found.answers[q]))) for q in found.relevant}

    def covered(self, document: str, start: int, end: int) -> list[str]:
        """The articles of which a span of a document holds half, or that hold half of it, most first."""
        shared = [(min(end, b) - max(start, a), b - a, unit) for a, b, unit in self.spans.get(document, ())]
        return [unit for common, length, unit in sorted(shared, key=lambda s: -s[0]) if common > 0 and 2 * common >= min(length, end - start)]

    def unit(self, found: QuestionSet, question: str, document_id: str, external_id: str, article: str | None, text: str) -> str:
        """The unit that a hit stands for in a set."""
        if found.unit == "document":
            return external_id
        if found.unit == "answer":
            return "answer" if holds(text, found.answers[question]) else f"{external_id}:{text_id(text)}"
        return self.of.get((document_id, article or ""), external_id)


def holds(text: str, answer: str) -> bool:
    """Whether a passage holds an answer: the whole of it, or most of its four-character pieces where the answer runs over passages."""
    return _holds(bare(text), bare(answer))


def _holds(plain: str, wanted: str) -> bool:
    if wanted in plain:
        return True
    pieces = [wanted[i : i + 4] for i in range(0, max(len(wanted) - 3, 1), 2)]
    return len(wanted) > 40 and sum(p in plain for p in pieces) >= _HELD * len(pieces)


def _shared(text: str, answer: str) -> float:
    """Share of an article's four-character pieces that the answer holds, 0..1."""
    plain, said = bare(text), bare(answer)
    pieces = [plain[i : i + 4] for i in range(max(len(plain) - 3, 1))]
    return sum(piece in said for piece in pieces) / len(pieces)


def kept_home(cache: Path, files: Sequence[Path]) -> Path:
    """The home of these files under `cache`; one that older reading code made is removed and made anew."""
    group = hashlib.sha1("\n".join(f"{f.name}:{f.stat().st_size}" for f in files).encode(), usedforsecurity=False).hexdigest()[:10]
    home = cache / group / _digest(_sources(Path(corpus.__file__).parent, "**/*"))
    for other in (cache / group).glob("*"):
        if other != home:
            shutil.rmtree(other, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    return home


def index_digest(embedding: str) -> str:
    """Changes whenever an index would be built otherwise: code of the index, the shipped weights, the setting."""
    folder = Path(rag.__file__).parent
    files = [folder / f"{name}.py" for name in _INDEXING] + _sources(folder / "data" / "embedding", "*")
    return f"{embedding}-{_digest(files)}"


def _sources(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.glob(pattern)) if path.is_file() and path.suffix != ".pyc"]


def _digest(files: Sequence[Path]) -> str:
    whole = hashlib.sha1(usedforsecurity=False)
    for path in files:
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def open_collection(home: Path, files: Sequence[Path], *, embedding: str = "builtin") -> Collection:
    """Import `files` into `home` (nothing is done twice) and read its units. Raises BadInput when a file cannot be read."""
    settings = load_settings(home, embedding=embedding)
    store = open_store(settings)
    report = import_paths(store, list(files))
    if report.failures:
        raise BadInput("a file of the set cannot be read", report.failures[0][0], report.failures[0][1])
    collection = Collection(settings, store, aliases=_aliases(store))
    for document in store.documents.scan(LOCAL):
        _take(collection, document)
    return collection


def _aliases(store: Store) -> dict[str, str]:
    external = {head.id: head.external_id for head in store.documents.heads(LOCAL)}
    found = {}
    for document_id, origins in store.documents.origins_of(list(external)).items():
        for origin in origins if len(origins) > 1 else ():
            found[origin.url.partition("#")[2] or origin.url] = external[document_id]
    return found


def _take(collection: Collection, document: Document) -> None:
    key = document.external_id
    whole = Unit(key, document.title, document.text, key)
    collection.whole[key] = whole
    context: dict[str, str] = {}
    for n, unit in enumerate(units(document)):
        piece = Unit(f"{key}:{n}", unit.context, unit.passage.text, key)
        collection.pieces[piece.id] = piece
        context.setdefault(unit.passage.article or "", unit.context)
    found = list(_articles(document, context))
    for article, start, one in found:
        _add(collection, document, article, one)
        collection.spans.setdefault(key, []).append((start, start + len(one.text), one.id))
    if not found:
        collection.spans[key] = [(0, len(document.text), key)]
        collection.articles[key] = whole


def _articles(document: Document, context: Mapping[str, str]) -> Iterator[tuple[str, int, Unit]]:
    """Each article, where it starts, and its text with title and headings."""
    for article, start, end in articles(document):
        text = document.text[start:end].strip()
        yield article, start, Unit(text_id(text), context.get(article, document.title), text, document.external_id)


def _add(collection: Collection, document: Document, article: str, unit: Unit) -> None:
    collection.articles.setdefault(unit.id, unit)
    collection.texts.setdefault(bare(unit.text), unit.id)
    collection.laws.setdefault((title_key(document.title), article_key(article)), set()).add(unit.id)
    collection.of[(document.id, article)] = collection.at[f"{document.external_id}#{article}"] = unit.id
