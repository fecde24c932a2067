"""After a crawl: interpretations are linked to their policy by address, and pages that vanished are marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from corpus.access import LOCAL
from corpus.models import POLICY_KINDS, Document, Relation, RelationKind
from corpus.store import Store
from crawlers.source import Declaration

VANISHED = "vanished_at"


def link(store: Store, declared: Mapping[str, Declaration], everything: Mapping[str, Declaration]) -> int:
    """Add `interprets` relations that pages state by their links; returns how many are new.

    `declared` are the sources just gathered, `everything` those that a link may lead to.
    """
    heads = {d.id: d for d in store.documents.heads(LOCAL, kind=POLICY_KINDS)}
    speakers = [d for d in heads.values() if d.extra.get("related") and any(d.external_id and c.covers(d.external_id) for c in declared.values())]
    targets = _by_address(store, everything, {r["url"] for d in speakers for r in d.extra["related"]})
    pairs = {pair for d in speakers for r in d.extra["related"] if (pair := _pair(d, heads.get(targets.get(r["url"], ""))))}
    return _add(store, pairs, heads)


def _by_address(store: Store, everything: Mapping[str, Declaration], urls: Iterable[str]) -> dict[str, str]:
    """Address → id of the active document that was gathered from it by any source."""
    keys = {f"{c.id}:{url}": url for url in urls for c in everything.values() if c.covers(url)}
    return {keys[key]: found for key, found in store.documents.ids_of(list(keys)).items()}


def _pair(one: Document, other: Document | None) -> tuple[str, str] | None:
    """(interpretation, policy) when two linked pages are that."""
    if other is None or {one.kind, other.kind} not in ({"interpretation", "policy"}, {"interpretation", "notice"}):
        return None
    return (one.id, other.id) if one.kind == "interpretation" else (other.id, one.id)


def _add(store: Store, pairs: set[tuple[str, str]], heads: Mapping[str, Document]) -> int:
    speakers = sorted({a for a, _ in pairs})
    known = store.documents.relations_of(speakers)
    made = 0
    for speaker in speakers:
        mine = [r for r in known if r.document_id == speaker]
        said = {r.target_id for r in mine if r.kind == RelationKind.interprets}
        fresh = [Relation(RelationKind.interprets, speaker, t, heads[t].title, heads[t].doc_number) for s, t in sorted(pairs) if s == speaker and t not in said]
        if fresh:
            store.documents.set_relations(speaker, [*mine, *fresh])
            made += len(fresh)
    return made


def mark_vanished(store: Store, declared: Mapping[str, Declaration]) -> int:
    """Mark documents whose page answered 404 or 410 (`extra.vanished_at`); returns how many. A page that comes back is
    ingested again, which takes the mark away."""
    missing = {f"{r.source_id}:{r.url}": r.missing_since for r in store.frontier.missing(list(declared))}
    ids = store.documents.ids_of(list(missing))
    heads = {d.id: d for d in store.documents.heads(LOCAL, id=tuple(ids.values()))} if ids else {}
    fresh = [(heads[i], missing[key]) for key, i in ids.items() if i in heads and VANISHED not in heads[i].extra]
    for head, stamp in fresh:
        store.documents.amend(head.id, extra={**head.extra, VANISHED: stamp})
    return len(fresh)
