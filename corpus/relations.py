"""Relations between documents, and the resolution of 《》 and 文号 to stored documents; what is not held stays unresolved."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corpus.access import LOCAL, Reader
from corpus.models import Document, Event, EventKind, Relation, RelationKind
from corpus.numbers import number_key
from corpus.periods import integer, prolonged
from corpus.store import Store
from corpus.targets import Target, targets_in
from corpus.text import normalise, parse_date
from corpus.validity import is_draft, version_date, versions

_REPEALS = re.compile(r"^[^《》。；\n]{0,30}(?:同时|予以|即行|相应|自行)?(?:废止|不再执行|停止执行|宣布失效|失效)")
_AMENDS = re.compile(r"^[^《》。；\n]{0,6}(?:修改|修订|修正)")
_BASED = re.compile(r"(?:根据|依据|按照|依照|遵照|落实|贯彻|按)[^。；\n]{0,60}$")
_ABOUT = re.compile(r"解读|问答|图解|一图读懂|说明")


def relations_of(document: Document) -> tuple[Relation, ...]:
    """The relations that a text states, unresolved; one a target and kind, with its first place."""
    if document.kind not in ("policy", "notice", "interpretation"):
        return ()
    found: dict[tuple[str, str], Relation] = {}
    own = title_key(document.title)
    for target in targets_in(document.text):
        if title_key(target.title) == own or (target.number and target.number == document.doc_number):
            continue
        kind = _kind(document, target)
        found.setdefault((str(kind), target.number or title_key(target.title)), Relation(kind, document.id, None, target.title, target.number, target.start, target.end))
    return tuple(found.values())


def _kind(document: Document, t: Target) -> RelationKind:
    before = re.split(r"[。；\n]", document.text[max(0, t.start - 80) : t.start])[-1]
    after = re.split(r"[。；\n]", document.text[t.end : t.end + 60])[0]
    in_title = bool(t.title) and t.title in document.title
    if document.kind == "interpretation" and (in_title or (t.start < 200 and _ABOUT.search(document.title))):
        return RelationKind.interprets
    if "转发" in document.title and in_title:
        return RelationKind.forwards
    if _REPEALS.match(after):
        return RelationKind.repeals
    if _AMENDS.match(after) or re.search(r"(?:修改|修订|延长|延续)$", before):
        return RelationKind.amends
    if in_title and re.search(r"实施|贯彻|落实|细则", document.title):
        return RelationKind.implements
    return RelationKind.based_on if _BASED.search(before) else RelationKind.cites


def title_key(title: str) -> str:
    """A title as a key: normal form, without 中华人民共和国, marks and remarks like （2018年修正）."""
    t = re.sub(r"[\s《》“”\"〈〉<>·]", "", normalise(title))
    t = re.sub(r"\((?:\d{4}.*?|.{0,6}修[正订].*?|已?废止|失效)\)$", "", t)
    return t.removeprefix("中华人民共和国")


_ISSUED = re.compile(r"(?:印发|发布|公布|颁布|修订|制定)\s*《?([^《》]{4,100}?)》?((?:[（(](?:试行|暂行)[）)])?)\s*的(?:通知|公告|通告|令|决定)")


def title_keys(document: Document) -> Iterator[str]:
    """Every name that a document answers to: its title, its short name, and the name inside 印发《…》的通知."""
    yield title_key(document.title)
    if name := str(document.extra.get("name", "")):
        yield title_key(name)
    if match := _ISSUED.search(document.title):
        yield title_key(f"{match[1]}{match[2]}")
    if re.search(r"印发|发布|公布|转发", document.title):
        for inner in re.findall(r"《([^《》]{4,100})》", document.title):
            yield title_key(inner)
    elif (at := document.title.find("关于")) > 0:
        yield title_key(document.title[at:])  # people leave the issuers out


class Directory:
    """Titles and numbers of the stored policies and notices → documents."""

    def __init__(self, heads: Iterable[Document]) -> None:
        self.numbers: dict[str, list[Document]] = defaultdict(list)
        self.titles: dict[str, list[Document]] = defaultdict(list)
        for d in heads:
            if d.kind == "interpretation" or is_draft(d.title):
                continue
            if d.doc_number:
                self.numbers[number_key(d.doc_number)].append(d)
            for key in dict.fromkeys(title_keys(d)):
                self.titles[key].append(d)

    def find(self, title: str, number: str, by: Document | None = None) -> Document | None:
        """The one document meant: by number (with a matching title when several share it), else by title.

        Of several versions the newest that is not newer than `by` (the document that speaks), else the newest; of equal
        names in several regions the one whose region covers the speaker.
        """
        found = [d for d in self._candidates(title, number) if by is None or d.id != by.id]
        if by is not None:  # who may read the speaker should be able to follow its link
            found = [d for d in found if d.security <= by.security] or found
        if by is not None and len({d.region_code for d in found}) > 1:
            found = [d for d in found if by.region_code.startswith(d.region_code.rstrip("0"))] or found
        when = version_date(by) if by else ""
        earlier = [d for d in found if not when or version_date(d) <= when]
        ordered = sorted(earlier or found, key=lambda d: (version_date(d), d.id))
        return ordered[-1] if ordered else None

    def copies(self, target: Document) -> list[Document]:
        """A document and those of other levels of security that are the same one (what happens to it happens to them)."""
        same = self.numbers.get(number_key(target.doc_number), []) if target.doc_number else []
        keys = set(title_keys(target))
        return [target, *(d for d in same if d.id != target.id and d.security != target.security and version_date(d) == version_date(target) and keys & set(title_keys(d)))]

    def _candidates(self, title: str, number: str) -> list[Document]:
        key = title_key(title)
        if number:
            found = self.numbers.get(number_key(number), [])
            if len(found) > 1 and key:
                found = [d for d in found if key in title_keys(d)] or found
            if found or not key:
                return found
            return [d for d in self.titles.get(key, []) if not d.doc_number]
        return self.titles.get(key, [])


def resolve(store: Store, speakers: Iterable[str] | None = None) -> int:
    """Resolve what is unresolved and link versions; returns how many links were made. `speakers` narrows to documents."""
    heads = store.documents.heads(LOCAL, kind=("policy", "notice", "interpretation"))
    directory, by_id = Directory(heads), {d.id: d for d in heads}
    only = set(speakers) if speakers is not None else None
    events, relations = store.documents.unresolved()
    made = _resolve_events(store, directory, by_id, [e for e in events if only is None or e.stated_by in only])
    made += _resolve_relations(store, directory, by_id, [r for r in relations if only is None or r.document_id in only])
    return made + link_versions(store, heads)


def _resolve_events(store: Store, directory: Directory, by_id: dict[str, Document], lost: Sequence[Event]) -> int:
    hits: dict[str, dict[Any, list[Event]]] = defaultdict(dict)
    for e in lost:
        speaker = by_id.get(e.stated_by or "")
        target = directory.find(e.target_title, e.target_number, speaker)
        if speaker and target and _meant(e, target) and not (e.kind == EventKind.amended and version_date(target) >= (version_date(speaker) or "9")):
            on = e.on or _prolonged_to(store, e, target)
            hits[speaker.id][_place(e)] = [replace(e, document_id=d.id, on=on) for d in directory.copies(target)]
    for speaker_id, known in hits.items():
        stated = store.documents.stated_by(speaker_id)
        store.documents.set_events(speaker_id, [x for e in stated for x in (known.get(_place(e), [e]) if e.document_id is None else [e])])
    return sum(len(known) for known in hits.values())


def _prolonged_to(store: Store, e: Event, target: Document) -> str:
    """The day to which a prolongation by a period (有效期延长两年) reaches, from the target's last known end; empty when that is not known."""
    ends = [x.on for x in store.documents.events_of(LOCAL, [target.id]).get(target.id, []) if x.kind in (EventKind.expires, EventKind.extended)]
    end = max([*ends, target.expires_on])
    match = re.match(r"延长(.+?)(年|月)$", e.basis)
    return prolonged(end, integer(match[1]), match[2]) if match and len(end) == 10 else ""


