"""The 承接链: what a document rests on and what rests on it, from the nation to the county."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.access import Reader
from corpus.models import Document, RelationKind
from corpus.store import Store
from corpus.validity import version_date


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
