"""Question sets for retrieval, read from a data folder: what is searched, what is asked, what is right.

A set is in BEIR's three forms (`write_beir`): corpus.jsonl {"_id", "title", "text"}, queries.jsonl {"_id", "text"}, qrels.tsv.
Articles of law are named by their text without white space, so equal texts of several versions are one unit and gold is found by text.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpus.errors import BadInput
from corpus.models import Document
from corpus.text import NUMERAL, normalise

_LABEL = re.compile(rf"^第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?")
_BLANK = re.compile(r"[\s\u3000#*]+")
_CITED = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}]+)?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A searchable text: its id, title and body. `document` is the external id it belongs to."""

    id: str
    title: str
    text: str
    document: str

LAWBENCH = "2023-09-28"
"""When LawBench was published: its answers cite what was in force then (the companies law of 2018, the law on the protection of women of 2023)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question with its earlier turns and date."""

    text: str
    history: tuple[str, ...] = ()
    as_of: str = ""

    @property
    def whole(self) -> str:
        """The question with its earlier turns before it, as a system without turns is asked."""
        return " ".join([*self.history, self.text])


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """`relevant`: unit ids right for a question; `notes`: what was dropped.

    `answers`: where a hit counts by what it holds (passages), the text that it must hold; the only unit is then "answer".
    """

    name: str
    asks: Mapping[str, Ask]
    relevant: Mapping[str, frozenset[str]]
    unit: str
    notes: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a .jsonl.gz file; raises BadInput when it is absent."""
    if not path.exists():
        raise BadInput("a data file is missing", path, "give the folder with --data")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def bare(text: str) -> str:
    """An article's text as it is compared: NFKC, no white space, no label."""
    return _LABEL.sub("", _BLANK.sub("", unicodedata.normalize("NFKC", text)))


def text_id(text: str) -> str:
    """The id of an article by its text."""
    return hashlib.sha1(bare(text).encode(), usedforsecurity=False).hexdigest()[:16]


def articles(document: Document) -> Iterator[tuple[str, int, int]]:
    """(article, start, end) of each article of a document in order; documents without articles give none."""
    article, start, end = "", 0, 0
    for clause in document.clauses:
        if (clause.article or "") != article:
            if article:
                yield article, start, end
            article, start = clause.article or "", clause.start
        end = clause.end
    if article:
        yield article, start, end


def files(data: Path, group: str, folder: Path) -> tuple[Path, ...]:
    """What to import for a group of sets: laws, ncp or cmrc (whose paragraphs are first written to `folder`)."""
    if group == "laws":
        return (data / "policy" / "laws.jsonl.gz", data / "policy" / "policy_docs.jsonl.gz")
    if group == "ncp":
        return (data / "qa" / "ncp_docs.jsonl.gz",)
    return (_paragraphs(data, folder),)


Known = Mapping[str, tuple[str, ...]]
"""Unit ids by (title key + article key), and by text id, of the imported corpus (`Corpus.known`)."""


def stard(data: Path, texts: Mapping[str, str]) -> QuestionSet:
    """STARD: lay questions, gold articles found by text in `texts` (bare text → unit id); a first paragraph alone counts."""
    openings: dict[str, list[str]] = {}
    for text in texts:
        openings.setdefault(text[:24], []).append(text)
    asks, relevant, lost = {}, {}, 0
    for row in rows(data / "qa" / "stard.jsonl.gz"):
        found = [_by_text(bare(text), texts, openings) for text in row["articles"].values()]
        lost += found.count("")
        asks[row["qid"]], relevant[row["qid"]] = Ask(row["question"]), frozenset(f for f in found if f)
    return _kept("stard", asks, relevant, "text", {"gold articles not in the laws": lost})


def _by_text(text: str, texts: Mapping[str, str], openings: Mapping[str, list[str]]) -> str:
    if text in texts:
        return texts[text]
    longer = [t for t in openings.get(text[:24], []) if len(text) >= 24 and t.startswith(text)]
    return texts[longer[0]] if longer else ""


def _kept(name: str, asks: dict[str, Ask], relevant: dict[str, frozenset[str]], unit: str, notes: dict[str, int]) -> QuestionSet:
    """The set without questions that have no gold left; says how many were dropped."""
    kept = {q for q, gold in relevant.items() if gold}
    dropped = {"questions without gold": len(asks) - len(kept)}
    return QuestionSet(name, {q: asks[q] for q in asks if q in kept}, {q: relevant[q] for q in relevant if q in kept}, unit, notes | dropped)


def st_policy(data: Path) -> QuestionSet:
    """The 40 questions on science-and-technology policy; gold is an article of one dated version, named by its place (`path#article`) until `Collection.named`."""
    asks, relevant = {}, {}
    for row in rows(data / "qa" / "st_policy_questions.jsonl.gz"):
        asks[row["id"]] = Ask(row["question"], tuple(row["history"]), row.get("as_of") or "")
        relevant[row["id"]] = frozenset(f"{g['path_in_file'].removeprefix('policy_docs.jsonl.gz#')}#{g['article']}" for g in row["gold"])
    return _kept("st_policy", asks, relevant, "text", {})