_DATED = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")


def _meant(e: Event, target: Document) -> bool:
    """Whether a target can be what an event names by its date (1993年2月22日…通过的《…》 is not the law of 2015)."""
    at = e.quote.find(f"《{e.target_title}》") if e.target_title and not e.target_number else -1
    history = {on for on, _ in target.extra.get("history", ())} | {target.written_on, target.published_on}
    said = {parse_date(d) for d in _DATED.findall(re.split(r"[》；。]", e.quote[:at])[-1])} if at > 0 else set()
    named = bool(said) and bool(re.search(r"(?:通过|发布|公布|批准|印发|修正|修订|颁布|制定)[^《》]{0,6}的?$", e.quote[:at]))
    return not named or not any(history) or bool(said & history)


def _place(e: Event) -> tuple[str, str, str, str, int]:
    return str(e.kind), e.on, e.target_title, e.target_number, e.start


def _known_numbers(store: Store) -> dict[str, str]:
    """Title → 文号 of the known titles whose number is beyond doubt."""
    found: dict[str, set[str]] = defaultdict(set)
    for title, number, _, _ in store.imports.known_titles():
        found[title_key(title)].add(number)
        if (at := title.find("关于")) > 0:
            found[title_key(title[at:])].add(number)
    return {key: next(iter(numbers)) for key, numbers in found.items() if len(numbers) == 1 and "" not in numbers}


