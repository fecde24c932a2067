"""What a bulletin is made of: the risks at the end of its period and before it, and the policies, news and papers of the period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput
from corpus.models import Document
from corpus.regions import covers, name_of
from corpus.store import Store
from corpus.text import sentences
from rag.align import dice
from rag.fit import bag
from risk.cited import Sources, documents_of, signal_documents, urls_of
from risk.constants import day, iso
from risk.register import freshness, list_risks
from risk.taxonomy import Taxonomy, home_taxonomy

PAGE = 400
ALIKE = 0.6
"""Titles this alike (dice of their words) tell one story."""
_SCIENCE = re.compile(r"科技|科学|技术|创新|研发|研究开发|产业|标准|数据|网络|智能|专利|知识产权|人才|项目申报|攻关|中试|孵化")
_EMPTY = re.compile(r"^(?:原标题|来源|编辑|责任编辑|记者|图|摘要)[:：]|^[\s\d\W]*$")
SUMMARY = 130
"""Characters of a summary at most."""


@dataclass(slots=True)
class Desk:
    """The material of one issue. `scores` orders documents within their kind, best first."""

    store: Store
    reader: Reader
    taxonomy: Taxonomy
    start: str
    end: str
    field: str
    region: str
    place: str
    risks: list[dict[str, Any]]
    before: list[dict[str, Any]]
    policies: list[Document]
    news: list[Document]
    papers: list[Document]
    late_papers: bool
    fresh: Mapping[str, Any]
    sources: Sources
    cited: dict[str, Document] = attribute(default_factory=dict)

    def mark(self, signal: Mapping[str, Any]) -> tuple[int, ...]:
        """Cite a signal."""
        return self.quote(signal["document_id"], signal["start"], signal["end"])

    def quote(self, document_id: str, start: int, end: int) -> tuple[int, ...]:
        """Cite a span; the document's security counts for the issue."""
        if found := self.sources.span(document_id, start, end):
            self.cited[document_id] = self.sources.documents[document_id]
        return found


def gather(store: Store, reader: Reader, start: str, end: str, *, field: str = "", region: str = "") -> Desk:
    """Everything for an issue over [start, end]; raises BadInput for a period that ends before it begins or an unknown field or region."""
    first, last = iso(day(start)), iso(day(end))
    if first > last:
        raise BadInput("the period ends before it begins", f"{start} to {end}", "give --from before --to")
    taxonomy = home_taxonomy(store.home)
    known = taxonomy.field_name(field) if field else ""
    if field and known not in taxonomy.fields:
        raise BadInput("no such technical field", field, f"one of: {', '.join(taxonomy.fields)}")
    place = _place(region)
    risks, before = (list_risks(store, reader, as_of=on, field=known) for on in (last, iso(day(first) - 1)))
    chosen = {kind: _chosen(store, reader, taxonomy, kind, first, last, known, region, place, risks) for kind in ("policy", "news", "paper")}
    late = not chosen["paper"]
    papers = chosen["paper"] or _chosen(store, reader, taxonomy, "paper", "", last, known, region, place, risks)
    documents = {d.id: d for found in (chosen["policy"], chosen["news"], papers) for d in found}
    documents |= documents_of(store, signal_documents(risks[:12]), reader)
    sources = Sources(documents, urls_of(store, list(documents)))
    return Desk(store, reader, taxonomy, first, last, known, region, place, risks, before, chosen["policy"], chosen["news"], papers, late, freshness(store, reader, last), sources)


def _place(region: str) -> str:
    if region and not (name := name_of(region)):
        raise BadInput("no such region", region, "give a division code (GB/T 2260)")
    return name if region else ""


# ---- documents of the period -----------------------------------------------------------------------------------------

KINDS = {"policy": ("policy", "notice", "interpretation"), "news": ("news",), "paper": ("paper",)}
KEPT = 40


