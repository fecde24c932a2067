"""Rows of one file that come under the same key: nothing is lost, and true repeats are counted as such.

A row that says what an earlier row of its key said is a repeat. One that says more without contradicting it (the date that
was missing) completes it. Any other is a document of its own, under its key and the hash of what it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corpus.drafts import Draft
from corpus.models import Document, sha256_hex

RECENT = 4096


class Seen:
    """Keys with the hash of what was said under them: sixteen bytes each beyond the RECENT last ones."""

    def __init__(self) -> None:
        self.recent: dict[int, int] = {}
        self.keys = np.empty(0, dtype=np.int64)
        self.said = np.empty(0, dtype=np.int64)

    def first(self, key: str, said: str) -> int | None:
        """None when the key is new (it is then remembered), else the hash of what was first said under it."""
        mine = hash(key)
        known = self.recent.get(mine)
        if known is None and len(self.keys) and (at := int(np.searchsorted(self.keys, mine))) < len(self.keys) and self.keys[at] == mine:
            known = int(self.said[at])
        if known is None:
            self.recent[mine] = hash(said)
            if len(self.recent) >= RECENT:
                self._settle()
        return known

    def _settle(self) -> None:
        keys = np.concatenate([self.keys, np.fromiter(self.recent.keys(), dtype=np.int64)])
        said = np.concatenate([self.said, np.fromiter(self.recent.values(), dtype=np.int64)])
        order = np.argsort(keys, kind="stable")
        self.keys, self.said, self.recent = keys[order], said[order], {}


@dataclass(frozen=True, slots=True)
class Sorted:
    """Drafts of a batch: those that are the first of their key, those whose key came before with something else, and how many said the same."""

    firsts: list[Draft]
    others: list[Draft]
    repeated: int


def sort(drafts: Iterable[Draft], seen: Seen) -> Sorted:
    """Which of the drafts are new, which say something else under a known key, and how many are repeats."""
    firsts: list[Draft] = []
    others: list[Draft] = []
    repeated = 0
    for draft in drafts:
        said = _said(draft)
        known = seen.first(draft.key, said)
        if known is None:
            firsts.append(draft)
        elif known == hash(said) or seen.first(f"{draft.key}~{said}", said) is not None:
            repeated += 1
        else:
            others.append(draft)
    return Sorted(firsts, others, repeated)


def _said(draft: Draft) -> str:
    """The hash of what a draft says (not of when and where it was seen), 16 hexadecimal digits."""
    said = [draft.kind, draft.title, draft.text, draft.notice, draft.fields, draft.extra]
    return sha256_hex(json.dumps(said, ensure_ascii=False, sort_keys=True, default=str).encode())[:16]


def rounds(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """The drafts in rounds in which each key occurs once, in order."""
    found: list[list[Draft]] = []
    times: dict[str, int] = {}
    for draft in drafts:
        n = times[draft.key] = times.get(draft.key, -1) + 1
        if n == len(found):
            found.append([])
        found[n].append(draft)
    return found


def placed(draft: Draft, held: Document | None) -> tuple[Draft, str]:
    """The draft as it is stored beside the document that its key holds, and what it is then: completed, or apart (a document of its own)."""
    if held is not None and (whole := _completed(draft, held)):
        return whole, "completed"
    return replace(draft, key=f"{draft.key}~{_said(draft)}"), "apart"


def _completed(draft: Draft, held: Document) -> Draft | None:
    """The draft with what the held document of the same text says beside it; None when they contradict each other."""
    if held.text_sha256 != sha256_hex(draft.text.encode()) or draft.title != held.title:
        return None
    declared = [name for name, m in held.meta.items() if isinstance(m, dict) and m.get("from") == "declared"]
    fields = _union(draft.fields, {name: getattr(held, name, None) for name in declared})
    extra = _union(draft.extra, held.extra)
    return None if fields is None or extra is None else replace(draft, fields=fields, extra=extra)


def _union(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any] | None:
    """Both together; None when a name has two different values."""
    filled = {name: value for name, value in new.items() if value not in (None, "", (), [])}
    known = {name: value for name, value in old.items() if value not in (None, "", (), [])}
    if any(_plain(filled[name]) != _plain(known[name]) for name in filled.keys() & known.keys()):
        return None
    return known | filled


def _plain(value: Any) -> Any:
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else str(value)
