"""Memory of a process that serves searches of one home: `python -m evaluation.footprint HOME EMBEDDING` prints MB resident."""

from __future__ import annotations

import sys
from pathlib import Path

from corpus.access import LOCAL
from corpus.settings import load_settings
from corpus.store import open_store
from rag.retrieve import Query, open_retriever

_ASKED = ("研究开发费用加计扣除", "高新技术企业认定需要什么条件", "谁负责审批", "补助最高多少", "自何时起施行")


def resident_mb() -> float:
    """Resident memory of this process, MB (Linux)."""
    line = next(line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def main(home: Path, embedding: str) -> None:
    """Open, search a hundred times, print."""
    settings = load_settings(home, embedding=embedding)
    store = open_store(settings)
    retriever = open_retriever(settings, store)
    for n in range(100):
        retriever.search(Query(f"{_ASKED[n % len(_ASKED)]} 第{n}条", k=10), LOCAL)
    print(resident_mb())
    retriever.close()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
