"""The resolution of 《》 and 文号 to stored documents and the linking of versions; what is not held stays unresolved.

Everything goes page by page. What is held at a time: eight bytes for each unresolved mention, and the documents that mentions name.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from corpus.models import POLICY_KINDS, Document, Event, EventKind, Relation
from corpus.numbers import number_key
from corpus.periods import integer, prolonged
from corpus.relations import title_key, title_keys
from corpus.store import Store
from corpus.text import parse_date
from corpus.validity import is_draft, version_date, versions


class Directory:
    """Titles and numbers of policies and notices → documents."""

    def __init__(self, heads: Iterable[Document]) -> None:
        self.numbers: dict[str, list[Document]] = defaultdict(list)
        self.titles: dict[str, list[Document]] = defaultdict(list)
        for d in heads:
            if not _may_be_meant(d):
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


def _may_be_meant(d: Document) -> bool:
    return d.kind != "interpretation" and not is_draft(d.title)


def resolve(store: Store, speakers: Iterable[str] | None = None) -> int:
    """Resolve what is unresolved and link versions; returns how many links were made. `speakers` narrows to documents."""
    only = set(speakers) if speakers is not None else None
    mentions = _mentions(store, only)
    read = _read_names(store, mentions)
    made = _resolve_events(store, read.directory, only) + _resolve_relations(store, read.directory, only, mentions)
    return made + _link_versions(store, read)


@dataclass(frozen=True, slots=True)
class _Read:
    """What one reading of all names gives: the documents that mentions name, and the texts whose source keeps versions ([n] int64 name hashes, ids)."""

    directory: Directory
    versioned: array[int] = field(default_factory=lambda: array("q"))
    ids: list[str] = field(default_factory=list)


def _mentions(store: Store, only: set[str] | None) -> Any:
    """The hashes of all names and numbers that are mentioned and not resolved, sorted, [n] int64."""
    found = array("q")
    for _, e in _lost_events(store, only):
        found.extend(_hashes(e.target_title, e.target_number))
    for _, r in _lost_relations(store, only):
        found.extend(_hashes(r.target_title, r.target_number))
    return np.unique(np.frombuffer(found, dtype=np.int64)) if found else np.empty(0, dtype=np.int64)


def _hashes(title: str, number: str) -> Iterator[int]:
    if title:
        yield hash(title_key(title))
    if number:
        yield hash(number_key(number))


def _lost_events(store: Store, only: set[str] | None) -> Iterator[tuple[int, Event]]:
    after = 0
    while page := store.documents.unresolved_events(after):
        yield from ((n, e) for n, e in page if only is None or e.stated_by in only)
        after = page[-1][0]


def _lost_relations(store: Store, only: set[str] | None) -> Iterator[tuple[int, Relation]]:
    after = 0
    while page := store.documents.unresolved_relations(after):
        yield from ((n, r) for n, r in page if only is None or r.document_id in only)
        after = page[-1][0]


def _read_names(store: Store, mentions: Any) -> _Read:
    """All policies, notices and interpretations once, narrow: those that are mentioned are kept."""
    meant: list[Document] = []
    read = _Read(Directory(()))
    for page in store.documents.names(POLICY_KINDS):
        meant += _named(page, mentions)
        for d in page:
            if d.kind == "policy" and (d.extra.get("versioned") or d.extra.get("part")):
                read.versioned.append(hash((title_key(d.title), d.region_code)))
                read.ids.append(d.id)
    return replace(read, directory=Directory(_with_copies(store, meant)))


def _named(page: Sequence[Document], mentions: Any) -> list[Document]:
    """The documents of a page that a mention may mean."""
    if not len(mentions):
        return []
    places, keys = array("q"), array("q")
    for at, d in enumerate(page):
        if _may_be_meant(d):
            mine = [hash(key) for key in title_keys(d)] + ([hash(number_key(d.doc_number))] if d.doc_number else [])
            keys.extend(mine)
            places.extend([at] * len(mine))
    hit = np.isin(np.frombuffer(keys, dtype=np.int64), mentions) if keys else np.empty(0, dtype=bool)
    return [page[at] for at in sorted({places[i] for i in np.flatnonzero(hit)})]


def _with_copies(store: Store, meant: Sequence[Document]) -> list[Document]:
    """The documents with those that share a 文号 with one of them (copies of other levels of security)."""
    found = {d.id: d for d in meant}
    numbers = sorted({d.doc_number for d in meant if d.doc_number})
    for i in range(0, len(numbers), 400):
        found |= {d.id: d for d in store.documents.named(kind=POLICY_KINDS, doc_number=tuple(numbers[i : i + 400])) if d.id not in found}
    return [found[i] for i in sorted(found)]


def _paged(items: Iterable[Any], speaker: Any, store: Store) -> Iterator[tuple[list[Any], dict[str, Document]]]:
    """Pages of (row number, mention) with the documents that speak in them."""
    page: list[Any] = []
    for item in items:
        page.append(item)
        if len(page) == 500:
            yield page, _speakers(store, {speaker(x) for _, x in page})
            page = []
    if page:
        yield page, _speakers(store, {speaker(x) for _, x in page})


def _speakers(store: Store, ids: set[str]) -> dict[str, Document]:
    return {d.id: d for d in store.documents.named(kind=POLICY_KINDS, id=tuple(i for i in ids if i))}


def _resolve_events(store: Store, directory: Directory, only: set[str] | None) -> int:
    made = 0
    for page, speakers in _paged(_lost_events(store, only), lambda e: e.stated_by, store):
        hits = []
        for n, e in page:
            speaker = speakers.get(e.stated_by or "")
            target = directory.find(e.target_title, e.target_number, speaker)
            if speaker and target and _meant(e, target) and not (e.kind == EventKind.amended and version_date(target) >= (version_date(speaker) or "9")):
                on = e.on or _prolonged_to(store, e, target)
                hits.append((n, [replace(e, document_id=d.id, on=on) for d in directory.copies(target)]))
        if hits:
            store.documents.resolve_events(hits)
        made += len(hits)
    return made


def _prolonged_to(store: Store, e: Event, target: Document) -> str:
    """The day to which a prolongation by a period (有效期延长两年) reaches, from the target's last known end; empty when that is not known."""
    match = re.match(r"延长(.+?)(年|月)$", e.basis)
    if not match:
        return ""
    ends = [x.on for x in store.documents.happened(target.id) if x.kind in (EventKind.expires, EventKind.extended)]
    end = max([*ends, target.expires_on])
    return prolonged(end, integer(match[1]), match[2]) if len(end) == 10 else ""


