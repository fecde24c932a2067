"""Work on the whole store: crawl, import, index, mine, train. Each step is recorded in the audit chain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput
from corpus.models import Kind
from ui.desk import Desk, date_or_bad, room
from ui.desk.centre import WHOLE
from ui.records import plain

KEEPERS = ("operator", "admin")
COUNTED = frozenset({"merged", "linked"})
"""Counts of an import that speak of the whole store, not of what was brought in."""


def told(found: dict[str, Any], reader: Reader, kept: Collection[str]) -> dict[str, Any]:
    """What work on the whole store tells a reader: all of it, or (below the ceiling that may know of everything) the fields `kept`,
    since counts and the step of the change sequence move with documents that the reader may not know of."""
    return found if reader.ceiling >= WHOLE else {name: value for name, value in found.items() if name in kept}


def crawl(desk: Desk, sources: Sequence[str], reader: Reader, *, all_: bool = False, reparse: bool = False, progress: Any = None) -> list[dict[str, Any]]:
    """Crawl sources in a child process; one row a source within the ceiling: new, changed, unchanged, refused, failed, seconds, errors."""
    reader.require(*KEEPERS)
    rows = room("crawlers.run").crawl(desk.settings, list(sources), all=all_, reparse=reparse, progress=progress)
    found = [plain(r) for r in rows]
    desk.store.audit.add(reader.user, "crawl", ",".join(sources) or "*", {"rows": found})
    hidden = {s.id for s in desk.store.sources.all() if s.security > reader.ceiling}
    return [r for r in found if r["source_id"] not in hidden]


def due(desk: Desk) -> list[str]:
    """Sources whose turn has come: gathered before, not paused, their cycle over."""
    from corpus.store.base import now

    rotation = room("crawlers.rotation")
    declared = room("crawlers.source").load_sources(desk.settings.home / "sources")
    return list(rotation.due(rotation.turns(desk.store, declared), now()))


def import_paths(desk: Desk, paths: Sequence[Path], reader: Reader, *, kind: str = "", mapping: Path | None = None, **options: Any) -> dict[str, Any]:
    """Import files and folders: {"counts", "failures": [{"path", "what", "mend"}]}."""
    reader.require(*KEEPERS)
    if kind and kind not in tuple(Kind):
        raise BadInput("no such kind", kind, f"one of: {', '.join(Kind)}")
    report = room("corpus.ingest").import_paths(desk.store, list(paths), kind=kind or None, mapping=mapping, **{k: v or None for k, v in options.items()})
    failures = [dict(zip(("path", "what", "mend"), map(str, f), strict=False)) for f in report.failures]
    found = {"counts": plain(dict(report.counts)), "failures": failures}
    mine = {"counts": told(found["counts"], reader, found["counts"].keys() - COUNTED), "failures": failures}
    if not options.get("dry_run"):
        desk.store.audit.add(reader.user, "import", ",".join(str(p.name) for p in paths), {"counts": found["counts"], "failures": len(failures)})
    return mine


def index(desk: Desk, reader: Reader, *, rebuild: bool = False, progress: Any = None) -> dict[str, Any]:
    """Bring the indexes up to the store: {"changed", "sequence", "seconds"}; only the seconds for whom the counts are not."""
    import time

    reader.require(*KEEPERS)
    start = time.perf_counter()
    changed = desk.retriever.rebuild(progress=progress) if rebuild else desk.retriever.refresh(progress=progress)
    desk.retriever.settle(progress)
    found = {"changed": changed or 0, "sequence": desk.retriever.sequence, "seconds": round(time.perf_counter() - start, 2)}
    return told(found, reader, ("seconds",))


def mine(desk: Desk, reader: Reader, *, as_of: str = "", progress: Any = None) -> dict[str, Any]:
    """Mine and score the risks; counts of the steps (for whom they are; else the risks within reach, the day and the seconds)."""
    reader.require("official", *KEEPERS)
    report = room("risk.mine").mine(desk.store, desk.settings, as_of=date_or_bad(as_of), finder=room("ui.desk.risks").finder(desk), progress=progress)
    found: dict[str, Any] = plain(report)
    desk.store.audit.add(reader.user, "risks.mine", as_of or "today", {k: v for k, v in found.items() if isinstance(v, (int, float, str))})
    if reader.ceiling < WHOLE:
        found["risks"] = len(desk.risks(reader, as_of=found["as_of"])["risks"])
    return told(found, reader, ("as_of", "risks", "seconds", "constants_version"))


def train(desk: Desk, what: str, reader: Reader, *, data: Path | None = None, progress: Any = None, **more: Any) -> dict[str, Any]:
    """Train weights on the corpus (`embedding`, `reranker`, `world` or `signals`; `more`: options of that training); figures."""
    reader.require(*KEEPERS)
    module = {"embedding": "rag.train", "reranker": "rag.rerank_train", "world": "rag.world_train", "signals": "risk.train"}[what]
    found: dict[str, Any] = plain(room(module).train(desk.settings, desk.store, data=data, progress=progress, **more))
    desk.store.audit.add(reader.user, f"train.{what}", what, found)
    kept = {"embedding": ("version", "dim", "pair_files", "pairs_of", "held_out_questions", "setting"), "reranker": ("pair_files", "figures", "setting"), "world": ("held_out_right",)}
    return told(found, reader, kept[what]) if what in kept else found