def _chosen(
    store: Store, reader: Reader, taxonomy: Taxonomy, kind: str, first: str, last: str, field: str, region: str, place: str, risks: Sequence[Mapping[str, Any]]
) -> list[Document]:
    """The best documents of a kind in the period, one a story."""
    spoken: dict[str, int] = {}
    for n, r in enumerate(risks[:30]):
        for s in r["signals"]:
            spoken[s["document_id"]] = max(spoken.get(s["document_id"], 0), 30 - n)
    scored = []
    for d in _between(store, reader, KINDS[kind], first, last):
        if kind == "policy" and region and not covers(d.region_code, region):
            continue
        worth = _worth(d, taxonomy, kind, field, place, spoken)
        if worth > 0:
            scored.append((worth, d.published_on, d))
    scored.sort(key=lambda s: (-s[0], [-ord(c) for c in s[1]], s[2].id))
    heads: list[Document] = []
    for _, _, d in scored:
        if len(heads) < KEPT and all(dice(bag(d.title), bag(o.title)) < ALIKE for o in heads):
            heads.append(d)
    texts = documents_of(store, [d.id for d in heads], reader)
    return [texts[d.id] for d in heads if d.id in texts and (not field or kind != "news" or _speaks(texts[d.id], taxonomy, field))]


def _between(store: Store, reader: Reader, kinds: tuple[str, ...], first: str, last: str) -> Iterator[Document]:
    """Heads published in the period, newest first; month precision counts as the whole month."""
    offset = 0
    while True:
        page = store.documents.page(reader, order="published_on", offset=offset, limit=PAGE, kind=kinds)
        for d in page:
            if d.published_on and d.published_on < first[: len(d.published_on)]:
                return
            if d.published_on and d.published_on <= last:
                yield d
        if len(page) < PAGE or (not first and offset > 8 * PAGE):
            return
        offset += PAGE


def _worth(d: Document, taxonomy: Taxonomy, kind: str, field: str, place: str, spoken: Mapping[str, int]) -> float:
    """0 leaves a document out: what it says of the field, its authority, the place, and the risks that rest on it."""
    named = " ".join((d.title, *d.topics))
    fields = _fields(named, taxonomy)
    about = field in fields or field in named if field else bool(fields) or bool(_SCIENCE.search(named))
    if not about and d.id not in spoken and not (kind == "news" and field):
        return 0.0
    authority = {"national": 3.0, "province": 2.5, "city": 1.5, "county": 1.0}.get(str(d.level), 1.0) if kind == "policy" else 0.0
    return 4.0 * about + authority + spoken.get(d.id, 0) / 6 + 2.0 * bool(place and place[:2] in named) + 0.5 * (kind == "policy" and bool(d.doc_number)) + 0.1


def _speaks(d: Document, taxonomy: Taxonomy, field: str) -> bool:
    """Whether the head or the opening of a text is about the field: at least two mentions, or one in the title."""
    lead = [m for m in taxonomy.things_in(d.text[:600]) if taxonomy.field_of(m.name) == field]
    return len(lead) >= 2 or field in _fields(d.title, taxonomy)


def _fields(text: str, taxonomy: Taxonomy) -> set[str]:
    """Fields whose objects a text names."""
    return {taxonomy.field_of(m.name) for m in taxonomy.things_in(text)}


# ---- summaries -------------------------------------------------------------------------------------------------------


def summary(d: Document, wanted: re.Pattern[str] | None = None) -> tuple[int, int]:
    """The span of an extractive summary: the sentence that tells most by `wanted`, else the first telling sentences; (0, 0) without one."""
    spans = [_whole(d.text, a, b) for a, b in sentences(d.text) if 12 <= b - a <= 220 and not _EMPTY.search(d.text[a:b]) and not _is_title(d, a, b)]
    if wanted and (found := max(spans[:80], key=lambda s: _tells(d.text[s[0] : s[1]], wanted), default=None)) and _tells(d.text[found[0] : found[1]], wanted) > 0:
        return found
    if not spans:
        return (0, 0)
    start, end = spans[0]
    for a, b in spans[1:]:
        if b - start > SUMMARY or a - end > 2:
            break
        end = b
    return start, end


def _tells(sentence: str, wanted: re.Pattern[str]) -> float:
    """How many wanted words a sentence has; openings that only give reasons count against it."""
    return len({m.group() for m in wanted.finditer(sentence)}) + 0.5 * bool(re.search(r"\d", sentence)) - 3.0 * bool(_REASONS.search(sentence))


_REASONS = re.compile(r"^(?:（?[一二三四五六七八九十]+[、）])?(?:第[一二三四五六七八九十]+条)?[\s　]*(?:根据|为了?|按照|依据|各|现将|附件|联系)")


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without 摘要： in front."""
    return (start + 3, end) if text.startswith(("摘要：", "摘要:"), start) else (start, end)


def _is_title(d: Document, start: int, end: int) -> bool:
    return dice(bag(d.text[start:end]), bag(d.title)) > 0.8
