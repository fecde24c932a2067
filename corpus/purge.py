"""Purge of a document or of a person: from store, snapshots, records and (through tombstones) indexes, with proof.

The audit chain keeps a hash of what was erased, never the content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotFound
from corpus.models import document_id as make_id
from corpus.models import sha256_hex
from corpus.segment import segment
from corpus.store import Store

MARK = "[已清除]"


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge touched; `audit_seq` is its proof in the audit chain."""

    documents: int
    snapshots: int
    audit_seq: int


def purge_document(store: Store, document_id: str, reader: Reader, reason: str) -> Purged:
    """Erase one document, its snapshots that no other document rests on, and its parts."""
    reader.require("operator", "admin")
    document = store.documents.get(document_id, LOCAL)
    erased = _erase_snapshots(store, document_id)
    store.documents.erase(document_id)
    seq = store.audit.add(reader.user, "purge.document", document_id, {"text_sha256": document.text_sha256, "reason": reason, "snapshots": erased})
    return Purged(1, len(erased), seq)


def _erase_snapshots(store: Store, document_id: str) -> list[str]:
    erased = []
    for origin in store.documents.origins_of([document_id]).get(document_id, []):
        digest = origin.snapshot_sha256
        if digest and store.documents.users_of_snapshot(digest) <= 1 and store.snapshots.erase(digest):
            erased.append(digest)
    return erased


def purge_person(store: Store, name: str, reader: Reader, reason: str) -> Purged:
    """Replace every occurrence of a person's words (a name or a number, ≥ 2 characters) by a mark, in texts and titles.

    A changed text is a new version; the old version and its snapshots are erased.
    """
    reader.require("operator", "admin")
    if len(name.strip()) < 2:
        raise BadInput("the name to purge is too short", name, "give at least two characters")
    pattern, touched, snapshots = re.compile(re.escape(name)), 0, 0
    for state in ("active", "superseded", "archived"):
        for document in list(store.documents.scan(LOCAL, state=state)):
            if not (pattern.search(document.text) or pattern.search(document.title)):
                continue
            snapshots += len(_erase_snapshots(store, document.id))
            key = store.documents.keys([document.id])[document.id]
            text, title = pattern.sub(MARK, document.text), pattern.sub(MARK, document.title)
            digest = sha256_hex(text.encode())
            clean = replace(
                document, id=make_id(key, digest), title=title, text=text, text_sha256=digest, clauses=segment(text, title=title, kind=document.kind)
            )
            store.documents.erase(document.id)
            if state == "active":
                store.documents.put([(key, clean)])
            touched += 1
    if not touched:
        raise NotFound("nothing holds these words", "(not repeated here)", "check the spelling")
    seq = store.audit.add(reader.user, "purge.person", sha256_hex(name.encode()), {"documents": touched, "reason": reason})
    return Purged(touched, snapshots, seq)
