"""bm25s: quick = its own tokenizer over recursive splits of 1,000 characters; best = jieba words over our units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.peers.common import Found, documents, main, units, words


def make(folder: Path, mode: str, scratch: Path) -> Found:
    import bm25s

    def tokenize(some: list[str]) -> Any:
        return bm25s.tokenize(some, show_progress=False) if mode == "quick" else [words(text) for text in some]

    made = _pieces(folder) if mode == "quick" else units(folder)
    keys, texts = [key for key, _ in made], [text for _, text in made]
    engine = bm25s.BM25()
    engine.index(tokenize(texts), show_progress=False)
    engine.save(str(scratch))

    def found(question: str, k: int) -> list[Any]:
        best, scores = engine.retrieve(tokenize([question]), k=min(k, len(keys)), show_progress=False)
        return [keys[n] for n, score in zip(best[0], scores[0], strict=True) if score > 0]

    return found


def _pieces(folder: Path) -> list[tuple[Any, str]]:
    """Pieces of 1,000 characters, 200 of them shared: bm25s splits nothing itself."""
    whole = [(d["_id"], d["text"]) for d in documents(folder)]
    return [([key, start, start + 1000], text[start : start + 1000]) for key, text in whole for start in range(0, max(len(text) - 200, 1), 800)]


if __name__ == "__main__":
    main(make, "bm25s", "rjieba")
