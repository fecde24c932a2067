"""Purge of a document or of a person: from store, snapshots, kept answers, queues and (through tombstones) indexes, with proof.

The audit chain keeps a hash of what was erased, never the content; payloads that held it are erased, and the chain still
holds. What was purged does not come back: a document of the same source with the same text is refused from then on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotFound
from corpus.linking import resolve
from corpus.models import POLICY_KINDS, Document, sha256_hex
from corpus.models import document_id as make_id
from corpus.relations import relations_of
from corpus.segment import segment
from corpus.store import Store
from corpus.store.erasure import MARK, replaced
from corpus.validity import events_of

__all__ = ["MARK", "Purged", "purge_document", "purge_person", "remains"]
STATES = ("active", "superseded", "archived", "duplicate")


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge touched: documents, snapshots (also those that other documents rest on), rows of other rooms; `audit_seq` is its
    proof in the audit chain, `remains` the files of the home that still hold the words (none, unless an index is yet to be rebuilt)."""

    documents: int
    snapshots: int
    rows: int
    audit_seq: int
    remains: tuple[str, ...] = ()


def purge_document(store: Store, document_id: str, reader: Reader, reason: str) -> Purged:
    """Erase one document with its parts, its snapshots, and what answers, signals and queues keep of it."""
    reader.require("operator", "admin")
    document = store.documents.get(document_id, LOCAL)
    erased = _erase_snapshots(store, document_id)
    store.documents.erase(document_id)
    rows = store.erasure.forget_document(document_id)
    seq = store.audit.add(reader.user, "purge.document", document_id, {"text_sha256": document.text_sha256, "reason": reason, "snapshots": erased, "rows": rows})
    store.erasure.settle()
    return Purged(1, len(erased), rows, seq, remains(store.home, document.text[:40]))


def _erase_snapshots(store: Store, document_id: str) -> list[str]:
    origins = store.documents.origins_of([document_id]).get(document_id, [])
    return [o.snapshot_sha256 for o in origins if o.snapshot_sha256 and store.snapshots.erase(o.snapshot_sha256)]


def purge_person(store: Store, name: str, reader: Reader, reason: str) -> Purged:
    """Replace every occurrence of a person's words (a name or a number, ≥ 2 characters) by a mark, everywhere.

    A changed text is a new version in the same state; the old version and its snapshots are erased.
    """
    reader.require("operator", "admin")
    words = name.strip()
    if len(words) < 2:
        raise BadInput("the name to purge is too short", name, "give at least two characters")
    touched, snapshots = 0, 0
    for state in STATES:
        for document in [d for d in store.documents.scan(LOCAL, state=state) if _holds(d, words)]:
            snapshots += len(_erase_snapshots(store, document.id))
            store.documents.replace(document.id, _clean(store, document, words))
            store.audit.add(reader.user, "purge.document", document.id, {"text_sha256": document.text_sha256, "reason": reason})
            touched += 1
    rows = store.erasure.forget_words(words)
    if not touched and not rows:
        raise NotFound("nothing holds these words", "(not repeated here)", "check the spelling")
    if touched:
        resolve(store)
    seq = store.audit.add(reader.user, "purge.person", sha256_hex(words.encode()), {"documents": touched, "rows": rows, "reason": reason.replace(words, MARK)})
    store.erasure.settle()
    return Purged(touched, snapshots, rows, seq, remains(store.home, words))


def _holds(d: Document, words: str) -> bool:
    return any(words in part for part in (d.text, d.title, repr(d.extra), repr(d.meta), repr(d.issuers)))


def _clean(store: Store, document: Document, words: str) -> Document:
    """The document without the words: a new version with clauses, events and relations of its own text."""
    key = store.documents.keys([document.id])[document.id]
    text, title = document.text.replace(words, MARK), document.title.replace(words, MARK)
    digest = sha256_hex(text.encode())
    made = replace(
        document, id=make_id(key, digest), title=title, text=text, text_sha256=digest, clauses=segment(text, title=title, kind=document.kind),
        extra=replaced(document.extra, words), meta=replaced(document.meta, words), issuers=tuple(i.replace(words, MARK) for i in document.issuers),
    )  # fmt: skip
    return replace(made, events=events_of(made), relations=relations_of(made)) if document.kind in POLICY_KINDS else made


def remains(home: Path, words: str) -> tuple[str, ...]:
    """Files of a home whose bytes still hold the words (UTF-8 or GB18030), by their paths within it."""
    wanted = re.compile(b"|".join(re.escape(words.encode(encoding)) for encoding in ("utf-8", "gb18030")))
    found = []
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        try:
            if wanted.search(path.read_bytes()):
                found.append(str(path.relative_to(home)))
        except OSError:
            continue  # a file that went away while we looked
    return tuple(found)