def _resolve_relations(store: Store, directory: Directory, by_id: dict[str, Document], lost: Sequence[Relation]) -> int:
    """Targets that are held get their id; of the others, those whose title is known at least their 文号."""
    hits: dict[str, dict[tuple[str, str, str], str]] = defaultdict(dict)
    numbers: dict[str, dict[str, str]] = defaultdict(dict)
    known = _known_numbers(store) if lost else {}
    for r in lost:
        speaker = by_id.get(r.document_id)
        target = directory.find(r.target_title, r.target_number, speaker)
        if speaker and target:
            hits[speaker.id][(str(r.kind), r.target_title, r.target_number)] = target.id
        elif speaker and not r.target_number and (number := known.get(title_key(r.target_title))):
            numbers[speaker.id][r.target_title] = number
    ids = list({*hits, *numbers})
    for i in range(0, len(ids), 200):
        part = ids[i : i + 200]
        mine: dict[str, list[Relation]] = defaultdict(list)
        for r in store.documents.relations_of(part):
            mine[r.document_id].append(r)
        store.documents.set_relations_of({s: [_completed(r, hits[s], numbers[s]) for r in mine[s]] for s in part})
    return sum(len(t) for t in hits.values())


def _completed(r: Relation, hits: dict[tuple[str, str, str], str], numbers: dict[str, str]) -> Relation:
    target = r.target_id or hits.get((str(r.kind), r.target_title, r.target_number))
    return replace(r, target_id=target, target_number=r.target_number or ("" if target else numbers.get(r.target_title, "")))


def link_versions(store: Store, heads: Sequence[Document]) -> int:
    """Documents of one title and region whose source keeps versions are a family; each is succeeded by the next."""
    groups: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for d in heads:
        if d.kind == "policy" and (d.extra.get("versioned") or d.extra.get("part")):
            groups[(title_key(d.title), d.region_code)].append(d)
    return sum(_family(store, members) for members in groups.values() if len(members) > 1)


def _family(store: Store, members: list[Document]) -> int:
    made, family = 0, min(members, key=lambda d: (d.security, version_date(d) or "9", d.id)).id
    for d in members:
        if d.family_id != family:
            store.documents.amend(d.id, family_id=family)
    for old_id, found in (pair for ceiling in sorted({d.security for d in members}) for pair in versions([d for d in members if d.security <= ceiling]).items()):
        for e in found:  # of each level, so that two versions are never both current for anybody
            stated = store.documents.stated_by(e.stated_by or "")
            if not any(x.kind == e.kind and x.document_id == old_id and x.on == e.on for x in stated):
                store.documents.set_events(e.stated_by or "", [*(x for x in stated if not (x.kind == e.kind and x.document_id == old_id)), e])
                made += 1
    return made


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: a document and how it stands to the one above it."""

    document: Document
    kind: str
    depth: int


_CHAIN = (RelationKind.based_on, RelationKind.implements, RelationKind.forwards)
_LEVELS = {"national": 0, "province": 1, "city": 2, "county": 3, None: 4}


def chain(store: Store, document_id: str, reader: Reader, *, limit: int = 60) -> list[Link]:
    """The 承接链 through a document: what it rests on upwards, and what rests on it downwards, from nation to county."""
    found: dict[str, tuple[str, int]] = {document_id: ("", 0)}
    for upwards in (True, False):
        frontier, depth = [document_id], 0
        while frontier and len(found) < limit and depth < 6:
            depth += 1
            steps = [r for r in store.documents.relations_of(frontier) if r.kind in _CHAIN and r.target_id]
            nexts = [(r.target_id, r) if upwards else (r.document_id, r) for r in steps if (r.document_id if upwards else r.target_id) in frontier]
            frontier = []
            for node, r in nexts:
                if node and node not in found and len(found) < limit:
                    found[node] = (str(r.kind), -depth if upwards else depth)
                    frontier.append(node)
    heads = {d.id: d for d in store.documents.heads(reader, id=tuple(found))}
    links = [Link(heads[i], kind, depth) for i, (kind, depth) in found.items() if i in heads]
    return sorted(links, key=lambda x: (_LEVELS.get(x.document.level, 4), x.depth, version_date(x.document)))
