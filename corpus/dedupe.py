"""Duplicates: exact and near (MinHash by rensa, banded, verified by true Jaccard), and 一数一源: one policy, several sources.

Shingles are runs of SHINGLE characters of the text without white space and punctuation, hashed to 64 bits with numpy.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corpus.access import LOCAL
from corpus.models import POLICY_KINDS, Document
from corpus.numbers import number_key
from corpus.relations import title_key
from corpus.store import Store
from corpus.validity import version_date

SHINGLE = 5
PERMUTATIONS = 64
ROWS = 4
"""Rows of a band: 16 bands of 4 find a pair of Jaccard 0.8 with probability 1 - (1 - 0.8^4)^16 > 0.9997."""
THRESHOLD = 0.8
SAME_POLICY = 0.9
_NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by their positions (first < second) and their Jaccard similarity 0..1."""

    first: int
    second: int
    similarity: float


def _mixed(points: Any, width: int) -> Any:
    """Hashes of every run of `width` code points, [n - width + 1] uint64."""
    mixed = np.zeros(len(points) - width + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for i in range(width):
            mixed = mixed * np.uint64(1099511628211) + points[i : i + len(mixed)]
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed


def near_duplicates(texts: Sequence[str], *, threshold: float = THRESHOLD) -> list[Pair]:
    """Pairs of texts with Jaccard ≥ threshold. Within a large group of equals every text is paired with its first only."""
    flat, offsets = _hashes(texts)
    return list(_verified(lambda i: flat[offsets[i] : offsets[i + 1]], _candidates(flat, offsets), threshold))


def _hashes(texts: Sequence[str]) -> tuple[Any, Any]:
    """The shingle hashes of all texts behind each other, [n] uint64, and where each text's begin, [len + 1] int64 (computed at once:
    a call for each text costs more than the hashing)."""
    bare = [_NOISE.sub("", text) for text in texts]
    padded = [t.ljust(SHINGLE, "\0") if t else "" for t in bare]
    lengths = np.array([len(t) for t in padded], dtype=np.int64)
    counts = np.maximum(lengths - SHINGLE + 1, 0)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    points = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if len(points) < SHINGLE:
        return np.empty(0, dtype=np.uint64), offsets
    mixed = _mixed(points, SHINGLE)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1])
    return mixed[places], offsets


def _candidates(flat: Any, offsets: Any) -> set[tuple[int, int]]:
    """Pairs that share a band of their MinHash signatures."""
    from rensa import RMinHash

    kept = np.flatnonzero(np.diff(offsets)).tolist()
    if len(kept) < 2:
        return set()
    bounds = [*(int(offsets[i]) for i in kept), int(offsets[-1])]
    matrix = np.asarray(RMinHash.digest_matrix_from_flat_token_hashes(flat, bounds, PERMUTATIONS, 42).to_rows(), dtype=np.uint64)
    found: set[tuple[int, int]] = set()
    for band in range(0, PERMUTATIONS, ROWS):
        keys = _folded(matrix[:, band : band + ROWS])
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        found.update(_of_runs(order, same, kept))
    return found


