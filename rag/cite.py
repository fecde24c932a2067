"""Citations: a clause and a span with its exact words; and the check that a sentence says no more than its citations.

A sentence stands only if every number, date, percentage, 文号, clause, title and body in it occurs in what it cites, and if
its permissions and prohibitions do. Marks outside the given citations cannot be printed. This is code, for every composer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from corpus.models import Clause, Document, Validity
from corpus.text import fold_numerals, normalise, tokens
from rag.facts import bodies, clause_numbers, facts, title_key, titles
from rag.records import Citation, Evidence, Sentence

_SQUARE_MARK = re.compile(r"\s*[\[【［]\s*\^?\d{1,3}(?:\s*[-,，、]\s*\^?\d{1,3})*\s*[\]】］]")
_DEONTIC = {
    "forbidden": re.compile(r"不得|禁止|不能|不可以|不允许|严禁|不准|不许"),
    "allowed": re.compile(r"(?<!不)可以|(?<!不)允许|有权|准予|(?<!不)(?<!可)能够"),
    "must": re.compile(r"应当|必须|应(?!用|急|对|税|收|纳|付|该)|须(?!知)|(?<!不)需要"),
    "not_needed": re.compile(r"无需|不需要|无须|不必|不用"),
    "free": re.compile(r"免征|免收|免费|免予|免除"),
    "not": re.compile(r"不属于|不适用|不予|不含|不享受|不再|不重复|不得叠加|不可叠加|除外"),
}
_HELD_BY = {
    "allowed": ("allowed",), "forbidden": ("forbidden", "not"), "must": ("must",), "not_needed": ("not_needed", "free"),
    "free": ("free", "not_needed"), "not": ("not", "forbidden"),
}  # fmt: skip
SUPPORT_SHARE = 0.6
"""Least share of a sentence's character bigrams that its citations must hold."""


def clause_at(document: Document, start: int) -> Clause | None:
    """The clause that a code point lies in (clauses tile the text)."""
    low, high = 0, len(document.clauses)
    while low < high:
        middle = (low + high) // 2
        if document.clauses[middle].end <= start:
            low = middle + 1
        else:
            high = middle
    return document.clauses[low] if low < len(document.clauses) else None


def clause_record(document: Document, start: int, end: int) -> dict[str, Any]:
    """{path, label, article} of a span: the clause it lies in, or what the clauses that it crosses share."""
    first, last = clause_at(document, start), clause_at(document, max(start, end - 1))
    if first is None or last is None:
        return {"path": [], "label": "", "article": None}
    if first is last:
        return {"path": list(first.path), "label": first.label, "article": first.article}
    shared = [a for a, b in zip(first.path, last.path, strict=False) if a == b]
    path = shared or list(first.path)
    return {"path": path, "label": "".join(path), "article": first.article if first.article == last.article else None}


def cite(n: int, document: Document, start: int, end: int, validity: Validity) -> Citation:
    """The citation of [start, end); raises ValueError when the span is empty or outside the text."""
    if not 0 <= start < end <= len(document.text):
        raise ValueError(f"span [{start}, {end}) is not in a text of {len(document.text)}")
    return Citation(
        n, document.id, document.external_id, document.title, document.doc_number, clause_record(document, start, end), start, end,
        document.text[start:end], validity, document.level, document.region_code, document.published_on or document.written_on, document.notice,
    )  # fmt: skip


def cite_evidence(n: int, evidence: Evidence, start: int | None = None, end: int | None = None) -> Citation:
    """The citation of an evidence, or of a part of it."""
    return cite(n, evidence.document, evidence.start if start is None else start, evidence.end if end is None else end, evidence.validity)


def exact(citation: Citation, text: str) -> bool:
    """Whether the quote is document.text[start:end]."""
    return 0 <= citation.start < citation.end <= len(text) and text[citation.start : citation.end] == citation.quote


def about(citation: Citation, issuers: Sequence[str] = ()) -> str:
    """Everything that a citation says: the quote, and the title, number, clause, dates and issuers of its document."""
    label = str(citation.clause.get("label", ""))
    return "\n".join((citation.quote, f"《{citation.title}》", citation.title, citation.doc_number, label, citation.published_on, citation.validity.basis, *issuers))


