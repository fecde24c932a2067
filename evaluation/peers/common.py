"""What every peer's script shares: reading a collection, our static embedding, timing, and the answer file.

A script is run as `python -m evaluation.peers.NAME FOLDER OUT MODE SECONDS` in an environment of its own. FOLDER holds `documents.jsonl`
(whole texts), `corpus.jsonl` (citable units, BEIR's form) and `queries.jsonl`; MODE is `quick` (whole documents, the peer's own splitting
and defaults) or `best` (our units, jieba words, hybrid). OUT gets one JSON object: versions, build_s, build_cpu_s, peak_mb, disk_mb, ms and cpu_ms
(ten hits), and runs {question: [unit id or [document id, start, end]]}. Questions that do not fit into SECONDS of CPU time are left out.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

DEPTH = 100
WORDS_SHARE = 0.8
"""The share of words beside vectors in every peer's hybrid at its best (their defaults are halves)."""
Found = Callable[[str, int], list[Any]]
"""found(question, k) → unit ids, or [document id, start, end], best first."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of a .jsonl file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def documents(folder: Path) -> list[dict[str, Any]]:
    """Whole documents: {"_id", "title", "text"}."""
    return list(rows(folder / "documents.jsonl"))


def units(folder: Path) -> list[tuple[str, str]]:
    """(id, title and headings and text) of each citable unit."""
    return [(row["_id"], f"{row['title']} {row['text']}") for row in rows(folder / "corpus.jsonl")]


def encode(texts: Sequence[str], *, question: bool = False) -> list[list[float]]:
    """Our shipped static embedding (every peer gets the same one): unit vectors as lists of floats."""
    return [list(map(float, row)) for row in _embedder().encode(list(texts), question=question)]


@cache
def _embedder() -> Any:
    from rag.embed import open_embedder

    return open_embedder("builtin")


def words(text: str) -> list[str]:
    """jieba's words (by rjieba, the same algorithm and dictionary, ten times as fast: no peer waits for its tokenizer)."""
    import rjieba

    return [word for word in rjieba.cut(text) if word.strip()]


def disk_mb(folder: Path) -> float:
    """Size of the files under a folder, MB."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def _ask(found: Found, folder: Path, seconds: float) -> tuple[dict[str, list[Any]], list[float], list[float]]:
    """Every question to the depth of the measures, every fourth also as a reader would (ten hits) by the clock; stops after so much CPU time.

    Returns runs, wall-clock and CPU milliseconds.
    """
    runs, took, worked, until = {}, [], [], time.process_time() + seconds
    for n, row in enumerate(rows(folder / "queries.jsonl")):
        if time.process_time() > until:
            break
        runs[row["_id"]] = found(row["text"], DEPTH)
        if n % 4 == 0:
            began, cpu = time.perf_counter(), time.process_time()
            found(row["text"], 10)
            worked.append((time.process_time() - cpu) * 1000)
            took.append((time.perf_counter() - began) * 1000)
    return runs, took, worked


def main(make: Callable[[Path, str, Path], Found], *packages: str) -> None:
    """`make(folder, mode, scratch)` builds the peer and gives its search; scratch is an empty folder for what it keeps on disk."""
    folder, out, mode, seconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    scratch = out.with_suffix(".scratch")
    scratch.mkdir(parents=True)
    began, cpu = time.perf_counter(), time.process_time()
    found = make(folder, mode, scratch)
    build, cpu = round(time.perf_counter() - began, 1), round(time.process_time() - cpu, 1)
    runs, took, worked = _ask(found, folder, seconds)
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    answer = {"versions": {p: version(p) for p in packages}, "build_s": build, "build_cpu_s": cpu, "peak_mb": peak, "disk_mb": disk_mb(scratch), "ms": took, "cpu_ms": worked, "runs": runs}
    out.write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