def _folded(rows: Any) -> Any:
    """One 64-bit key for each row of a band (a chance equality is found out when the pair is verified)."""
    keys = np.zeros(len(rows), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in rows.T:
            keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(32)
    return keys


def _of_runs(order: Any, same: Any, kept: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of a sorted band: all of a run up to 8 texts, with the first of it beyond."""
    runs: list[list[int]] = []
    last = -2
    for at in same.tolist():
        if at == last + 1:
            runs[-1].append(at + 1)
        else:
            runs.append([at, at + 1])
        last = at
    for run in runs:
        members = sorted(kept[order[i]] for i in run)
        for n, a in enumerate(members[:8] if len(members) <= 8 else members[:1]):
            yield from ((a, b) for b in members[n + 1 :])


def _verified(hashes: Callable[[int], Any], pairs: Iterable[tuple[int, int]], threshold: float) -> Iterator[Pair]:
    sets: dict[int, Any] = {}

    def distinct(i: int) -> Any:
        if i not in sets:
            sets[i] = np.unique(hashes(i))
        return sets[i]

    for a, b in sorted(pairs):
        x, y = distinct(a), distinct(b)
        if min(len(x), len(y)) < threshold * max(len(x), len(y)):
            continue
        common = len(np.intersect1d(x, y, assume_unique=True))
        similarity = common / (len(x) + len(y) - common)
        if similarity >= threshold:
            yield Pair(a, b, round(similarity, 4))


def same_policies(documents: Sequence[Document]) -> list[tuple[Document, list[Document]]]:
    """(kept, duplicates) among documents with texts: one policy on several portals. The official source wins, then the one
    with more metadata, then the earlier seen. Versions of different dates or numbers are never taken for one."""
    found = []
    for group in _groups(documents):
        for cluster in _clusters(group):
            kept = max(cluster, key=_worth)
            found.append((kept, [d for d in cluster if d.id != kept.id]))
    return found


def _clusters(group: list[Document]) -> list[list[Document]]:
    """Groups of two or more that are the same record, linked pair by pair."""
    leader = list(range(len(group)))

    def root(i: int) -> int:
        while leader[i] != i:
            i = leader[i]
        return i

    for p in near_duplicates([d.text for d in group], threshold=SAME_POLICY):
        if _same_record(group[p.first], group[p.second]):
            leader[root(p.second)] = root(p.first)
    by_root: dict[int, list[Document]] = defaultdict(list)
    for i, d in enumerate(group):
        by_root[root(i)].append(d)
    return [cluster for cluster in by_root.values() if len(cluster) > 1]


def _groups(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Documents of one kind with one title: only these are compared."""
    by_title: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for d in documents:
        by_title[(d.kind, title_key(d.title))].append(d)
    return (group for group in by_title.values() if len(group) > 1)


def _same_record(a: Document, b: Document) -> bool:
    if a.security != b.security:
        return False  # whoever may not read one of them must not learn of it from the other, nor lose it
    if not _one_number(a, b):
        return False
    if a.extra.get("part") != b.extra.get("part"):
        return False
    if {o.source_id for o in a.sources} & {o.source_id for o in b.sources} and not (a.extra.get("versioned") or any(o.official for o in a.sources)):
        return False  # rows of one imported set keep their own keys
    days = [version_date(d) for d in (a, b)]
    return days[0] == days[1] or not all(days) or bool(a.doc_number and b.doc_number and not a.extra.get("versioned"))


_HEAD = 1500


def _one_number(a: Document, b: Document) -> bool:
    """Whether the 文号 speak for one record: equal, one unknown, or the orders of one history (第142号发布 … 第707号第四次修订) that both texts of one day tell."""
    keys = [number_key(d.doc_number) for d in (a, b)]
    if not all(keys) or keys[0] == keys[1]:
        return True
    told = [re.findall(r"令第\s*\d+\s*号", re.sub(r"\s", "", d.text[:_HEAD])) for d in (a, b)]
    orders = [re.search(r"令第\d+号", key) for key in keys]
    return version_date(a) == version_date(b) != "" and all(o is not None and o.group() in told[0] and o.group() in told[1] for o in orders)


def _worth(d: Document) -> tuple[bool, int, str]:
    filled = sum(bool(getattr(d, name)) for name in ("doc_number", "index_number", "issuers", "level", "region_code", "written_on", "published_on", "effective_on"))
    return any(o.official for o in d.sources), filled, "".join(chr(0x10FFFF - ord(c)) for c in d.first_seen_at)


CHUNK = 100
"""So many documents are compared at a time (one group of equal titles may be larger)."""


def merge(store: Store, *, since: int = 0) -> int:
    """一数一源 in the store: each duplicate's origins go to the document that is kept, and it steps back (state `duplicate`).

    `since` narrows to titles of which a document has changed behind that step of the change sequence. Eight bytes are held
    for each policy, and the texts of CHUNK documents. Returns how many stepped back.
    """
    gone = 0
    for chunk in _chunks(_same_titles(store, since)):
        origins = store.documents.origins_of(chunk)
        full = [replace(d, sources=tuple(origins.get(d.id, ()))) for d in store.documents.texts(chunk, LOCAL)]
        for kept, duplicates in same_policies(full):
            for duplicate in duplicates:
                store.documents.add_origins(kept.id, duplicate.sources)
                store.documents.amend(duplicate.id, state="duplicate", family_id=kept.family_id or kept.id)
                gone += 1
    return gone


def _same_titles(store: Store, since: int) -> list[list[str]]:
    """Groups of ids of one kind and title, each with a document changed behind `since`."""
    hashes = np.fromiter((_title_hash(kind, title) for _, kind, title in store.documents.titles(POLICY_KINDS)), dtype=np.int64)
    values, counts = np.unique(hashes, return_counts=True)
    several = values[counts > 1]
    if since and len(several):
        several = several[np.isin(several, np.fromiter((_title_hash(kind, title) for _, kind, title in store.documents.titles(POLICY_KINDS, since)), dtype=np.int64))]
    if not len(several):
        return []
    wanted, groups = set(several.tolist()), defaultdict(list)
    for document_id, kind, title in store.documents.titles(POLICY_KINDS):
        if (key := _title_hash(kind, title)) in wanted:
            groups[key].append(document_id)
    return list(groups.values())


def _title_hash(kind: str, title: str) -> int:
    return hash((kind, title_key(title)))


def _chunks(groups: Iterable[list[str]]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for group in groups:
        if chunk and len(chunk) + len(group) > CHUNK:
            yield chunk
            chunk = []
        chunk += group
    if chunk:
        yield chunk