def faults(text: str, citations: Sequence[Citation], issuers: Mapping[str, Sequence[str]] | None = None, derived: str = "") -> list[str]:
    """What a sentence says that its citations (and what our rules computed, `derived`) do not: one line a fault, empty when it stands."""
    if not citations:
        return ["no citation"]
    body = unmarked(text)
    held = "\n".join([*(about(c, (issuers or {}).get(c.document_id, ())) for c in citations), derived])
    found = [f"fact {fact}" for fact in sorted(facts(body) - facts(held) - _own_clauses(citations))]
    known = {title_key(c.title) for c in citations} | titles(held)
    found += [f"title 《{t}》" for t in sorted(titles(body)) if not any(t == k or t in k for k in known)]
    compact = re.sub(r"\s", "", held)
    found += [f"body {b}" for b in sorted(bodies(body)) if not _body_held(b, compact)]
    found += _deontic_faults(body, held)
    if (share := support(body, held)) < SUPPORT_SHARE:
        found.append(f"support {share:.2f}")
    return found


def _own_clauses(citations: Iterable[Citation]) -> set[str]:
    return {f"clause:{c}" for citation in citations for c in clause_numbers(str(citation.clause.get("label", "")) + "".join(citation.clause.get("path", ())))}


def _body_held(body: str, held: str) -> bool:
    """A body's name may be longer in the sentence (由省财政厅): some end of it of three characters or more must occur."""
    return any(body[i:] in held for i in range(0, max(1, min(8, len(body) - 3))))


def _deontic_faults(body: str, held: str) -> list[str]:
    said = {kind for kind, pattern in _DEONTIC.items() if pattern.search(body)}
    there = {kind for kind, pattern in _DEONTIC.items() if pattern.search(held)}
    return [f"modality {kind}" for kind in sorted(said) if not there & set(_HELD_BY[kind])]


def support(body: str, held: str) -> float:
    """Share of the character bigrams of `body` that occur in `held`, 0..1 (1 when it has none)."""
    ours = [t for t in tokens(fold_numerals(normalise(body))) if len(t) > 1]
    theirs = set(tokens(fold_numerals(normalise(held))))
    return sum(t in theirs for t in ours) / len(ours) if ours else 1.0


def unmarked(text: str) -> str:
    """A sentence without its citation marks."""
    return _SQUARE_MARK.sub("", text)


def marks(text: str) -> list[int]:
    """Numbers of the citation marks in a text, in order."""
    return [int(n) for m in re.finditer(r"[\[【［]\s*\^?([\d\s,，、^-]{1,24})[\]】］]", text) for n in re.findall(r"\d{1,3}", m.group(1))]


Dropped = tuple[tuple[Sentence, list[str]], ...]


def verify(sentences: Sequence[Sentence], citations: Sequence[Citation], texts: Mapping[str, str], issuers: Mapping[str, Sequence[str]] | None = None) -> tuple[tuple[Sentence, ...], Dropped]:
    """(sentences that stand, sentences dropped with their faults). Citations whose quote is not in `texts` (document id → text), unknown marks
    and marks inside the words are taken off."""
    by_n = {c.n: c for c in citations if exact(c, texts.get(c.document_id, ""))}
    kept, dropped = [], []
    for sentence in sentences:
        plain = replace(sentence, text=unmarked(sentence.text), citations=tuple(n for n in dict.fromkeys(sentence.citations) if n in by_n))
        if wrong := faults(plain.text, [by_n[n] for n in plain.citations], issuers, sentence.derived):
            dropped.append((plain, wrong))
        else:
            kept.append(plain)
    return tuple(kept), tuple(dropped)


def renumber(sentences: Sequence[Sentence], citations: Sequence[Citation]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Only the citations that are used, numbered 1.. in order of first use."""
    order = list(dict.fromkeys(n for s in sentences for n in s.citations))
    new = {old: i for i, old in enumerate(order, 1)}
    by_n = {c.n: c for c in citations}
    return tuple(replace(s, citations=tuple(new[n] for n in s.citations)) for s in sentences), tuple(replace(by_n[n], n=new[n]) for n in order)