_DATED = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")


def _meant(e: Event, target: Document) -> bool:
    """Whether a target can be what an event names by its date (1993年2月22日…通过的《…》 is not the law of 2015)."""
    at = e.quote.find(f"《{e.target_title}》") if e.target_title and not e.target_number else -1
    history = {on for on, _ in target.extra.get("history", ())} | {target.written_on, target.published_on}
    said = {parse_date(d) for d in _DATED.findall(re.split(r"[》；。]", e.quote[:at])[-1])} if at > 0 else set()
    named = bool(said) and bool(re.search(r"(?:通过|发布|公布|批准|印发|修正|修订|颁布|制定)[^《》]{0,6}的?$", e.quote[:at]))
    return not named or not any(history) or bool(said & history)


def _known_numbers(store: Store, mentions: Any) -> dict[str, str]:
    """Title → 文号 of the known titles that are mentioned and whose number is beyond doubt."""
    found: dict[str, set[str]] = defaultdict(set)
    wanted = set(mentions.tolist())
    for title, number in store.imports.known_titles():
        at = title.find("关于")
        for key in (title_key(title), title_key(title[at:]) if at > 0 else ""):
            if key and hash(key) in wanted:
                found[key].add(number)
    return {key: next(iter(numbers)) for key, numbers in found.items() if len(numbers) == 1 and "" not in numbers}


def _resolve_relations(store: Store, directory: Directory, only: set[str] | None, mentions: Any) -> int:
    """Targets that are held get their id; of the others, those whose title is known at least their 文号."""
    made, known = 0, _known_numbers(store, mentions) if len(mentions) else {}
    for page, speakers in _paged(_lost_relations(store, only), lambda r: r.document_id, store):
        hits: list[tuple[int, str | None, str]] = []
        for n, r in page:
            speaker = speakers.get(r.document_id)
            target = directory.find(r.target_title, r.target_number, speaker)
            if speaker and target:
                hits.append((n, target.id, r.target_number))
                made += 1
            elif speaker and not r.target_number and (number := known.get(title_key(r.target_title))):
                hits.append((n, None, number))
        store.documents.resolve_relations(hits)
    return made


def _link_versions(store: Store, read: _Read) -> int:
    """Documents of one title and region whose source keeps versions are a family; each is succeeded by the next."""
    hashes = np.frombuffer(read.versioned, dtype=np.int64) if read.versioned else np.empty(0, dtype=np.int64)
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    groups: dict[int, list[str]] = defaultdict(list)
    for at in np.flatnonzero(counts[inverse] > 1).tolist():
        groups[int(inverse[at])].append(read.ids[at])
    return sum(_family(store, store.documents.named(id=tuple(ids))) for ids in groups.values())


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