def ncp(data: Path, *, passages: bool) -> QuestionSet:
    """NCP: questions over 300 policies; the document, or a passage that holds the answer."""
    asks, relevant, answers = {}, {}, {}
    for row in rows(data / "qa" / "ncp_questions.jsonl.gz"):
        asks[row["id"]] = Ask(row["question"])
        relevant[row["id"]] = frozenset({"answer" if passages else row["docid"]})
        answers[row["id"]] = row["answer"]
    name = "ncp_passage" if passages else "ncp_document"
    return QuestionSet(name, asks, relevant, "answer" if passages else "document", {}, answers if passages else {})


def lawbench_scenes(data: Path, cited: Callable[[str, str, str], frozenset[str]]) -> QuestionSet:
    """LawBench 3-2: a scene and a question; gold is the first article that the answer cites (`cited(words before, article, answer)`)."""
    asks, relevant = {}, {}
    for n, row in enumerate(rows(data / "qa" / "lawbench_3-2.jsonl.gz")):
        answer = normalise(row["answer"])
        match = _CITED.search(answer)
        asks[str(n)] = Ask(row["question"], as_of=LAWBENCH)
        relevant[str(n)] = cited(answer[: match.start()], match[0], answer) if match else frozenset()
    return _kept("lawbench_3-2", asks, relevant, "text", {})


def lawbench_articles(data: Path, texts: Mapping[str, str]) -> QuestionSet:
    """LawBench 1-1: the wording of an article asked for by law and number; gold found by text."""
    plain = {re.sub(r"[^\u4e00-\u9fff]", "", text): unit for text, unit in texts.items()}
    asks, relevant = {}, {}
    for n, row in enumerate(rows(data / "qa" / "lawbench_1-1.jsonl.gz")):
        key = re.sub(r"[^\u4e00-\u9fff]", "", bare(row["answer"].removeprefix("答案:")))
        asks[str(n)], relevant[str(n)] = Ask(row["question"], as_of=LAWBENCH), frozenset({plain[key]} if key in plain else ())
    return _kept("lawbench_1-1", asks, relevant, "text", {})


def cmrc(data: Path) -> QuestionSet:
    """CMRC 2018: the paragraph that answers, among all paragraphs."""
    asks, relevant, empty = {}, {}, 0
    for row in _cmrc_rows(data):
        for qa in row["qas"]:
            if qa["question"].strip():
                asks[qa["id"]], relevant[qa["id"]] = Ask(qa["question"]), frozenset({text_id(row["context"])})
            else:
                empty += 1
    return QuestionSet("cmrc", asks, relevant, "document", {"questions without words": empty})


def _cmrc_rows(data: Path) -> Iterator[dict[str, Any]]:
    return (row for name in ("cmrc_dev70", "cmrc_trial") for row in rows(data / "qa" / f"{name}.jsonl.gz"))


def _paragraphs(data: Path, folder: Path) -> Path:
    """CMRC's paragraphs as a file to import."""
    texts = {text_id(row["context"]): row["context"] for row in _cmrc_rows(data)}
    lines = (json.dumps({"id": key, "kind": "policy", "title": "", "text": text}, ensure_ascii=False) for key, text in texts.items())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cmrc.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def mixed(name: str, question: str) -> str:
    """A key that puts the questions of all sets into one order without pattern, the same every time."""
    return hashlib.sha1(f"{name}|{question}".encode(), usedforsecurity=False).hexdigest()


def sample(found: QuestionSet, count: int) -> QuestionSet:
    """The first `count` questions in mixed order (all for 0)."""
    if not count:
        return found
    kept = sorted(found.asks, key=lambda question: mixed(found.name, question))[:count]
    return replace(found, asks={q: found.asks[q] for q in kept}, relevant={q: found.relevant[q] for q in kept})


def trained_texts(data: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The passages of the pair files of these names, bare; files that the folder lacks are left out."""
    paths = [data / "pairs" / name for name in names]
    return tuple(bare(row["p"]) for path in paths if path.exists() for row in rows(path))


def seen(found: QuestionSet, units: Mapping[str, Unit], trained: Iterable[str]) -> frozenset[str]:
    """The questions of which a gold text occurs in a passage of the training pairs."""
    wanted: dict[str, set[str]] = {}
    for question, gold in found.relevant.items():
        for unit in gold & units.keys():
            wanted.setdefault(bare(units[unit].text), set()).add(question)
    openings: dict[str, list[str]] = {}
    for text in wanted:
        openings.setdefault(text[:12], []).append(text)
    hits = {text for passage in trained for i in range(len(passage)) for text in openings.get(passage[i : i + 12], ()) if passage.startswith(text, i)}
    return frozenset(question for text in hits for question in wanted[text])


def write_documents(path: Path, units: Iterable[Unit]) -> None:
    """Units as BEIR's corpus lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"_id": u.id, "title": u.title, "text": u.text}, ensure_ascii=False) + "\n" for u in units)


def write_queries(path: Path, asks: Mapping[str, Ask]) -> None:
    """Questions as BEIR's query lines; a question's earlier turns stand before it."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"_id": q, "text": ask.whole}, ensure_ascii=False) + "\n" for q, ask in asks.items())


def write_beir(folder: Path, units: Mapping[str, Unit], found: QuestionSet, judged: Mapping[str, frozenset[str]]) -> None:
    """The set as BEIR's corpus.jsonl, queries.jsonl and qrels/test.tsv."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    write_documents(folder / "corpus.jsonl", units.values())
    write_queries(folder / "queries.jsonl", found.asks)
    with (folder / "qrels" / "test.tsv").open("w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        file.writelines(f"{q}\t{unit}\t1\n" for q, gold in judged.items() for unit in sorted(gold))
